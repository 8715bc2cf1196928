"""Checks of notebooks/05c_imbalance.ipynb."""

import numpy as np

from fer_kit.check.answers import Ask, as_number, check, expect, expect_number

# Of emotion 0 three of four faces are found, of 1 one of two, of 3 none; 2 does not occur.
TRUE = np.array([0, 0, 0, 0, 1, 1, 3])
SAID = np.array([0, 0, 0, 1, 1, 2, 1])


@check
def balanced_accuracy(ask: Ask) -> None:
    """`balanced_accuracy(true, said)` → the mean recall over the emotions that occur in `true`."""
    slips = [
        (4 / 7, "That is the accuracy, which counts every face alike: first each emotion's share."),
        (
            (3 / 4 + 1 / 2) / 4,
            "Emotion 2 is only said and never true: it has no recall and is left out.",
        ),
        (
            (3 / 4 + 1 / 2) / 2,
            "Emotion 3 occurs, though none of its faces was found: its recall is 0 and counts.",
        ),
        ((3 / 4 + 1 / 2) / 3 * 100, "That is in percent; a share lies between 0 and 1."),
    ]
    slip = "Recall divides by the faces that show an emotion: said[true == k] are their answers."
    found = as_number(ask(TRUE, SAID), "balanced accuracy")
    if np.isnan(found):
        slip = "0 / 0: leave out what does not occur in true. " + slip
    expect_number(found, (3 / 4 + 1 / 2) / 3, "balanced accuracy", slip, slips)
    slip = "The labels need not begin at 0 nor be without gaps: np.unique(true) lists them."
    expect_number(ask(TRUE + 4, SAID + 4), (3 / 4 + 1 / 2) / 3, "that of other emotions", slip)
    expect_number(ask(TRUE, TRUE), 1, "that of answers which are all right")


@check
def class_weights(ask: Ask) -> None:
    """`class_weights(labels, classes)` → {label: N / (K · faces of it)}."""
    labels = np.array([0] * 6 + [1] * 3 + [2])
    weights = ask(labels, 3)
    slip = "Keras wants {label: weight}."
    expect(isinstance(weights, dict), "a dictionary", type(weights), slip)
    keys = sorted(weights, key=str)
    expect(keys == [0, 1, 2], "the labels 0, 1 and 2 as keys", keys, slip)
    slips = {
        (1 / 6, 1 / 3, 1): "These even the emotions out, but a face no longer counts 1 on average.",
        (0.6, 0.3, 0.1): "That is how common they are: the rarest needs the largest weight.",
        (10 / 6, 10 / 3, 10): "The mean weight of a face is then K: divide by the classes as well.",
        (1, 2, 6): "Relative to the commonest: then a face counts more than 1 on average.",
    }
    found = np.array([weights[label] for label in range(3)], float)
    right = np.array([10 / (3 * count) for count in (6, 3, 1)])
    said = (said for wrong, said in slips.items() if np.allclose(found, wrong))
    slip = next(said, "N faces, K emotions, n of this one: N / (K · n).")
    expect(np.allclose(found, right), f"{right.round(3).tolist()}", found.round(3), slip)
    slip = "Both the number of faces and that of the emotions follow from the arguments."
    expect_number(ask(np.array([1, 0, 0, 1]), 2)[1], 1, "the weight where all are alike", slip)
