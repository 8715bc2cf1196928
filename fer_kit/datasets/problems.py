"""Say what is wrong with many rows or files without drowning the reader."""

from collections.abc import Sequence


def first_few(problems: Sequence[str], limit: int = 5) -> str:
    """The first problems, and how many more there are."""
    more = len(problems) - limit
    return "; ".join(problems[:limit]) + (f"; and {more:,} more" if more > 0 else "")
