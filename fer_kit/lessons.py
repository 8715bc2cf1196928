"""The lessons: what each reads and writes, and how much work it does.

Introduced in notebooks/01_load.ipynb.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from fer_kit.errors import InputError


@dataclass(frozen=True)
class Lesson:
    """One notebook, and the files by which it meets the others in a run folder.

    Attributes:
        name: the notebook's name, "04_lenet5".
        title: what it is about.
        needs: the files it reads; a pattern such as "predictions/*.csv" stands for all there are.
        makes: the files it writes.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    makes: tuple[str, ...]

    @property
    def number(self) -> str:
        """The two digits that the name begins with."""
        return self.name[:2]


PAIRED = ("visible", "infrared", "fused")  # the networks of lesson 06
LESSONS = (
    Lesson("01_load", "Load the faces", needs=(), makes=("data/faces.npz",)),
    Lesson(
        "02_analyze",
        "Look for faults in the data",
        needs=("data/faces.npz",),
        makes=("data/audit.json",),
    ),
    Lesson(
        "03_preprocess",
        "Clean, split and normalise",
        needs=("data/faces.npz",),
        makes=("data/prepared.npz", "data/prepared.json"),
    ),
    Lesson(
        "04_lenet5",
        "Train LeNet-5",
        needs=("data/faces.npz", "data/prepared.npz"),
        makes=(
            "models/lenet5.keras",
            "models/lenet5.json",
            "predictions/lenet5.csv",
            "predictions/lenet5-as-published.csv",
        ),
    ),
    Lesson(
        "05_cnn",
        "Train the CNN",
        needs=("data/faces.npz", "data/prepared.npz", "predictions/lenet5.csv"),
        makes=(
            "models/cnn.keras",
            "models/cnn.json",
            "models/cnn-history.csv",
            "predictions/cnn.csv",
            "predictions/cnn-as-published.csv",
        ),
    ),
    Lesson(
        "06_visible_infrared",
        "Add an infrared picture",
        needs=("data/prepared.npz",),
        makes=(
            *(f"models/{name}.{ending}" for name in PAIRED for ending in ("keras", "json")),
            *(f"infrared/{name}.csv" for name in PAIRED),
            "infrared.json",
        ),
    ),
    Lesson(
        "07_ddamfn",
        "Train DDAMFN, and ask ten people",
        needs=("data/prepared.npz", "predictions/lenet5.csv", "predictions/cnn.csv"),
        makes=(
            "models/ddamfn.keras",
            "models/ddamfn.json",
            "models/ddamfn-history.csv",
            "predictions/ddamfn.csv",
        ),
    ),
    Lesson(
        "08_confusion_matrix",
        "Measure what the models do",
        needs=(
            "data/prepared.npz",
            "models/lenet5.keras",
            "predictions/lenet5.csv",
            "predictions/*.csv",
        ),
        makes=("metrics.json",),
    ),
    Lesson(
        "09_robustness",
        "Add noise, and find a cure",
        needs=("data/prepared.npz", "models/cnn.keras"),
        makes=(
            "models/cnn-noise.keras",
            "models/cnn-noise.json",
            "robustness/cnn-noise.csv",
            "robustness.json",
        ),
    ),
    Lesson(
        "10_image_fusion",
        "Fuse two expressions, and recognise mixtures",
        needs=("data/prepared.npz", "models/cnn.keras"),
        makes=("models/mixed.keras", "models/mixed.json", "fusion.json"),
    ),
    Lesson(
        "11_classify",
        "Classify new faces",
        needs=("data/prepared.npz", "models/lenet5.keras", "models/lenet5.json", "models/cnn.*"),
        makes=(),
    ),
    Lesson(
        "12_save",
        "Save, reload and hand in",
        needs=("data/prepared.npz", "models/lenet5.keras", "predictions/lenet5.csv"),
        makes=(),
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


# "size" is (train, validation, test) faces: how many synthetic ones are drawn, and at most how many
# of a real data set are kept; None keeps all of them. Every other entry belongs to the lesson of
# that name. The published LeNet-5 for FER2013 was trained for 30 epochs with batches of 48, the
# published CNN for 128 with batches of 32; a narrow CNN with few epochs cannot afford its dropout,
# its small learning rate and its strong augmentation.
GENTLE = {"rotation": 5.0, "shift": 0.04, "shear": 0.04, "zoom": 0.04, "flip": 0.5}
PUBLISHED = {"rotation": 15.0, "shift": 0.1, "shear": 0.1, "zoom": 0.1, "flip": 0.5}
# Lesson 06: two pictures of one moment. "size" pairs are taken, or drawn where the data set has no
# infrared pictures; real ones are read in "image_size". As published, VIRI was turned by up to 20
# degrees, shown as small as two thirds, and distorted by a half.
GENTLE_PAIRS = GENTLE | {"distortion": 0.05}
PUBLISHED_PAIRS = {
    "rotation": 20.0, "shift": 0.0, "shear": 0.0, "zoom": 0.3, "flip": 0.5, "distortion": 0.5,
}  # fmt: skip
PROFILES = {
    # A check that everything runs, in seconds a lesson: the results mean nothing.
    "smoke": {
        "size": {"synthetic": (420, 140, 140), "real": (420, 140, 140)},
        "lenet5": {"epochs": 2, "batch_size": 48, "patience": 2},
        "cnn": {
            "width": 0.125,
            "dropout": 0.0,
            "augmentation": GENTLE,
            "learning_rate": 3e-3,
            "batch_size": 32,
            "epochs": 2,
            "patience": 32,
            "plateau": 8,
        },
        "ddamfn": {
            "width": 0.125,
            "depth": 0.0,
            "size": None,
            "recipe": "short",
            "epochs": 1,
            "batch_size": 64,
            "faces": 128,
            "crowd": {"faces": 128, "epochs": 1},
        },
        "robustness": {"epochs": 1, "batch_size": 32, "learning_rate": 1e-3, "faces": 40},
        "fusion": {
            "people": (4, 2, 2),
            "judged": 1,
            "width": 0.125,
            "dropout": 0.2,
            "learning_rate": 2e-3,
            "batch_size": 64,
            "epochs": 1,
            "patience": 4,
            "leaks": {"people": 6, "epochs": 1},
            "votes": {"epochs": 1},
        },
        "resnet18": {
            "size": (64, 32, 32),
            "image_size": 48,
            "colour": False,
            "width": 0.125,
            "dropout": 0.25,
            "downsampling": 4,
            "augmentation": GENTLE_PAIRS,
            "batch_size": 64,
            "alone": {"epochs": 1, "learning_rate": 3e-3},
            "joined": {"passes": 1, "epochs": 2, "learning_rate": 1e-3},
            "fine_tuned": {"epochs": 0, "learning_rate": 1e-3},
        },
    },
    # The default: minutes on two CPU cores.
    "quick": {
        "size": {"synthetic": (6000, 2000, 2000), "real": None},
        "lenet5": {"epochs": 20, "batch_size": 48, "patience": 8},
        "cnn": {
            "width": 0.125,
            "dropout": 0.0,
            "augmentation": GENTLE,
            "learning_rate": 3e-3,
            "batch_size": 32,
            "epochs": 12,
            "patience": 32,
            "plateau": 2,
        },
        "ddamfn": {
            "width": 0.25,
            "depth": 0.0,
            "size": None,
            "recipe": "short",
            "epochs": 4,
            "batch_size": 32,
            "faces": 3000,
            "crowd": {"faces": 2000, "epochs": 6},
        },
        "robustness": {"epochs": 2, "batch_size": 32, "learning_rate": 5e-4, "faces": 400},
        "fusion": {
            "people": (48, 12, 20),
            "judged": 6,
            "width": 0.125,
            "dropout": 0.2,
            "learning_rate": 2e-3,
            "batch_size": 24,
            "epochs": 12,
            "patience": 12,
            "leaks": {"people": 24, "epochs": 16},
            "votes": {"epochs": 12},
        },
        "resnet18": {
            "size": (2400, 600, 2000),
            "image_size": 96,
            "colour": False,
            "width": 0.125,
            "dropout": 0.25,
            "downsampling": 4,
            "augmentation": GENTLE_PAIRS,
            "batch_size": 32,
            "alone": {"epochs": 10, "learning_rate": 3e-3},
            "joined": {"passes": 3, "epochs": 10, "learning_rate": 1e-3},
            "fine_tuned": {"epochs": 0, "learning_rate": 1e-3},
        },
    },
    # As published; comfortable with a GPU. Synthetic faces come in FER2013's numbers.
    "full": {
        "size": {"synthetic": (28709, 3589, 3589), "real": None},
        "lenet5": {"epochs": 30, "batch_size": 48, "patience": 8},
        "cnn": {
            "width": 1.0,
            "dropout": 1.0,
            "augmentation": PUBLISHED,
            "learning_rate": 1e-3,
            "batch_size": 32,
            "epochs": 128,
            "patience": 32,
            "plateau": 8,
        },
        "ddamfn": {
            "width": 1.0,
            "depth": 1.0,
            "size": 112,
            "recipe": "v1",
            "epochs": 80,
            "batch_size": 256,
            "faces": None,
            "crowd": {"faces": 10000, "epochs": 10},
        },
        "robustness": {"epochs": 30, "batch_size": 32, "learning_rate": 5e-4, "faces": 2000},
        "fusion": {
            "people": (400, 50, 100),
            "judged": 20,
            "width": 1.0,
            "dropout": 1.0,
            "learning_rate": 1e-4,
            "batch_size": 64,
            "epochs": 100,
            "patience": 10,
            "leaks": {"people": 60, "epochs": 30},
            "votes": {"epochs": 30},
        },
        "resnet18": {
            "size": None,
            "image_size": 224,
            "colour": True,
            "width": 1.0,
            "dropout": 1.0,
            "downsampling": 4,
            "augmentation": PUBLISHED_PAIRS,
            "batch_size": 64,
            "alone": {"epochs": 50, "learning_rate": 1e-3},
            "joined": {"passes": 10, "epochs": 20, "learning_rate": 1e-3},
            "fine_tuned": {"epochs": 150, "learning_rate": 1e-3},
        },
    },
}


def settings(profile: str, dataset: str = "synthetic") -> dict[str, Any]:
    """The settings of a profile, for one data set.

    Returns:
        A dictionary: "size" is (train, validation, test) or None for everything; every other key is
        a lesson's name with that lesson's settings, such as `{"epochs": 30, "batch_size": 48}`.

    Raises:
        InputError: no such profile.
    """
    if profile not in PROFILES:
        raise InputError(
            f"Expected a profile among {', '.join(PROFILES)}. Received: {profile!r}. "
            "Choose one of them, or add yours to fer_kit/lessons.py."
        )
    kind = "synthetic" if dataset == "synthetic" else "real"
    chosen = deepcopy(PROFILES[profile])
    return chosen | {"size": chosen["size"][kind]}
