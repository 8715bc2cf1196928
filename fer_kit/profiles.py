"""How much work a run does: the one table behind the parameter `profile`.

Introduced in notebooks/01_load.ipynb.
"""

from copy import deepcopy
from typing import Any

from fer_kit.errors import InputError

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
            "Choose one of them, or add yours to fer_kit/profiles.py."
        )
    kind = "synthetic" if dataset == "synthetic" else "real"
    chosen = deepcopy(PROFILES[profile])
    return chosen | {"size": chosen["size"][kind]}
