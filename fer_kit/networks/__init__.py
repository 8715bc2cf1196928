"""The networks of the course: functions that return a plain functional `keras.Model`."""

from importlib import import_module
from inspect import signature
from numbers import Real
from pathlib import Path
from typing import Any

from fer_kit.errors import InputError, choose, is_whole

NETWORKS = ("lenet5", "cnn", "small", "resnet18", "ddamfn", "mixed")
TRAINABLE = ("lenet5", "cnn", "small", "resnet18", "ddamfn")  # that name one emotion in one face
SMALLEST = 16  # pixels, of the side of a face
PAIR_NETWORKS = ("two_streams",)  # they look at two pictures of the same moment
SCALES_ITSELF = ("ConvNeXt", "EfficientNet", "MobileNetV3")  # families of keras.applications


def build(name: str, weights: str | Path | None = None, **options):
    """Build a network by name; `options` go to its function (input_shape, classes, …).

    Args:
        weights: a trained network to begin with (lesson 05b): the name of a model that comes with
            the course, such as "small-fer2013", or a .keras file with its card. It brings the size
            of everything. With `classes` the last layer is a new one, without it the trained one.
            (A ResNet-18 takes the file of another, also in part: see there.)

    >>> build("lenet5", classes=7).count_params()
    168971

    Raises:
        InputError: the course has no network of that name, it has no such option or value,
            or the weights are of another one.
    """
    choose(name, NETWORKS + PAIR_NETWORKS, "the name of a network")
    network = getattr(import_module(f"fer_kit.networks.{name}"), name)
    for option, value in options.items():
        choose(option, signature(network).parameters, f"an option of {name}")
        _check(option, value)
    if weights is not None and name != "resnet18":
        return _trained(name, weights, **options)
    return network(**options, **({} if weights is None else {"weights": weights}))


def backbone(name: str, size: int = 96):
    """A network of `keras.applications` without its last layer, with weights from ImageNet.

    Keras downloads these once and keeps them in ~/.keras/models. Only those that scale pixels by
    themselves are offered: they take colours from 0 to 255, (N, size, size, 3). Lesson 05b.

    Raises:
        InputError: there is no such network, or its weights are not here and cannot be downloaded.
    """
    import keras

    offered = [one for one in dir(keras.applications) if one.startswith(SCALES_ITSELF)]
    make = getattr(keras.applications, choose(name, offered, "a network of keras.applications"))
    try:
        return make(include_top=False, pooling="avg", input_shape=(size, size, 3))
    except Exception as error:  # Keras raises nothing narrower where a download fails
        raise InputError(
            f"Expected the ImageNet weights of {name} in ~/.keras/models, or a network to download "
            f"them from. Received: {error}. The lesson needs no backbone: leave it empty."
        ) from error


def _check(option: str, value: Any) -> None:
    """What every network expects alike of its options."""
    if option == "input_shape":
        sides = value if isinstance(value, tuple | list) else ()
        fits = len(sides) == 3 and all(is_whole(side, 1) for side in sides)
        fits = fits and min(sides[:2]) >= SMALLEST
        expected = f"(height, width, channels), the sides from {SMALLEST} pixels up"
    elif option == "classes":
        fits, expected = is_whole(value, 2), "a whole number from 2 up"
    elif option == "width":
        fits, expected = isinstance(value, Real) and 0 < value <= 16, "a number above 0, at most 16"
    else:
        return
    if not fits:
        raise InputError(f"Expected {option} as {expected}. Received: {value!r}.")


def _trained(name: str, weights: str | Path, classes: int | None = None, **options):
    import keras

    from fer_kit.cards import find_model, read_card
    from fer_kit.classify import load_keras

    path = find_model(weights)
    network = load_keras(path, read_card(path))
    if network.name != name or options:
        given = f"{', '.join(options)} beside weights" if options else f"those of a {network.name}"
        raise InputError(
            f"Expected weights of a {name}, and at most classes beside them. Received: {given}, "
            f"{str(weights)!r}. A trained network has the size that it was trained with."
        )
    if classes is None:
        return network
    *_, features, head = network.layers
    answer = keras.layers.Dense(classes, activation="softmax", name=head.name)
    return keras.Model(network.input, answer(features.output), name=name)


def scaled(size: int, width: float) -> int:
    """A number of filters or units, times the width: 8 at least."""
    return max(8, round(size * width))
