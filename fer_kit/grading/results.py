"""What the predictions in a bundle are worth, computed anew, beside what its report claims."""

import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fer_kit.errors import InputError
from fer_kit.evaluation import Predictions, averages, per_emotion, percent, read_predictions
from fer_kit.faces import one_hot
from fer_kit.grading.labels import Labels
from fer_kit.grading.plain import finite

SCORES = ("accuracy", "macro_f1", "weighted_f1")
# A table is looked at only up to this; that of FER2013's 7,178 faces has 1 MB and 16 columns.
LARGEST = 30_000_000  # bytes
MOST_ROWS = 200_000
MOST_COLUMNS = 100
MOST_CELLS = 5_000_000
TOO_GOOD = 0.99


@dataclass(frozen=True)
class Result:
    """One model of a bundle.

    Attributes:
        model: its name.
        claimed, recomputed: accuracy, macro_f1 and weighted_f1, as far as they are known.
        faces: how many test faces were predicted.
        problems: sentences for the student and the instructor; empty where all is well.
        odd: sentences for the instructor alone: what no network answers.
        answers: a hash of what was answered for each test face; "" where that says nothing.
    """

    model: str
    claimed: dict[str, float]
    recomputed: dict[str, float]
    faces: int
    problems: tuple[str, ...]
    odd: tuple[str, ...] = ()
    answers: str = ""


def recompute(
    model: str, content: bytes, claims: dict[str, Any], labels: Labels | None, tolerance: float
) -> Result:
    """Check a model's predictions for the test part, and compare them with the claims.

    Without `labels`, the truth that stands in the bundle itself has to do.
    """
    claimed = {name: claims[name] for name in SCORES if finite(claims.get(name)) is not None}
    result = Result(model, claimed, {}, 0, ())
    if problem := _size_problem(content):
        return replace(result, problems=(f"Its table of predictions {problem}.",))
    try:
        told = of_test_part(model, content)
        recomputed, problems = _scores(told, labels)
    except InputError as error:
        problem = "Its table of predictions is not as the course writes it."
        return replace(result, problems=(problem,), odd=(str(error)[:300],))
    problems += _differences(claimed, recomputed, tolerance)
    odd = tuple(_oddities(told, recomputed)) if len(told) else ()
    answers = "" if odd or len(np.unique(told.predicted)) < 2 else _answers(told)
    return Result(model, claimed, recomputed, len(told), tuple(problems), odd, answers)


def of_test_part(model: str, content: bytes) -> Predictions:
    """The predictions for the test part.

    Raises:
        InputError: it is no table of predictions.
    """
    return read_predictions(_Named(content, f"predictions/{model}.csv")).subset("test")


def fit(content: bytes, labels: Labels) -> float | None:
    """The share of the test faces whose id and label are those of the instructor; None if unknown.

    Many hand-ins in which it is low say that the labels are of another run.
    """
    if _size_problem(content):
        return None
    try:
        told = of_test_part("", content)
    except InputError:
        return None
    if not len(told):
        return None
    stated = [told.emotions[index] for index in told.true]
    truth = [labels.truth.get(face) for face in told.ids.tolist()]
    same = [
        k is not None and labels.emotions[k] == name for name, k in zip(stated, truth, strict=True)
    ]
    return sum(same) / len(same)


class _Named(io.BytesIO):
    """Bytes that say in messages what they are."""

    def __init__(self, content: bytes, name: str):
        super().__init__(content)
        self.name = name

    def __str__(self) -> str:
        return self.name


def _size_problem(content: bytes) -> str:
    """What is too large, before anything of it is kept in memory; "" where nothing is."""
    if len(content) > LARGEST:
        return f"has {len(content) / 1e6:,.0f} MB"
    if (rows := max(content.count(b"\n"), content.count(b"\r"))) > MOST_ROWS:
        return f"has {rows:,} rows"
    if (columns := content.partition(b"\n")[0].count(b",") + 1) > MOST_COLUMNS:
        return f"has {columns:,} columns"
    if (cells := content.count(b",")) > MOST_CELLS:
        return f"has {cells:,} cells"
    return ""


def _differences(
    claimed: dict[str, float], recomputed: dict[str, float], tolerance: float
) -> Iterator[str]:
    if not claimed:
        yield "The report claims nothing about this model."
    elif unclaimed := [name for name in SCORES if name not in claimed]:
        yield f"The report has no number for {', '.join(unclaimed)}."
    for name in claimed:
        if name in recomputed and abs(claimed[name] - recomputed[name]) > tolerance:
            yield (
                f"{name} is reported as {claimed[name]:.4f}; the predictions give "
                f"{recomputed[name]:.4f}."
            )


def _scores(told: Predictions, labels: Labels | None) -> tuple[dict[str, float], list[str]]:
    if labels is None:
        return (_three_scores(told) if len(told) else {}), []
    unknown = set(labels.emotions) - set(told.emotions)
    if unknown or not np.isfinite(told.probabilities).all():
        missing = ", ".join(sorted(unknown)) or "numbers"
        return {}, [f"There are no probabilities for {missing}."]
    problems = _row_problems(told.ids.tolist(), labels)
    known = np.array([face in labels.truth for face in told.ids], bool)
    _, first = np.unique(told.ids, return_index=True)
    rows = np.array([row for row in np.sort(first) if known[row]], int)
    if not len(rows):
        return {}, problems
    names = [told.emotions.index(name) for name in labels.emotions]
    truth = np.array([labels.truth[face] for face in told.ids[rows]])
    stated = np.array(told.emotions)[told.true[rows]]
    changed = int((stated != np.array(labels.emotions)[truth]).sum())
    if changed:
        problems.append(f"{changed:,} faces carry another label than your instructor's.")
    order = names + [index for index in range(len(told.emotions)) if index not in names]
    emotions = tuple(told.emotions[index] for index in order)
    targets, answers = one_hot(truth, len(order)), told.probabilities[rows][:, order]
    mended = Predictions(told.ids[rows], told.split[rows], targets, answers, emotions)
    return _three_scores(mended), problems


def _row_problems(ids: list[str], labels: Labels) -> list[str]:
    counts = Counter(ids)
    numbers = {
        "missing": len(labels.truth.keys() - counts.keys()),
        "repeated": sum(count - 1 for count in counts.values()),
        "unknown": len(counts.keys() - labels.truth.keys()),
    }
    return [f"{number:,} test rows are {what}." for what, number in numbers.items() if number]


def _three_scores(predictions: Predictions) -> dict[str, float]:
    means = averages(per_emotion(predictions))
    means["accuracy"] = float(predictions.correct.mean())
    return {name: means[name] for name in SCORES}


def _oddities(told: Predictions, recomputed: dict[str, float]) -> Iterator[str]:
    """What a trained network never answers."""
    if recomputed.get("accuracy", 0) >= TOO_GOOD:
        yield f"An accuracy of {percent(recomputed['accuracy'])} is too good to be true."
    if len(told) > 1 and np.ptp(told.probabilities, axis=0).max() < 1e-3:
        yield "Every face gets the same probabilities."
    if told.confidence.min() > 1 - 1e-6:
        yield "Every probability is 0 or 1."


def _answers(told: Predictions) -> str:
    order = np.argsort(told.ids, kind="stable")
    lines = zip(told.ids[order].tolist(), told.predicted[order].tolist(), strict=True)
    named = [f"{face} {told.emotions[index]}" for face, index in lines]
    return hashlib.sha256("\n".join(named).encode("utf-8", "replace")).hexdigest()
