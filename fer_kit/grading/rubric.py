"""The rubric: which points there are, and for what. `rubric.toml` explains itself."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fer_kit.errors import InputError
from fer_kit.run import course_folder

KINDS = ("executed", "results", "checks", "manual")
LIMITS = {"microseconds_per_face": 10, "tolerance": 0.0005, "alike": 0.8}
RERUN = {
    "profile": "smoke",
    "minutes": 20,
    "memory_mb": 6000,
    "processes": 200,
    "output_mb": 200,
}


@dataclass(frozen=True)
class Criterion:
    """One line of the rubric: `points` for what `kind` says, in some notebooks or models."""

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
        InputError: no such file, no TOML, or something in it that a rubric does not have.
    """
    path = Path(path) if str(path) else course_folder() / "rubric.toml"
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"Expected a rubric in TOML. Received: {path} ({error}). Begin with the course's own, "
            "rubric.toml."
        ) from error
    _only(path, told, {"title", "run", "limits", "rerun", "criterion"})
    _only(path, told.get("run", {}), {"dataset", "profile", "seed"})
    _only(path, told.get("limits", {}), set(LIMITS))
    _only(path, told.get("rerun", {}), set(RERUN))
    criteria = tuple(_criterion(path, line) for line in told.get("criterion", []))
    names = [criterion.id for criterion in criteria]
    if not names or len(set(names)) < len(names):
        raise InputError(
            f"Expected at least one [[criterion]], each with an id of its own. Received: {path} "
            f"with {', '.join(names) or 'none'}."
        )
    return Rubric(
        title=str(told.get("title", path.stem)),
        criteria=criteria,
        run=told.get("run", {}),
        limits=LIMITS | told.get("limits", {}),
        rerun=RERUN | told.get("rerun", {}),
    )


def _criterion(path: Path, line: dict[str, Any]) -> Criterion:
    _only(path, line, {"id", "title", "points", "kind", "notebooks", "models"})
    points = line.get("points")
    if (
        not {"id", "title", "points", "kind"} <= set(line)
        or line["kind"] not in KINDS
        or not isinstance(points, int | float)
        or points <= 0
        or not str(line["id"]).isidentifier()
    ):
        raise InputError(
            "Expected of each criterion id (letters, digits and _), title, points above 0, and "
            f"kind, one of {', '.join(KINDS)}. Received: {line} in {path}."
        )
    lists = {name: tuple(line.get(name, ())) for name in ("notebooks", "models")}
    return Criterion(str(line["id"]), str(line["title"]), float(points), line["kind"], **lists)


def _only(path: Path, given: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise InputError(
            f"Expected in {path} only {', '.join(sorted(known))}. Received: {', '.join(unknown)}. "
            "Is it a typing error?"
        )
