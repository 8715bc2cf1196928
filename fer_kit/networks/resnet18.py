"""ResNet-18: eighteen layers with shortcuts, and the heads that lesson 06 puts on it."""

from pathlib import Path

import keras
from keras import layers

from fer_kit.errors import InputError, choose
from fer_kit.networks import scaled

FILTERS = (64, 128, 256, 512)
BLOCKS = 2
UNITS = 256


def resnet18(
    input_shape: tuple[int, int, int] = (48, 48, 1),
    classes: int = 7,
    *,
    width: float = 1.0,
    dropout: float = 1.0,
    downsampling: int = 4,
    modality: str | None = None,
    weights: str | Path | None = None,
) -> keras.Model:
    """ResNet-18 (He et al. 2016): 11,689,512 trainable parameters for 224×224×3 and 1,000 classes.

    Up to its 512 features it has 11,176,512 in colour and 11,170,240 in grey. Padding is the same
    on all sides, as in the published network; Keras's own "same" is lopsided at a stride of 2.
    Lesson 06.

    Args:
        input_shape, classes: as in `lenet5`.
        width: multiplies the number of filters and units; 0.25 trains in minutes on a CPU.
        dropout: multiplies the rates of dropout of the heads "visible" and "infrared".
        downsampling: how much the first layer and its pooling reduce the picture: 4 as published,
            for 224 pixels; 2 or 1 leave more of a small picture to the blocks. It changes no count.
        modality: "visible" or "infrared" puts attention and the dense layers of lesson 06's system
            for that modality behind the features, and begins the name of every layer, so that two
            networks can be put together. None: one dense layer.
        weights: the file of a trained ResNet-18 to start from, see `start_from`. Keras has no
            ImageNet weights for this network.

    Returns:
        A model from (N, *input_shape) to probabilities (N, classes). The layer "features" is the
        vector before the head, (N, 512) at full width.

    Raises:
        InputError: an unknown modality or downsampling, or weights that there are not.
    """
    _check(modality, downsampling, weights)
    prefix = f"{modality}_" if modality else ""
    inputs = keras.Input(input_shape, name=f"{prefix}face")
    x = backbone(inputs, width, downsampling, prefix)
    if modality:
        x = attention(x, squared=modality == "infrared", name=f"{prefix}attention")
        x = HEADS[modality](x, scaled(UNITS, width), dropout, prefix)
    outputs = layers.Dense(classes, activation="softmax", name=f"{prefix}probabilities")(x)
    model = keras.Model(inputs, outputs, name=f"{prefix}resnet18")
    if weights:
        start_from(model, keras.models.load_model(weights))
    return model


def backbone(x, width: float = 1.0, downsampling: int = 4, prefix: str = ""):
    """Everything up to the features: the first convolution, four stages of two blocks, the mean."""
    x = stem(x, scaled(FILTERS[0], width), downsampling, f"{prefix}stem")
    for stage, filters in enumerate(FILTERS, 1):
        for number in range(1, BLOCKS + 1):
            strides = 2 if stage > 1 and number == 1 else 1
            name = f"{prefix}stage{stage}_block{number}"
            x = residual_block(x, scaled(filters, width), strides, name)
    return layers.GlobalAveragePooling2D(name=f"{prefix}features")(x)


def stem(x, filters: int, downsampling: int, name: str):
    """A 7×7 convolution with stride 2 and max-pooling with stride 2, or less of both."""
    x = convolution(x, filters, 7, 1 if downsampling == 1 else 2, name)
    x = layers.Activation("relu", name=f"{name}_relu")(x)
    if downsampling < 4:
        return x
    x = layers.ZeroPadding2D(1, name=f"{name}_pad2")(x)  # behind a ReLU nothing is below 0
    return layers.MaxPooling2D(3, 2, name=f"{name}_pool")(x)


def residual_block(x, filters: int, strides: int, name: str):
    """Two 3×3 convolutions and a shortcut: ReLU(F(x) + x).

    Where the block changes the size, the shortcut is a 1×1 convolution with the same stride.
    """
    shortcut = x
    if strides > 1 or x.shape[-1] != filters:
        shortcut = convolution(x, filters, 1, strides, f"{name}_shortcut")
    x = convolution(x, filters, 3, strides, f"{name}_conv1")
    x = layers.Activation("relu", name=f"{name}_relu1")(x)
    x = convolution(x, filters, 3, 1, f"{name}_conv2")
    x = layers.Add(name=f"{name}_add")([x, shortcut])
    return layers.Activation("relu", name=f"{name}_relu2")(x)


def convolution(x, filters: int, kernel: int, strides: int, name: str):
    """Convolution without bias, padded alike on all sides, and batch normalisation."""
    if kernel > 1:
        x = layers.ZeroPadding2D(kernel // 2, name=f"{name}_pad")(x)
    start = keras.initializers.HeNormal()
    x = layers.Conv2D(
        filters, kernel, strides, use_bias=False, kernel_initializer=start, name=name
    )(x)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_norm")(x)


def attention(features, squared: bool, name: str, seen=None):
    """The published attention on a vector of features f: f · sigmoid(W u + b).

    Args:
        features: f, (N, F).
        squared: u is f², element by element, instead of f.
        seen: u itself, where it is something else, (N, any).

    Returns:
        (N, F).
    """
    if seen is None:
        seen = layers.Multiply(name=f"{name}_square")([features, features]) if squared else features
    gate = layers.Dense(features.shape[-1], activation="sigmoid", name=f"{name}_gate")(seen)
    return layers.Multiply(name=name)([features, gate])


def visible_head(x, units: int, dropout: float, prefix: str = ""):
    """Dropout .4, a dense layer without activation, dropout .4."""
    x = layers.Dropout(0.4 * dropout, name=f"{prefix}drop1")(x)
    x = layers.Dense(units, name=f"{prefix}dense")(x)
    return layers.Dropout(0.4 * dropout, name=f"{prefix}drop2")(x)


def infrared_head(x, units: int, dropout: float, prefix: str = ""):
    """Dropout .7, a dense layer with ReLU, batch normalisation, dropout .8."""
    x = layers.Dropout(0.7 * dropout, name=f"{prefix}drop1")(x)
    x = layers.Dense(units, activation="relu", name=f"{prefix}dense")(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{prefix}norm")(x)
    return layers.Dropout(0.8 * dropout, name=f"{prefix}drop2")(x)


def start_from(model: keras.Model, *trained: keras.Model) -> int:
    """Transfer learning: begin with what other networks have learned.

    Every layer of `model` takes the weights of the layer of the same name and shapes, if one of the
    trained networks has it. Names that begin with "visible_" or "infrared_" are also looked up
    without it, so that either stream can start from a plain ResNet-18.

    Returns:
        How many layers were taken over.

    Raises:
        InputError: not a single one: the networks differ in width or in kind.
    """
    known = {layer.name: layer for network in trained for layer in network.layers}
    taken = 0
    for layer in model.layers:
        plain = layer.name.removeprefix("visible_").removeprefix("infrared_")
        other = known.get(layer.name, known.get(plain))
        if layer.weights and other is not None and _shapes(layer) == _shapes(other):
            layer.set_weights(other.get_weights())
            taken += 1
    if not taken:
        raise InputError(
            f"Expected networks that share layers with {model.name}. Received: "
            f"{', '.join(network.name for network in trained)}, with no layer of the same name and "
            "shapes. Build both with the same width and the same channels."
        )
    return taken


def _shapes(layer) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in layer.weights]


HEADS = {"visible": visible_head, "infrared": infrared_head}


def _check(modality: str | None, downsampling: int, weights: str | Path | None) -> None:
    choose(modality, (*HEADS, None), "a modality")
    choose(downsampling, (1, 2, 4), "downsampling")
    if weights == "imagenet":
        raise InputError(
            "Expected the file of a trained ResNet-18, or None. Received: weights='imagenet', "
            "which Keras lacks for ResNet-18. Train from scratch, or start from your own."
        )
