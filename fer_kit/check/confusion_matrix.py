"""Checks of notebooks/08_confusion_matrix.ipynb."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from fer_kit.check.answers import as_number, ask, check, expect, expect_number

MATRIX = pd.DataFrame(
    [[6, 2, 0], [1, 3, 0], [3, 1, 0]],
    index=["happy", "fear", "disgust"],
    columns=["happy", "fear", "disgust"],
)


@check
def f1_from_matrix(function: Callable) -> None:
    """`f1_from_matrix(matrix, emotion)`: a table of counts, true in rows → F1 of one emotion."""
    found = as_number(ask(function, MATRIX, "fear"), "F1 of fear")
    precision, recall = 3 / 6, 3 / 4
    for mistaken, name in ((precision, "precision"), (recall, "recall")):
        expect(
            found != mistaken,
            "F1 of fear, 0.6",
            f"{found:g}, its {name}",
            "F1 is the harmonic mean of both.",
        )
    expect(
        abs(found - (precision + recall) / 2) > 1e-9,
        "F1 of fear, 0.6",
        f"{found:g}",
        "That is the arithmetic mean. The harmonic one is 2 · P · R / (P + R).",
    )
    expect_number(
        found,
        0.6,
        "F1 of fear",
        "Right answers are on the diagonal; a row holds the true ones, a column the "
        "predicted ones.",
    )
    with np.errstate(all="ignore"):
        never = as_number(ask(function, MATRIX, "disgust"), "F1 of disgust")
    expect(
        not np.isnan(never),
        "0 for an emotion that is never predicted",
        "NaN",
        "Its precision is 0 / 0: decide that F1 is 0 there.",
    )
    expect_number(never, 0, "F1 of an emotion that is never predicted")


@check
def top_k_accuracy(function: Callable) -> None:
    """`top_k_accuracy(probabilities, true, k)` → share of faces with the truth among k best."""
    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.4, 0.35, 0.25], [0.2, 0.7, 0.1]])
    true = np.array([0, 0, 1, 1])
    one = ask(function, p, true, 1)
    expect_number(
        one,
        0.5,
        "top-1 accuracy",
        "With k = 1 it is the ordinary accuracy: np.argsort sorts upwards, so that the "
        "best is last.",
    )
    expect_number(
        ask(function, p, true, 2),
        0.75,
        "top-2 accuracy",
        "The truth counts wherever it is among the two largest.",
    )
    expect_number(ask(function, p, true, 3), 1, "top-3 accuracy of three emotions")
