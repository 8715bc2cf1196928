"""What comes after the last epoch is chosen on validation alone."""

import numpy as np
import pytest

from fer_kit.evaluation import Predictions
from fer_kit.faces import one_hot
from fer_kit.zoo.finish import ANSWERED, calibrate

SHARES = [0.5, 0.3, 0.2]


def answers(seed: int, sureness: float, count: int = 400) -> Predictions:
    generator = np.random.default_rng(seed)
    true = generator.choice(3, count, p=SHARES)
    logits = generator.normal(0, 1, (count, 3)) + 2 * one_hot(true, 3)
    powers = np.exp(sureness * logits)
    rows = powers / powers.sum(axis=1, keepdims=True)
    ids, split = np.arange(count).astype(str), np.repeat("test", count)
    return Predictions(ids, split, one_hot(true, 3), rows, ("happy", "sad", "fear"))


def test_the_test_part_chooses_nothing():
    validation = answers(0, 1.0)
    one, other = (calibrate(validation, answers(1, sureness), SHARES) for sureness in (0.2, 5.0))
    for name in ("temperature", "correction", "unsure_below"):
        assert one[name] == other[name]
    assert one["refusal"]["coverage"] != other["refusal"]["coverage"]


@pytest.mark.parametrize("sureness", [0.5, 1.0, 3.0])
def test_validation_chooses_the_temperature_and_the_threshold(sureness):
    found = calibrate(answers(0, sureness), answers(0, sureness), SHARES)
    usual = calibrate(answers(0, 1.0), answers(0, 1.0), SHARES)
    assert found["temperature"] == pytest.approx(sureness * usual["temperature"], rel=0.02)
    assert found["refusal"]["coverage"] == pytest.approx(ANSWERED, abs=0.01)
    assert found["calibration"]["after"] < found["calibration"]["before"] + 0.02
