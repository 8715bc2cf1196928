"""Wrong answers to the checks of lesson 01, and what they are told."""

import numpy as np
import pytest
from checks import Strange, told, wrong_answers

import fer_kit as fk
from fer_kit import check
from fer_kit.check.answers import Wrong

ORDER = sorted(fk.emotions.FER2013)
NAMES = fk.emotions.FER2013


def row(line):
    emotion, pixels, usage = line.split(",")
    return emotion, np.array(pixels.split(), np.uint8), usage


FIRST = []


def first_face(line):
    """The face of the first line that ever came."""
    FIRST.append(row(line)[1].reshape(48, 48))
    return FIRST[0]


WRONG = {
    "read_row": [
        (row, "Received: '3'"),
        (lambda line: (3, row(line)[1].reshape(48, 48), "PublicTest"), "the line that is given"),
        (lambda line: (int(line[0]), first_face(line), row(line)[2]), "face of the second line"),
        (lambda line: int(line[0]), "three values"),
        (lambda line: (3, row(line)[1], "PublicTest"), "shape (48, 48)"),
        (lambda line: (3, row(line)[1].reshape(48, 48).astype(float), "PublicTest"), "uint8"),
        (lambda line: (3, row(line)[1].reshape(48, 48).T, "PublicTest"), "diagonal"),
        (lambda line: (int(line[0]), np.resize(row(line)[1], (48, 48)), row(line)[2]), "2,303"),
        (lambda line: (3, np.resize(row(line)[1], (48, 48)), "Training"), "usage"),
    ],
    "folder_labels": [
        (lambda labels: labels, "as they came"),
        (lambda labels: np.array([ORDER.index(NAMES[k]) for k in labels]), "the way back"),
        (lambda labels: [0] * len(labels), "Received: list. np.array(…)"),
        (lambda labels: labels * 1.0, "integer"),
        (lambda labels: 6 - labels, "Look each name up"),
    ],
}  # fmt: skip


@wrong_answers("load", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)


def test_what_ends_a_check_is_told_with_what_was_asked_for_and_what_came():
    with pytest.raises(Wrong) as told:
        check.read_row(lambda line: (Strange(), 0, ""))
    assert str(told.value) == (
        "Expected `read_row(line)` → (emotion, face, usage) of one line of FER2013's CSV. "
        "Received: tuple, at which the check ended with RuntimeError: strange indeed. "
        "Is it of the type that the task asks for?"
    )
