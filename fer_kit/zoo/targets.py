"""What a network is to learn: labels, annotators' votes, the answers of a trained network, or more
than one of these."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from fer_kit import augment, emotions
from fer_kit.classify import Classifier
from fer_kit.errors import InputError
from fer_kit.faces import Faces
from fer_kit.files import write_whole
from fer_kit.pictures import warp
from fer_kit.recipes import Recipe
from fer_kit.zoo.scores import load_for


def taught(
    faces: Faces, votes: float, teacher: Classifier | None, teaching: float, data: str | Path
) -> Faces:
    """The same faces with other training targets; validation and test keep their labels.

    Args:
        votes: the share of FER+'s votes, for FER2013 alone.
        teacher: a trained model, or None; teaching is the share of its answers.
        data: fer2013.csv, with FER+'s table beside it.
    """
    targets, train = faces.targets.copy(), faces.split == "train"
    if votes:
        mix_in(targets, votes, *_votes(faces, data))
    if teacher:
        rows = emotions.convert(_answers(teacher, faces.images[train]), teacher.emotions,
                                faces.emotions)  # fmt: skip
        mix_in(targets, teaching, np.flatnonzero(train), rows)
    return replace(faces, targets=targets)


def with_targets(faces: Faces, targets: np.ndarray) -> Faces:
    """The same faces with other targets (N, K) for the N of them that are for training."""
    all_targets = faces.targets.copy()
    all_targets[faces.split == "train"] = targets
    return replace(faces, targets=all_targets)


def mix_in(targets: np.ndarray, share: float, places: np.ndarray, rows: np.ndarray) -> None:
    """Let rows (n, K), those that are not all 0, have a share in the targets at these places."""
    known = rows.sum(axis=1) > 0
    places = places[known]
    targets[places] = (1 - share) * targets[places] + share * rows[known]


def _votes(faces: Faces, data: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """The places of training faces, and the shares of the votes for each."""
    if faces.source != "FER2013":
        raise InputError(
            f"Expected votes = 0: the votes are those for FER2013's faces. Received: "
            f"{faces.source}. FER+ is trained on votes by itself: --dataset ferplus."
        )
    voted = load_for("ferplus", data).subset("train")
    place = {name: index for index, name in enumerate(faces.ids)}
    there = np.array([name in place for name in voted.ids])
    rows = emotions.convert(voted.targets[there], voted.emotions, faces.emotions)
    return np.array([place[name] for name in voted.ids[there]]), rows


def _answers(teacher: Classifier, images: np.ndarray) -> np.ndarray:
    """The mean of the teacher's answers to each face and to its mirror image."""
    plain = teacher.through_keras().expecting("training")
    rows = plain.probabilities(images) + plain.probabilities(images[:, :, ::-1])
    return rows / 2


def taught_in_views(
    faces: Faces, teacher: Classifier, recipe: Recipe, seed: int, path: Path
) -> np.ndarray:
    """Targets for each of the recipe's `teaching_views`: float32 (V, N, K) for N training faces.

    A teacher that sees what the network sees says what can still be told from that
    (Beyer et al., "Knowledge distillation: a good teacher is patient and consistent", 2022).

    Args:
        faces: their targets get a share of `teaching` of its answers.
        path: where to keep the answers, which may take longer than the training: those that are
            there are not asked for again.
    """
    train = faces.subset("train")
    if not path.exists():
        plain, size = teacher.through_keras().expecting("training"), train.images.shape[1:3]
        answers = np.zeros((recipe.teaching_views, len(train), len(plain.emotions)), np.float16)
        for view in tqdm(range(len(answers)), desc="The teacher answers", unit="view"):
            maps = view_maps(recipe, len(train), size, seed, view)
            answers[view] = plain.probabilities(warp(train.images, maps))
        write_whole(path, lambda there: np.savez(there, answers=answers))
    answers = np.load(path)["answers"].astype(np.float32)
    targets = np.repeat(train.targets[None].astype(np.float32), len(answers), axis=0)
    for view, rows in zip(targets, answers, strict=True):
        known = emotions.convert(rows, teacher.emotions, faces.emotions)
        mix_in(view, recipe.teaching, np.arange(len(train)), known)
    return targets


def view_maps(
    recipe: Recipe, count: int, size: tuple[int, int], seed: int, view: int
) -> np.ndarray:
    """How the training faces are changed in a view, float64 (count, 2, 3)."""
    return maps_by(recipe, count, size, np.random.default_rng([seed, view, 2]))


def maps_by(
    recipe: Recipe, count: int, size: tuple[int, int], generator: np.random.Generator
) -> np.ndarray:
    """An affine map by a recipe for each face, float64 (count, 2, 3): see `augment.draw_matrices`.

    A recipe that mirrors each face in every second epoch mirrors none by chance.
    """
    geometry = recipe.geometry | ({"flip": 0.0} if recipe.alternate else {})
    maps = augment.draw_matrices(count, size, generator, **geometry)
    return augment.crop(maps, size, generator, recipe.crop) if recipe.crop < 1 else maps


def is_first(count: int, seed: int) -> np.ndarray:
    """Which faces a recipe with `alternate` mirrors in the first epoch, bool (count,): half."""
    return np.random.default_rng([seed, count]).random(count) < 0.5
