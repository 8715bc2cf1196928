"""A card for a model that was trained elsewhere, so that the course's commands take it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fer_kit import cards
from fer_kit.classify import Classifier, checked_emotions, load_keras
from fer_kit.errors import InputError

ENDINGS = (".keras", ".h5", ".hdf5")


def write_own_card(
    path: str | Path, emotions: Sequence[str], source: str, low: float, high: float
) -> dict[str, Any]:
    """Load a model without running any code of its own, ask it, and write its card beside it.

    Args:
        path: a file of Keras 3 or Keras 2: .keras, .h5 or .hdf5.
        emotions: a name for each of its outputs, in their order.
        source: what it was trained on, in a few words.
        low, high: what black and white are for it: 0 and 1, -1 and 1, or 0 and 255.

    Returns:
        The card.

    Raises:
        InputError: the file is no such model, has a card already, or its answers are no
            probabilities.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() not in ENDINGS or not path.is_file():
        raise InputError(
            f"Expected a model in a file that ends with {', '.join(ENDINGS)}. Received: {path}."
        )
    if (there := cards.card_path(path)).exists():
        raise InputError(
            f"Expected a model without a card. Received: {path}, beside which there is "
            f"{there.name}. It stays; rename it to write another."
        )
    if not np.isfinite([low, high]).all() or not low < high:
        raise InputError(f"Expected black below white. Received: {low} and {high}.")
    described = {"emotions": list(emotions), "input": {"range": [low, high]}}
    model = load_keras(path, described)
    known = checked_emotions(path, model, described)
    _check_answers(Classifier.of(model, known, {"name": path.stem}))
    about = {"source": source or "faces that nobody named", "synthetic": False}
    return cards.write_card_of(path, model, known, about, input_range=(low, high))


def _check_answers(classifier: Classifier) -> None:
    """Ask about some made-up pictures."""
    size, generator = classifier.size, np.random.default_rng(0)
    rows = classifier.probabilities(generator.integers(0, 256, (8, size, size, 1), np.uint8))
    if (rows < 0).any() or not np.allclose(rows.sum(axis=1), 1, atol=1e-3):
        raise InputError(
            "Expected answers that are probabilities: not below 0, and 1 in all. Received: "
            f"{np.round(rows[0], 2).tolist()} from {classifier.name}. If these are logits, save it "
            "with a softmax as its last layer."
        )
