"""Checks of notebooks/01_load.ipynb."""

import numpy as np

from fer_kit.check.answers import Ask, Wrong, check, expect, expect_array, expect_equal
from fer_kit.emotions import FER2013


@check
def read_row(ask: Ask) -> None:
    """`read_row(line)` → (emotion, face, usage) of one line of FER2013's CSV."""
    pixels = np.random.default_rng(1).integers(0, 256, 48 * 48)
    answer = ask(f"3,{' '.join(map(str, pixels))},PublicTest")
    is_triple = isinstance(answer, tuple) and len(answer) == 3
    slip = "Write return emotion, face, usage."
    expect(is_triple, "three values: emotion, face, usage", type(answer), slip)
    emotion, face, usage = answer
    slip = 'The part before the first comma is text: int("3") makes a number of it.'
    is_three = not isinstance(emotion, str) and emotion == 3
    expect(is_three, "the number 3 as emotion", repr(emotion), slip)
    face = expect_array(face, (48, 48), "a face", "reshape(48, 48) folds the long row into lines.")
    slip = "A grey value fits into one byte: dtype=np.uint8."
    expect(face.dtype == np.uint8, "grey values as uint8", face.dtype, slip)
    right = pixels.reshape(48, 48)
    expect(
        not np.array_equal(face.T, right),
        "the pixels line by line, from the top",
        "the face mirrored at its diagonal",
        "The first 48 values are the top line: no transposition is needed.",
    )
    expect(np.array_equal(face, right), "the pixels of the line", "other ones")
    slip = "It is the last of three parts."
    expect(usage == "PublicTest", "'PublicTest' as usage", repr(usage), slip)
    emotion, other, usage = ask(f"0,{' '.join(map(str, pixels[::-1]))},Training")
    slip = "Everything has to come from the line that is given."
    found, expected = (emotion, usage), "0 and 'Training' of a second line"
    expect(found == (0, "Training"), expected, f"{emotion!r} and {usage!r}", slip)
    is_its_face = np.array_equal(other, pixels[::-1].reshape(48, 48))
    expect(is_its_face, "the face of the second line", "another one", slip)
    _refuses_short_row(ask)


def _refuses_short_row(ask: Ask) -> None:
    expected = "Expected a ValueError for a line with 2,303 grey values. Received:"
    try:
        answer = ask.function(f"3,{' '.join(['7'] * 2303)},Training")
    except ValueError:
        return
    except Exception as error:
        raise Wrong(f"{expected} {type(error).__name__}.") from error
    slip = "A row that is cut off must not become a face."
    raise Wrong(f"{expected} {type(answer).__name__}. {slip}")


@check
def folder_labels(ask: Ask) -> None:
    """`folder_labels(labels)`: numbers of folders sorted by name → FER2013's numbers."""
    labels = np.array([0, 1, 2, 3, 4, 5, 6, 4, 6])
    answer = expect_array(ask(labels), labels.shape, "labels")
    expect(answer.dtype.kind in "iu", "whole numbers", answer.dtype, "An index is an integer.")
    right = [FER2013.index(sorted(FER2013)[label]) for label in labels]
    back = [sorted(FER2013).index(FER2013[label]) for label in labels]
    as_they_came = (
        "These are the labels as they came. Folder 4 is the fifth name of the sorted list: "
        "neutral, which FER2013 counts as 6."
    )
    way_back = (
        "That is the way back, from FER2013's numbers to those of the folders. The argument counts "
        "in the sorted list; the answer counts in fk.emotions.FER2013."
    )
    slip = "Look each name up: first in the sorted list, then in fk.emotions.FER2013."
    slips = [(labels, as_they_came), (back, way_back)]
    expect_equal(answer, right, "in FER2013's order", slip, slips)
