"""What a training costs, counted in floating-point operations: the same on every machine."""

import math

import keras

from fer_kit.recipes import REDUCED, Recipe

PETA = 1e15
PER_STEP = 3  # forward, and back twice: for the weights and for what was before them


def multiplications(model: keras.Model) -> int:
    """How many multiplications one face takes: in convolutions and dense layers, the bulk."""
    return sum(map(_of_layer, model.layers))


def petaflop(model: keras.Model, faces: int, epochs: int, recipe: Recipe | None = None) -> float:
    """10^15 operations of a training, a multiplication with its addition counting as two.

    Args:
        epochs: how many it took; they may be fewer than the recipe's.
        recipe: says how often SAM takes every step twice, and how many epochs see reduced faces.
    """
    recipe = recipe or Recipe()
    climbs = 1 / recipe.sam_every if recipe.sam else 0
    early = min(epochs, recipe.early)
    whole = epochs - early * (1 - REDUCED**2)
    return 2 * PER_STEP * (1 + climbs) * multiplications(model) * faces * whole / PETA


def _of_layer(layer: keras.layers.Layer) -> int:
    if isinstance(layer, keras.Model):
        return multiplications(layer)
    kernel = getattr(layer, "kernel", None)
    if kernel is None:
        return 0
    places = layer.output.shape[1:-1]  # a kernel is applied at each place of the layer's output
    return math.prod(kernel.shape) * math.prod(places)
