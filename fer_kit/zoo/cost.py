"""What a training costs, counted in floating-point operations: the same on every machine."""

import math

import keras

PETA = 1e15
PER_STEP = 3  # forward, and back twice: for the weights and for what was before them


def multiplications(model: keras.Model) -> int:
    """How many multiplications one face takes: in convolutions and dense layers, the bulk."""
    return sum(map(_of_layer, model.layers))


def petaflop(model: keras.Model, faces: int, epochs: int, sam: bool = False) -> float:
    """10^15 operations of a training, a multiplication with its addition counting as two."""
    steps = PER_STEP * (2 if sam else 1)
    return 2 * steps * multiplications(model) * faces * epochs / PETA


def _of_layer(layer: keras.layers.Layer) -> int:
    if isinstance(layer, keras.Model):
        return multiplications(layer)
    kernel = getattr(layer, "kernel", None)
    if kernel is None:
        return 0
    places = layer.output.shape[1:-1]  # a kernel is applied at each place of the layer's output
    return math.prod(kernel.shape) * math.prod(places)
