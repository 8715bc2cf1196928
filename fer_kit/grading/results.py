"""What the predictions in a bundle are worth, computed anew, beside what its report claims."""

import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fer_kit.errors import InputError
from fer_kit.evaluation import Predictions, per_emotion, read_predictions
from fer_kit.faces import Faces, one_hot

SCORES = ("accuracy", "macro_f1", "weighted_f1")


@dataclass(frozen=True, eq=False)
class Labels:
    """The instructor's truth: the emotion of every face of the test part.

    Attributes:
        source: where it was read from.
        emotions: the names.
        truth: the id of each test face and the index of its emotion.
    """

    source: str
    emotions: tuple[str, ...]
    truth: dict[str, int]


@dataclass(frozen=True)
class Result:
    """One model of a bundle.

    Attributes:
        model: its name.
        claimed, recomputed: accuracy, macro_f1 and weighted_f1, as far as they are known.
        faces: how many test faces were predicted.
        problems: sentences; empty where all is well.
    """

    model: str
    claimed: dict[str, float]
    recomputed: dict[str, float]
    faces: int
    problems: tuple[str, ...]


def read_labels(path: str | Path) -> Labels:
    """The truth, from a run of the instructor's own or from a CSV with id, split and label.

    Raises:
        InputError: neither of them.
    """
    path = Path(path)
    prepared = path / "data" / "prepared.npz"
    if prepared.exists():
        test = Faces.open(prepared).subset("test")
        truth = dict(zip(test.ids.tolist(), test.labels.tolist(), strict=True))
        return Labels(path.name, test.emotions, truth)
    try:
        table = pd.read_csv(path, dtype=str).query("split == 'test'")
        if table[["id", "label"]].isna().any(axis=None):
            raise ValueError("a row without id or label")
        emotions = tuple(sorted(table["label"].unique()))
    except (OSError, ValueError, KeyError, pd.errors.UndefinedVariableError) as error:
        raise InputError(
            f"Expected labels: a run of yours, or a CSV with id, split and label. Received: {path} "
            f"({type(error).__name__}: {error})."
        ) from error
    numbers = table["label"].map(emotions.index)
    return Labels(path.name, emotions, dict(zip(table["id"], numbers, strict=True)))


def recompute(
    model: str, content: bytes, claims: dict[str, Any], labels: Labels | None, tolerance: float
) -> Result:
    """Check a model's predictions for the test part, and compare them with the claims.

    Without `labels`, the truth that stands in the bundle itself has to do.
    """
    claimed = {name: claims[name] for name in SCORES if _is_number(claims.get(name))}
    try:
        told = read_predictions(_Named(content, f"predictions/{model}.csv")).subset("test")
        recomputed, problems = _scores(told, labels)
    except InputError as error:
        return Result(model, claimed, {}, 0, (str(error),))
    if not claimed:
        problems.append("The report claims nothing about this model.")
    elif unclaimed := [name for name in SCORES if name not in claimed]:
        problems.append(f"The report has no number for {', '.join(unclaimed)}.")
    for name in claimed:
        if name in recomputed and abs(claimed[name] - recomputed[name]) > tolerance:
            problems.append(
                f"{name} is reported as {claimed[name]:.4f}; the predictions give "
                f"{recomputed[name]:.4f}."
            )
    return Result(model, claimed, recomputed, len(told), tuple(problems))


class _Named(io.BytesIO):
    """Bytes that say in messages what they are."""

    def __init__(self, content: bytes, name: str):
        super().__init__(content)
        self.name = name

    def __str__(self) -> str:
        return self.name


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
        problems.append(f"{changed:,} faces carry another label than yours.")
    others = [index for index in range(len(told.emotions)) if index not in names]
    order = names + others
    emotions = tuple(told.emotions[index] for index in order)
    mended = Predictions(
        told.ids[rows],
        told.split[rows],
        one_hot(truth, len(order)),
        told.probabilities[rows][:, order],
        emotions,
    )
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
    report = per_emotion(predictions)
    present = report["faces"] > 0
    return {
        "accuracy": float(predictions.correct.mean()),
        "macro_f1": float(report.loc[present, "f1"].mean()),
        "weighted_f1": float((report["f1"] * report["faces"]).sum() / report["faces"].sum()),
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)
