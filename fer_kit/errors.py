"""One exception for mistakes that the user can mend, and the sentences that many places need."""

from collections.abc import Iterable, Sequence
from math import inf
from numbers import Integral, Real
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


def check_whole(what: str, value: Any, least: int = 0, hint: str = "") -> None:
    """Raise an InputError unless it is a whole number, `least` or more."""
    if not is_whole(value, least):
        expected = f"{what} as a whole number, {least} or more"
        raise InputError(f"Expected {expected}. Received: {value!r}. {hint}".rstrip())


def check_share(what: str, value: Any) -> None:
    """Raise an InputError unless it is a number between 0 and 1."""
    if not isinstance(value, Real) or not 0 <= value <= 1:
        raise InputError(f"Expected {what} between 0 and 1. Received: {value!r}.")


def first_few(problems: Sequence[str], limit: int = 5) -> str:
    """The first problems, and how many more there are."""
    more = len(problems) - limit
    return "; ".join(problems[:limit]) + (f"; and {more:,} more" if more > 0 else "")
