"""Wrong answers to the checks of lesson 11b, and what they are told."""

import numpy as np
import pytest
from checks import told, wrong_answers

from fer_kit import check


def costs(confidence, correct, line, price, right=0.0, wrong=1.0):
    return np.where(confidence >= line, np.where(correct, right, wrong), price)


WRONG = {
    "threshold_for": [
        (lambda confidence, share: float(np.quantile(confidence, share)), "*below*"),
        (lambda c, share: np.sort(c)[int((1 - share) * len(c))], "use round"),
        (lambda c, share: np.quantile(c, 1 - share, method="lower"), "one too many"),
        (lambda c, share: np.quantile(c, 1 - share, method="nearest"), "one too many"),
        (lambda c, share: np.sort(c)[::-1][int(share * len(c))], "one too many"),
        (lambda confidence, share: share, "reach"),
        (lambda confidence, share: confidence >= share, "as one number"),
    ],
    "mean_cost": [
        (lambda c, right, line, price: (~right[c >= line]).mean(), "divide by all faces"),
        (
            lambda c, right, line, price: costs(c, right, line, price).sum() / (c >= line).sum(),
            "divide by all faces",
        ),
        (lambda c, right, line, price: costs(c, right, line, 0).mean(), "costs something"),
        (lambda c, right, line, price: costs(c, right, line, price, 0, 0).mean(), "costs 1"),
        (lambda c, right, line, price: costs(c, right, line, 1, 0, price).mean(), "way round"),
        (lambda c, right, line, price: costs(c, right, line, price, 1, 0).mean(), "costs nothing"),
        (lambda c, right, line, price: costs(c, right, line, price).sum(), "mean a face"),
        (
            lambda c, right, line, price: costs(c, right, line + 1e-9, price).mean(),
            "exactly the threshold",
        ),
        (lambda c, right, line, price: costs(c, right, line, price), "as one number"),
    ],
}


@wrong_answers("refusing", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)


@pytest.mark.parametrize(
    "threshold_for",
    [
        lambda c, share: np.quantile(c, 1 - share, method="higher"),
        lambda c, share: np.sort(c)[round((1 - share) * len(c))],
        lambda c, share: np.sort(c)[-round(share * len(c))],
    ],
)
def test_other_ways_to_the_threshold_are_right(threshold_for):
    assert check.threshold_for(threshold_for)
