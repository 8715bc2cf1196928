"""What every submission is measured against: rubric, labels, the notebooks that were given out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from fer_kit.course.compare import Released, read_released
from fer_kit.course.rubric import Rubric, read_rubric
from fer_kit.errors import InputError
from fer_kit.files import code, sha256
from fer_kit.grading.labels import Labels, read_labels
from fer_kit.lessons import LESSONS
from fer_kit.run import in_course


@dataclass(frozen=True)
class Asked:
    """What grading was asked for; each process reads the rest from it, once.

    Attributes:
        rubric, release, labels: paths; labels may be None.
        out: where the grades go.
        rerun: whether submissions are also executed.
        own_process: whether they are looked at in processes that do nothing else.
        digest: of all that a record depends on, beside the bundle.
    """

    rubric: Path
    release: Path
    labels: Path | None
    out: Path
    rerun: bool
    own_process: bool
    digest: str


@dataclass(frozen=True)
class Measure:
    """What every submission is measured against; `released` are the notebooks by name."""

    rubric: Rubric
    released: dict[str, Released]
    labels: Labels | None


def ask(
    rubric: str | Path,
    release: str | Path,
    labels: str | Path,
    out: Path,
    rerun: bool,
    own_process: bool,
) -> Asked:
    """Put together what grading was asked for; "" stands for the course's own, or for no labels."""
    rubric, release = in_course("rubric.toml", rubric), in_course("student", release)
    labels = Path(labels) if str(labels) else None
    digest = hashlib.sha256(repr((rerun, labels is None, code())).encode())
    files = [rubric, *sorted([*release.glob("*.ipynb"), *originals().glob("*.ipynb")])]
    files += [labels, labels / "data" / "prepared.npz"] if labels else []
    for path in files:
        if path.is_file():
            digest.update(bytes.fromhex(sha256(path)))
    return Asked(rubric, release, labels, out, rerun, own_process, digest.hexdigest())


def originals() -> Path:
    """Where the lessons with their solutions are."""
    return in_course("notebooks")


@lru_cache(maxsize=2)
def read_measure(asked: Asked) -> Measure:
    """Read and check it.

    Raises:
        InputError: something cannot be used, or the rubric asks for what nobody was given.
    """
    rubric = read_rubric(asked.rubric)
    released = read_released(asked.release, originals())
    _check_rubric(rubric, released)
    labels = read_labels(asked.labels, rubric.run) if asked.labels else None
    return Measure(rubric, released, labels)


def models_of(released: Mapping[str, Any]) -> tuple[str, ...]:
    """The models whose predictions these lessons make."""
    made = [file for lesson in LESSONS if lesson.name in released for file in lesson.makes]
    return tuple(PurePosixPath(file).stem for file in made if file.startswith("predictions/"))


def _check_rubric(rubric: Rubric, released: Mapping[str, Released]) -> None:
    """Raises InputError where the rubric gives points for what nobody was given."""
    models = models_of(released)
    for criterion in rubric.criteria:
        for what, asked, known in (
            ("notebooks that were given out", criterion.notebooks, released),
            ("models that these notebooks make", criterion.models, models),
        ):
            if unknown := [name for name in asked if name not in known]:
                raise InputError(
                    f"Expected in criterion {criterion.id} {what}: {', '.join(known)}. Received: "
                    f"{', '.join(unknown)}. Change the rubric, or name the folder that was given "
                    "out with RELEASE=…."
                )
        chosen = [released[name] for name in criterion.notebooks or released]
        checks = [one for lesson in chosen for one in lesson.exercises if not one.written]
        if {"checks": not checks, "results": not models}.get(criterion.kind):
            raise InputError(
                f"Expected something to give the points of criterion {criterion.id} for. Received: "
                f"no {criterion.kind} in {', '.join(criterion.notebooks or released)}. Change the "
                "rubric."
            )
