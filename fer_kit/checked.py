"""Values that people write, checked by pydantic: what does not fit becomes part of a sentence."""

import json
from collections.abc import Callable, Collection
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from fer_kit.errors import InputError
from fer_kit.files import read_json

T = TypeVar("T")
STRICT = ConfigDict(strict=True, extra="forbid")  # "3" is no number
KINDS = {
    "bool_type": "as True or False",
    "string_type": "as a word",
    "int_type": "as a whole number",
    "float_type": "as a number",
    "list_type": "as a list",
    "dict_type": "as values with names",
    "model_type": "as values with names",
    "dataclass_type": "as values with names",
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


Share = Annotated[float, between(0, 1)]


def among(choices: Collection[Any]) -> AfterValidator:
    """The value has to be one of these."""
    return that(f"among {', '.join(map(str, choices))}", lambda value: value in tuple(choices))


def in_words(error: ValidationError) -> tuple[str, str]:
    """What was expected where, and what came: the first fault that pydantic has found."""
    fault = error.errors()[0]
    place = ".".join(map(str, fault["loc"])) or "all of it"
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


def read_as(kind: type[T], path: Path, what: str, then: str, missing: Any = ...) -> T:
    """`fitted` for what a JSON file holds; `missing` stands for a file that is not there."""
    return fitted(kind, read_json(path, missing, then), path, what, then)


def fitted(kind: type[T], told: Any, path: Path, what: str, then: str) -> T:
    """What a file of the course holds, as a record of this kind.

    Args:
        told: its content, as `files.read_json` gives it.
        what, then: what belongs into it, "the card of a model", and what to do where it is not.

    Raises:
        InputError: something in it is of another kind; the sentence names the file and the entry.
    """
    try:
        return TypeAdapter(kind).validate_json(json.dumps(told), strict=True)
    except ValidationError as error:
        expected, received = in_words(error)
        raise InputError(
            f"Expected in {path} {what}, {expected}. Received: {received}. {then}"
        ) from error
