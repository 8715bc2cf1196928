"""Scores with their uncertainty, computed from predictions alone.

A model's predictions are written once, to `predictions/<model>.csv`. Every number in the course,
from accuracy to calibration, is computed from that file: anybody can check it without the model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest
from scipy.stats import t as student_t
from sklearn.metrics import confusion_matrix as count_confusions
from sklearn.metrics import precision_recall_fscore_support

from fer_kit.checked import read_as
from fer_kit.errors import InputError, first_few
from fer_kit.faces import Faces, check_splits
from fer_kit.files import write_json, write_whole
from fer_kit.prior import TINY, corrected, tempered

RESAMPLES = 2000
LEVELS = (0.025, 0.975)  # quantiles, between which is the middle 95 %
BINS = 15
TEMPERATURES = (0.05, 20)  # between which `fit_temperature` looks
STEPS = 20  # how finely `fit_prior` looks


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model said about N faces.

    Attributes:
        ids: str (N,), as in `Faces.ids`.
        split: str (N,), "validation" or "test" (training faces are seldom predicted).
        targets: float32 (N, K), the truth, rows summing to 1.
        probabilities: float32 (N, K), the model's answer, rows summing to 1.
        emotions: the K names, in the order of the columns.
    """

    ids: np.ndarray
    split: np.ndarray
    targets: np.ndarray
    probabilities: np.ndarray
    emotions: tuple[str, ...]

    def __post_init__(self) -> None:
        shape = (len(self.ids), len(self.emotions))
        if not self.targets.shape == self.probabilities.shape == shape:
            raise InputError(
                f"Expected targets and probabilities of shape {shape}: a row for each id, a column "
                f"for each emotion. Received: {self.targets.shape}, {self.probabilities.shape}."
            )
        check_splits(self.split)
        if not np.isfinite(self.probabilities).all():
            raise InputError(
                "Expected a number for each probability. Received: some that are none, from a "
                "network whose training has diverged. Train it again with a lower learning rate."
            )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def true(self) -> np.ndarray:
        """int (N,): the index of the true emotion."""
        return self.targets.argmax(axis=1)

    @property
    def predicted(self) -> np.ndarray:
        """int (N,): the index of the emotion with the highest probability."""
        return self.probabilities.argmax(axis=1)

    @property
    def confidence(self) -> np.ndarray:
        """float (N,): the probability of the predicted emotion."""
        return self.probabilities.max(axis=1)

    @property
    def correct(self) -> np.ndarray:
        """bool (N,)."""
        return self.true == self.predicted

    def subset(self, split: str) -> "Predictions":
        """The predictions for one split."""
        rows = self.split == split
        arrays = ("ids", "split", "targets", "probabilities")
        return replace(self, **{name: getattr(self, name)[rows] for name in arrays})


@dataclass(frozen=True)
class About:
    """What stands beside a file of predictions."""

    title: str
    protocol: str


def save_predictions(
    path: str | Path, faces: Faces, probabilities: np.ndarray, title: str, protocol: str
) -> Path:
    """Write one line a face: id, split, label, the target and the probability of each emotion.

    The label is there for people: whoever reads the file takes the emotion of the highest target.
    Lesson 04.

    Args:
        path: predictions/<model>.csv; title and protocol go into a .json file beside it.
        probabilities: (N, K), the model's answers for `faces`, in the same order.
        title: what the model is called in tables and reports.
        protocol: how the model was chosen, in a few words.

    Raises:
        InputError: not a probability for each face and emotion.
    """
    probabilities = np.asarray(probabilities)
    if probabilities.shape != faces.targets.shape:
        raise InputError(
            f"Expected probabilities of shape {faces.targets.shape}: a row for each face, a column "
            f"for each emotion. Received: {probabilities.shape}."
        )
    _check_ids(faces.ids)
    Predictions(faces.ids, faces.split, faces.targets, probabilities, faces.emotions)  # checks them
    table = pd.DataFrame({"id": faces.ids, "split": faces.split})
    table["label"] = np.array(faces.emotions)[faces.labels]
    for start, values in (("target", faces.targets), ("p", probabilities)):
        table[[f"{start}_{name}" for name in faces.emotions]] = values
    write_json(Path(path).with_suffix(".json"), {"title": title, "protocol": protocol})
    return write_whole(
        path, lambda temporary: table.to_csv(temporary, index=False, float_format="%.7g")
    )


def read_about(path: str | Path) -> dict[str, str]:
    """The title and the protocol of the predictions in `path`.

    Raises:
        InputError: the file beside them is missing, or says something else.
    """
    about, what = Path(path).with_suffix(".json"), "the title and the protocol of predictions"
    return asdict(read_as(About, about, what, "Run the lesson that makes them again."))


def read_predictions(path: str | Path) -> Predictions:
    """Read what `save_predictions` wrote, and check it.

    Raises:
        InputError: the file is missing, lacks columns, or holds rows that are no probabilities.
    """
    try:
        # "NA" is an id like any other.
        table = pd.read_csv(path, dtype={"id": str, "split": str}, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(f"Expected a CSV of predictions. Received: {path} ({error}).") from error
    emotions = tuple(name[2:] for name in table.columns if name.startswith("p_"))
    wanted = ["id", "split", *(f"target_{name}" for name in emotions)]
    missing = [name for name in wanted if name not in table.columns]
    if missing or not emotions:
        raise InputError(
            "Expected the columns id, split, target_<emotion> and p_<emotion>. "
            f"Received: {path} without {', '.join(missing) or 'any p_<emotion>'}."
        )
    targets, probabilities = (
        _shares(table[[f"{start}_{name}" for name in emotions]], path) for start in ("target", "p")
    )
    ids, split = (table[name].to_numpy(str) for name in ("id", "split"))
    return Predictions(ids, split, targets, probabilities, emotions)


def score(predictions: Predictions) -> dict:
    """The scores of one model on one set of faces, as plain numbers ready for JSON (lesson 08).

    Accuracy carries Wilson's 95 % interval. The intervals of the macro means are a bootstrap: the
    faces are drawn again with replacement 2,000 times.

    Returns:
        faces, accuracy, accuracy_95, majority_baseline, majority_emotion, macro_precision,
        macro_recall and macro_f1, each also with _95 for its interval, weighted_precision,
        weighted_recall, weighted_f1, and per_emotion: {name: {precision, recall, f1, faces}}.
        Scores are between 0 and 1.

    Raises:
        InputError: no face was predicted.
    """
    if not len(predictions):
        raise InputError("Expected predictions for at least one face. Received: none.")
    matrix = confusion(predictions).to_numpy()
    shares = matrix.sum(axis=1) / matrix.sum()
    report = per_emotion(predictions)
    return accuracy_of(predictions.correct) | {
        "majority_baseline": float(shares.max()),
        "majority_emotion": predictions.emotions[int(shares.argmax())],
        **averages(report),
        **_macro_intervals(matrix),
        "per_emotion": report.to_dict(orient="index"),
    }


def accuracy_of(correct: np.ndarray) -> dict:
    """faces, accuracy and accuracy_95 of answers that are right or wrong, bool (N,)."""
    right, total = int(correct.sum()), len(correct)
    if not total:
        return {"faces": 0, "accuracy": None, "accuracy_95": None}
    interval = accuracy_interval(right, total)
    return {"faces": total, "accuracy": right / total, "accuracy_95": interval}


def averages(report: pd.DataFrame) -> dict[str, float]:
    """Means of `per_emotion`: macro_precision, …, weighted_f1; absent emotions do not count."""
    rates, faces = report[["precision", "recall", "f1"]], report["faces"]
    macro, weighted = rates[faces > 0].mean(), rates.mul(faces / faces.sum(), axis=0).sum()
    means = {f"macro_{name}": float(value) for name, value in macro.items()}
    return means | {f"weighted_{name}": float(value) for name, value in weighted.items()}


def accuracy_interval(correct: int, total: int) -> list[float]:
    """Wilson's 95 % interval [low, high] for `correct` of `total`, between 0 and 1."""
    interval = binomtest(correct, total).proportion_ci(0.95, method="wilson")
    return [float(interval.low), float(interval.high)]


def per_emotion(predictions: Predictions) -> pd.DataFrame:
    """Precision, recall, F1 and the number of faces, a row for each emotion.

    A score that would divide by zero (an emotion that is never predicted) is 0.
    """
    told, labels = (predictions.true, predictions.predicted), range(len(predictions.emotions))
    values = precision_recall_fscore_support(*told, labels=labels, zero_division=0)
    columns = dict(zip(("precision", "recall", "f1", "faces"), values, strict=True))
    return pd.DataFrame(columns, index=pd.Index(predictions.emotions, name="emotion"))


def confusion(predictions: Predictions) -> pd.DataFrame:
    """int (K, K): how often each true emotion (rows) was predicted as each emotion (columns)."""
    classes = range(len(predictions.emotions))
    matrix = count_confusions(predictions.true, predictions.predicted, labels=classes)
    return pd.DataFrame(
        matrix,
        index=pd.Index(predictions.emotions, name="true"),
        columns=pd.Index(predictions.emotions, name="predicted"),
    )


def most_confused(predictions: Predictions, count: int = 5) -> pd.DataFrame:
    """The most frequent mistakes: true and predicted emotion, faces, share of the true emotion."""
    matrix = confusion(predictions)
    sizes = matrix.sum(axis=1)
    pairs = matrix.stack().rename("faces").reset_index()
    pairs = pairs[(pairs["true"] != pairs["predicted"]) & (pairs["faces"] > 0)]
    pairs["share"] = pairs["faces"] / pairs["true"].map(sizes)
    return pairs.nlargest(count, "faces").reset_index(drop=True)


def reliability(predictions: Predictions, bins: int = BINS) -> pd.DataFrame:
    """How often the model is right when it is so sure: a row a bin of confidence (lesson 08).

    Returns:
        low, high: the bin's edges, of equal width; a confidence of exactly `high` is in it.
        faces: how many answers were that sure.
        confidence, accuracy: their means, NaN in an empty bin.
    """
    edges = np.linspace(0, 1, bins + 1)
    inside = np.digitize(predictions.confidence, edges[1:-1], right=True)
    answers = pd.DataFrame(
        {"confidence": predictions.confidence.astype(float), "accuracy": predictions.correct}
    )
    table = pd.DataFrame({"low": edges[:-1], "high": edges[1:]})
    table["faces"] = np.bincount(inside, minlength=bins)
    return table.join(answers.astype(float).groupby(inside).mean())


def calibration_error(predictions: Predictions) -> float:
    """The expected calibration error (ECE), between 0 and 1.

    How far confidence and accuracy are apart in each bin, weighted by the faces in the bin
    (Naeini et al. 2015; Guo et al. 2017).
    """
    table = reliability(predictions)
    gaps = (table["confidence"] - table["accuracy"]).abs()
    return float((gaps * table["faces"]).sum() / table["faces"].sum())


def log_loss(predictions: Predictions) -> float:
    """The mean negative log-likelihood: the cross-entropy that the training minimised."""
    logs = np.log(predictions.probabilities.clip(TINY))
    return float(-(predictions.targets * logs).sum(axis=1).mean())


def with_temperature(predictions: Predictions, temperature: float) -> Predictions:
    """The same answers, less sure where the temperature is above 1, surer where it is below.

    The logits are divided by it. Log-probabilities are logits up to a constant that the softmax
    takes out again, so the file of predictions is enough. No answer changes.

    Raises:
        InputError: the temperature is not above 0.
    """
    if not temperature > 0:
        raise InputError(f"Expected a temperature above 0. Received: {temperature}.")
    return replace(predictions, probabilities=tempered(predictions.probabilities, temperature))


def with_prior(
    predictions: Predictions,
    shares: Sequence[float],
    strength: float = 1.0,
    expected: Sequence[float] | None = None,
) -> Predictions:
    """The same answers, the habits of the training taken back by `prior.corrected` (lesson 08)."""
    rows = corrected(predictions.probabilities, shares, strength, expected)
    return replace(predictions, probabilities=rows)


def risk_coverage(predictions: Predictions, steps: int = 20) -> pd.DataFrame:
    """How accuracy rises where the model may refuse to answer about the faces it is least sure of.

    Returns:
        A row for each share of the faces that are answered (the index, coverage, up to 1), the
        surest first: threshold, the confidence from which on is answered; accuracy on them with its
        95 % interval, low and high; and risk, the share of wrong answers among them
        (Geifman & El-Yaniv 2017).
    """
    order = np.argsort(-predictions.confidence, kind="stable")
    right = np.cumsum(predictions.correct[order])
    rows = {}
    for step in range(1, steps + 1):
        count = max(1, round(len(predictions) * step / steps))
        correct = int(right[count - 1])
        low, high = accuracy_interval(correct, count)
        rows[step / steps] = {
            "threshold": float(predictions.confidence[order[count - 1]]),
            "accuracy": correct / count,
            "low": low,
            "high": high,
            "risk": 1 - correct / count,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("coverage")


def refuse_below(predictions: Predictions, threshold: float) -> dict:
    """What remains if no answer below a confidence is given: coverage, accuracy, accuracy_95."""
    found = accuracy_of(predictions.correct[predictions.confidence >= threshold])
    return {"coverage": found.pop("faces") / len(predictions)} | found


def fit_temperature(predictions: Predictions) -> float:
    """The temperature with the smallest `log_loss` on these predictions (Guo et al. 2017).

    Fit it on validation faces and use it on test faces. It is sought between 0.05 and 20.
    Lesson 08.
    """
    found = minimize_scalar(
        lambda log_t: log_loss(with_temperature(predictions, np.exp(log_t))),
        bounds=np.log(TEMPERATURES),
        method="bounded",
    )
    return float(np.exp(found.x))


def fit_prior(predictions: Predictions, shares: Sequence[float]) -> float:
    """How far the habits of the training can be taken back at no cost of accuracy (lesson 08).

    Fit it on validation faces, after the temperature, and use it on test faces.

    Returns:
        The largest strength, in steps of 0.05, that loses no more answers than chance could explain
        (one standard error of the difference: the root of how many faces change sides).
    """
    free = 0
    for step in range(1, STEPS + 1):
        now = with_prior(predictions, shares, step / STEPS).correct
        lost, won = (predictions.correct & ~now).sum(), (now & ~predictions.correct).sum()
        if lost - won <= np.sqrt(lost + won):
            free = step
    return free / STEPS


def mcnemar(first: Predictions, second: Predictions) -> dict:
    """McNemar's exact test: do two models differ, on the same faces?

    Faces that both got right or both got wrong say nothing about the difference. Of those that one
    alone got right, each model would get about half if both were equally good (McNemar 1947).
    Lesson 08.

    Returns:
        only_first, only_second: the faces that only one of them got right; p: the probability of a
        split at least as uneven if both were equally good.

    Raises:
        InputError: they did not answer for the same faces in the same order.
    """
    if not np.array_equal(first.ids, second.ids) or (first.true != second.true).any():
        raise InputError(
            "Expected predictions of two models for the same faces, in the same order. "
            f"Received: {len(first)} and {len(second)} faces with other ids or labels."
        )
    only_first = int((first.correct & ~second.correct).sum())
    only_second = int((second.correct & ~first.correct).sum())
    discordant = only_first + only_second
    p = float(binomtest(only_first, discordant, 0.5).pvalue) if discordant else 1.0
    return {"only_first": only_first, "only_second": only_second, "p": p}


def holm(p_values: Sequence[float]) -> np.ndarray:
    """p-values (N,), in the order given, after Holm's correction for many comparisons (lesson 08c).

    Whoever calls something found where a corrected value is below 0.05 finds anything that is not
    there in at most one of twenty such sets, however the comparisons depend on each other
    (Holm 1979).
    """
    p_values = np.asarray(p_values, float)
    order = np.argsort(p_values)
    raised = p_values[order] * np.arange(len(p_values), 0, -1)
    found = np.empty(len(p_values))
    found[order] = np.maximum.accumulate(raised).clip(max=1)
    return found


def spread(values: Sequence[float]) -> float:
    """The standard deviation over trainings with other seeds; NaN for a single one (lesson 08c)."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else np.nan


def interval_over_trainings(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean over trainings with other seeds and its 95 % interval (value, low, high).

    By Student's t, for a handful of trainings hardly know their own `spread`. It covers other
    trainings on the same faces, and no other faces; see `mean_interval` for these. Lesson 08c.

    Raises:
        InputError: there are fewer than two.
    """
    if len(values) < 2:
        raise InputError(f"Expected at least two trainings. Received: {len(values)}.")
    mean = float(np.mean(values))
    half = float(student_t.ppf(0.975, len(values) - 1)) * spread(values) / len(values) ** 0.5
    return mean, mean - half, mean + half


def percent(value: float, interval: Sequence[float] | None = None, *, digits: int = 1) -> str:
    """A share as the whole course writes it: 0.4947 → "49.5 %" (lesson 02).

    With an interval "49.5 % (47.8 to 51.1)", with digits=0 "49 %".
    """
    shares = [value] if interval is None else [value, *interval]
    text, *bounds = (f"{100 * share:.{digits}f}" for share in shares)
    return f"{text} %" + (f" ({' to '.join(bounds)})" if bounds else "")


def points(value: float, low: float, high: float) -> str:
    """A difference of shares, with its interval: "+1.2 points (-0.4 to +2.8)" (lesson 05c)."""
    return f"{100 * value:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f})"


def with_interval(scores: Mapping[str, Any], name: str = "accuracy") -> str:
    """A score and its 95 % interval, which `scores` has as NAME_95, in `percent`."""
    return percent(scores[name], scores[f"{name}_95"])


def _macro_intervals(matrix: np.ndarray) -> dict[str, list[float]]:
    """Bootstrap: drawing faces again is drawing the cells of the confusion matrix again."""
    generator = np.random.default_rng(0)
    total = int(matrix.sum())
    drawn = generator.multinomial(total, (matrix / total).ravel(), size=RESAMPLES)
    drawn = drawn.reshape(-1, *matrix.shape)
    hits = np.diagonal(drawn, axis1=1, axis2=2)
    predicted, true = drawn.sum(axis=1), drawn.sum(axis=2)
    sizes = {"precision": predicted, "recall": true, "f1": (predicted + true) / 2}
    present = true > 0
    intervals = {}
    for name, size in sizes.items():
        values = np.divide(hits, size, out=np.zeros(hits.shape), where=size > 0)
        macro = (values * present).sum(axis=1) / present.sum(axis=1)
        intervals[f"macro_{name}_95"] = np.quantile(macro, LEVELS).tolist()
    return intervals


def _check_ids(ids: np.ndarray) -> None:
    names, counts = np.unique(ids, return_counts=True)
    if (counts > 1).any():
        raise InputError(
            "Expected predictions with each id once. Received: more than one row of "
            f"{first_few(names[counts > 1].tolist())}."
        )


def _shares(columns: pd.DataFrame, path: str | Path) -> np.ndarray:
    """float32 (N, K), checked."""
    values = columns.apply(pd.to_numeric, errors="coerce").to_numpy(np.float32)
    is_right = np.isclose(values.sum(axis=1), 1, atol=1e-3) & (values >= 0).all(axis=1)
    wrong = np.flatnonzero(~is_right)
    if len(wrong):
        raise InputError(
            f"Expected in {', '.join(columns)} numbers between 0 and 1 that sum to 1 in each row. "
            f"Received: {path} with {len(wrong)} other rows, the first on line {wrong[0] + 2}."
        )
    return values


def names_sources(probabilities: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Whether a network's two highest emotions are the two that were mixed: bool (N,) (lesson 10).

    Args:
        probabilities: (N, K), its answers to the mixtures.
        first, second: int (N,), the two emotions, in the columns' order.

    Raises:
        InputError: an emotion is mixed with itself.
    """
    if (np.asarray(first) == np.asarray(second)).any():
        raise InputError("Expected two different emotions in each mixture. Received: one twice.")
    highest = np.sort(np.argsort(probabilities, axis=1)[:, -2:], axis=1)
    return (highest == np.sort(np.stack([first, second], axis=1), axis=1)).all(axis=1)


def mean_interval(
    values: np.ndarray, groups: np.ndarray | None = None
) -> tuple[float, float, float]:
    """The mean and its 95 % interval (value, low, high), by bootstrap (lesson 10).

    Args:
        values: (N,), numbers or bools.
        groups: (N,), who is shown. The 42 mixtures of one person rise and fall together, so that
            whole people are drawn again, not pictures. None draws each value on its own.

    Raises:
        InputError: there is no value.
    """
    values = np.asarray(values, float)
    if not len(values):
        raise InputError("Expected at least one value to take the mean of. Received: none.")
    if groups is None:
        groups = np.arange(len(values))
    _, members = np.unique(groups, return_inverse=True)
    sums, sizes = np.bincount(members, values), np.bincount(members)
    generator = np.random.default_rng(0)
    means = np.empty(RESAMPLES)
    for index in range(RESAMPLES):
        drawn = generator.integers(0, len(sums), len(sums))
        means[index] = sums[drawn].sum() / sizes[drawn].sum()
    low, high = np.quantile(means, LEVELS)
    return float(values.mean()), float(low), float(high)
