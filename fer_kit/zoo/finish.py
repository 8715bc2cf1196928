"""What comes after the last epoch: float16, temperature, the one look at the test part."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from fer_kit import cards, evaluation, robustness
from fer_kit.classify import Classifier, predict_faces
from fer_kit.faces import Faces
from fer_kit.preprocess import normalise
from fer_kit.recipes import Recipe
from fer_kit.zoo.scores import scores_on
from fer_kit.zoo.ship import store_lean

ANSWERED = 0.8  # the share of the faces that a model should be sure enough about to answer
NOISE = (0.05, 0.1, 0.2)
KEPT_SCORES = (
    "faces", "accuracy", "accuracy_95", "majority_baseline", "majority_emotion", "macro_f1",
    "macro_f1_95", "calibration_error", "without_copies", "ten_views",
)  # fmt: skip


def finish(
    path: Path, original: Faces, faces: Faces, recipe: Recipe, details: dict[str, Any]
) -> dict[str, Any]:
    """Everything after the last epoch: float16, temperature, the one look at the test part.

    Args:
        path: the saved model, in the folder `models` of a run; it becomes smaller.
        original: all faces, the test part whole.
        faces: those that the model was trained on.
        recipe: says whether the test part is seen in ten views, and with noise.
        details: what else the card says; "protocol" is among it.

    Returns:
        The card.
    """
    validation = faces.subset("validation")
    half = store_lean(path, normalise(validation.images), validation.targets)
    model = keras.saving.load_model(path, compile=False)
    classifier = Classifier(model, faces.emotions, {"name": path.stem})
    held_out = original.subset(original.split != "train")
    raw = predict_faces(classifier, held_out)
    calibration = calibrate(raw.subset("validation"), raw.subset("test"))
    classifier.card.update(calibration)
    results = {
        part: {key: value for key, value in found.items() if key in KEPT_SCORES}
        for part in ("validation", "test")
        if (found := scores_on(classifier, original, part, recipe.views))
    }
    if recipe.noise:
        results["test"]["noise"] = _under_noise(model, original.subset("test"))
    evaluation.save_predictions(
        path.parents[1] / "predictions" / f"{path.stem}.csv",
        held_out, raw.probabilities, path.stem, details["protocol"],
    )  # fmt: skip
    return cards.write_card(
        path, model, faces, **details, weights="float16" if half else "float32", **calibration,
        results=results["test"], validation=results["validation"],
    )  # fmt: skip


def calibrate(validation: evaluation.Predictions, test: evaluation.Predictions) -> dict[str, Any]:
    """Temperature and threshold, both fitted on validation, and what they give on test.

    Returns:
        temperature: see `evaluation.fit_temperature`.
        unsure_below: the confidence that 80 % of the validation faces reach.
        refusal: the share of the test faces that reach it (coverage), and accuracy on them; and
            the curve of both for other thresholds, see `evaluation.risk_coverage`.
        calibration_error: the test part's before and after.
    """
    temperature = evaluation.fit_temperature(validation)
    sure = evaluation.with_temperature(validation, temperature)
    threshold = float(np.quantile(sure.confidence, 1 - ANSWERED))
    calibrated = evaluation.with_temperature(test, temperature)
    return {
        "temperature": temperature,
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


def _under_noise(model: keras.Model, faces: Faces) -> dict[str, Any]:
    """Accuracy under Gaussian noise, for each standard deviation in `NOISE`."""
    table = robustness.summarise(robustness.sweep(model, faces, "noise", NOISE))
    return {
        str(sigma): {"accuracy": row["accuracy"], "accuracy_95": [row["low"], row["high"]]}
        for sigma, row in table.iterrows()
    }
