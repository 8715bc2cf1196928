"""Values that people write, checked by pydantic: what does not fit becomes part of a sentence."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from pydantic import AfterValidator, ConfigDict, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from fer_kit.errors import InputError

STRICT = ConfigDict(strict=True, extra="forbid")  # "3" is no number
KINDS = {
    "bool_type": "as True or False",
    "string_type": "as a word",
    "int_type": "as a whole number",
    "float_type": "as a number",
}


def that(expected: str, fits: Callable[[Any], bool]) -> AfterValidator:
    """What else has to hold of a value: `Annotated[float, that("as a number above 0", …)]`.

    Args:
        expected: the end of "Expected NAME …".
    """

    def check(value: Any) -> Any:
        if not fits(value):
            raise PydanticCustomError("that", "{expected}", {"expected": expected})
        return value

    return AfterValidator(check)


def between(low: float, high: float) -> AfterValidator:
    """The value has to be a number from low to high."""
    return that(f"as a number from {low} to {high}", lambda value: low <= value <= high)


def among(choices: Collection[Any]) -> AfterValidator:
    """The value has to be one of these."""
    return that(f"among {', '.join(map(str, choices))}", lambda value: value in tuple(choices))


def in_words(error: ValidationError) -> tuple[str, str]:
    """What was expected where, and what came: the first fault that pydantic has found."""
    fault = error.errors()[0]
    place = ".".join(map(str, fault["loc"])) or "an entry for each fact"
    if fault["type"] == "missing":
        return f"with {place}", "none"
    return f"{place} {KINDS.get(fault['type'], fault['msg'])}", repr(fault["input"])[:80]


def checked(cls: type) -> type:
    """A frozen dataclass that raises an InputError where a value is not of its field's type."""
    made = dataclass(config=STRICT, frozen=True)(cls)
    plain = made.__init__

    @wraps(plain)
    def init(self: Any, *given: Any, **named: Any) -> None:
        try:
            plain(self, *given, **named)
        except ValidationError as error:
            expected, received = in_words(error)
            raise InputError(f"Expected {expected}. Received: {received}.") from error

    made.__init__ = init
    return made
