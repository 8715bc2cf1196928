"""How DDAMFN was trained: its two published recipes, and a short one for a processor.

The short one weighs the attention loss by a hundredth instead of a tenth. A few hundred steps are
else spent on the heads alone; lesson 07 tells what was measured.
"""

from typing import NamedTuple

import keras

from fer_kit.errors import InputError


class Recipe(NamedTuple):
    """An optimizer with its schedule, and what is added to the loss.

    Attributes:
        optimizer: "sgd", with a momentum of 0.9, or "adam".
        learning_rate: at the start.
        decay, every: the learning rate is multiplied by `decay` after `every` epochs.
        weight_decay: as PyTorch counts it, added to the gradient.
        rho: above 0, the steps are sharpness-aware; see `fer_kit.sharpness`.
        attention: weight of the attention loss; see `fer_kit.attention`.
    """

    optimizer: str
    learning_rate: float
    decay: float
    every: int
    weight_decay: float = 0.0
    rho: float = 0.0
    attention: float = 0.1


# "v1" is the authors' for FER+, "++" the one of DDAMFN++ for RAF-DB.
RECIPES = {
    "v1": Recipe("sgd", 0.01, decay=0.1, every=10, weight_decay=1e-4),
    "++": Recipe("adam", 5e-4, decay=0.9, every=1, rho=0.05),
    "short": Recipe("adam", 3e-3, decay=0.6, every=1, attention=0.01),
}
MOMENTUM = 0.9


def find(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        InputError: there is none.

    Introduced in notebooks/07_ddamfn.ipynb.
    """
    if name not in RECIPES:
        raise InputError(f"Expected a recipe among {', '.join(RECIPES)}. Received: {name!r}.")
    return RECIPES[name]


def optimizer(recipe: Recipe) -> keras.optimizers.Optimizer:
    """The optimizer of a recipe.

    PyTorch adds the weight decay to the gradient, and momentum repeats a gradient 1 / (1 - 0.9) =
    10 times. Keras takes it from the weights directly, once: it gets ten times as much here.
    """
    if recipe.optimizer == "adam":
        return keras.optimizers.Adam(recipe.learning_rate)
    decay = recipe.weight_decay / (1 - MOMENTUM) or None
    return keras.optimizers.SGD(recipe.learning_rate, MOMENTUM, weight_decay=decay)


def schedule(recipe: Recipe) -> keras.callbacks.Callback:
    """Sets the learning rate before each epoch."""
    return keras.callbacks.LearningRateScheduler(
        lambda epoch: recipe.learning_rate * recipe.decay ** (epoch // recipe.every)
    )
