"""A small network of our own for 48×48 grey faces: residual blocks, narrow and early small."""

import keras
from keras import layers

from fer_kit.networks import scaled
from fer_kit.networks.resnet18 import convolution, residual_block

STEM = 24
BLOCKS = ((24, 1), (48, 2), (48, 1), (96, 2), (128, 1))  # filters and stride


def small(
    input_shape: tuple[int, int, int] = (48, 48, 1),
    classes: int = 7,
    width: float = 1.0,
    dropout: float = 0.3,
) -> keras.Model:
    """The residual blocks of ResNet-18, few and narrow: 488,895 parameters at full width.

    Its first convolution halves the picture at once, because most of a network's time goes into its
    largest maps: 24×24 places with 24 channels are a tenth of what the 4-block CNN's first block
    holds. Shortcuts (He et al. 2016) let gradients reach the first layer. The mean over the last
    6×6 places takes the place of large dense layers, in which LeNet-5 keeps nine tenths of its
    parameters.

        24×24×24   convolution 5×5 with stride 2
        24×24×24   block
        12×12×48   block that halves, block
          6×6×96   block that halves
         6×6×128   block
             128   mean over all places, dropout
               7   probabilities

    Args:
        input_shape, classes: as in `lenet5`, and so is what it returns.
        width: multiplies the number of filters.
        dropout: the share of the 128 means that is dropped in training.
    """
    inputs = keras.Input(input_shape, name="face")
    x = convolution(inputs, scaled(STEM, width), 5, 2, name="stem")
    x = layers.Activation("relu", name="stem_relu")(x)
    for number, (filters, strides) in enumerate(BLOCKS, 1):
        x = residual_block(x, scaled(filters, width), strides, name=f"block{number}")
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    x = layers.Dropout(dropout, name="drop")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="small")
