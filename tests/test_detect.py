"""Faces are found where they are, at every size, and cut out as a tight square."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from fer_kit.detect import DETECTOR, Box, cut_out, draw_box, find_faces
from fer_kit.pictures import ASSETS, PHOTOGRAPH, read_picture

# The eyes and the mouth of the face in the photograph, in pixels from the top left corner.
LEFT_EYE, RIGHT_EYE, MOUTH = (206, 107), (247, 106), (226, 147)


@pytest.fixture(scope="module")
def photograph() -> np.ndarray:
    return read_picture(PHOTOGRAPH)


def covers(box: Box, point: tuple[float, float]) -> bool:
    return 0 < point[0] - box.x < box.width and 0 < point[1] - box.y < box.height


def test_the_shipped_files_are_those_that_their_readme_describes():
    described = (ASSETS / "README.md").read_text(encoding="utf-8")
    for path in (DETECTOR, PHOTOGRAPH):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in described
    assert (
        "Permission is hereby granted" in (ASSETS / "face_detection_yunet_LICENSE.txt").read_text()
    )


@pytest.mark.parametrize("size", [128, 512, 2000])
def test_one_face_is_found_at_its_place_whatever_the_size(photograph, size):
    picture = np.asarray(Image.fromarray(photograph).resize((size, size)))
    (box,) = find_faces(picture)
    for x, y in (LEFT_EYE, RIGHT_EYE, MOUTH):
        assert covers(box, (x * size / 512, y * size / 512))
    assert 0.1 < box.width / size < 0.3
    assert box.score > 0.7


def test_several_faces_come_with_the_largest_first(photograph):
    page = np.full((512, 1000, 3), 128, np.uint8)
    small = np.asarray(Image.fromarray(photograph).resize((256, 256)))
    page[100:356, 20:276] = small
    page[:, 400:912] = photograph
    first, second = find_faces(page)
    assert covers(first, (MOUTH[0] + 400, MOUTH[1]))
    assert covers(second, (MOUTH[0] / 2 + 20, MOUTH[1] / 2 + 100))


def test_a_face_too_small_for_the_default_is_found_in_more_pixels(photograph):
    page = np.full((1600, 1600, 3), 128, np.uint8)
    page[700:800, 700:800] = np.asarray(Image.fromarray(photograph).resize((100, 100)))
    assert find_faces(page) == []
    (box,) = find_faces(page, long_side=1600)
    assert covers(box, (700 + MOUTH[0] / 5.12, 700 + MOUTH[1] / 5.12))


@pytest.mark.parametrize("shape", [(300, 400, 3), (1, 1, 3), (3, 2000, 3)])
def test_no_face_is_an_empty_list(shape):
    assert find_faces(np.full(shape, 90, np.uint8)) == []


def test_the_cut_out_face_is_a_grey_square_around_the_box():
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[20:60, 30:70] = 200
    face = cut_out(picture, Box(35, 20, 30, 40))
    assert face.shape == (48, 48)
    assert (face == 200).all()


def test_a_face_at_the_border_is_filled_up_with_the_border():
    picture = np.full((50, 50, 3), 80, np.uint8)
    face = cut_out(picture, Box(-20, -10, 40, 50), size=64)
    assert face.shape == (64, 64)
    assert (face == 80).all()


def test_a_caption_stays_in_the_picture_and_leaves_the_rest_alone():
    picture = np.zeros((200, 200, 3), np.uint8)
    draw_box(picture, Box(-10, -10, 60, 60), "surprise 100 %")
    assert picture.any()
    assert not picture[120:].any()
