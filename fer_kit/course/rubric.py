"""The rubric: which points there are, and for what. `rubric.toml` explains itself."""

import tomllib
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from fer_kit.checked import KINDS, STRICT, among, that
from fer_kit.datasets import SOURCES
from fer_kit.errors import InputError
from fer_kit.files import decode, read_bytes
from fer_kit.lessons import PROFILES, find
from fer_kit.run import in_course

# Columns of the gradebook beside the criteria.
TAKEN = ("submission", "name", "id", "comment", "total", "of", "state", "doubts")
# What gives points, and what narrows that; manual ones the instructor gives.
NARROWED_BY = {"executed": "notebooks", "results": "models", "checks": "notebooks"}
# What is expected where a heading or a line is at fault, and what to do.
FAULTS = KINDS | {
    "missing": "to be there",
    "model_type": "as a heading, with a line below it for each value",
    "list_type": "as the heading [[criterion]] above each, with two brackets on both sides",
}
HINTS = {
    "missing": "Take over the course's own line, from rubric.toml.",
    "model_type": "Take over the course's own, rubric.toml.",
    "list_type": "Write it so.",
    "notebooks": "Leave the line out for all notebooks.",
    "models": "Leave the line out for all models.",
}
QUOTES = "Numbers have no quotation marks, words have."


def _number(expected: str, fits: Callable[[float], bool]) -> Any:
    """A number that stays what it is, 20 or 0.5."""

    def is_one(value: Any) -> bool:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and isfinite(value) and fits(value)

    return Annotated[Any, that(expected, is_one)]


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and value and all(isinstance(n, str) and n for n in value)


From0 = _number("as a number from 0 up", lambda value: value >= 0)
Above0 = _number("as a number above 0", lambda value: value > 0)
Part = _number("as a number above 0 and up to 1", lambda value: 0 < value <= 1)
ProfileName = Annotated[Any, among(PROFILES)]
Names = Annotated[Any, that('as a list of names, such as ["04_lenet5"]', _are_names)]


class WantedRun(BaseModel, **STRICT, frozen=True):
    """The run that was asked for, [run]; None where students may choose."""

    dataset: Annotated[Any, among(SOURCES)] = None
    profile: ProfileName = None
    seed: int = None


class Limits(BaseModel, **STRICT, frozen=True):
    """[limits]: what is believed, and what is listed."""

    microseconds_per_face: From0 = 10
    tolerance: From0 = 0.0005
    alike: Part = 0.3


class RerunLimits(BaseModel, **STRICT, frozen=True):
    """[rerun]: what each submission may use up."""

    profile: ProfileName = "smoke"
    minutes: Above0 = 20
    memory_mb: Above0 = 6000
    processes: Above0 = 200
    output_mb: Above0 = 200


class Criterion(BaseModel, **STRICT, frozen=True):
    """One line of the rubric: `points` for what `kind` says, in some notebooks or models.

    Attributes:
        notebooks: their full names, in the course's order; empty for all.
        models: their names; empty for all.
    """

    id: Annotated[str, that("as a word of letters, digits and _", str.isidentifier)]
    title: str
    points: Annotated[Above0, AfterValidator(float)]
    kind: Annotated[str, among((*NARROWED_BY, "manual"))]
    notebooks: Annotated[
        Names, AfterValidator(lambda told: tuple(one.name for one in find(told)))
    ] = ()
    models: Annotated[Names, AfterValidator(lambda told: tuple(dict.fromkeys(told)))] = ()

    @model_validator(mode="after")
    def _is_narrowed_by_what_counts(self) -> "Criterion":
        by = NARROWED_BY.get(self.kind)
        for name in {"notebooks", "models"} - {by}:
            if by and getattr(self, name):
                raise InputError(
                    f"Expected {by} of criterion {self.id}, if anything: it is of kind "
                    f"{self.kind}. Received: {name}, which would change nothing. Leave the line "
                    "out."
                )
        return self


class Rubric(BaseModel, **STRICT, frozen=True):
    """Criteria, the run that was asked for, and limits."""

    title: str
    criteria: list[Criterion] = Field(alias="criterion", default=[])
    asked: WantedRun = Field(alias="run", default=WantedRun())
    limits: Limits = Limits()
    rerun: RerunLimits = RerunLimits()

    @property
    def run(self) -> dict[str, Any]:
        """What was asked for, without what students may choose."""
        return self.asked.model_dump(exclude_none=True)

    @property
    def points(self) -> float:
        """The points of all criteria together."""
        return sum(criterion.points for criterion in self.criteria)


def read_rubric(path: str | Path = "") -> Rubric:
    """Read a rubric; without a path the course's own.

    Raises:
        InputError: no such file, no TOML, or something in it that a rubric does not have: a word
            that is not known, or a value of the wrong type. Otherwise a typing error would cost
            every student points, and nobody would be told.
    """
    path = in_course("rubric.toml", path)
    try:
        told = tomllib.loads(decode(read_bytes(path)))
    except (OSError, tomllib.TOMLDecodeError) as error:
        reason = getattr(error, "strerror", error)
        raise InputError(
            f"Expected a rubric in TOML. Received: {path} ({reason}). Begin with the course's own, "
            "rubric.toml."
        ) from error
    try:
        rubric = Rubric.model_validate({"title": path.stem} | told)
    except ValidationError as error:
        raise InputError(_sentence(path, told, error)) from error
    names = [criterion.id.lower() for criterion in rubric.criteria]
    if not names or len({*names, *TAKEN}) < len(names) + len(TAKEN):
        raise InputError(
            "Expected at least one [[criterion]], each with an id of its own that is none of "
            f"{', '.join(TAKEN)}. Received: {path} with {', '.join(names) or 'none'}."
        )
    return rubric


def _sentence(path: Path, told: dict[str, Any], error: ValidationError) -> str:
    """What is wrong, and where; a typing error comes first, because it leads to others."""
    fault = min(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    table, *inside = fault["loc"]
    name, where = (inside or [table])[-1], f"[{table}] of {path}" if inside else str(path)
    if table == "criterion" and len(inside) > 1:
        where = f"criterion {told[table][inside[0]].get('id', inside[0] + 1)} of {path}"
    kind = fault["type"]
    if kind == "extra_forbidden":
        tables = {"criterion": Criterion, "run": WantedRun, "limits": Limits, "rerun": RerunLimits}
        known = tables[table].model_fields if inside else ("title", *tables)
        return (
            f"Expected in {where} only {', '.join(known)}. Received: {name}. Is it a typing error?"
        )
    if kind == "value_error":  # said by the library
        return f"In {where}: {fault['ctx']['error']}"
    return (
        f"Expected {name} in {where} {FAULTS.get(kind, fault['msg'])}. Received: "
        f"{fault['input']!r:.100}. {HINTS.get(kind) or HINTS.get(name, QUOTES)}"
    )
