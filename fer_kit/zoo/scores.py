"""The scores of a saved model on a data set."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from fer_kit import emotions
from fer_kit.audit import copies_of
from fer_kit.classify import Classifier
from fer_kit.datasets import load
from fer_kit.errors import InputError
from fer_kit.evaluation import (
    Predictions,
    accuracy_of,
    calibration_error,
    percent,
    score,
    with_interval,
)
from fer_kit.faces import DRAWN, Faces
from fer_kit.prior import CHOICES
from fer_kit.run import Run

# What a card keeps of the scores.
KEPT = (
    "faces", "accuracy", "accuracy_95", "macro_recall", "macro_recall_95", "majority_baseline",
    "majority_emotion", "macro_f1", "macro_f1_95", "calibration_error", "priors", "without_copies",
    "ten_views",
)  # fmt: skip
WITH_VOTES = {"ferplus": {"targets": "cross-entropy"}}  # trained on shares, tested on majorities


def load_for(dataset: str, data: str | Path | None, **options: Any) -> Faces:
    """The faces of a data set as trainings and tests take them; options as in `fer_kit.load`.

    Those of FER+ are labelled as in its paper: training faces by the shares of the votes, the
    others by the majority, and faces without one are left out.
    """
    return load(dataset, data, **options, **WITH_VOTES.get(dataset, {}))


def faces_of(lab: Run) -> Faces:
    """The faces that a run's trainings learn from and are tested on."""
    return load_for(lab.dataset, lab.data or None, size=lab.settings["load"]["size"], seed=lab.seed)


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
    faces = load_for(dataset, data, seed=seed, image_size=classifier.size, need=[split])
    return scores_on(classifier.through_keras(), faces, split, views)


def predict_faces(classifier: Classifier, faces: Faces, views: int = 1) -> Predictions:
    """A model's answers for a whole data set, ready for `fer_kit.evaluation.score`.

    The emotions go by name: a data set may number them differently, or lack some.

    Args:
        views: 10 takes the mean of the answers to `pictures.ten_views` of each face.

    Raises:
        InputError: the data set has faces of an emotion that the model does not know.
    """
    occurs = faces.targets.any(axis=0)
    strange = [
        name
        for name, is_there in zip(faces.emotions, occurs, strict=True)
        if is_there and name not in classifier.emotions
    ]
    if strange:
        raise InputError(
            f"Expected faces of the emotions that the model {classifier.name} names: "
            f"{', '.join(classifier.emotions)}. Received: {faces.source} with "
            f"{', '.join(strange)}. Choose a data set or a model with the same emotions."
        )
    targets = emotions.convert(faces.targets, faces.emotions, classifier.emotions)
    rows = classifier.in_views(views).probabilities(faces.images)
    return Predictions(faces.ids, faces.split, targets, rows, classifier.emotions)


def scores_on(classifier: Classifier, faces: Faces, split: str, views: int = 1) -> dict[str, Any]:
    """What was tested, its `fer_kit.evaluation.score`, and what else its card says.

    Args:
        split: the part of the faces that is tested on.
        views: 1, or 10 to take ten views of each face as well.

    Returns:
        calibration_error: how far sureness and accuracy are apart.
        priors: accuracy, macro_recall (the balanced accuracy) and calibration_error for each choice
            of `prior` that the model's card allows, where it knows the habits of the training.
        without_copies: faces, accuracy and accuracy_95 of the pictures that occur only once in the
            whole data set: a network may have learned the others by heart.
        ten_views: with views=10, accuracy and accuracy_95 of the mean answer to ten views of each
            face.
    """
    part = faces.subset(split)
    raw = predict_faces(classifier.expecting("training"), part)
    predictions = replace(raw, probabilities=classifier.corrected(raw.probabilities))
    scores = {"source": faces.source, "synthetic": faces.is_synthetic, "split": split}
    scores |= score(predictions)
    scores["calibration_error"] = calibration_error(predictions)
    if classifier.card.get("trained_on", {}).get("shares"):
        scores["priors"] = {prior: _under(prior, classifier, raw) for prior in CHOICES}
    once = copies_of(faces.images)[faces.split == split] < 0
    scores["without_copies"] = accuracy_of(predictions.correct[once])
    if views > 1:
        scores["ten_views"] = accuracy_of(predict_faces(classifier, part, views).correct)
    return scores


def scores_text(scores: dict[str, Any]) -> str:
    """The result of `evaluate_model` for people."""
    low, high = scores["macro_f1_95"]
    lines = [
        f"{scores['faces']:,} faces: {scores['source']}, {scores['split']} part",
        f"accuracy   {with_interval(scores)}",
        f"balanced   {with_interval(scores, 'macro_recall')}, the mean over the emotions",
        f"baseline   {percent(scores['majority_baseline'])}, always {scores['majority_emotion']}",
        f"macro F1   {scores['macro_f1']:.3f} ({low:.3f} to {high:.3f})",
        f"ECE        {scores['calibration_error']:.3f}, the gap between sureness and accuracy",
        *_further(scores),
        *_priors(scores.get("priors", {})),
        "In brackets: 95 % intervals.",
    ]
    if scores["synthetic"]:
        lines.append(DRAWN)
    return "\n".join(lines)


def _under(prior: str, classifier: Classifier, raw: Predictions) -> dict[str, Any]:
    """What a choice of prior makes of the answers."""
    rows = classifier.expecting(prior).corrected(raw.probabilities)
    predictions = replace(raw, probabilities=rows)
    scores = score(predictions) | {"calibration_error": calibration_error(predictions)}
    names = ("accuracy", "accuracy_95", "macro_recall", "macro_recall_95", "calibration_error")
    return {name: scores[name] for name in names}


def _priors(found: dict[str, Any]) -> list[str]:
    """A line for each prior: accuracy and balanced accuracy."""
    return [
        f"prior {prior:<9}accuracy {with_interval(under)}, "
        f"balanced {with_interval(under, 'macro_recall')}"
        for prior, under in found.items()
    ]


def _further(scores: dict[str, Any]) -> list[str]:
    lines = []
    once = scores["without_copies"]
    if once["faces"] not in (0, scores["faces"]):
        lines.append(
            f"           {with_interval(once)} of the {once['faces']:,} without a copy elsewhere"
        )
    if views := scores.get("ten_views"):
        lines.append(f"           {with_interval(views)} with ten views of each face")
    return lines


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
        f"answering the surest {percent(refusal['coverage'], digits=0)}: "
        f"accuracy {with_interval(refusal)}"
    )
