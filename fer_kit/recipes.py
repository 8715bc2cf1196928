"""Recipes: how a network is trained from scratch, with every trick as a switch.

    recipe = recipe_for("small", "full", {"mixup": 0.0, "epochs": 60})

What each trick is worth on FER2013 is measured by `benchmarks/ablation.py`; `fer_kit.from_scratch`
does the training.
"""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from fer_kit.errors import InputError
from fer_kit.lessons import PROFILES

OPTIMIZERS = ("sgd", "adam")
SCHEDULES = ("cosine", "plateau", "constant")
VIEWS = (1, 10)
PRECISIONS = ("float32", "bfloat16")
GEOMETRY = ("rotation", "shift", "shear", "zoom", "flip")


@dataclass(frozen=True)
class Recipe:
    """How a network is trained. 0 switches a trick off; so does 1 for `crop`, `width` and `views`.

    Attributes:
        width: multiplies the filters of a network that can be narrower.
        epochs, batch_size: how long, and how many faces at a time.
        patience: epochs without a better validation accuracy after which the training stops.
        optimizer: "sgd" with Nesterov momentum of 0.9, or "adam".
        learning_rate: the highest.
        schedule: "cosine" (down to 0 along half a wave), "plateau" (times 0.75 after 5 epochs
            without a better validation accuracy) or "constant".
        warmup: epochs in which the learning rate rises to `learning_rate`; not with "plateau".
        weight_decay: the pull of weights towards 0, per step and unit of learning rate; biases and
            batch normalisation are left alone.
        label_smoothing: the share of each target that is spread over all emotions.
        rotation, shift, shear, zoom, flip: as in `augment.draw_matrices`.
        crop: the smallest side of a random window, as a share of the picture's.
        erasing: the chance that a rectangle is covered with noise.
        noise: the largest standard deviation of Gaussian noise, on half of the pictures, and of the
            validation faces by which the epoch is chosen.
        mixup: the alpha of `augment.mix`.
        averaging: momentum of the running mean of the weights that is tested and kept (EMA).
        precision: "bfloat16" multiplies with fewer digits where the processor is faster at that;
            weights stay float32. See `training.multiplying_in`.
        start: name or path of a trained model whose weights this training starts from, "" for
            random ones.
        sam: how far sharpness-aware minimisation climbs (rho).
        views: 10 tests also with ten views of each face; see `augment.ten_views`.
        clean: leave faulty training pictures out, those that are also test pictures among them.
    """

    width: float = 1.0
    epochs: int = 100
    batch_size: int = 128
    patience: int = 40
    optimizer: str = "sgd"
    learning_rate: float = 0.05
    schedule: str = "cosine"
    warmup: int = 3
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1
    rotation: float = 10.0
    shift: float = 0.05
    shear: float = 0.05
    zoom: float = 0.05
    flip: float = 0.5
    crop: float = 0.8
    erasing: float = 0.5
    noise: float = 0.0
    mixup: float = 0.2
    averaging: float = 0.999
    precision: str = "float32"
    start: str = ""
    sam: float = 0.0
    views: int = 10
    clean: bool = True

    def __post_init__(self) -> None:
        _check_choice("optimizer", self.optimizer, OPTIMIZERS)
        _check_choice("schedule", self.schedule, SCHEDULES)
        _check_choice("views", self.views, VIEWS)
        _check_choice("precision", self.precision, PRECISIONS)
        for name, (low, high) in RANGES.items():
            _check_number(name, getattr(self, name), low, high)

    @property
    def geometry(self) -> dict[str, float]:
        """The arguments of `augment.draw_matrices`."""
        return {name: getattr(self, name) for name in GEOMETRY}


# The least and the largest sensible value of each number.
RANGES = {
    "width": (0.05, 8),
    "epochs": (1, 10_000),
    "batch_size": (1, 65_536),
    "patience": (1, 10_000),
    "learning_rate": (1e-7, 10),
    "warmup": (0, 1000),
    "weight_decay": (0, 1),
    "label_smoothing": (0, 0.9),
    "rotation": (0, 180),
    "shift": (0, 0.5),
    "shear": (0, 1),
    "zoom": (0, 0.9),
    "flip": (0, 1),
    "crop": (0.3, 1),
    "erasing": (0, 1),
    "noise": (0, 1),
    "mixup": (0, 10),
    "averaging": (0, 0.99999),
    "sam": (0, 1),
}
NO_TRICKS = {
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "rotation": 0.0,
    "shift": 0.0,
    "shear": 0.0,
    "zoom": 0.0,
    "flip": 0.0,
    "crop": 1.0,
    "erasing": 0.0,
    "noise": 0.0,
    "mixup": 0.0,
    "averaging": 0.0,
    "sam": 0.0,
}
# What differs from the defaults above. LeNet-5 is too small to need taming, and has no batch
# normalisation to carry it over a large learning rate. The small network's and the CNN's are cut to
# what a processor trains in some hours; with a GPU, give them three times the epochs, and mixup.
RECIPES = {
    "lenet5": {
        "epochs": 60,
        "patience": 20,
        "batch_size": 48,
        "optimizer": "adam",
        "learning_rate": 1e-3,
        "warmup": 0,
        "weight_decay": 0.0,
        "label_smoothing": 0.0,
        "crop": 0.9,
        "erasing": 0.0,
        "mixup": 0.0,
    },
    "small": {
        "epochs": 40,
        "learning_rate": 0.1,
        "crop": 0.85,
        "erasing": 0.25,
        "mixup": 0.0,
        "precision": "bfloat16",
    },
    "cnn": {
        "epochs": 40,
        "batch_size": 64,
        "optimizer": "adam",
        "learning_rate": 2e-3,
        "crop": 0.9,
        "erasing": 0.0,
        "mixup": 0.0,
        "precision": "bfloat16",
    },
    "resnet18": {"epochs": 200, "learning_rate": 0.1, "mixup": 1.0},
}
KINDS = {bool: "True or False", str: "a word", int: "a whole number", float: "a number"}
# Smoke checks that it runs; quick takes a tenth of the epochs.
SHARE_OF_EPOCHS = {"smoke": 0.0, "quick": 0.1, "full": 1.0}


def recipe_for(
    network: str, profile: str = "full", changes: dict[str, Any] | None = None
) -> Recipe:
    """The recipe of a network, with some switches set otherwise.

    Args:
        network: a name that `fk.build` knows; one without a recipe of its own gets the defaults.
        profile: "smoke" and "quick" train for fewer epochs.
        changes: switch → value, such as {"mixup": 0.0}.

    Raises:
        InputError: no such profile or switch, or a value that makes no sense.
    """
    _check_choice("profile", profile, tuple(PROFILES))
    recipe = Recipe(**RECIPES.get(network, {}))
    share = SHARE_OF_EPOCHS[profile]
    epochs = max(2, round(recipe.epochs * share))
    warmup = round(recipe.warmup * share)
    return changed(replace(recipe, epochs=epochs, warmup=warmup), changes or {})


def changed(recipe: Recipe, changes: dict[str, Any]) -> Recipe:
    """The recipe with some switches set otherwise.

    Raises:
        InputError: no such switch, or a value that makes no sense.
    """
    types = {field.name: field.type for field in fields(Recipe)}
    for name, value in changes.items():
        if name not in types:
            raise InputError(
                f"Expected a switch of the recipe: {', '.join(types)}. Received: {name!r}."
            )
        if not _fits(value, types[name]):
            raise InputError(f"Expected {name} as {KINDS[types[name]]}. Received: {value!r}.")
    return replace(recipe, **changes)


def as_changes(recipe: Recipe, network: str, profile: str) -> dict[str, Any]:
    """What has to be set to get this recipe from `recipe_for(network, profile)`."""
    usual = asdict(recipe_for(network, profile))
    return {name: value for name, value in asdict(recipe).items() if value != usual[name]}


def _fits(value: Any, wanted: type) -> bool:
    """Whether a value is of the wanted type; a whole number is a number as well."""
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is wanted


def _check_choice(name: str, value: Any, choices: tuple) -> None:
    if value not in choices:
        raise InputError(
            f"Expected {name} among {', '.join(map(str, choices))}. Received: {value!r}."
        )


def _check_number(name: str, value: Any, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InputError(f"Expected {name} as a number from {low} to {high}. Received: {value!r}.")
