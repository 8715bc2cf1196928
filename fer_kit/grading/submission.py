"""One submission: what its bundle holds becomes a record, from which everything is written."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from fer_kit.course.compare import Compared, compare
from fer_kit.course.executed import Exercise
from fer_kit.course.rubric import Criterion
from fer_kit.grading import pages
from fer_kit.grading.archive import Bundle
from fer_kit.grading.doubts import find_doubts
from fer_kit.grading.graded import Record, Sender
from fer_kit.grading.handed_in import HandIn
from fer_kit.grading.measure import Measure, models_of, originals
from fer_kit.grading.plain import few, finite, line
from fer_kit.grading.rerun import Rerun
from fer_kit.grading.rerun import rerun as execute_again
from fer_kit.grading.results import Result, fit, recompute

# Of an answer only so much is kept: nobody writes more, and hundreds have to fit into memory.
LONGEST_ANSWER = 10_000  # characters
ALL_ANSWERS = 400_000
MOST_DOUBTS = 40


def identify(hand_in: HandIn, measure: Measure, is_sample: bool) -> Sender:
    """Who has handed in; of a sample also how it fits to what the instructor has given."""
    with Bundle(hand_in.path, hand_in.name) as bundle:
        signed = bundle.manifest.student
        who = Sender(hand_in.name, signed.name, signed.id, bundle.when, readable=True)
        if not is_sample:
            return who
        return replace(who, fits=_fit(bundle, measure), unlike=_unlike(bundle, measure))


def grade_one(hand_in: HandIn, measure: Measure, rerun: bool) -> Record:
    """Grade one bundle.

    Raises:
        Unusable: it is not a bundle, or one that must not be opened.
    """
    with Bundle(hand_in.path, hand_in.name) as bundle:
        lessons = _lessons(bundle, measure)
        results = list(_results(bundle, measure))
        record = Record(doubts=_doubts(bundle, lessons, results, measure))
        passed = {lesson.name: lesson.passed for lesson in lessons}
        if rerun:
            again = execute_again(bundle, originals(), measure.rubric.rerun.model_dump())
            passed, record.rerun = _passed(again), again.summary
            if again.left:
                record.doubts.append(f"Not executed again, not counted: {few(again.left)}.")
    record.scores = {
        criterion.id: _score(criterion, lessons, results, passed, measure)
        for criterion in measure.rubric.criteria
        if criterion.kind != "manual"
    }
    record.lessons = [_told_of(lesson, passed.get(lesson.name, ())) for lesson in lessons]
    record.results = [asdict(result) for result in results]
    record.absent = sorted(measure.released.keys() - {lesson.name for lesson in lessons})
    record.own = _own(lessons)
    record.started = sorted({line(t) for one in lessons if (t := one.execution.started)})
    return record


def _fit(bundle: Bundle, measure: Measure) -> float | None:
    if measure.labels is None:
        return None
    fits = [fit(content, measure.labels) for _, content in bundle.predictions()]
    return max((share for share in fits if share is not None), default=None)


def _unlike(bundle: Bundle, measure: Measure) -> tuple[str, ...]:
    lessons = _lessons(bundle, measure)
    return tuple(key for one in lessons for key in (*one.changed_checks, *one.missing))


def _lessons(bundle: Bundle, measure: Measure) -> list[Compared]:
    return [
        compare(lesson, notebook, measure.released[lesson])
        for lesson, notebook in bundle.notebooks()
        if lesson in measure.released
    ]


def _results(bundle: Bundle, measure: Measure) -> Iterator[Result]:
    claims = bundle.metrics.models if bundle.metrics else {}
    tolerance = measure.rubric.limits.tolerance
    for model, content in bundle.predictions():
        yield recompute(model, content, claims.get(model, {}), measure.labels, tolerance)


def _doubts(
    bundle: Bundle, lessons: Sequence[Compared], results: Sequence[Result], measure: Measure
) -> list[str]:
    doubts = find_doubts(bundle.manifest, bundle.metrics, lessons, results, measure.rubric)
    absent = [name for name in measure.released if name not in {one.name for one in lessons}]
    longest = [
        key for one in lessons for key, text in one.own.items() if len(text) > LONGEST_ANSWER
    ]
    for what, names in (
        ("Notebooks that are not in it", absent),
        ("Changed after the bundle was made", bundle.altered()),
        ("Files that no bundle has", bundle.strange),
        (f"Only the first {LONGEST_ANSWER:,} characters are compared and shown of", longest),
    ):
        if names:
            doubts.append(f"{what}: {few(names)}.")
    if bundle.is_run:
        doubts.append("The run's folder and no bundle: nothing tells what was changed afterwards.")
    return [line(doubt, 400) for doubt in doubts[:MOST_DOUBTS]]


def _passed(again: Rerun) -> dict[str, frozenset[str]]:
    return {
        name: compare(name, notebook, again.released[name]).passed
        for name, notebook in again.notebooks.items()
        if name in again.released
    }


# What is kept


def _told_of(lesson: Compared, passed: frozenset[str]) -> dict[str, Any]:
    """What the pages show of a notebook."""
    told = lesson.execution
    return {
        "name": lesson.name,
        "cells": told.cells,
        "executed": told.executed,
        "in_order": told.in_order,
        "errors": [line(name, 60) for name in told.errors[:5]],
        "seconds": finite(told.seconds),
        "changed": len(lesson.changed) + len(lesson.changed_checks),
        "added": lesson.added,
        "missing": len(lesson.missing),
        "exercises": [_exercise(exercise, passed) for exercise in lesson.exercises],
    }


def _exercise(exercise: Exercise, passed: frozenset[str]) -> dict[str, Any]:
    told = asdict(exercise)
    text = told.pop("answer")[:LONGEST_ANSWER]
    if exercise.written:
        return told | {"html": str(pages.answer(text)) if exercise.state == "answered" else ""}
    state = "passed" if exercise.name in passed else exercise.state
    is_refused = exercise.state == "passed" and exercise.name not in passed
    return told | {"state": "not counted" if is_refused else state}


def _own(lessons: Sequence[Compared]) -> dict[str, str]:
    """What the student wrote, as much of it as is kept."""
    kept: dict[str, str] = {}
    left = ALL_ANSWERS
    for lesson in lessons:
        for key, text in lesson.own.items():
            kept[key] = text[: min(left, LONGEST_ANSWER)]
            left -= len(kept[key])
    return {key: text for key, text in kept.items() if text}


# Points


def _score(
    criterion: Criterion,
    lessons: Sequence[Compared],
    results: Sequence[Result],
    passed: Mapping[str, Collection[str]],
    measure: Measure,
) -> tuple[float, str]:
    """The points for one criterion, and why."""
    asked = criterion.notebooks or tuple(measure.released)
    if criterion.kind == "executed":
        fine = [lesson.name for lesson in lessons if lesson.complete and lesson.name in asked]
        return _share(criterion, len(fine), len(asked), "notebooks ran from top to bottom")
    if criterion.kind == "results":
        models = criterion.models or models_of(measure.released)
        fine = [r for r in results if r.model in models and r.recomputed and not r.problems]
        return _share(criterion, len(fine), len(models), "models have results that hold")
    worth = [
        (exercise.points, exercise.name in passed.get(name, ()))
        for name in asked
        if name in measure.released
        for exercise in measure.released[name].exercises
        if not exercise.written
    ]
    reached = sum(points for points, is_passed in worth if is_passed)
    return _share(criterion, reached, sum(points for points, _ in worth), "points of checks passed")


def _share(criterion: Criterion, part: float, whole: float, what: str) -> tuple[float, str]:
    points = criterion.points * part / whole if whole else 0.0
    return round(points, 2), f"{part:g} of {whole:g} {what}"
