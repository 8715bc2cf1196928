"""A small network of our own for 48×48 grey faces: residual blocks of separable convolutions."""

import keras
from keras import layers

STEM = 32
FILTERS = (64, 128, 256)


def small(
    input_shape: tuple[int, int, int] = (48, 48, 1),
    classes: int = 7,
    width: float = 1.0,
    dropout: float = 0.3,
) -> keras.Model:
    """Three stages of depthwise-separable residual blocks: 369,351 parameters at full width.

    A separable convolution looks at each channel alone (depthwise, 9 weights a channel) and then
    mixes the channels (1×1): about an eighth of the weights and of the work of an ordinary 3×3 one
    (Chollet 2017). Each stage halves the picture, doubles the channels and has two blocks; a block
    adds what it computes to what came in (He et al. 2016), so that gradients reach the first layer.
    The mean over the last 6×6 places takes the place of large dense layers, in which LeNet-5 keeps
    nine tenths of its parameters.

        48×48×32   convolution 3×3
        24×24×64   block that halves, block
        12×12×128  block that halves, block
         6×6×256   block that halves, block
               256   mean over all places, dropout
                 7   probabilities

    Args:
        input_shape: (height, width, channels) of pictures in [0, 1].
        classes: number of emotions.
        width: multiplies the number of filters.
        dropout: the share of the 256 means that is dropped in training.

    Returns:
        A model from (N, *input_shape) to probabilities (N, classes).
    """
    inputs = keras.Input(input_shape, name="face")
    x = layers.Conv2D(_scaled(STEM, width), 3, padding="same", use_bias=False, name="stem")(inputs)
    x = layers.BatchNormalization(name="stem_norm")(x)
    x = layers.Activation("relu", name="stem_relu")(x)
    for number, filters in enumerate(FILTERS, 1):
        x = residual_block(x, _scaled(filters, width), strides=2, name=f"stage{number}_halve")
        x = residual_block(x, _scaled(filters, width), strides=1, name=f"stage{number}_block")
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    x = layers.Dropout(dropout, name="drop")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="small")


def residual_block(x, filters: int, strides: int, name: str):
    """Two separable convolutions, added to their input and passed through ReLU.

    Where the size or the number of channels changes, the input is brought to it by a 1×1
    convolution.
    """
    shortcut = x
    if strides > 1 or x.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, strides, use_bias=False, name=f"{name}_shortcut")(x)
        shortcut = layers.BatchNormalization(name=f"{name}_shortcut_norm")(shortcut)
    x = separable_convolution(x, filters, strides, name=f"{name}_a")
    x = layers.Activation("relu", name=f"{name}_a_relu")(x)
    x = separable_convolution(x, filters, 1, name=f"{name}_b")
    x = layers.Add(name=f"{name}_add")([x, shortcut])
    return layers.Activation("relu", name=f"{name}_relu")(x)


def separable_convolution(x, filters: int, strides: int, name: str):
    """Depthwise 3×3, then 1×1, then batch normalisation."""
    x = layers.DepthwiseConv2D(
        3, strides, padding="same", use_bias=False, name=f"{name}_depthwise"
    )(x)
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_pointwise")(x)
    return layers.BatchNormalization(name=f"{name}_norm")(x)


def _scaled(size: int, width: float) -> int:
    return max(8, round(size * width))
