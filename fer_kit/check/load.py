"""Checks of notebooks/01_load.ipynb."""

from collections.abc import Callable

import numpy as np

from fer_kit.check.answers import Wrong, ask, check, expect, expect_array
from fer_kit.emotions import FER2013


@check
def read_row(function: Callable) -> None:
    """`read_row(line)` → (emotion, face, usage) of one line of FER2013's CSV."""
    pixels = np.random.default_rng(1).integers(0, 256, 48 * 48)
    answer = ask(function, f"3,{' '.join(map(str, pixels))},PublicTest")
    expect(
        isinstance(answer, tuple) and len(answer) == 3,
        "three values: emotion, face, usage",
        f"{type(answer).__name__}",
        "Write return emotion, face, usage.",
    )
    emotion, face, usage = answer
    expect(
        emotion == 3 and not isinstance(emotion, str),
        "the number 3 as emotion",
        emotion,
        'The part before the first comma is text: int("3") makes a number of it.',
    )
    face = expect_array(face, (48, 48), "a face", "reshape(48, 48) folds the long row into lines.")
    expect(
        face.dtype == np.uint8,
        "grey values as uint8",
        str(face.dtype),
        "A grey value fits into one byte: dtype=np.uint8.",
    )
    expect(
        not np.array_equal(face.T, pixels.reshape(48, 48)),
        "the pixels line by line, from the top",
        "the face mirrored at its diagonal",
        "The first 48 values are the top line: no transposition is needed.",
    )
    expect(np.array_equal(face, pixels.reshape(48, 48)), "the pixels of the line", "other ones")
    expect(usage == "PublicTest", "'PublicTest' as usage", usage, "It is the last of three parts.")
    _refuses_short_row(function)


def _refuses_short_row(function: Callable) -> None:
    short = f"3,{' '.join(['7'] * 2303)},Training"
    try:
        answer = function(short)
    except ValueError:
        return
    except Exception as error:
        raise Wrong(
            "Expected a ValueError for a line with 2,303 grey values. "
            f"Received: {type(error).__name__}."
        ) from error
    raise Wrong(
        "Expected a ValueError for a line with 2,303 grey values. "
        f"Received: {type(answer).__name__}. A row that is cut off must not become a face."
    )


@check
def folder_labels(function: Callable) -> None:
    """`folder_labels(labels)`: numbers of folders sorted by name → FER2013's numbers."""
    labels = np.array([0, 1, 2, 3, 4, 5, 6, 4, 6])
    answer = expect_array(ask(function, labels), labels.shape, "labels")
    expect(
        np.issubdtype(answer.dtype, np.integer),
        "whole numbers",
        str(answer.dtype),
        "An index is an integer.",
    )
    expect(
        not np.array_equal(answer, labels),
        "labels in FER2013's order",
        "the labels as they came",
        "Folder 4 is the fifth name of the sorted list: neutral, which FER2013 counts as 6.",
    )
    right = np.array([FER2013.index(sorted(FER2013)[label]) for label in labels])
    back = np.array([sorted(FER2013).index(FER2013[label]) for label in labels])
    expect(
        not np.array_equal(answer, back),
        "numbers of folders turned into FER2013's",
        "the way back, from FER2013's to those of the folders",
        "The argument counts in the sorted list; the answer counts in fk.emotions.FER2013.",
    )
    expect(
        np.array_equal(answer, right),
        f"{right.tolist()}",
        f"{answer.tolist()}",
        "Look each name up: first in the sorted list, then in fk.emotions.FER2013.",
    )
