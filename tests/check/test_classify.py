"""Wrong answers to the checks of lesson 11, and what they are told."""

import numpy as np
import pandas as pd
from checks import solution, told, wrong_answers

from fer_kit import check
from fer_kit.detect import Box


def overlap_without_zero(a, b):
    wide = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    high = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    both = a.width * a.height + b.width * b.height
    return wide * high / (both - wide * high)


def overlap_counted_twice(a, b):
    wide = max(0, min(a.x + a.width, b.x + b.width) - max(a.x, b.x))
    high = max(0, min(a.y + a.height, b.y + b.height) - max(a.y, b.y))
    return 2 * wide * high / (a.width * a.height + b.width * b.height)


def best_of_those_left(probabilities, margin):
    best = max(probabilities, key=probabilities.get)
    first = probabilities.pop(best)
    return best if first - max(probabilities.values()) >= margin else "unsure"


def right_but(probabilities, margin, unsure):
    """A right decision that calls it by another word."""
    said = solution("decide")(probabilities, margin)
    return unsure if said == "unsure" else said


def padded_with_zeros(shares, window):
    padded = np.vstack([np.zeros((window - 1, shares.shape[1])), shares])
    return np.array([padded[end : end + window].mean(axis=0) for end in range(len(shares))])


def centred(shares, window):
    table = pd.DataFrame(shares)
    return table.rolling(window, center=True, min_periods=1).mean().to_numpy()


def one_too_many(shares, window):
    return pd.DataFrame(shares).rolling(window + 1, min_periods=1).mean().to_numpy()


def rolled(shares, window):
    return pd.DataFrame(shares).rolling(window, min_periods=1).mean().to_numpy()


WRONG = {
    "overlap": [
        (overlap_without_zero, "max(0"),
        (lambda a, b: max(0, overlap_without_zero(a, b)), "multiply to a positive area"),
        (overlap_counted_twice, "counted twice"),
        (lambda a, b: 1.0, "upper half"),
    ],
    "decide": [
        (lambda p, margin: max(p, key=p.get), "unsure"),
        (lambda p, margin: max(p.values()), "a name"),
        (lambda p, margin: max(p, key=p.get) if max(p.values()) >= margin else "unsure", "equal"),
        (lambda p, margin: "unsure", "second best"),
        (lambda p, margin: right_but(p, margin, "Unsure"), "Received: 'Unsure'. Write it as"),
        (lambda p, margin: right_but(p, margin, "nobody knows"), "Received: 'nobody knows'"),
        (best_of_those_left, "a changed dict"),
    ],
    "moving_average": [
        (lambda shares, window: shares[window - 1 :], "as many as went in"),
        (lambda shares, window: shares.tolist(), "as an array"),
        (padded_with_zeros, "fewer rows than the window"),
        (centred, "nobody knows the next one"),
        (lambda shares, window: shares.cumsum(axis=0), "divides by"),
        (one_too_many, "nothing of the first rows"),
        (lambda shares, window: pd.DataFrame(shares).expanding().mean().to_numpy(), "forgotten"),
        (lambda shares, window: shares, "two thirds"),
        (lambda shares, window: rolled(shares, 3), "a window of 1"),
    ],
}  # fmt: skip


@wrong_answers("classify", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)


def test_another_way_to_the_moving_average_is_right():
    assert check.moving_average(rolled)
    assert check.moving_average(solution("moving_average"))


def test_the_detectors_boxes_are_what_the_check_uses():
    assert check.overlap(lambda a, b: float(a == b) if a == b else solution("overlap")(a, b))
    assert Box(0, 0, 1, 1).score is None
