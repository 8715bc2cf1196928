"""Faces are found where they are, at every size, and cut out as a tight square."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from fer_kit import detect
from fer_kit.detect import (
    DETECTOR,
    YELLOW,
    Box,
    cut_out,
    draw_box,
    find_faces,
    find_upright,
    smallest_face,
)
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


def test_the_largest_comes_first_however_sure_the_detector_is(monkeypatch):
    rows = np.zeros((3, 15), np.float32)
    rows[:, 2:4] = [[10, 10], [30, 40], [20, 20]]
    rows[:, 0], rows[:, -1] = [0, 100, 200], [0.95, 0.71, 0.8]
    monkeypatch.setattr(detect, "_detect", lambda *_: (rows, 1))
    found = find_faces(np.zeros((240, 320, 3), np.uint8))
    assert [box.height for box in found] == [40, 20, 10]


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


def test_a_caption_without_room_above_the_box_stands_in_it():
    picture = np.zeros((200, 200, 3), np.uint8)
    draw_box(picture, Box(20, 2, 150, 150), "happy 90 %")
    filled = (picture[4:12, 24:40] == YELLOW).all(axis=-1)
    assert filled.mean() > 0.2  # the letters are black


@pytest.mark.parametrize("shape", [(3000, 4000, 3), (4000, 6000, 3)])
def test_faces_of_forty_pixels_are_found_in_a_large_photograph(photograph, shape):
    page = np.full(shape, 120, np.uint8)
    portrait = Image.fromarray(photograph[:300, 80:380]).resize((118, 118))  # its face 44 high
    places = [(300, 200), (3500, 250), (2000, 1500), (700, 2500), (3300, 2700)]
    for x, y in places:
        page[y : y + 118, x : x + 118] = portrait
    page[900:1412, 800:1312] = photograph
    boxes = find_faces(page)
    assert len(boxes) == 1 + len(places)
    assert covers(boxes[0], (MOUTH[0] + 800, MOUTH[1] + 900))
    for x, y in places:
        assert any(covers(box, (x + 57, y + 47)) for box in boxes)


@pytest.mark.parametrize(
    ("width", "smallest"), [(320, 24), (640, 24), (1280, 48), (2400, 40), (6000, 40), (12000, 80)]
)
def test_it_is_known_how_small_a_face_may_be(width, smallest):
    assert smallest_face(np.broadcast_to(np.uint8(0), (width // 2, width, 3))) == smallest
    assert smallest_face(np.broadcast_to(np.uint8(0), (width, width // 2, 3))) == smallest


def test_a_large_face_in_a_large_picture_is_one_face(photograph):
    (box,) = find_faces(np.asarray(Image.fromarray(photograph[:300, 80:380]).resize((3000, 3000))))
    assert covers(box, ((MOUTH[0] - 80) * 10, MOUTH[1] * 10))


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_face_on_its_side_is_found_where_it_is_and_cut_out_upright(photograph, turns):
    picture = photograph[:, :400]
    (there,) = find_faces(picture)
    (box,) = find_upright(np.rot90(picture, -turns))
    assert box.turned == 90 * turns
    face = cut_out(np.rot90(picture, -turns), box).astype(int)
    assert np.abs(face - cut_out(picture, there)).mean() < 1


def test_a_noisy_picture_is_looked_at_in_less_detail(photograph):
    dithered = np.asarray(Image.fromarray(photograph).convert("1").convert("RGB"))
    assert find_faces(dithered) == []
    assert len(find_upright(dithered)) == 1


@pytest.mark.parametrize("box", [Box(40, 60, 30, 10), Box(40, 60, 10, 30), Box(40, 60, 20, 20)])
def test_what_is_cut_out_has_the_middle_of_the_box(box):
    page = np.zeros((120, 120, 3), np.uint8)
    x, y = box.x + box.width // 2, box.y + box.height // 2
    page[y - 2 : y + 2, x - 2 : x + 2] = 255
    rows, columns = np.nonzero(cut_out(page, box, max(box.width, box.height)))
    assert abs(rows.mean() - (max(box[2:4]) - 1) / 2) <= 1
    assert abs(columns.mean() - (max(box[2:4]) - 1) / 2) <= 1


@pytest.mark.parametrize(
    ("scores", "turns"),
    [((0.9, 0.93, 0, 0), 0), ((0.9, 0.96, 0, 0), 1), ((0.8, 0, 0.95, 0.9), 2), ((0, 0, 0, 0.6), 0)],
)
def test_a_picture_is_turned_only_for_a_face_that_is_surely_better(monkeypatch, scores, turns):
    told = iter(scores)
    found = lambda *_: (np.full((1, 15), next(told)), 1.0)  # noqa: E731
    monkeypatch.setattr(detect, "_detect", found)
    assert detect._turns(np.zeros((99, 99, 3), np.uint8), []) == turns


@pytest.mark.parametrize("shape", [(11, 640), (640, 32), (12, 12), (48, 48), (100, 640)])
def test_the_detector_never_sees_a_narrow_strip(shape, monkeypatch):
    class Detector:
        def setInputSize(self, size):
            self.size = tuple(size)

        def setScoreThreshold(self, _):
            pass

        def detect(self, picture):
            assert picture.shape[1::-1] == self.size
            assert min(self.size) >= 64
            assert (picture[: shape[0], : shape[1]] == 200).all()
            return 0, None

    monkeypatch.setattr(detect, "_detector", Detector)
    assert detect.find_faces(np.full((*shape, 3), 200, np.uint8)) == []
