"""Checks of notebooks/08_confusion_matrix.ipynb."""

import numpy as np
import pandas as pd

from fer_kit.check.answers import Ask, as_number, check, expect, expect_number

NAMES = ["happy", "fear", "disgust"]
MATRIX = pd.DataFrame([[6, 2, 0], [1, 3, 0], [3, 1, 0]], index=NAMES, columns=NAMES)


@check
def f1_from_matrix(ask: Ask) -> None:
    """`f1_from_matrix(matrix, emotion)`: a table of counts, true in rows → F1 of one emotion."""
    precision, recall = 3 / 6, 3 / 4
    arithmetic = "That is the arithmetic mean. The harmonic one is 2 · P · R / (P + R)."
    slips = [
        (precision, "That is its precision; F1 is the harmonic mean of precision and recall."),
        (recall, "That is its recall; F1 is the harmonic mean of precision and recall."),
        ((precision + recall) / 2, arithmetic),
    ]
    slip = (
        "Right answers are on the diagonal; a row holds the true ones, a column the predicted ones."
    )
    expect_number(ask(MATRIX, "fear"), 0.6, "F1 of fear", slip, slips)
    never = as_number(ask(MATRIX, "disgust"), "F1 of disgust")
    slip = "Its precision is 0 / 0: decide that F1 is 0 there."
    expect(not np.isnan(never), "0 for an emotion that is never predicted", "NaN", slip)
    expect_number(never, 0, "F1 of an emotion that is never predicted")


@check
def top_k_accuracy(ask: Ask) -> None:
    """`top_k_accuracy(probabilities, true, k)` → share of faces with the truth among k best."""
    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.4, 0.35, 0.25], [0.2, 0.7, 0.1]])
    best = "With k = 1 it is the ordinary accuracy: np.argsort sorts upwards, the best is last."
    largest = "The truth counts wherever it is among the two largest."
    for k, right, slip in ((1, 0.5, best), (2, 0.75, largest), (3, 1, "")):
        expect_number(ask(p, np.array([0, 0, 1, 1]), k), right, f"top-{k} accuracy", slip)
