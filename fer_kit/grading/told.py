"""What a bundle says of itself: run.json, and what lesson 08 wrote.

Strangers have written it. An entry that is not as the course writes it is taken as if it were not
there; `course/manifest.py` writes the whole of run.json.
"""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, model_validator

from fer_kit.course.executed import mapping
from fer_kit.grading.plain import finite, line

T = TypeVar("T")
Named = Annotated[dict[str, T], BeforeValidator(mapping)]
Number = Annotated[float | None, BeforeValidator(finite)]
Yes = Annotated[bool, BeforeValidator(lambda value: value is True)]


def _line(longest: int) -> Any:
    """The kind of an entry that is a line of text."""
    return Annotated[str, BeforeValidator(lambda value: line(value, longest))]


class Said(BaseModel, frozen=True):
    """A record of what strangers say."""

    @model_validator(mode="before")
    @classmethod
    def _names_only(cls, value: Any) -> Any:
        return mapping(value)


class Signed(Said):
    """Who has signed."""

    name: _line(200) = ""
    id: _line(100) = ""


class Origin(Said):
    """Which faces something was made of, and how many."""

    source: _line(200) = ""
    synthetic: Yes = False
    faces: Number = None


class Training(Said):
    """What the card of a model says of its training."""

    trained_on: Origin = Origin()
    seconds: Number = None
    epochs: Number = None


class Ran(Said):
    """How a notebook was executed."""

    ended: Any = ""


class Manifest(Said):
    """run.json."""

    format: Any = None
    student: Signed = Signed()
    parameters: Named[Any] = {}
    fer_kit: _line(20) = ""
    data: Named[Any] = {}
    synthetic: Yes = False
    notebooks: Named[Ran] = {}
    models: Named[Training] = {}
    files: Named[Any] = {}


class Claims(Origin):
    """What lesson 08 wrote: the scores of each model."""

    models: Named[Named[Any]] = {}
