"""The network for mixed emotions: one class for each ordered pair, or one output an emotion."""

import keras
from keras import layers

from fer_kit.networks import scaled

FILTERS = (64, 128, 256, 512)
UNITS = (512, 256, 128)
DROPOUT = (0.4, 0.4, 0.5)
PENALTY = "l2"  # Keras's: 0.01 times the squared weights, of the first convolution only
MOMENTUM = 0.9  # with Keras's 0.99 a short training ends before the averages have followed


def mixed(
    input_shape: tuple[int, int, int] = (48, 48, 1),
    classes: int = 42,
    activation: str = "softmax",
    width: float = 1.0,
    dropout: float = 1.0,
) -> keras.Model:
    """Eight convolutions in pairs and three dense layers: 5,910,378 parameters for 42 classes.

    Repeats the network of a published student project on mixed emotions, whose 42 classes are the
    ordered pairs of seven emotions (5,905,863 parameters with 7 outputs). Lesson 10.

    Args:
        input_shape: (height, width, channels).
        classes: 42 for ordered pairs of emotions, 7 for emotions.
        activation: "softmax" where exactly one class is right; "sigmoid" where each output says yes
            or no by itself, so that two can be right.
        width, dropout: as in `cnn`.

    Returns:
        A model from (N, *input_shape) to (N, classes), each from 0 to 1.
    """
    inputs = keras.Input(input_shape, name="face")
    x = inputs
    for number, filters in enumerate(FILTERS, 1):
        first = number == 1  # the first block has a convolution that does not pad, and one norm
        options = {"padding": "valid", "kernel_regularizer": PENALTY} if first else {}
        filters = scaled(filters, width)
        x = convolution(x, filters, f"conv{number}a", norm=not first, **options)
        x = convolution(x, filters, f"conv{number}b")
        x = layers.MaxPooling2D(2, name=f"pool{number}")(x)
        x = layers.Dropout(0.5 * dropout, name=f"pool{number}_drop")(x)
    x = layers.Flatten(name="flatten")(x)
    for number, (units, rate) in enumerate(zip(UNITS, DROPOUT, strict=True), 1):
        x = layers.Dense(scaled(units, width), activation="relu", name=f"dense{number}")(x)
        x = layers.Dropout(dropout * rate, name=f"dense{number}_drop")(x)
    outputs = layers.Dense(classes, activation=activation, name="probabilities")(x)
    return keras.Model(inputs, outputs, name="mixed")


def convolution(x, filters: int, name: str, norm: bool = True, padding: str = "same", **options):
    """A 3×3 convolution with ReLU, then batch normalisation."""
    x = layers.Conv2D(filters, 3, padding=padding, activation="relu", name=name, **options)(x)
    return layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(x) if norm else x
