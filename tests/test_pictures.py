"""Every kind of picture comes out as the same upright RGB picture, or as a sentence."""

import numpy as np
import pytest
from PIL import Image

from fer_kit.errors import InputError
from fer_kit.pictures import PHOTOGRAPH, read_picture, write_picture


@pytest.fixture
def colour() -> np.ndarray:
    """Left red, right blue, 20 high and 30 wide."""
    picture = np.zeros((20, 30, 3), np.uint8)
    picture[:, :15, 0] = 200
    picture[:, 15:, 2] = 100
    return picture


def test_a_file_an_array_and_a_pillow_image_are_the_same_picture(colour, tmp_path):
    path = write_picture(tmp_path / "colour.png", colour)
    for given in (path, str(path), colour, Image.fromarray(colour)):
        read = read_picture(given)
        assert read.dtype == np.uint8
        np.testing.assert_array_equal(read, colour)


def test_grey_becomes_three_equal_channels(tmp_path):
    grey = np.arange(600, dtype=np.uint16).reshape(20, 30).astype(np.uint8)
    path = write_picture(tmp_path / "grey.png", grey)
    for given in (path, grey, grey[..., None]):
        np.testing.assert_array_equal(read_picture(given), np.stack([grey] * 3, axis=-1))


def test_sixteen_bits_keep_their_brightness(tmp_path):
    deep = np.linspace(0, 65535, 600).reshape(20, 30).astype(np.uint16)
    path = tmp_path / "deep.png"
    Image.fromarray(deep).save(path)
    for given in (deep, path):
        read = read_picture(given)[..., 0]
        np.testing.assert_allclose(read, deep / 257, atol=1)
        assert (read.min(), read.max()) == (0, 255)


def test_floats_are_from_0_to_1(colour):
    np.testing.assert_array_equal(read_picture(colour / np.float32(255)), colour)


def test_what_is_transparent_is_white(colour, tmp_path):
    opacity = np.full((20, 30, 1), 255, np.uint8)
    opacity[:10] = 0
    picture = np.concatenate([colour, opacity], axis=-1)
    path = write_picture(tmp_path / "transparent.png", picture)
    for given in (picture, path):
        read = read_picture(given)
        assert (read[:10] == 255).all()
        np.testing.assert_array_equal(read[10:], colour[10:])


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, 3), (8, 1)])
def test_a_camera_held_sideways_gives_an_upright_picture(colour, tmp_path, orientation, turns):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "sideways.png"
    Image.fromarray(colour).save(path, exif=exif)
    np.testing.assert_array_equal(read_picture(path), np.rot90(colour, turns))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.jpg", b""),
        ("half.jpg", PHOTOGRAPH.read_bytes()[:20_000]),
        ("letter.jpg", b"Dear all, this is no picture."),
        ("head.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
    ],
)
def test_a_damaged_file_is_a_sentence_with_its_name(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"Expected a picture\. Received: .*{name}"):
        read_picture(path)


def test_a_missing_file_is_a_sentence_with_its_name():
    with pytest.raises(InputError, match=r"nowhere\.jpg \(No such file"):
        read_picture("nowhere.jpg")


@pytest.mark.parametrize(
    ("array", "received"),
    [
        (np.zeros((2, 48, 48, 1), np.uint8), r"\(2, 48, 48, 1\)"),
        (np.zeros((48, 48, 2), np.uint8), r"\(48, 48, 2\)"),
        (np.zeros((0, 48), np.uint8), r"\(0, 48, 1\)"),
        (np.full((8, 8), 100.0), "float64 from 100"),
        (np.full((8, 8), np.nan), "float64 from nan"),
        (np.full((8, 8), -1), "int64 from -1"),
    ],
)
def test_an_array_that_is_no_picture_is_a_sentence(array, received):
    with pytest.raises(InputError, match=f"Received: .*{received}"):
        read_picture(array)


def test_a_picture_is_only_written_in_a_format_that_there_is(colour, tmp_path):
    with pytest.raises(InputError, match=r"faces\.xyz"):
        write_picture(tmp_path / "faces.xyz", colour)
    assert list(tmp_path.iterdir()) == []
