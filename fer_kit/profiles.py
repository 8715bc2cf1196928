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
PROFILES = {
    # A check that everything runs, in seconds: the results mean nothing.
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
        },
        "robustness": {"epochs": 1, "batch_size": 32, "learning_rate": 1e-3, "faces": 40},
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
            "depth": 0.06,
            "size": None,
            "recipe": "short",
            "epochs": 3,
            "batch_size": 32,
            "faces": 3000,
        },
        "robustness": {"epochs": 2, "batch_size": 32, "learning_rate": 5e-4, "faces": 400},
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
        },
        "robustness": {"epochs": 30, "batch_size": 32, "learning_rate": 5e-4, "faces": 2000},
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
