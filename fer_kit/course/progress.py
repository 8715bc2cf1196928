"""How far a run has come, and what grading would miss: said in time.

`run`, `run-all` and `bundle` end with it, and `fer-kit progress` says it at any time.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fer_kit.course import records
from fer_kit.course.compare import Compared, Released, compare, read_one
from fer_kit.course.executed import (
    Exercise,
    grade_id,
    is_unwritten,
    lesson_cells,
    read_notebook,
    source,
    source_hash,
)
from fer_kit.course.limits import LARGEST_MEMBER
from fer_kit.course.matching import Cell, match
from fer_kit.course.results import read_metrics
from fer_kit.course.rubric import read_rubric
from fer_kit.errors import InputError
from fer_kit.files import MEGABYTE
from fer_kit.lessons import LESSONS, METRICS
from fer_kit.run import as_typed, in_course, make_options, read_config, runs_folder

DONE = ("passed", "answered")


@dataclass(frozen=True)
class Progress:
    """What was done in a run, of all lessons or of some.

    Attributes:
        run: the run's folder.
        notebooks: the folder of the notebooks that the student works with.
        given: the lessons as they were given out, by name.
        lessons: what was done with those that the run has executed, by name.
        damaged: what could not be read and was passed over, sentences.
    """

    run: Path
    notebooks: Path
    given: dict[str, Released]
    lessons: dict[str, Compared]
    damaged: tuple[str, ...] = ()

    def own(self, name: str) -> Path:
        """The student's notebook of a lesson."""
        return self.notebooks / f"{name}.ipynb"

    def executed(self, name: str) -> Path:
        """The same as the run has executed it."""
        return self.run / "notebooks" / f"{name}.ipynb"


def look(run: Path, notebooks: Path, names: Sequence[str] = ()) -> Progress:
    """Look at the notebooks that a run has executed.

    Args:
        run: the run's folder.
        notebooks: the folder that they come from.
        names: the lessons to look at; all of them where it is empty.
    """
    originals = in_course("notebooks")
    originals = originals if any(originals.glob("[!.]*.ipynb")) else notebooks
    released, damaged = _read_all(sorted(originals.glob("[!.]*.ipynb")), lambda p: read_one(p, p))
    wanted = names or [lesson.name for lesson in LESSONS]
    given = {name: one for name, one in released.items() if name in wanted}
    executed = [run / "notebooks" / f"{name}.ipynb" for name in given]
    done, broken = _read_all([path for path in executed if path.exists()], read_notebook)
    lessons = {name: compare(name, notebook, given[name]) for name, notebook in done.items()}
    return Progress(run, notebooks, given, lessons, (*damaged, *broken))


def _read_all(
    paths: Iterable[Path], read: Callable[[Path], Any]
) -> tuple[dict[str, Any], list[str]]:
    """What can be read, by name; and of the others why not."""
    found, damaged = {}, []
    for path in paths:
        try:
            found[path.stem] = read(path)
        except InputError as error:
            damaged.append(str(error))
    return found, damaged


def look_at_run(name: str, notebooks: Path) -> Progress:
    """The same for a run by its name.

    Raises:
        InputError: there is no run of that name.
    """
    if read_config(runs_folder() / name) is None:
        there = sorted(path.parent.name for path in runs_folder().glob("*/config.json"))
        raise InputError(
            f"Expected the name of a run. Received: {name}, in which nothing was run yet. There "
            f"are: {', '.join(there) or 'none'}. Begin with make run NB=01"
            f"{make_options(name, notebooks)}"
        )
    return look(runs_folder() / name, notebooks)


def summary(progress: Progress) -> str:
    """How many exercises are done; then a line for each notebook in which some are not."""
    exercises = [one for name in progress.given for one in _exercises(progress, name)]
    checks = [one.state in DONE for one in exercises if not one.written]
    texts = [one.state in DONE for one in exercises if one.written]
    told = (
        f"{sum(checks)} of {len(checks)} checks passed, {sum(texts)} of {len(texts)} texts written."
    )
    return "\n  ".join([told, *_open(progress)])


def told(progress: Progress, troubles: Iterable[str]) -> str:
    """The summary, and under it what is to be looked at."""
    notes = [f"Note: {trouble}" for trouble in troubles]
    return "\n".join([summary(progress), *([""] if notes else []), *notes])


def _exercises(progress: Progress, name: str) -> Sequence[Exercise]:
    """The exercises of a lesson, in their states as grading will see them."""
    if name in progress.lessons:
        return progress.lessons[name].believed
    return [replace(exercise, state="not run") for exercise in progress.given[name].exercises]


def _open(progress: Progress) -> Iterator[str]:
    """What is still to be done, a line for each notebook to be opened."""
    for name, lesson in progress.lessons.items():
        found: dict[str, list[str]] = {}
        for exercise in lesson.believed:
            if exercise.state not in DONE:
                found.setdefault(exercise.state, []).append(exercise.name)
        if found:
            told = "; ".join(f"{state}: {', '.join(names)}" for state, names in found.items())
            yield f"{as_typed(progress.own(name))}  {told}"
    if waiting := [name for name in progress.given if name not in progress.lessons]:
        yield f"not run yet: {', '.join(waiting)}"


# What grading would not find, or refuse


def warnings(progress: Progress) -> Iterator[str]:
    """What would be missed in the notebooks that were run, and why, in sentences."""
    yield from progress.damaged
    yield from _second_copies(progress)
    for name, lesson in progress.lessons.items():
        losses = _losses(lesson, progress.given[name])
        yield from (f"{as_typed(progress.own(name))}: {text}" for text in losses)
        yield from _too_large(progress.executed(name))
    if lost := [name for name, lesson in progress.lessons.items() if lesson.without_ids]:
        yield (
            f"Saved without the ids of the cells, as old editors do: {', '.join(lost)}. Nothing is "
            "lost: the cells were found by their names and texts."
        )


def _second_copies(progress: Progress) -> Iterator[str]:
    for name, released in progress.given.items():
        own = progress.own(name)
        for copy in copies_of(own, released):
            yield (
                f"{as_typed(copy)} ({_answers(copy, released)}) is not run and not handed in: "
                f"{own.name} is ({_answers(own, released)}). If it should be the other one, "
                "rename both."
            )


def copies_of(path: Path, released: Released | None = None) -> list[Path]:
    """Other files beside a lesson's notebook that are it, too, by their name or their exercises."""
    lessons = {f"{lesson.name}.ipynb" for lesson in LESSONS}
    return [
        other
        for other in sorted(path.parent.glob("[!.]*"))
        if other.name not in lessons
        and other.is_file()
        and (path.stem.casefold() in other.name.casefold() or _has_exercises(other, released))
    ]


def _has_exercises(path: Path, released: Released | None) -> bool:
    if released is None or path.suffix != ".ipynb":
        return False
    try:
        names = {grade_id(cell) for cell in read_notebook(path).cells}
    except InputError:
        return False
    return any(exercise.name in names for exercise in released.exercises)


def _answers(path: Path, released: Released) -> str:
    """How much is filled in, in words."""
    try:
        count = _count(path, released)
    except InputError:
        return "it cannot be read" if path.exists() else "it is not there"
    return f"{count or 'no'} answer{'' if count == 1 else 's'}"


def _count(path: Path, released: Released) -> int:
    """How many exercises of a notebook are filled in."""
    cells = match(list(released.cells.values()), lesson_cells(read_notebook(path)))
    filled = [cells[one.filled] for one in released.exercises if one.filled in cells]
    return sum(not is_unwritten(cell) for cell in filled)


def _losses(lesson: Compared, released: Released) -> Iterator[str]:
    """What keeps a notebook from counting as executed, or gives a doubt."""
    for names, what in (
        (lesson.missing, "cells of the lesson are gone, so that it does not count as executed"),
        (lesson.emptied, "little is left of these cells, so that it does not count as executed"),
        (lesson.hidden_errors, "an error counts, whatever the tag raises-exception says"),
        (lesson.disguised, "only papermill's own cells should have this tag"),
    ):
        if names:
            yield f"{what}: {', '.join(_called(key, released.cells) for key in names)}."


def _called(key: str, cells: Mapping[str, Cell]) -> str:
    """A cell by its id and how it begins: Jupyter does not show ids."""
    first = source(cells[key]).strip().splitlines()[:1] if key in cells else []
    return f"{key} ({first[0][:60]})" if first else key


def _too_large(path: Path) -> Iterator[str]:
    size = path.stat().st_size
    if size > LARGEST_MEMBER:
        cells = {cell.id: cell for cell in read_notebook(path).cells}
        worst = max(cells, key=lambda key: len(json.dumps(cells[key].get("outputs", []))))
        yield (
            f"{path.stem} holds {size / MEGABYTE:.0f} MB; grading reads at most "
            f"{LARGEST_MEMBER // MEGABYTE} MB of a file. Most of it is what this cell puts out: "
            f"{_called(worst, cells)}. Show less there, and run it again."
        )


def before_handing_in(progress: Progress) -> Iterator[str]:
    """All that grading would miss in a bundle of this run, in sentences."""
    yield from _outdated(progress)
    yield from warnings(progress)
    yield from _not_asked_for(progress)


def _outdated(progress: Progress) -> Iterator[str]:
    """What the run does not have of the student's own notebooks, in sentences."""
    solved, changed = [], []
    for name, released in progress.given.items():
        own, executed = progress.own(name), progress.executed(name)
        try:
            written = source_hash(read_notebook(own)) if own.exists() else ""
        except InputError as error:
            yield str(error)
            continue
        if not executed.exists():
            changed += [name] if written and _count(own, released) else []
        elif name in progress.lessons and (ran := source_hash(read_notebook(executed))) != written:
            original = in_course("notebooks") / own.name
            is_solved = original.exists() and ran == source_hash(read_notebook(original))
            (solved if is_solved else changed).append(name)
    again = f"make run-all{make_options(progress.run.name, progress.notebooks)}"
    if solved:
        yield f"Run with the solutions: {', '.join(solved)}. To hand in your own: {again}"
    if changed:
        yield (
            f"Not in the run as they are in {as_typed(progress.notebooks)} now: "
            f"{', '.join(changed)}. Run them: {again}"
        )


def _not_asked_for(progress: Progress) -> Iterator[str]:
    """What a bundle of this run lacks of what the course asks for, in sentences."""
    student = records.student(progress.run)
    if nameless := [what for what in ("name", "id") if not getattr(student, what)]:
        options = make_options(progress.run.name)
        yield f'Not signed yet ({", ".join(nameless)}): make bundle{options} STUDENT="…" ID=…'
    if not in_course("rubric.toml").exists():
        return
    rubric, run = read_rubric(), read_config(progress.run)
    for name, wanted in rubric.run.items():
        if (received := getattr(run, name, None)) != wanted:
            yield f"The course asks for {name} {wanted!r}; this run has {received!r}."
    models = [m for one in rubric.criteria if one.kind == "results" for m in one.models]
    metrics = read_metrics(progress.run)
    claimed = metrics.models if metrics else ()
    missing = [model for model in dict.fromkeys(models) if model not in claimed]
    if missing and len(progress.lessons) == len(progress.given):
        yield f"There are no results of {', '.join(missing)}, which count, in {METRICS}."
