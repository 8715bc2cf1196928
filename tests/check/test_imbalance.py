"""Wrong answers to the checks of lesson 05c, and what they are told."""

import numpy as np
from checks import told, wrong_answers


def over_all(true, said, emotions):
    return np.mean([(said[true == k] == k).mean() if (true == k).any() else 0 for k in emotions])


WRONG = {
    "balanced_accuracy": [
        (lambda true, said: (true == said).mean(), "That is the accuracy"),
        (lambda true, said: over_all(true, said, range(int(true.max()) + 1)), "left out"),
        (
            lambda true, said: np.mean(
                [(said[true == k] == k).mean() for k in np.unique(true) if k in said]
            ),
            "recall is 0 and counts",
        ),
        (
            lambda true, said: np.mean([(true[said == k] == k).mean() for k in np.unique(said)]),
            "divides by the faces that show",
        ),
        (lambda true, said: 100 * over_all(true, said, np.unique(true)), "in percent"),
        (
            lambda true, said: np.mean(
                [np.divide((said[true == k] == k).sum(), (true == k).sum()) for k in range(4)]
            ),
            "leave out",
        ),
        (lambda true, said: over_all(true, said, (0, 1, 3)), "np.unique"),
    ],
    "class_weights": [
        (lambda labels, classes: len(labels) / (classes * np.bincount(labels)), "a dictionary"),
        (lambda labels, classes: {k: 1 / (labels == k).sum() for k in range(classes)}, "even the"),
        (lambda labels, classes: {k: (labels == k).mean() for k in range(classes)}, "rarest needs"),
        (lambda labels, classes: {k: 1 / (labels == k).mean() for k in range(classes)}, "then K"),
        (
            lambda labels, classes: {
                k: np.bincount(labels).max() / (labels == k).sum() for k in range(classes)
            },
            "Relative to the commonest",
        ),
        (lambda labels, classes: dict.fromkeys(range(classes), 1.0), "N / (K · n)"),
        (lambda labels, classes: {k + 1: 1.0 for k in range(classes)}, "as keys"),
        (
            lambda labels, classes: {k: 10 / (3 * (labels == k).sum()) for k in range(classes)},
            "from the arguments",
        ),
        (lambda labels, classes: dict.fromkeys(range(classes), "1"), "Received"),
    ],
}


@wrong_answers("imbalance", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)
