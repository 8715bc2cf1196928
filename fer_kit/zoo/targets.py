"""What a network is to learn: labels, annotators' votes, the answers of a trained network, or more
than one of these."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from fer_kit import emotions
from fer_kit.classify import Classifier
from fer_kit.errors import InputError
from fer_kit.faces import Faces
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
