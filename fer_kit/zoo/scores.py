"""The scores of a saved model on a data set."""

from pathlib import Path
from typing import Any

import numpy as np

from fer_kit import evaluation
from fer_kit.audit import copies_of
from fer_kit.classify import Classifier, predict_faces
from fer_kit.datasets import load
from fer_kit.evaluation import accuracy_interval, calibration_error, percent, score
from fer_kit.faces import Faces


def evaluate_model(
    classifier: Classifier, dataset: str, data: str | Path, split: str, seed: int, views: int = 1
) -> dict[str, Any]:
    """Test a model on one part of a data set; see `scores_on`.

    Args:
        dataset, data, seed: as in `fer_kit.load`.

    Raises:
        InputError: the data cannot be loaded, that part is empty, or it shows emotions that the
            model does not know.
    """
    faces = load(dataset, data, seed=seed, image_size=classifier.size, need=[split])
    return scores_on(classifier, faces, split, views)


def scores_on(classifier: Classifier, faces: Faces, split: str, views: int = 1) -> dict[str, Any]:
    """What was tested, `fer_kit.evaluation.score`, and besides:

    calibration_error: how far sureness and accuracy are apart.
    without_copies: faces, accuracy and accuracy_95 of the pictures that occur only once in the
        whole data set: a network may have learned the others by heart.
    ten_views: with views=10, accuracy and accuracy_95 of the mean answer to ten views of each face.
    """
    part = faces.subset(split)
    predictions = predict_faces(classifier, part)
    scores = {"source": faces.source, "synthetic": faces.is_synthetic, "split": split}
    scores |= score(predictions)
    scores["calibration_error"] = calibration_error(predictions)
    once = copies_of(faces.images)[faces.split == split] < 0
    scores["without_copies"] = _accuracy(predictions.correct[once])
    if views > 1:
        scores["ten_views"] = _accuracy(predict_faces(classifier, part, views).correct)
    return scores


def scores_text(scores: dict[str, Any]) -> str:
    """The result of `evaluate_model` for people."""
    low, high = scores["macro_f1_95"]
    lines = [
        f"{scores['faces']:,} faces: {scores['source']}, {scores['split']} part",
        f"accuracy   {percent(scores['accuracy'], scores['accuracy_95'])}",
        f"baseline   {percent(scores['majority_baseline'])}, always {scores['majority_emotion']}",
        f"macro F1   {scores['macro_f1']:.3f} ({low:.3f} to {high:.3f})",
        f"ECE        {scores['calibration_error']:.3f}, the gap between sureness and accuracy",
        *_further(scores),
        "In brackets: 95 % intervals.",
    ]
    if scores["synthetic"]:
        lines.append("These faces are drawn: nothing here says anything about real faces.")
    return "\n".join(lines)


def _further(scores: dict[str, Any]) -> list[str]:
    lines = []
    once = scores["without_copies"]
    if once["faces"] not in (0, scores["faces"]):
        shown = percent(once["accuracy"], once["accuracy_95"])
        lines.append(f"           {shown} of the {once['faces']:,} without a copy elsewhere")
    if views := scores.get("ten_views"):
        shown = percent(views["accuracy"], views["accuracy_95"])
        lines.append(f"           {shown} with ten views of each face")
    return lines


def _accuracy(correct: np.ndarray) -> dict[str, Any]:
    right, total = int(correct.sum()), len(correct)
    if not total:
        return {"faces": 0, "accuracy": None, "accuracy_95": None}
    return {
        "faces": total,
        "accuracy": right / total,
        "accuracy_95": accuracy_interval(right, total),
    }


def card_text(card: dict[str, Any]) -> str:
    """The results of a card, for people."""
    about = card["trained_on"]
    scores = card["results"] | {
        "source": about["source"], "synthetic": about["synthetic"], "split": "test",
    }  # fmt: skip
    calibration, refusal = card["calibration"], card["refusal"]
    kept = f"epoch {card['kept_epoch']} of " if "kept_epoch" in card else ""
    return (
        f"{card['name']}: {card['parameters']:,} parameters, {kept}{card['epochs']} epochs, "
        f"{card['seconds']:,} seconds\n"
        f"{scores_text(scores)}\n"
        f"temperature {card['temperature']:.2f}: calibration error {calibration['before']:.3f} "
        f"before, {calibration['after']:.3f} after\n"
        f"answering the surest {refusal['coverage']:.0%}: accuracy "
        f"{evaluation.percent(refusal['accuracy'], refusal['accuracy_95'])}"
    )
