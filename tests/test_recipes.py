"""Recipes: every trick is a switch, and a value that makes no sense is a sentence."""

import subprocess
import sys

import keras
import pytest

from fer_kit import training
from fer_kit.errors import InputError
from fer_kit.networks import NETWORKS
from fer_kit.recipes import NO_TRICKS, Recipe, as_changes, changed, ddamfn, recipe_for


@pytest.mark.parametrize("network", [*NETWORKS, "resnet18", "a-new-one"])
@pytest.mark.parametrize("profile", ["smoke", "quick", "full"])
def test_every_network_has_a_recipe(network, profile):
    assert recipe_for(network, profile).epochs >= 2


def test_the_profiles_differ_in_length():
    epochs = [recipe_for("small", profile).epochs for profile in ("smoke", "quick", "full")]
    assert epochs == sorted(set(epochs))


def test_switches_change_the_recipe_and_are_found_again():
    recipe = recipe_for("small", "full", {"mixup": 1, "epochs": 7, "clean": False})
    assert (recipe.mixup, recipe.epochs, recipe.clean) == (1, 7, False)
    assert as_changes(recipe, "small", "full") == {"mixup": 1, "epochs": 7, "clean": False}


def test_all_tricks_can_be_switched_off():
    plain = changed(Recipe(), NO_TRICKS)
    assert not any(plain.geometry.values())
    assert (plain.mixup, plain.erasing, plain.averaging, plain.crop) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mixupp": 0.1}, "Expected a switch of the recipe among.*mixup.*Received: 'mixupp'"),
        ({"mixup": "much"}, "Expected mixup as a number. Received: 'much'"),
        ({"mixup": -1}, "Expected mixup as a number from 0 to 10"),
        ({"epochs": 2.5}, "Expected epochs as a whole number. Received: 2.5"),
        ({"epochs": 0}, "Expected epochs as a number from 1"),
        ({"clean": 1}, "Expected clean as True or False"),
        ({"sam": True}, "Expected sam as a number"),
        ({"optimizer": "lion"}, "Expected optimizer among sgd, adam. Received: 'lion'"),
        ({"schedule": "zigzag"}, "Expected schedule among"),
        ({"downsampling": 3}, "Expected downsampling among 0, 1, 2, 4. Received: 3"),
        ({"views": 5}, "Expected views among 1, 10"),
        ({"crop": 0}, "Expected crop as a number from 0.3 to 1"),
        ({"averaging": float("nan")}, "Expected averaging"),
    ],
)
def test_a_mistake_in_the_recipe_is_a_sentence(changes, said):
    with pytest.raises(InputError, match=said):
        recipe_for("small", "full", changes)


def test_a_whole_number_is_good_for_a_switch_of_any_number():
    recipe = recipe_for("small", "full", {"learning_rate": 1, "sam": 0})
    assert isinstance(recipe.learning_rate, float)
    assert isinstance(Recipe(mixup=1).mixup, float)
    with pytest.raises(InputError, match="Expected mixup as a number"):
        Recipe(mixup=True)


def test_the_published_recipes_of_ddamfn():
    v1, plus = ddamfn("v1"), ddamfn("++")
    rates = [training.learning_rate(v1, epoch) for epoch in (0, 9, 10, 25)]
    assert rates == pytest.approx([0.01, 0.01, 0.001, 0.0001])
    assert v1.sam == 0
    sgd = training.optimizer(v1)
    assert isinstance(sgd, keras.optimizers.SGD)
    assert (sgd.momentum, sgd.weight_decay) == (0.9, pytest.approx(1e-3))
    assert (plus.sam, plus.attention) == (0.05, 0.1)
    rates = [training.learning_rate(plus, epoch) for epoch in (0, 1, 2)]
    assert rates == pytest.approx([5e-4, 4.5e-4, 4.05e-4])
    assert isinstance(training.optimizer(plus), keras.optimizers.Adam)
    with pytest.raises(InputError, match="v1.*Received: 'v3'"):
        ddamfn("v3")


def test_an_unknown_profile_is_a_sentence():
    with pytest.raises(InputError, match="Expected a profile among smoke, quick, full"):
        recipe_for("small", "huge")


def test_importing_the_recipes_warns_of_nothing():
    code = "import fer_kit.recipes"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True)
    assert done.stderr == b""
