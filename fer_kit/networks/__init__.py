"""The networks of the course: functions that return a plain functional `keras.Model`."""

from importlib import import_module
from inspect import signature
from numbers import Integral, Real
from typing import Any

from fer_kit.errors import InputError, choose

NETWORKS = ("lenet5", "cnn", "small", "resnet18", "ddamfn", "mixed")
TRAINABLE = ("lenet5", "cnn", "small", "resnet18", "ddamfn")  # that name one emotion in one face
SMALLEST = 16  # pixels, of the side of a face
PAIR_NETWORKS = ("two_streams",)  # they look at two pictures of the same moment


def build(name: str, **options):
    """Build a network by name; `options` go to its function (input_shape, classes, …).

    >>> build("lenet5", classes=7).count_params()
    168971

    Raises:
        InputError: the course has no network of that name, or it has no such option or value.
    """
    choose(name, NETWORKS + PAIR_NETWORKS, "the name of a network")
    network = getattr(import_module(f"fer_kit.networks.{name}"), name)
    for option, value in options.items():
        choose(option, signature(network).parameters, f"an option of {name}")
        _check(option, value)
    return network(**options)


def _check(option: str, value: Any) -> None:
    """What every network expects alike of its options."""
    if option == "input_shape":
        sides = value if isinstance(value, tuple | list) else ()
        fits = len(sides) == 3 and all(_is_whole(side, 1) for side in sides)
        fits = fits and min(sides[:2]) >= SMALLEST
        expected = f"(height, width, channels), the sides from {SMALLEST} pixels up"
    elif option == "classes":
        fits, expected = _is_whole(value, 2), "a whole number from 2 up"
    elif option == "width":
        fits, expected = isinstance(value, Real) and 0 < value <= 16, "a number above 0, at most 16"
    else:
        return
    if not fits:
        raise InputError(f"Expected {option} as {expected}. Received: {value!r}.")


def _is_whole(value: Any, least: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= least


def scaled(size: int, width: float) -> int:
    """A number of filters or units, times the width: 8 at least."""
    return max(8, round(size * width))
