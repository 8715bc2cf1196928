"""One exception for mistakes that the user can mend, and how to list many."""

from collections.abc import Sequence


class InputError(ValueError):
    """Something the user gave cannot be used.

    The message is one sentence or two: what was expected, what came (`Received: …`), what to do.
    The command line prints it without a traceback and exits with code 1.
    """


def first_few(problems: Sequence[str], limit: int = 5) -> str:
    """The first problems, and how many more there are."""
    more = len(problems) - limit
    return "; ".join(problems[:limit]) + (f"; and {more:,} more" if more > 0 else "")
