"""One exception for mistakes that the user can mend, and the sentences that many places need."""

from collections.abc import Iterable, Sequence
from math import inf
from numbers import Integral
from typing import Any


class InputError(ValueError):
    """Something the user gave cannot be used.

    The message is one sentence or two: what was expected, what came (`Received: …`), what to do.
    The command line prints it without a traceback and exits with code 1.
    """


def choose(value: Any, choices: Iterable[Any], what: str, hint: str = "") -> Any:
    """The value, if it is one of the choices.

    Args:
        what: names it in the message, with its article: "a profile".
        hint: a sentence that says what to do.

    Raises:
        InputError: it is none of them.

    Example:
        choose("quick", ("smoke", "quick"), "a profile")
    """
    choices = tuple(choices)  # of which anything may be asked, also a list
    if value not in choices:
        known = ", ".join(map(str, choices))
        raise InputError(f"Expected {what} among {known}. Received: {value!r}. {hint}".rstrip())
    return value


def is_whole(value: Any, least: int = 0, below: float = inf) -> bool:
    """Whether it is a whole number from `least` up: True and 3.0 are none."""
    return isinstance(value, Integral) and not isinstance(value, bool) and least <= value < below


def first_few(problems: Sequence[str], limit: int = 5) -> str:
    """The first problems, and how many more there are."""
    more = len(problems) - limit
    return "; ".join(problems[:limit]) + (f"; and {more:,} more" if more > 0 else "")
