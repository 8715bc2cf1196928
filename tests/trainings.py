"""Small trainings that several tests share: faces of noise, and a recipe of two epochs."""

import numpy as np

import fer_kit as fk
from fer_kit.emotions import FER2013
from fer_kit.faces import one_hot
from fer_kit.recipes import Recipe, recipe_for

QUICK = {"epochs": 2, "batch_size": 16, "warmup": 1}


def noise_faces() -> fk.Faces:
    """56 faces of random pixels, of which one of the training part is also in the test part."""
    images = np.random.default_rng(0).integers(0, 256, (56, 48, 48, 1), dtype=np.uint8)
    images[0] = images[3]
    split = np.array([("train", "train", "validation", "test")[i % 4] for i in range(56)])
    targets, ids = one_hot(np.arange(56) % 7, 7), np.array([str(i) for i in range(56)])
    return fk.Faces(images, targets, FER2013, split, ids, "synthetic noise")


def recipe(**changes) -> Recipe:
    return recipe_for("lenet5", "full", QUICK | changes)
