"""The pages of a grading: feedback for each student, an overview, the answers to each exercise."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from markupsafe import Markup

from fer_kit.course.compare import Released
from fer_kit.course.executed import Exercise, source
from fer_kit.course.pages import page_html
from fer_kit.course.rubric import Criterion, Rubric
from fer_kit.course.safe_html import Markdown
from fer_kit.files import write_text
from fer_kit.grading.alike import Pair
from fer_kit.grading.graded import Graded
from fer_kit.grading.labels import Labels
from fer_kit.grading.roster import Person

BINS = 10
MOST_MODELS = 8  # columns of the overview


class WrittenExercise(NamedTuple):
    """An exercise that is answered in words, its lesson, and the texts of that lesson's cells."""

    name: str
    lesson: str
    exercise: Exercise
    sources: Mapping[str, str]


def write_feedback(out: Path, one: Graded, rubric: Rubric) -> None:
    """The page for a student: points and why, what was recomputed, what was run, what was passed.

    Doubts are not on it: they are for the instructor to ask about.
    """
    lessons = one.record.lessons
    exercises = [{"lesson": told["name"]} | each for told in lessons for each in told["exercises"]]
    values = {
        "one": one,
        "record": one.record,
        "rubric": rubric,
        "lines": [_line(criterion, one) for criterion in rubric.criteria],
        "exercises": exercises,
        "answers": [
            each | {"html": Markup(each["html"])} for each in exercises if each.get("html")
        ],
    }
    _write(out / "feedback" / f"{one.hand_in.page}.html", page_html("feedback.html.j2", values))


def _line(criterion: Criterion, one: Graded) -> dict[str, Any]:
    """A line of the points: what for, how many, and why."""
    _, why = one.record.scores.get(criterion.id, (None, "not graded yet"))
    if criterion.id in one.told.points:
        why = "given by your instructor"
    return {"criterion": criterion, "points": one.score(criterion.id), "why": why}


def write_overview(
    out: Path,
    graded: Sequence[Graded],
    missing: Sequence[Person],
    rubric: Rubric,
    pairs: Sequence[Pair],
    labels: Labels | None,
    exercises: Sequence[WrittenExercise],
    models: Sequence[str],
) -> None:
    """overview.html: the distribution, every submission, doubts, and pairs that are too alike.

    Args:
        missing: who is on the class list and has handed in nothing.
        exercises: those that have a page of their own.
        models: those that the course makes; what somebody made besides has no column.
    """
    fine = [one for one in graded if one.counts and not one.error]
    totals = sorted(one.total(rubric) or 0 for one in fine)
    accuracies = {one.name: _accuracies(one) for one in graded}
    values = {
        "graded": graded,
        "missing": missing,
        "rubric": rubric,
        "pairs": pairs,
        "labels": labels,
        "exercises": exercises,
        "bars": _distribution(totals, rubric.points),
        "doubted": [one for one in graded if one.doubts or one.error],
        "waiting": sum(bool(one.waiting(rubric)) for one in fine),
        "median": totals[len(totals) // 2] if totals else 0,
        "accuracies": accuracies,
        "models": [m for m in models if any(m in told for told in accuracies.values())][
            :MOST_MODELS
        ],
        "reports": {path.name for path in (out / "reports").glob("*")},
        "pages": {one.name: one.hand_in.page for one in graded},
    }
    _write(out / "overview.html", page_html("overview.html.j2", values))


def _accuracies(one: Graded) -> dict[str, float]:
    results = one.record.results if one.record else []
    return {
        told["model"]: told["recomputed"]["accuracy"]
        for told in results
        if "accuracy" in told["recomputed"]
    }


def _distribution(points: Sequence[float], most: float) -> list[dict[str, Any]]:
    """How many reached each tenth of the points."""
    counts = [0] * BINS
    for value in points:
        counts[min(BINS - 1, int(BINS * value / most))] += 1
    step, highest = most / BINS, max([*counts, 1])
    return [
        {"label": f"{i * step:g}–{(i + 1) * step:g}", "count": n, "share": 100 * n / highest}
        for i, n in enumerate(counts)
    ]


def exercises_in(released: Mapping[str, Released]) -> list[WrittenExercise]:
    """The exercises that are answered in words, in the lessons' order."""
    return [
        WrittenExercise(exercise.name, lesson, exercise, notebook.sources)
        for lesson, notebook in released.items()
        for exercise in notebook.exercises
        if exercise.written
    ]


def write_exercise(
    out: Path, graded: Sequence[Graded], asked: WrittenExercise, notebooks: Path
) -> None:
    """exercises/NAME.html: everybody's answers to one exercise, side by side.

    Args:
        notebooks: where the lessons with their solutions are; theirs is shown first.
    """
    solved = _sources(notebooks / f"{asked.lesson}.ipynb")
    task = asked.sources.get(f"{asked.name}-task", "")
    told = [(one, _answer_of(one, asked.name)) for one in graded]
    told.sort(key=lambda both: not both[0].counts)  # what counts first, in manual.csv's order
    values = {
        "asked": asked,
        "task": answer(re.sub(r"^#.*", "", task)),  # its heading is the page's own
        "solution": answer(solved.get(asked.exercise.filled, "")),
        "answers": [(one, html) for one, html in told if html],
        "without": [one for one, html in told if not html],
    }
    _write(out / "exercises" / f"{asked.name}.html", page_html("exercise.html.j2", values))


def _answer_of(one: Graded, name: str) -> Markup:
    lessons = one.record.lessons if one.record else []
    exercises = (exercise for lesson in lessons for exercise in lesson["exercises"])
    return Markup(next((told["html"] for told in exercises if told["name"] == name), ""))


def _sources(path: Path) -> dict[str, str]:
    """The text of each cell of a notebook, by its id; nothing where there is none."""
    cells = nbformat.read(path, as_version=4).cells if path.exists() else []
    return {cell.get("id", ""): source(cell) for cell in cells}


def answer(text: str) -> Markup:
    """A written answer as HTML, whose headings do not stand out from the page's own."""
    return Markdown().convert(re.sub(r"^#+ ", "", text, flags=re.MULTILINE))


def remove_others(folder: Path, kept: Sequence[str]) -> None:
    """Remove the pages of an earlier grading that are about nothing any more."""
    for page in folder.glob("*.html"):
        if page.stem not in kept:
            page.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    """Write a page; what a student made up that no encoding knows becomes question marks."""
    write_text(path, text.encode("utf-8", "replace").decode())
