"""Wrong answers to the checks of lesson 05, and what they are told."""

import numpy as np
from checks import told, wrong_answers

WRONG = {
    "batch_normalise": [
        (lambda x, g, b: (x - x.mean()) / np.sqrt(x.var() + 0.001), "One mean for each channel"),
        (lambda x, g, b: g * (x - x.mean((0, 1, 2))) + b, "standard deviation 1"),
        (lambda x, g, b: (x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2)) + 1e-3), "Scale first"),
        (lambda x, g, b: g * (x - x.mean((1, 2), keepdims=True))
         / np.sqrt(x.var((1, 2), keepdims=True) + 1e-3) + b, "layer normalisation"),
        (lambda x, g, b: g * (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3) + b, "Rows and columns"),
        (lambda x, g, b: g * (x - x.mean((0, 1, 2))) / (x.std((0, 1, 2)) + 1e-3) + b,
         "under the root"),
    ],
    "mirror_matrix": [
        (lambda w: np.array([[-1.0, 0, w], [0, 1, 0]]), "column 48"),
        (lambda w: np.array([[-1.0, 0, 0], [0, 1, 0]]), "width − 1"),
        (lambda w: np.array([[1.0, 0, 0], [0, -1, w - 1]]), "y' = y"),
        (lambda w: np.array([[-1.0, 0, 47], [0, 1, 0]]), "not 48"),
        (lambda w: np.eye(3), "shape (2, 3)"),
    ],
}  # fmt: skip


@wrong_answers("cnn", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)
