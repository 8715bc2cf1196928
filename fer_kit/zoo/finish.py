"""What comes after the last epoch: float16, temperature, habits, the one look at the test part."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from fer_kit import cards, evaluation, robustness
from fer_kit.card import TrainedOn, said
from fer_kit.classify import Classifier
from fer_kit.faces import Faces
from fer_kit.preprocess import normalise
from fer_kit.prior import tempered
from fer_kit.recipes import Recipe
from fer_kit.zoo.scores import KEPT, predict_faces, scores_on
from fer_kit.zoo.ship import store_lean

ANSWERED = 0.8  # the share of the faces that a model should be sure enough about to answer
NOISE = (0.05, 0.1, 0.2)


def finish(
    path: Path,
    original: Faces,
    faces: Faces,
    habits: dict[str, Any],
    recipe: Recipe,
    details: dict[str, Any],
) -> dict[str, Any]:
    """Everything after the last epoch, up to the card.

    Args:
        path: the saved model, in the folder `models` of a run; it becomes smaller.
        original: all faces, the test part whole.
        faces: those that the model was trained on.
        habits: how often it met each emotion ("shares"), and how far its loss took that for granted
            already ("balanced").
        recipe: says whether the test part is seen in ten views, and with noise.
        details: what else the card says; "protocol" is among it.

    Returns:
        The card.
    """
    validation = faces.subset("validation")
    half = store_lean(path, normalise(validation.images), validation.targets)
    model = keras.saving.load_model(path, compile=False)
    card = cards.write_card(path, model, faces, **details, weights="float16" if half else "float32")
    card = cards.add_to_card(path, {"trained_on": card["trained_on"] | habits})
    classifier = Classifier.of(model, faces.emotions, card)
    held_out = original.subset(original.split != "train")
    raw = predict_faces(classifier, held_out)
    evaluation.save_predictions(
        path.parents[1] / "predictions" / f"{path.stem}.csv",
        held_out, raw.probabilities, path.stem, details["protocol"],
    )  # fmt: skip
    return cards.add_to_card(path, measured(classifier, original, recipe, raw))


def measured(
    classifier: Classifier, original: Faces, recipe: Recipe, raw: evaluation.Predictions
) -> dict[str, Any]:
    """What validation chooses for a model, and its scores with that on validation and test.

    Args:
        classifier: its card holds nothing yet of what is chosen here.
        raw: what the network answers for the validation and the test faces of `original`.
    """
    about = classifier.card["trained_on"]
    shares = list(about["shares"].values())
    raw = evaluation.with_prior(raw, shares, -said(about, "balanced", TrainedOn))
    chosen = calibrate(raw.subset("validation"), raw.subset("test"), shares)
    classifier = Classifier(classifier.emotions, classifier.card | chosen, classifier.network)
    results = {}
    for part in ("validation", "test"):
        found = scores_on(classifier, original, part, recipe.views)
        results[part] = {name: found[name] for name in KEPT if name in found}
    if recipe.noise:
        results["test"]["noise"] = _under_noise(classifier, original.subset("test"))
    return chosen | {"results": results["test"], "validation": results["validation"]}


def calibrate(
    validation: evaluation.Predictions, test: evaluation.Predictions, shares: list[float]
) -> dict[str, Any]:
    """Temperature, prior and threshold, all fitted on validation, and what they give on test.

    The temperature is fitted once to find the prior, and once more on the answers that it gives.

    Returns:
        temperature: see `evaluation.fit_temperature`.
        correction: how far the habits of the training are taken back; see `evaluation.fit_prior`.
        unsure_below: the confidence that 80 % of the validation faces reach.
        refusal: the share of the test faces that reach it (coverage), and accuracy on them; and
            the curve of both for other thresholds, see `evaluation.risk_coverage`.
        calibration: the test part's error before and after.
    """
    first = evaluation.fit_temperature(validation)
    sure = evaluation.with_temperature(validation, first)
    strength = evaluation.fit_prior(sure, shares)
    again = evaluation.fit_temperature(evaluation.with_prior(sure, shares, strength))
    # (log p / first - strength · log share) / again, as one division and one subtraction
    temperature = float(np.clip(first * again, *evaluation.TEMPERATURES))
    correction = min(1.0, strength / again)

    def answers(predictions: evaluation.Predictions) -> evaluation.Predictions:
        cooled = evaluation.with_temperature(predictions, temperature)
        return evaluation.with_prior(cooled, shares, correction)

    threshold = float(np.quantile(answers(validation).confidence, 1 - ANSWERED))
    calibrated = answers(test)
    return {
        "temperature": temperature,
        "correction": correction,
        "unsure_below": threshold,
        "refusal": evaluation.refuse_below(calibrated, threshold) | {"curve": _curve(calibrated)},
        "calibration": {
            "before": evaluation.calibration_error(test),
            "after": evaluation.calibration_error(calibrated),
        },
    }


def _curve(predictions: evaluation.Predictions) -> list[dict[str, float]]:
    """The risk-coverage curve for a card: coverage, and accuracy with its interval."""
    table = evaluation.risk_coverage(predictions)[["accuracy", "low", "high"]]
    return table.reset_index().to_dict("records")


class _Answering:
    """What `robustness.sweep` asks of a model, with the classifier's prior."""

    def __init__(self, classifier: Classifier):
        self.classifier = classifier

    def predict_on_batch(self, images: np.ndarray) -> np.ndarray:
        """Probabilities (N, K) for pictures in [0, 1]."""
        rows = self.classifier.model.predict_on_batch(images)
        return self.classifier.corrected(tempered(rows, self.classifier.card["temperature"]))


def _under_noise(classifier: Classifier, faces: Faces) -> dict[str, Any]:
    """Accuracy under Gaussian noise, for each standard deviation in `NOISE`."""
    swept = robustness.sweep(_Answering(classifier), faces, "noise", NOISE)
    return {
        str(sigma): {"accuracy": row["accuracy"], "accuracy_95": [row["low"], row["high"]]}
        for sigma, row in robustness.summarise(swept).iterrows()
    }
