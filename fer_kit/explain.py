"""Where a network looked when it decided: two kinds of maps for one face.

Both say which places mattered to *this network*; neither says what an expression is.
"""

import cv2
import keras
import matplotlib as mpl
import numpy as np
from keras import layers, ops

from fer_kit.errors import InputError


def occlusion(
    model: keras.Model, image: np.ndarray, emotion: int, size: int = 10, stride: int = 3
) -> np.ndarray:
    """How much probability an emotion loses when a grey patch covers each place (lesson 08).

    Needs nothing but answers, so it works for any model (Zeiler and Fergus 2014).

    Args:
        image: (H, W, C), 0 to 1.
        emotion: its index among the model's outputs.
        size, stride: side of the patch and its step, in pixels.

    Returns:
        float (H, W): at each pixel the mean loss over the patches that cover it, -1 to 1. Above 0
        the place spoke for the emotion, below 0 against it.
    """
    height, width = image.shape[:2]
    corners = [(y, x) for y in _steps(height, size, stride) for x in _steps(width, size, stride)]
    covered = np.repeat(image[None], len(corners) + 1, axis=0)
    for picture, (y, x) in zip(covered[1:], corners, strict=True):
        picture[y : y + size, x : x + size] = image.mean()
    answers = model.predict(covered, batch_size=256, verbose=0)[:, emotion]
    total, times = np.zeros((height, width)), np.zeros((height, width))
    for answer, (y, x) in zip(answers[1:], corners, strict=True):
        total[y : y + size, x : x + size] += answers[0] - answer
        times[y : y + size, x : x + size] += 1
    return total / times


def grad_cam(
    model: keras.Model, image: np.ndarray, emotion: int, layer: str | None = None
) -> np.ndarray:
    """Grad-CAM: the last feature maps, each weighted by its pull on an emotion (lesson 08).

    The gradient of the emotion's score before the softmax, averaged over a map, says how much that
    map speaks for the emotion. The weighted sum of the maps, its positive part, is the answer
    (Selvaraju et al. 2017).

    Args:
        model: a functional model that ends in a Dense layer.
        image: (H, W, C), 0 to 1.
        emotion: its index among the model's outputs.
        layer: the layer whose maps are taken; None takes the end of the last convolution.

    Returns:
        float (H, W), 0 to 1: relative to the strongest place; all 0 where nothing speaks for it.
    """
    maps_layer = model.get_layer(layer) if layer else _last_maps(model)
    before = keras.Model(model.inputs, maps_layer.output)
    after = keras.Model(maps_layer.output, _last_dense(model).input)
    kernel = _last_dense(model).kernel[:, emotion]
    maps = before(ops.convert_to_tensor(image[None]))
    gradient = _gradient(lambda values: ops.sum(after(values)[0] * kernel), maps)
    weights = ops.mean(gradient[0], axis=(0, 1))
    pull = ops.convert_to_numpy(ops.relu(ops.sum(maps[0] * weights, axis=-1)))
    pull = cv2.resize(pull, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return pull / max(pull.max(), 1e-12)


def overlay(images: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Faces in grey with their maps in colour on top, each map relative to its own maximum.

    The rest of the face is dimmed, so that the maps can be read without colours, too.

    Args:
        images: (N, H, W, C), uint8 or 0 to 1.
        maps: (N, H, W); values below 0 are left out.

    Returns:
        float (N, H, W, 3), 0 to 1: places that matter are bright, red to yellow to white.
    """
    images = np.asarray(images)
    scale = 255 if images.dtype == np.uint8 else 1
    grey = images.mean(axis=-1, keepdims=True) / scale
    strength = np.clip(maps, 0, None)
    strength = strength / np.maximum(strength.max(axis=(1, 2), keepdims=True), 1e-12)
    colours = mpl.colormaps["hot"](strength)[..., :3]
    share = 0.65 * strength[..., None]
    dimmed = grey * (0.4 + 0.6 * strength[..., None])
    return (1 - share) * dimmed + share * colours


def _steps(length: int, size: int, stride: int) -> list[int]:
    """Where patches begin, the last one flush with the border."""
    last = max(length - size, 0)
    return sorted({*range(0, last, stride), last})


def _last_maps(model: keras.Model) -> layers.Layer:
    """The last convolution that gives maps, or the normalisation or activation right after it."""
    convolutions = [
        layer
        for layer in model.layers
        if isinstance(layer, layers.Conv2D) and min(layer.output.shape[1:3]) > 1
    ]
    if not convolutions:
        raise InputError(
            f"Expected a model with convolutions. Received: {model.name}, whose layers are "
            f"{', '.join(layer.name for layer in model.layers)}. Name a layer with feature maps."
        )
    shape = convolutions[-1].output.shape
    return [layer for layer in model.layers if layer.output.shape == shape][-1]


def _last_dense(model: keras.Model) -> layers.Dense:
    last = model.layers[-1]
    if not isinstance(last, layers.Dense):
        raise InputError(
            "Expected a model whose last layer is Dense, so that its score before the softmax is "
            f"known. Received: {model.name}, which ends in {last.name}."
        )
    return last


def _gradient(score, values):
    """The derivative of the number `score(values)` after `values`, on the backend that runs."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.grad(score)(values)
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(values)
        number = score(values)
    return tape.gradient(number, values)
