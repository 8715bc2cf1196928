"""Wrong answers to the checks of lesson 05b, and what they are told."""

import numpy as np
from checks import told, wrong_answers

from fer_kit.networks import build


def network(classes, weights="small-fer2013", learns=slice(-1, None)):
    """The small network, of which some layers can learn."""
    made = build("small", weights=weights, classes=classes)
    for layer in made.layers:
        layer.trainable = False
    for layer in made.layers[learns]:
        layer.trainable = True
    return made


WRONG = {
    "only_the_last": [
        (lambda classes: network(7), "new last layer comes with classes"),
        (lambda classes: network(classes, None), "begins from chance"),
        (lambda classes: network(classes, learns=slice(None)), "Nothing is frozen"),
        (lambda classes: network(classes, learns=slice(0, 0)), "has to learn"),
        (lambda classes: network(classes, learns=slice(None, -1)), "wrong way round"),
        (lambda classes: network(classes, learns=slice(-8, None)), "every layer but the last"),
        (lambda classes: network(classes).layers, "return the network"),
    ],
    "known_share": [
        (lambda b, t: np.isin(np.unique(t), b).mean(), "share of people"),
        (lambda b, t: np.isin(b, t).mean(), "pictures before"),
        (lambda b, t: np.isin(np.unique(b), t).mean(), "people before"),
        (lambda b, t: len(set(b) & set(t)) / len(t), "all of them"),
        (lambda b, t: np.isin(t, b).sum(), "Divide"),
        (lambda b, t: 1 - np.isin(t, b).mean(), "strangers"),
        (lambda b, t: 100 * np.isin(t, b).mean(), "percent"),
        (lambda b, t: np.isin(t, b), "one number"),
    ],
}


@wrong_answers("transfer", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)
