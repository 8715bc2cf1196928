"""Two ResNet-18s, one for the visible and one for the infrared picture of the same moment."""

import keras
from keras import layers

from fer_kit.errors import choose
from fer_kit.networks import scaled
from fer_kit.networks.resnet18 import UNITS, attention, backbone

FUSIONS = ("interleaved", "cross_modal")


def two_streams(
    input_shape: tuple[int, int, int] = (48, 48, 1),
    classes: int = 7,
    *,
    width: float = 1.0,
    dropout: float = 1.0,
    downsampling: int = 4,
    fusion: str = "interleaved",
) -> keras.Model:
    """Features of both pictures, attended and joined: 23,142,533 trainable parameters as published.

    That count is for 224×224×3 and five emotions (Naseem et al. 2025). Lesson 06.

    Args:
        input_shape, classes, width, dropout, downsampling: as in `resnet18`, for both streams.
        fusion: "interleaved" as published, where the attention of each stream sees the square of
            its own features; or "cross_modal", the course's own, where each sees the features of
            both, so that a stream can be turned down where the other one knows better.

    Returns:
        A model from two pictures, [visible, infrared], (N, *input_shape) each, to probabilities
        (N, classes). Its layers are named as those of `resnet18(modality="visible")`
        and `resnet18(modality="infrared")`, so that `start_from` finds them.

    Raises:
        InputError: an unknown fusion.
    """
    inputs = [keras.Input(input_shape, name=f"{name}_face") for name in ("visible", "infrared")]
    visible = backbone(inputs[0], width, downsampling, "visible_")
    infrared = backbone(inputs[1], width, downsampling, "infrared_")
    outputs = join(visible, infrared, classes, width, dropout, fusion=fusion)
    return keras.Model(inputs, outputs, name=f"two_streams_{fusion}")


def joined_features(
    features: int,
    classes: int = 7,
    width: float = 1.0,
    dropout: float = 1.0,
    fusion: str = "interleaved",
) -> keras.Model:
    """The part of `two_streams` that joins them, to train on kept features (lesson 06).

    Args:
        features: how many each stream has, 512 at full width.
        classes, width, dropout, fusion: as in `two_streams`.

    Returns:
        A model from [visible, infrared] features, (N, features) each, to probabilities
        (N, classes). Its layers are named as in `two_streams`, so that `start_from` finds them.
    """
    inputs = [keras.Input((features,), name=f"{name}_seen") for name in ("visible", "infrared")]
    outputs = join(*inputs, classes, width, dropout, fusion=fusion)
    return keras.Model(inputs, outputs, name=f"joined_{fusion}")


def join(visible, infrared, classes: int, width: float, dropout: float, *, fusion: str):
    """Attention on both vectors of features, interleaving, and the dense layers behind."""
    is_crossed = choose(fusion, FUSIONS, "a fusion") == "cross_modal"
    both = layers.Concatenate(name="both")([visible, infrared]) if is_crossed else None
    visible = attention(visible, squared=True, name="visible_attention", seen=both)
    infrared = attention(infrared, squared=True, name="infrared_attention", seen=both)
    return fusion_head(interleaved(visible, infrared), classes, scaled(UNITS, width), dropout)


def interleaved(visible, infrared):
    """v0 i0 v1 i1 …: (N, F) and (N, F) become (N, 2 F)."""
    pairs = [layers.Reshape((-1, 1))(features) for features in (visible, infrared)]
    x = layers.Concatenate(axis=-1, name="pairs")(pairs)
    return layers.Flatten(name="interleaved")(x)


def fusion_head(x, classes: int, units: int, dropout: float):
    """Dropout, a dense layer with ReLU, normalisation, dropout; as published, the logits too."""
    x = layers.Dropout(0.2 * dropout, name="drop1")(x)
    x = layers.Dense(units, activation="relu", name="dense")(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="norm")(x)
    x = layers.Dropout(0.2 * dropout, name="drop2")(x)
    x = layers.Dense(classes, name="logits")(x)
    x = layers.Dropout(0.2 * dropout, name="drop3")(x)
    return layers.Activation("softmax", name="probabilities")(x)
