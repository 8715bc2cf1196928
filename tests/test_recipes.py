"""Recipes: every trick is a switch, and a value that makes no sense is a sentence."""

import pytest

from fer_kit.errors import InputError
from fer_kit.networks import NETWORKS
from fer_kit.recipes import NO_TRICKS, Recipe, as_changes, changed, recipe_for


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
        ({"mixupp": 0.1}, "Expected a switch of the recipe.*mixup.*Received: 'mixupp'"),
        ({"mixup": "much"}, "Expected mixup as a number. Received: 'much'"),
        ({"mixup": -1}, "Expected mixup as a number from 0 to 10"),
        ({"epochs": 2.5}, "Expected epochs as a whole number. Received: 2.5"),
        ({"epochs": 0}, "Expected epochs as a number from 1"),
        ({"clean": 1}, "Expected clean as True or False"),
        ({"sam": True}, "Expected sam as a number"),
        ({"optimizer": "lion"}, "Expected optimizer among sgd, adam. Received: 'lion'"),
        ({"schedule": "zigzag"}, "Expected schedule among"),
        ({"views": 5}, "Expected views among 1, 10"),
        ({"crop": 0}, "Expected crop as a number from 0.3 to 1"),
        ({"averaging": float("nan")}, "Expected averaging"),
    ],
)
def test_a_mistake_in_the_recipe_is_a_sentence(changes, said):
    with pytest.raises(InputError, match=said):
        recipe_for("small", "full", changes)


def test_an_unknown_profile_is_a_sentence():
    with pytest.raises(InputError, match="Expected profile among smoke, quick, full"):
        recipe_for("small", "huge")
