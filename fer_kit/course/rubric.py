"""The rubric: which points there are, and for what. `rubric.toml` explains itself."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from fer_kit.datasets import SOURCES
from fer_kit.errors import InputError
from fer_kit.files import decode
from fer_kit.lessons import PROFILES, find
from fer_kit.run import course_folder

KINDS = ("executed", "results", "checks", "manual")
LIMITS = {"microseconds_per_face": 10, "tolerance": 0.0005, "alike": 0.3}
RERUN = {
    "profile": "smoke",
    "minutes": 20,
    "memory_mb": 6000,
    "processes": 200,
    "output_mb": 200,
}
# Columns of the gradebook beside the criteria.
TAKEN = ("submission", "name", "id", "comment", "total", "of", "state", "doubts")
# What narrows a criterion that the computer gives points for.
NARROWED_BY = {"executed": "notebooks", "checks": "notebooks", "results": "models"}


@dataclass(frozen=True)
class Criterion:
    """One line of the rubric: `points` for what `kind` says, in some notebooks or models.

    Attributes:
        notebooks: their full names, in the course's order; empty for all.
        models: their names; empty for all.
    """

    id: str
    title: str
    points: float
    kind: str
    notebooks: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rubric:
    """Criteria, the run that was asked for, and limits."""

    title: str
    criteria: tuple[Criterion, ...]
    run: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=lambda: dict(LIMITS))
    rerun: dict[str, Any] = field(default_factory=lambda: dict(RERUN))

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
    path = Path(path) if str(path) else course_folder() / "rubric.toml"
    try:
        told = tomllib.loads(decode(path.read_bytes()))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"Expected a rubric in TOML. Received: {path} ({error}). Begin with the course's own, "
            "rubric.toml."
        ) from error
    _only(path, told, {"title", "run", "limits", "rerun", "criterion"})
    run, limits, rerun = (_table(path, told, name) for name in VALUES)
    criteria = tuple(_criterion(path, line) for line in _criteria(path, told))
    names = [criterion.id.lower() for criterion in criteria]
    if not names or len({*names, *TAKEN}) < len(names) + len(TAKEN):
        raise InputError(
            "Expected at least one [[criterion]], each with an id of its own that is none of "
            f"{', '.join(TAKEN)}. Received: {path} with {', '.join(names) or 'none'}."
        )
    return Rubric(
        title=str(told.get("title", path.stem)),
        criteria=criteria,
        run=run,
        limits=LIMITS | limits,
        rerun=RERUN | rerun,
    )


# The tables [run], [limits] and [rerun]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# What is expected, in words, and whether a value is that. A value may be of any type, also of one
# that cannot be looked up in a dictionary.
Rule = tuple[str, Callable[[Any], bool]]
FROM_0: Rule = ("a number from 0 up", lambda value: _is_number(value) and value >= 0)
SHARE: Rule = ("a number above 0 and up to 1", lambda value: _is_number(value) and 0 < value <= 1)
ABOVE_0: Rule = ("a number above 0", lambda value: _is_number(value) and value > 0)
WHOLE: Rule = ("a whole number", _is_whole)
PROFILE: Rule = (f"one of {', '.join(PROFILES)}", lambda value: value in tuple(PROFILES))
DATASET: Rule = (f"one of {', '.join(SOURCES)}", lambda value: value in tuple(SOURCES))
VALUES: dict[str, dict[str, Rule]] = {
    "run": {"dataset": DATASET, "profile": PROFILE, "seed": WHOLE},
    "limits": {"microseconds_per_face": FROM_0, "tolerance": FROM_0, "alike": SHARE},
    "rerun": {
        "profile": PROFILE,
        "minutes": ABOVE_0,
        "memory_mb": ABOVE_0,
        "processes": ABOVE_0,
        "output_mb": ABOVE_0,
    },
}


def _table(path: Path, told: dict[str, Any], name: str) -> dict[str, Any]:
    table, rules = told.get(name, {}), VALUES[name]
    if not isinstance(table, dict):
        raise InputError(
            f"Expected [{name}] in {path} as a heading, with a line for each of "
            f"{', '.join(rules)}. Received: {name} = {table!r}. Take over the course's own, "
            "rubric.toml."
        )
    _only(path, table, set(rules))
    for key, value in table.items():
        expected, fits = rules[key]
        if not fits(value):
            raise InputError(
                f"Expected {key} in [{name}] of {path} to be {expected}. Received: "
                f"{key} = {value!r}. Numbers have no quotation marks, words have."
            )
    return table


# The criteria


def _criteria(path: Path, told: dict[str, Any]) -> list[dict[str, Any]]:
    lines = told.get("criterion", [])
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise InputError(
            f"Expected in {path} the heading [[criterion]] above each criterion, with two brackets "
            f"on both sides. Received: criterion = {str(lines)[:100]}. Write it so."
        )
    return lines


def _criterion(path: Path, line: dict[str, Any]) -> Criterion:
    _only(path, line, {"id", "title", "points", "kind", "notebooks", "models"})
    points = line.get("points")
    if (
        not {"id", "title", "points", "kind"} <= set(line)
        or line["kind"] not in KINDS
        or not _is_number(points)
        or points <= 0
        or not str(line["id"]).isidentifier()
    ):
        raise InputError(
            "Expected of each criterion id (letters, digits and _), title, points above 0, and "
            f"kind, one of {', '.join(KINDS)}. Received: {line} in {path}."
        )
    notebooks, models = _narrowed(path, line, "notebooks"), _narrowed(path, line, "models")
    try:
        notebooks = tuple(lesson.name for lesson in find(notebooks))
    except InputError as error:
        raise InputError(f"In {path}, criterion {line['id']}: {error}") from error
    return Criterion(
        str(line["id"]), str(line["title"]), float(points), line["kind"], notebooks, models
    )


def _narrowed(path: Path, line: dict[str, Any], name: str) -> tuple[str, ...]:
    """The names that a criterion lists under `notebooks` or `models`, each once."""
    if name not in line:
        return ()
    names, by = line[name], NARROWED_BY.get(line["kind"], name)
    is_list = isinstance(names, list) and all(isinstance(one, str) and one for one in names)
    if not is_list or not names:
        example = '["04_lenet5"]' if name == "notebooks" else '["cnn"]'
        raise InputError(
            f"Expected {name} of criterion {line['id']} in {path} to be a list of names, such as "
            f"{example}. Received: {names!r}. Leave the line out for all {name}."
        )
    if by != name:
        raise InputError(
            f"Expected {by} of criterion {line['id']} in {path}, if anything: it is of kind "
            f"{line['kind']}. Received: {name}, which would change nothing. Leave the line out."
        )
    return tuple(dict.fromkeys(names))


def _only(path: Path, given: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise InputError(
            f"Expected in {path} only {', '.join(sorted(known))}. Received: {', '.join(unknown)}. "
            "Is it a typing error?"
        )
