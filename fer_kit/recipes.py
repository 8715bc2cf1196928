"""Recipes: how a network is trained from scratch, with every trick as a switch.

    recipe = recipe_for("small", "full", {"mixup": 0.0, "epochs": 60})

`fer-kit train` trains by them; what each trick is worth on FER2013 is measured by
`benchmarks/ablation.py`. DDAMFN's published recipes, of which lesson 07 takes one, stand here too.
"""

from dataclasses import asdict, fields, replace
from typing import Annotated, Any

from fer_kit.checked import Share, among, between, checked
from fer_kit.errors import choose
from fer_kit.lessons import PROFILES
from fer_kit.pictures import VIEWS

OPTIMIZERS = ("sgd", "adam")
SCHEDULES = ("cosine", "plateau", "constant", "steps")
DOWNSAMPLING = (0, 1, 2, 4)
REDUCED = 2 / 3  # of their side is what reduced faces have: 32 of 48 pixels
PRECISIONS = ("float32", "bfloat16")
GEOMETRY = ("rotation", "shift", "shear", "zoom", "flip")


@checked
class Recipe:
    """How a network is trained. 0 switches a trick off; so does 1 for `crop`, `width` and `views`.

    Attributes:
        width: multiplies the filters of a network that can be narrower.
        downsampling: how much ResNet-18's first layer reduces the picture: 1, 2 or 4; 0 is the
            network's own, as published for large pictures.
        epochs, batch_size: how long, and how many faces at a time.
        patience: epochs without a better validation accuracy after which the training stops.
        optimizer: "sgd" with Nesterov momentum of 0.9, or "adam".
        learning_rate: the highest.
        schedule: "cosine" (down to 0 along half a wave), "plateau" (times 0.75 after 5 epochs
            without a better validation accuracy), "constant" or "steps" (times `decay` after every
            `every` epochs).
        warmup: epochs in which the learning rate rises to `learning_rate`; not with "plateau".
        weight_decay: the pull of weights towards 0, per step and unit of learning rate; biases and
            batch normalisation are left alone.
        label_smoothing: the share of each target that is spread over all emotions.
        rotation, shift, shear, zoom, flip: as in `augment.draw_matrices`.
        alternate: mirrors each face in every second epoch instead of by chance, so that no view of
            it is seen twice in a row (Jordan 2024); `flip` then has no say.
        crop: the smallest side of a random window, as a share of the picture's.
        erasing: the chance that a rectangle is covered with noise.
        noise: the largest standard deviation of Gaussian noise, on half of the pictures, and of the
            validation faces by which the epoch is chosen.
        mixup: the alpha of `augment.mix`.
        averaging: momentum of the running mean of the weights that is tested and kept (EMA).
        reduced: the share of the epochs, the first ones, in which faces are reduced to two thirds
            of their side, for less than half the cost (progressive resizing, Howard 2018). Not for
            networks with dense layers behind their maps, such as LeNet-5.
        precision: "bfloat16" multiplies with fewer digits where the processor is faster at that;
            weights stay float32. See `training.multiplying_in`.
        votes: the share that FER+'s votes have in FER2013's training targets, which are its labels
            otherwise; fer2013new.csv lies beside fer2013.csv.
        teacher: name or path of a trained model whose answers take part in the training targets
            (distillation, Hinton et al. 2015), "" for none.
        teaching: the share of the teacher's answers in the targets.
        teaching_views: in so many ways all faces are changed by turns, and the teacher answers to
            each face as it is then (Beyer et al. 2022); 0 changes them otherwise in every epoch,
            and the teacher has seen them as they are, and mirrored. Chance mirrors the views; what
            is erased, mixed or noise comes after, and the teacher has not seen it.
        balanced: how far the loss takes the training part's shares for granted, so that the network
            need not learn them (balanced softmax, Ren et al. 2020): 1 wholly.
        attention: weight of the loss that keeps DDAMFN's heads apart; see `fer_kit.attention`.
        start: name or path of a trained model whose weights this training starts from, "" for
            random ones.
        sam: how far sharpness-aware minimisation climbs (rho).
        sam_every: it climbs in every so many-th step only; the others are ordinary and cost half.
        views: 10 tests also with ten views of each face; see `pictures.ten_views`.
        clean: leave faulty training pictures out, those that are also test pictures among them.
    """

    width: Annotated[float, between(0.05, 8)] = 1.0
    downsampling: Annotated[int, among(DOWNSAMPLING)] = 0
    epochs: Annotated[int, between(1, 10_000)] = 100
    batch_size: Annotated[int, between(1, 65_536)] = 128
    patience: Annotated[int, between(1, 10_000)] = 40
    optimizer: Annotated[str, among(OPTIMIZERS)] = "sgd"
    learning_rate: Annotated[float, between(1e-7, 10)] = 0.05
    schedule: Annotated[str, among(SCHEDULES)] = "cosine"
    decay: Annotated[float, between(0.01, 1)] = 0.1
    every: Annotated[int, between(1, 10_000)] = 10
    warmup: Annotated[int, between(0, 1000)] = 3
    weight_decay: Share = 5e-4
    label_smoothing: Annotated[float, between(0, 0.9)] = 0.1
    rotation: Annotated[float, between(0, 180)] = 10.0
    shift: Annotated[float, between(0, 0.5)] = 0.05
    shear: Share = 0.05
    zoom: Annotated[float, between(0, 0.9)] = 0.05
    flip: Share = 0.5
    alternate: bool = False
    crop: Annotated[float, between(0.3, 1)] = 0.8
    erasing: Share = 0.5
    noise: Share = 0.0
    mixup: Annotated[float, between(0, 10)] = 0.2
    averaging: Annotated[float, between(0, 0.99999)] = 0.999
    reduced: Share = 0.0
    precision: Annotated[str, among(PRECISIONS)] = "float32"
    votes: Share = 0.0
    teacher: str = ""
    teaching: Share = 0.5
    teaching_views: Annotated[int, between(0, 256)] = 0
    balanced: Share = 0.0
    attention: Annotated[float, between(0, 10)] = 0.0
    start: str = ""
    sam: Share = 0.0
    sam_every: Annotated[int, between(1, 1000)] = 1
    views: Annotated[int, among(VIEWS)] = 10
    clean: bool = True

    @property
    def early(self) -> int:
        """How many epochs see reduced faces."""
        return round(self.epochs * self.reduced)

    @property
    def geometry(self) -> dict[str, float]:
        """The arguments of `augment.draw_matrices`."""
        return {name: getattr(self, name) for name in GEOMETRY}


NO_TRICKS = {"crop": 1.0} | dict.fromkeys(
    ("weight_decay", "label_smoothing", *GEOMETRY, "erasing", "noise", "mixup", "averaging", "sam"),
    0.0,
)
# What differs from the defaults above. LeNet-5 is too small to need taming, and has no batch
# normalisation to carry it over a large learning rate. The small network's and the CNN's are cut to
# what a processor trains in some hours; with a GPU, give them three times the epochs and a teacher,
# as models/plan.toml does.
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
    "ddamfn": {"epochs": 80, "learning_rate": 0.01, "attention": 0.1, "mixup": 0.0},
}
# How DDAMFN was trained: "v1" is the authors' recipe for FER+, "++" the one of DDAMFN++ for RAF-DB.
# "short" is for a processor and weighs the attention loss by a hundredth: a few hundred steps are
# else spent on the heads alone, as lesson 07 tells. PyTorch adds the weight decay to the gradient,
# and a momentum of 0.9 repeats a gradient ten times; Keras takes it from the weights directly and
# once, so that the published 1e-4 is 1e-3 here.
_PLAIN = NO_TRICKS | {"schedule": "steps", "warmup": 0, "views": 1}
DDAMFN = {
    "v1": Recipe(**_PLAIN | {"learning_rate": 0.01, "weight_decay": 1e-3, "attention": 0.1}),
    "++": Recipe(
        **_PLAIN
        | {"optimizer": "adam", "learning_rate": 5e-4, "decay": 0.9, "every": 1, "sam": 0.05}
        | {"attention": 0.1}
    ),
    "short": Recipe(
        **_PLAIN
        | {"optimizer": "adam", "learning_rate": 4e-3, "schedule": "cosine", "attention": 0.01}
    ),
}
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
    choose(profile, PROFILES, "a profile")
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
    for name in changes:
        choose(name, (field.name for field in fields(Recipe)), "a switch of the recipe")
    return replace(recipe, **changes)


def ddamfn(name: str) -> Recipe:
    """A recipe by which DDAMFN was trained, by its name in `DDAMFN` (lesson 07).

    Raises:
        InputError: there is none.
    """
    return DDAMFN[choose(name, DDAMFN, "a recipe")]


def as_changes(recipe: Recipe, network: str, profile: str) -> dict[str, Any]:
    """What has to be set to get this recipe from `recipe_for(network, profile)`."""
    usual = asdict(recipe_for(network, profile))
    return {name: value for name, value in asdict(recipe).items() if value != usual[name]}
