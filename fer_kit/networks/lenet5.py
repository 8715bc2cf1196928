"""LeNet-5 on 48×48 grey faces."""

import keras
from keras import layers


def lenet5(input_shape: tuple[int, int, int] = (48, 48, 1), classes: int = 7) -> keras.Model:
    """The course's first network: 168,971 parameters for 48×48×1 and 7 emotions (lesson 04).

    The sizes are those of LeCun et al. (1998), with today's ReLU and max-pooling instead of tanh
    and subsampling, and no padding, as in the student system that notebook 04 repeats.

    Args:
        input_shape: (height, width, channels) of pictures in [0, 1].
        classes: number of emotions.

    Returns:
        A model from (N, *input_shape) to probabilities (N, classes).
    """
    inputs = keras.Input(input_shape, name="face")
    x = layers.Conv2D(6, 5, activation="relu", name="conv1")(inputs)
    x = layers.MaxPooling2D(2, name="pool1")(x)
    x = layers.Conv2D(16, 5, activation="relu", name="conv2")(x)
    x = layers.MaxPooling2D(2, name="pool2")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(120, activation="relu", name="dense1")(x)
    x = layers.Dense(84, activation="relu", name="dense2")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="lenet5")
