"""The lessons: what each reads and writes, how long it takes, and how much work it does.

Lesson 01.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any, NamedTuple

from fer_kit.errors import InputError, choose


class Per(NamedTuple):
    """One setting in the three profiles.

    Attributes:
        smoke: a check that everything runs, in seconds a lesson; the results mean nothing.
        quick: the default, minutes on two CPU cores.
        full: as published; comfortable with a GPU.
    """

    smoke: Any
    quick: Any
    full: Any


class OnFaces(NamedTuple):
    """One setting for the data set of that name, drawn, and for every real one."""

    synthetic: Any
    real: Any


PROFILES = Per._fields


@dataclass(frozen=True)
class Lesson:
    """One notebook, and the files by which it meets the others in a run folder.

    Attributes:
        name: the notebook's name, "04_lenet5".
        title: its heading: a short name, a colon, and what it is about.
        minutes: about how long it takes, in quick on the drawn faces and two CPU cores.
        needs: the files it reads; a pattern such as "predictions/*.csv" stands for all there are.
        makes: the files it writes.
        settings: how much work it does; what differs between the profiles is a `Per`.
    """

    name: str
    title: str
    minutes: float = 1
    needs: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def number(self) -> str:
        """What the name begins with: two digits, and a letter where a lesson was put in between."""
        return self.name.split("_")[0]

    @property
    def key(self) -> str:
        """The name without the number: what its settings and results are called."""
        return self.name.split("_", 1)[1]


def _model(name: str, *more: str) -> tuple[str, ...]:
    """The files of a model that a lesson trains, with its card."""
    return f"models/{name}.keras", f"models/{name}.json", *more


# How pictures are changed while a network learns: degrees, shares of the picture, chance of a flip.
# A narrow CNN with few epochs cannot afford the published, strong one, nor its dropout and its
# small learning rate. Pairs are also distorted. As published, VIRI was turned by up to 20 degrees,
# shown as small as two thirds, and distorted by a half.
GENTLE = {"rotation": 5.0, "shift": 0.04, "shear": 0.04, "zoom": 0.04, "flip": 0.5}
PUBLISHED = {"rotation": 15.0, "shift": 0.1, "shear": 0.1, "zoom": 0.1, "flip": 0.5}
GENTLE_PAIRS = GENTLE | {"distortion": 0.05}
PUBLISHED_PAIRS = {
    "rotation": 20.0, "shift": 0.0, "shear": 0.0, "zoom": 0.3, "flip": 0.5, "distortion": 0.5,
}  # fmt: skip

FACES, PREPARED = "data/faces.npz", "data/prepared.npz"  # as they come; without what is faulty
METRICS = "results/confusion_matrix.json"  # the scores of every model, which are graded
PAIRED = ("visible", "infrared", "fused")  # the networks of lesson 06
LESSONS = (
    Lesson(
        "01_load",
        "Load: what a data set of faces is",
        minutes=0.5,
        makes=(FACES,),
        # Faces for train, validation and test: how many are drawn, and at most how many of a real
        # data set are kept; None keeps all. The full numbers are FER2013's.
        settings={
            "size": OnFaces(
                synthetic=Per((420, 140, 140), (6000, 2000, 2000), (28709, 3589, 3589)),
                real=Per((420, 140, 140), None, None),
            )
        },
    ),
    Lesson(
        "02_analyze",
        "Analyze: know the data before the network does",
        minutes=0.5,
        needs=(FACES,),
        makes=("data/audit.json",),
    ),
    Lesson(
        "03_preprocess",
        "Preprocess: from pictures to arrays",
        minutes=0.5,
        needs=(FACES,),
        makes=(PREPARED, "data/prepared.json"),
    ),
    Lesson(
        "04_lenet5",
        "LeNet-5: the first network",
        minutes=1.5,
        needs=(FACES, PREPARED),
        makes=(
            *_model("lenet5", "models/lenet5-history.csv", "predictions/lenet5.csv"),
            "models/lenet5-as-published-history.csv",
            "predictions/lenet5-as-published.csv",
        ),
        settings={"epochs": Per(2, 20, 30), "batch_size": 48, "patience": Per(2, 5, 8)},
    ),
    Lesson(
        "05_cnn",
        "CNN: deeper, and trained with care",
        minutes=2.5,
        needs=(FACES, PREPARED, "predictions/lenet5.csv"),
        makes=(
            *_model("cnn", "models/cnn-history.csv", "predictions/cnn.csv"),
            "predictions/cnn-as-published.csv",
        ),
        settings={
            "width": Per(0.125, 0.125, 1.0),
            "dropout": Per(0.0, 0.0, 1.0),
            "augmentation": Per(GENTLE, GENTLE, PUBLISHED),
            "learning_rate": Per(3e-3, 3e-3, 1e-3),
            "batch_size": 32,
            "epochs": Per(2, 20, 128),
            "patience": 32,
            "plateau": Per(None, None, 8),  # None: short trainings end before one, and are annealed
        },
    ),
    Lesson(
        "05b_transfer",
        "Transfer: what a trained network brings along",
        minutes=1,
        needs=(PREPARED,),
        makes=("results/transfer.json",),
        # Faces to learn from, and for each way of transfer its passes through each of these sets.
        settings={
            "sizes": Per((20, 40), (50, 200, 1000), (50, 200, 1000)),
            "test": Per(40, 600, 2000),
            "batch_size": 32,
            "epochs": {
                "frozen": Per((1, 1), (60, 40, 20), (60, 40, 20)),
                "last block": Per((1, 1), (14, 8, 4), (40, 30, 20)),
                "all": Per((1, 1), (14, 6, 3), (40, 30, 20)),
                "from scratch": Per((1, 1), (40, 30, 20), (80, 60, 40)),
            },
            "rates": {"frozen": 3e-3, "last block": 1e-3, "all": 3e-4, "from scratch": 1e-3},
        },
    ),
    Lesson(
        "05c_imbalance",
        "Imbalance: what a rare emotion costs",
        minutes=1,
        needs=(PREPARED,),
        makes=("results/imbalance.json",),
        settings={"epochs": Per(1, 7, 30)},
    ),
    Lesson(
        "06_visible_infrared",
        "Visible and infrared: two networks for one moment",
        minutes=4,
        needs=(PREPARED,),
        makes=(
            *(file for name in PAIRED for file in _model(name, f"infrared/{name}.csv")),
            *(f"infrared/{name}-history.csv" for name in ("start", *PAIRED)),
            "infrared/mean.csv",
            "results/visible_infrared.json",
        ),
        # "size" pairs are taken, or drawn where the data set has no infrared pictures; real ones
        # are read in "image_size".
        settings={
            "size": Per((64, 32, 32), (6000, 2000, 2000), None),
            "image_size": Per(48, 96, 224),
            "colour": Per(False, False, True),
            "width": Per(0.125, 0.125, 1.0),
            "dropout": Per(0.0, 0.0, 1.0),
            "downsampling": Per(2, 2, 4),
            "augmentation": Per(GENTLE_PAIRS, GENTLE_PAIRS, PUBLISHED_PAIRS),
            "batch_size": Per(64, 32, 64),
            "start": {"epochs": Per(1, 4, 50), "learning_rate": Per(5e-3, 5e-3, 1e-3)},
            "alone": {"epochs": Per(1, 3, 50), "learning_rate": Per(3e-3, 3e-3, 1e-3)},
            "joined": {
                "passes": Per(1, 2, 10),
                "epochs": Per(2, 8, 20),
                "batch_size": Per(64, 256, 64),
                "learning_rate": Per(1e-3, 3e-3, 1e-3),
            },
            "fine_tuned": {"epochs": Per(1, 4, 150), "learning_rate": Per(2e-3, 2e-3, 1e-3)},
        },
    ),
    Lesson(
        "07_ddamfn",
        "DDAMFN: kernels of several sizes, and attention from two directions",
        minutes=2.5,
        needs=(PREPARED, "predictions/lenet5.csv", "predictions/cnn.csv"),
        makes=_model("ddamfn", "models/ddamfn-history.csv", "predictions/ddamfn.csv"),
        settings={
            "width": Per(0.125, 0.25, 1.0),
            "depth": Per(0.0, 0.0, 1.0),
            "size": Per(None, None, 112),
            "recipe": Per("short", "short", "v1"),
            "epochs": Per(1, 6, 80),
            "batch_size": Per(64, 32, 256),
            "faces": Per(128, None, None),
        },
    ),
    Lesson(
        "07b_votes",
        "Votes: ten people look at a face",
        minutes=0.5,
        needs=(PREPARED,),
        makes=("results/votes.json",),
        settings={"faces": Per(128, 2000, 10000), "epochs": Per(1, 6, 10)},
    ),
    Lesson(
        "08_confusion_matrix",
        "Confusion matrix: what the models get wrong",
        minutes=0.5,
        needs=(
            PREPARED,
            "models/lenet5.keras",
            "predictions/lenet5.csv",
            "predictions/*.csv",
            "infrared/*.csv",
        ),
        makes=(METRICS,),
    ),
    Lesson(
        "08b_groups",
        "Groups: for whom a network works",
        minutes=1,
        makes=("results/groups.json",),
        # People are drawn to learn from and to be tested on, ten faces each; so many of the first
        # are learned from, in each of the trainings.
        settings={
            "people": Per((48, 24), (400, 240), (900, 600)),
            "learned": Per(21, 218, 498),
            "epochs": Per(1, 15, 30),
        },
    ),
    Lesson(
        "08c_seeds",
        "Seeds: one training is one draw",
        minutes=1,
        needs=(PREPARED, "predictions/lenet5.csv", "predictions/*.csv"),
        makes=("results/seeds.json",),
        # Each of so many seeds trains two recipes, on so many faces.
        settings={
            "trainings": Per(3, 5, 5),
            "faces": Per(128, 2000, None),
            "epochs": Per(1, 7, 20),
        },
    ),
    Lesson(
        "09_robustness",
        "Robustness: what noise does to a network, and what helps",
        minutes=1,
        needs=(PREPARED, "models/lenet5.keras", "models/cnn.keras"),
        makes=(*_model("cnn-noise", "robustness/cnn-noise.csv"), "results/robustness.json"),
        settings={
            "epochs": Per(1, 2, 30),
            "batch_size": 32,
            "learning_rate": Per(1e-3, 5e-4, 5e-4),
            "faces": Per(40, 400, 2000),
        },
    ),
    Lesson(
        "10_image_fusion",
        "Image fusion: two expressions in one face",
        minutes=0.5,
        needs=(PREPARED, "models/cnn.keras"),
        makes=("results/image_fusion.json",),
        settings={"people": Per((4, 2, 2), (48, 12, 20), (400, 50, 100)), "judged": Per(1, 6, 20)},
    ),
    Lesson(
        "10b_mixtures",
        "Mixtures: recognising two emotions at once",
        minutes=2.5,
        needs=(PREPARED,),
        makes=(*_model("mixed"), "results/mixtures.json"),
        settings={
            "people": Per((4, 2, 2), (60, 12, 20), (400, 50, 100)),
            "width": Per(0.125, 0.1875, 1.0),
            "dropout": Per(0.0, 0.0, 1.0),
            "learning_rate": Per(1e-3, 1e-3, 1e-4),
            "batch_size": Per(64, 16, 64),
            "epochs": Per(1, 8, 100),
            "leaks": {"people": Per(6, 24, 60), "epochs": Per(1, 24, 30)},
            "votes": {"epochs": Per(1, 6, 30)},
        },
    ),
    Lesson(
        "11_classify",
        "Classify: new faces",
        minutes=0.5,
        needs=(PREPARED, *_model("lenet5"), "models/cnn.*"),
    ),
    Lesson(
        "11b_refusing",
        "Refusing: when a network should not answer",
        minutes=0.5,
        needs=(PREPARED, "models/lenet5.keras", "predictions/lenet5.csv", "predictions/*.csv"),
        makes=("results/refusing.json",),
    ),
    Lesson(
        "12_save",
        "Save: keep it, reload it, prove it",
        minutes=0.5,
        needs=(PREPARED, *_model("lenet5"), "predictions/lenet5.csv", "results/*.json"),
    ),
)


def maker(file: str) -> Lesson | None:
    """The lesson that makes a file of a run folder, or None where no lesson does."""
    makers = (lesson for lesson in LESSONS if any(fnmatch(file, made) for made in lesson.makes))
    return next(makers, None)


def feeds(maker: str, reader: str) -> bool:
    """Whether a lesson writes a file that another reads."""
    makes = [made for lesson in LESSONS if lesson.name == maker for made in lesson.makes]
    needs = [needed for lesson in LESSONS if lesson.name == reader for needed in lesson.needs]
    return any(fnmatch(made, needed) for made in makes for needed in needs)


def find(names: Sequence[str]) -> tuple[Lesson, ...]:
    """The lessons of these names, in the course's order; each "4", "04" or "04_lenet5".

    Raises:
        InputError: there is no such lesson.
    """
    for name in names:
        if not any(_is_called(lesson, name) for lesson in LESSONS):
            raise InputError(
                f"Expected a notebook among {', '.join(lesson.name for lesson in LESSONS)}. "
                f"Received: {name!r}. Its number is enough: 04."
            )
    return tuple(lesson for lesson in LESSONS if any(_is_called(lesson, name) for name in names))


def _is_called(lesson: Lesson, name: str) -> bool:
    return name.removesuffix(".ipynb") in (lesson.name, lesson.number, lesson.number.lstrip("0"))


def settings(profile: str, dataset: str = "synthetic") -> dict[str, dict[str, Any]]:
    """The settings of a profile, for one data set.

    Returns:
        For each lesson, by its name without the number, its settings: under "lenet5", such as
        `{"epochs": 30, "batch_size": 48}`.

    Raises:
        InputError: no such profile.
    """
    choose(profile, PROFILES, "a profile", "Choose one, or change it in fer_kit/lessons.py.")
    return {lesson.key: _of(lesson.settings, profile, dataset) for lesson in LESSONS}


def _of(setting: Any, profile: str, dataset: str) -> Any:
    """A setting as it is in one profile, with all that it holds; the caller may change it."""
    if isinstance(setting, Per):
        return _of(getattr(setting, profile), profile, dataset)
    if isinstance(setting, OnFaces):
        return _of(setting._asdict().get(dataset, setting.real), profile, dataset)
    if isinstance(setting, dict):
        return {name: _of(value, profile, dataset) for name, value in setting.items()}
    return setting
