"""Find faces in a picture, and cut them out as the training faces were cut.

The detector is YuNet (Wu, Peng and Yu, 2023), 232 KB of weights that come with the course.
"""

from functools import cache
from threading import Lock
from typing import NamedTuple

import cv2
import numpy as np

from fer_kit.pictures import ASSETS, scale

DETECTOR = ASSETS / "face_detection_yunet_2023mar.onnx"
LONG_SIDE = 640  # pixels; larger pictures are shrunk to this for detection,
SHRINK = 0.4  # or to this share of their size, if that is more
PHOTOGRAPH = 2400  # pixels; from here on pictures are looked at once more, for small faces,
FINER = 0.6  # at this share of their size,
LARGEST = 3600  # but at no more than this: YuNet takes as long as there are pixels
NARROWEST = 64  # pixels; a strip is widened to this
SMALLEST = 10  # pixels; YuNet was trained for faces from here on,
SURE = 24  # and finds nearly all from here on
SAME = 0.3  # a box of which so much is in another shows the same face
TURNED = 0.05  # by how much surer YuNet has to be of a face once the picture is turned
PATCH, PICTURE = 128, 416  # pixels of what is turned: around a face, or all of a picture without
CONFIDENCE = 0.7  # of 1; lower finds more faces, and more that are none

# The side of the square that is cut out, in heights of the detector's box. YuNet's box on a FER2013
# face is 1.03 (median of 760 faces) as high as the whole picture, with its middle in the picture's.
# A LeNet-5 that names 50.6 % of 1,367 FER2013 faces rightly still does so for 49.7 % once they are
# found in a larger picture and cut out again; with 0.9 it is 48.2 %, with 1.2 42.1 %.
SQUARE = 1.0


class Box(NamedTuple):
    """Where a face is, in pixels from the top left corner; it may reach over the border.

    `score` is how sure the detector is, 0 to 1, or None where nothing was detected; `turned` says
    by how many degrees the face has to be turned to the left to be upright: 0, 90, 180 or 270.
    """

    x: int
    y: int
    width: int
    height: int
    score: float | None = None
    turned: int = 0


def find_faces(
    picture: np.ndarray, long_side: int | None = None, confidence: float = CONFIDENCE
) -> list[Box]:
    """The faces in a picture, the largest first (lesson 11).

    Args:
        picture: uint8 (H, W, 3), RGB, as `fer_kit.pictures.read_picture` gives it.
        long_side: a larger picture is shrunk to this for detection. YuNet finds faces from 16 to
            24 pixels up. Left out, it is 640, or 0.4 of the picture's if that is more; one of 2,400
            or more is looked at twice, the second time at 0.6 of its size, but at most 3,600: see
            `smallest_face`.
        confidence: from which score on a face counts as one.
    """
    boxes: list[Box] = []
    for side in (long_side,) if long_side else _sides(picture):
        found, shrink = _detect(picture, side, confidence)
        new = [_box(row, shrink) for row in found]
        boxes += [box for box in new if not any(_shows_same(box, other) for other in boxes)]
    return sorted(boxes, key=lambda box: -box.width * box.height)


def smallest_face(picture: np.ndarray) -> int:
    """From how many pixels up a face in a picture (H, W, 3) is surely found (lesson 11)."""
    shrink = min(1, _sides(picture)[-1] / max(picture.shape[:2]))
    return round(SURE / shrink)


def _sides(picture: np.ndarray) -> tuple[int, ...]:
    """The long sides, in pixels, to which a picture is shrunk for detection, each in turn."""
    longest = max(picture.shape[:2])
    if longest < PHOTOGRAPH:
        return (max(LONG_SIDE, round(SHRINK * longest)),)
    # What is large is found better in few pixels.
    return (LONG_SIDE, min(round(FINER * longest), LARGEST))


def find_upright(picture: np.ndarray) -> list[Box]:
    """`find_faces`, also in a picture (H, W, 3) on its side or standing on its head (lesson 11)."""
    found = find_faces(picture) or find_faces(picture, PICTURE)  # in less detail: there is noise
    turns = _turns(picture, found)
    if not turns:
        return found
    there = find_faces(np.ascontiguousarray(np.rot90(picture, turns)))
    return [_turned_back(box, picture.shape, turns) for box in there] or found


def _turns(picture: np.ndarray, found: list[Box]) -> int:
    """By how many quarters to the left a picture has to be turned until its faces are upright.

    YuNet also finds some faces that are not, and is less sure of them.
    """
    if found:
        rows, columns = _inside(picture, found[0], 2.0)
        picture = picture[rows][:, columns]
    side = PATCH if found else PICTURE
    height, width = picture.shape[:2]
    shrink = side / max(height, width)
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    scores = []
    for turns in range(4):
        rows, _ = _detect(np.ascontiguousarray(np.rot90(small, turns)), side, CONFIDENCE / 2)
        scores.append(max(rows[:, -1], default=0))
    best = int(np.argmax(scores))
    return best if scores[best] > max(CONFIDENCE, scores[0] + TURNED) else 0


def _turned_back(box: Box, shape: tuple[int, ...], turns: int) -> Box:
    """Where a box of the turned picture is in the picture, of this shape, as it was."""
    x, y, width, height = box[:4]
    for turn in range(turns, 0, -1):
        across = shape[turn % 2]  # the width of the picture before this turn
        x, y, width, height = across - y - height, x, height, width
    return Box(x, y, width, height, box.score, 90 * turns)


def find_landmarks(picture: np.ndarray, confidence: float = 0.5) -> np.ndarray | None:
    """Five points of the largest face: float (5, 2), or None where no face is found (lesson 10).

    They are the eyes, the tip of the nose and the corners of the mouth, each (x, y) in pixels, of
    a pair first the one that is left in the picture.

    Args:
        picture, confidence: as in `find_faces`; a tightly cropped face scores lower.
    """
    found, shrink = _detect(picture, LONG_SIDE, confidence)
    if not len(found):
        return None
    largest = max(found, key=lambda row: row[2] * row[3])
    return largest[4:14].reshape(5, 2) / shrink


def cut_out(picture: np.ndarray, box: Box, size: int = 48) -> np.ndarray:
    """A face as the networks know faces: a tight grey square, uint8 (size, size).

    The square is as high as the box and has its middle, as in FER2013, and is turned upright.
    Where it reaches over the border, the border's pixels are repeated.
    """
    rows, columns = _inside(picture, box, SQUARE)
    square = np.rot90(picture[rows][:, columns], box.turned // 90)
    return scale(cv2.cvtColor(np.ascontiguousarray(square), cv2.COLOR_RGB2GRAY), size)


def _inside(picture: np.ndarray, box: Box, share: float) -> tuple[np.ndarray, np.ndarray]:
    """The rows and columns of a square around a box, `share` of its longer side wide."""
    side = max(1, round(share * max(box.width, box.height)))
    left = box.x + (box.width - side) // 2
    top = box.y + (box.height - side) // 2
    rows = np.arange(top, top + side).clip(0, picture.shape[0] - 1)
    columns = np.arange(left, left + side).clip(0, picture.shape[1] - 1)
    return rows, columns


def draw_box(picture: np.ndarray, box: Box, caption: str) -> None:
    """Draw a box with its caption into a picture, uint8 (H, W, 3); the caption is ASCII."""
    height, width = picture.shape[:2]
    line = max(1, round(max(height, width) / 250))
    size = max(height, width) / 900 + 0.15
    corner = (box.x, box.y)
    cv2.rectangle(picture, corner, (box.x + box.width, box.y + box.height), YELLOW, line)
    (wide, high), below = cv2.getTextSize(caption, cv2.FONT_HERSHEY_SIMPLEX, size, line)
    # Above the box; in it where there is no room above.
    bottom = box.y if box.y > high + below else max(box.y, 0) + high + below
    left = max(0, min(box.x, width - wide))
    cv2.rectangle(picture, (left, bottom - high - below), (left + wide, bottom), YELLOW, -1)
    place = (left, bottom - below // 2)
    cv2.putText(
        picture, caption, place, cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), line, cv2.LINE_AA
    )


YELLOW = (255, 215, 0)
ONE_AT_A_TIME = Lock()  # a notebook and the camera's page may both be looking for faces


@cache
def _detector():
    """YuNet, loaded once: that takes longer than finding a face."""
    return cv2.FaceDetectorYN.create(str(DETECTOR), "", (320, 320))


def _detect(picture: np.ndarray, long_side: int, confidence: float) -> tuple[np.ndarray, float]:
    """YuNet's rows (n, 15): box, five landmarks, score; and by what the picture was shrunk."""
    shrink = min(1, long_side / max(picture.shape[:2]))
    size = [round(side * shrink) for side in picture.shape[1::-1]]
    nothing = np.zeros((0, 15), np.float32)
    if min(size) < SMALLEST:
        return nothing, shrink
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if shrink < 1 else picture
    bgr, detector = _widened(cv2.cvtColor(small, cv2.COLOR_RGB2BGR)), _detector()
    with ONE_AT_A_TIME:
        detector.setInputSize(bgr.shape[1::-1])
        detector.setScoreThreshold(confidence)
        _, found = detector.detect(bgr)
    if found is None:
        return nothing, shrink
    # In a narrow strip YuNet "finds" boxes of any size, even without end.
    return found[np.abs(found[:, :4]).max(axis=1) < 2 * max(size)], shrink


def _widened(picture: np.ndarray) -> np.ndarray:
    """A picture with black below and to the right of it, if it is a narrow strip.

    OpenCV fills pictures up to multiples of 32 itself. Where YuNet's last maps have a single row or
    column, it now and then answers with what was in memory before.
    """
    below, right = (max(0, NARROWEST - side) for side in picture.shape[:2])
    return cv2.copyMakeBorder(picture, 0, below, 0, right, cv2.BORDER_CONSTANT)


def shared_area(one: Box, other: Box) -> int:
    """How many pixels two boxes have in common."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return max(0, width) * max(0, height)


def _shows_same(one: Box, other: Box) -> bool:
    """Whether a good part of one box is in the other, or the other way round."""
    least = min(one.width * one.height, other.width * other.height)
    return shared_area(one, other) > SAME * least


def _box(row: np.ndarray, shrink: float) -> Box:
    x, y, width, height = (int(round(float(value) / shrink)) for value in row[:4])
    return Box(x, y, width, height, round(float(row[-1]), 3))
