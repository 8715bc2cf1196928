"""How well a model does on photographs: validation faces pasted into pictures, and found again.

A face in a photograph is cut out by the detector and scaled, and shows more or less than the faces
that a network was trained on. Which model answers where none is named is chosen by this.
"""

from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from fer_kit import emotions, evaluation
from fer_kit.classify import Classifier, locate
from fer_kit.detect import cut_out
from fer_kit.faces import Faces, one_hot

HEIGHT, WIDTH = 240, 320
SIDE = (80, 200)  # pixels, the smallest and the largest face


def photographed(faces: Faces, size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Each face as it is cut out of a picture that it was pasted into, at a random place and size.

    Returns:
        uint8 (N, size, size, 1); bool (N,), whether it was found: the others are left black.
    """
    generator = np.random.default_rng(seed)
    seen = np.zeros((len(faces), size, size, 1), np.uint8)
    found = np.zeros(len(faces), bool)
    for index, image in enumerate(tqdm(faces.images, desc="Photographs", unit="face")):
        picture = _picture(image[..., 0], generator)
        if boxes := locate(picture):
            seen[index, ..., 0], found[index] = cut_out(picture, boxes[0], size), True
    return seen, found


def on_photographs(
    classifier: Classifier,
    seen: np.ndarray,
    found: np.ndarray,
    ids: np.ndarray,
    truths: dict[str, Faces],
) -> dict[str, Any]:
    """Accuracy and balanced accuracy on photographs; a face that is not found counts as wrong.

    Args:
        seen, found: see `photographed`.
        ids: of these faces.
        truths: by the name of a data set, the same faces or some of them, with its labels.

    Returns:
        found, the share of the faces; the scores for each data set; and balanced_accuracy, the mean
        over the data sets. An emotion that the model does not name is never recognised, and one
        that a data set does not name is taken out of the answers.
    """
    rows = classifier.probabilities(seen)
    places = {name: index for index, name in enumerate(ids)}
    scores = {}
    for name, faces in truths.items():
        at = [places[one] for one in faces.ids]
        scores[name] = _scores(rows[at], classifier.emotions, found[at], faces)
    balanced = np.mean([one["balanced_accuracy"] for one in scores.values()])
    return {"found": float(found.mean()), "balanced_accuracy": float(balanced), **scores}


def _scores(
    rows: np.ndarray, names: tuple[str, ...], found: np.ndarray, faces: Faces
) -> dict[str, Any]:
    answers = emotions.convert(rows, names, faces.emotions)
    wrong = (faces.labels + 1) % len(faces.emotions)
    answers[~found] = one_hot(wrong[~found], len(faces.emotions))
    scores = evaluation.score(
        evaluation.Predictions(faces.ids, faces.split, faces.targets, answers, faces.emotions)
    )
    return {
        "faces": len(faces),
        "accuracy": scores["accuracy"],
        "accuracy_95": scores["accuracy_95"],
        "balanced_accuracy": scores["macro_recall"],
        "balanced_accuracy_95": scores["macro_recall_95"],
    }


def _picture(face: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A picture uint8 (HEIGHT, WIDTH, 3) of a soft grey, with the face somewhere in it."""
    side = int(generator.integers(*SIDE, endpoint=True))
    top, left = generator.integers(0, (HEIGHT - side + 1, WIDTH - side + 1))
    shades = generator.uniform(60, 200, (2, 2)).astype(np.float32)
    picture = cv2.resize(shades, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    picture[top : top + side, left : left + side] = cv2.resize(
        face, (side, side), interpolation=cv2.INTER_CUBIC
    )
    return np.repeat(np.clip(picture, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
