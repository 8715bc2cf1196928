"""The networks of the course: functions that return a plain functional `keras.Model`."""

from importlib import import_module

from fer_kit.errors import choose

NETWORKS = ("lenet5", "cnn", "small", "resnet18", "ddamfn", "mixed")
TRAINABLE = ("lenet5", "cnn", "small", "resnet18", "ddamfn")  # that name one emotion in one face
PAIR_NETWORKS = ("two_streams",)  # they look at two pictures of the same moment


def build(name: str, **options):
    """Build a network by name; `options` go to its function (input_shape, classes, …).

    >>> build("lenet5", classes=7).count_params()
    168971

    Raises:
        InputError: the course has no network of that name.
    """
    choose(name, NETWORKS + PAIR_NETWORKS, "the name of a network")
    module = import_module(f"fer_kit.networks.{name}")
    return getattr(module, name)(**options)


def scaled(size: int, width: float) -> int:
    """A number of filters or units, times the width: 8 at least."""
    return max(8, round(size * width))
