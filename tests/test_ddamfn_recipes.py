"""The published recipes."""

import keras
import pytest

from fer_kit import ddamfn_recipes
from fer_kit.errors import InputError


def rates(name: str, epochs: list[int]) -> list[float]:
    schedule = ddamfn_recipes.schedule(ddamfn_recipes.find(name))
    return [schedule.schedule(epoch) for epoch in epochs]


def test_the_first_version_divides_the_rate_by_ten_every_ten_epochs():
    assert rates("v1", [0, 9, 10, 25]) == pytest.approx([0.01, 0.01, 0.001, 0.0001])
    assert ddamfn_recipes.find("v1").rho == 0


def test_the_second_version_climbs_before_it_steps():
    recipe = ddamfn_recipes.find("++")
    assert (recipe.rho, recipe.learning_rate) == (0.05, 5e-4)
    assert rates("++", [0, 1, 2]) == pytest.approx([5e-4, 4.5e-4, 4.05e-4])
    assert isinstance(ddamfn_recipes.optimizer(recipe), keras.optimizers.Adam)


def test_sgd_has_momentum_and_the_weight_decay_that_momentum_makes_of_it():
    sgd = ddamfn_recipes.optimizer(ddamfn_recipes.find("v1"))
    assert isinstance(sgd, keras.optimizers.SGD)
    assert (sgd.momentum, sgd.weight_decay) == (0.9, pytest.approx(1e-3))


def test_an_unknown_recipe_is_a_sentence():
    with pytest.raises(InputError, match="v1.*Received: 'v3'"):
        ddamfn_recipes.find("v3")
