"""The 4-block CNN for 48×48 grey faces."""

import keras
from keras import layers

from fer_kit.networks import scaled

FILTERS = (64, 128, 256, 512)
KERNELS = (3, 5, 3, 5)
UNITS = (512, 256, 128, 64)
DROPOUT = (0.20, 0.25, 0.25, 0.25)


def cnn(
    input_shape: tuple[int, int, int] = (48, 48, 1),
    classes: int = 7,
    width: float = 1.0,
    dropout: float = 1.0,
) -> keras.Model:
    """Four convolution blocks and four dense blocks: 6,318,471 parameters at full width.

    Repeats a published student network for FER2013. Convolutions and dense layers keep their biases
    although batch normalisation follows them and makes them superfluous, as published. Lesson 05.

    Args:
        input_shape, classes: as in `lenet5`, and so is what it returns.
        width: multiplies the number of filters and units; 0.25 trains in minutes on a CPU.
        dropout: multiplies the rates of dropout; a narrow network or a short training needs less.
    """
    inputs = keras.Input(input_shape, name="face")
    x = inputs
    blocks = zip(FILTERS, KERNELS, DROPOUT, strict=True)
    for number, (filters, kernel, rate) in enumerate(blocks, 1):
        size = scaled(filters, width)
        x = convolution_block(x, size, kernel, dropout * rate, name=f"conv{number}")
    x = layers.Flatten(name="flatten")(x)
    for number, (units, rate) in enumerate(zip(UNITS, DROPOUT, strict=True), 1):
        x = dense_block(x, scaled(units, width), dropout * rate, name=f"dense{number}")
    outputs = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="cnn")


def convolution_block(x, filters: int, kernel: int, rate: float, name: str):
    """Convolution, batch normalisation, ReLU, max-pooling to half the size, dropout."""
    x = layers.Conv2D(filters, kernel, padding="same", name=name)(x)
    x = layers.BatchNormalization(name=f"{name}_norm")(x)
    x = layers.Activation("relu", name=f"{name}_relu")(x)
    x = layers.MaxPooling2D(2, name=f"{name}_pool")(x)
    return layers.Dropout(rate, name=f"{name}_drop")(x)


def dense_block(x, units: int, rate: float, name: str):
    """Dense layer, batch normalisation, ReLU, dropout."""
    x = layers.Dense(units, name=name)(x)
    x = layers.BatchNormalization(name=f"{name}_norm")(x)
    x = layers.Activation("relu", name=f"{name}_relu")(x)
    return layers.Dropout(rate, name=f"{name}_drop")(x)
