"""Every kind of picture comes out as the same upright RGB picture, or as a sentence."""

import os

import cv2
import numpy as np
import pytest
from PIL import Image

from fer_kit import pictures
from fer_kit.errors import InputError
from fer_kit.kinds import kind_of, kind_of_file
from fer_kit.pictures import PHOTOGRAPH, is_picture, read_picture, scale, write_picture


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


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3)])
@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_fewer_bits_that_are_kept_in_sixteen_are_as_bright(tmp_path, bits, shape, ending):
    deep = np.linspace(0, 2**bits - 1, np.prod(shape)).reshape(shape).astype(np.uint16)
    path = tmp_path / f"deep{ending}"
    cv2.imwrite(str(path), deep)
    read = read_picture(path)
    expected = deep[..., ::-1] if deep.ndim == 3 else deep[..., None]
    np.testing.assert_allclose(read, np.broadcast_to(expected, read.shape) * (255 / (2**bits - 1)),
                               atol=1)  # fmt: skip


@pytest.mark.parametrize("white", [1, 255, 65535])
@pytest.mark.parametrize("channels", [1, 3])
def test_floats_of_a_file_have_the_white_of_what_they_were_made_of(tmp_path, white, channels):
    floats = np.linspace(0, white, 600 * channels, dtype=np.float32).reshape(20, 30, channels)
    cv2.imwrite(str(tmp_path / "floats.tiff"), floats)
    read = read_picture(tmp_path / "floats.tiff")
    expected = np.broadcast_to(floats[..., ::-1] * (255 / white), read.shape)
    np.testing.assert_allclose(read, expected, atol=1)


FORMATS = ("bmp", "jp2", "tga", "pcx", "sgi", "qoi", "dds", "icns", "ppm", "webp", "avif", "tiff")


@pytest.mark.parametrize("form", [*FORMATS, "hdr", "pam", "ras"])
def test_a_format_is_told_by_the_content(colour, tmp_path, form):
    picture = np.kron(colour, np.ones((5, 5, 1), np.uint8))
    path = tmp_path / f"picture.{form}"
    if form in FORMATS:
        Image.fromarray(picture).save(path)
    else:
        bgr = picture[..., ::-1]
        cv2.imwrite(str(path), bgr if form != "hdr" else (bgr / 255).astype(np.float32))
    unnamed = path.rename(tmp_path / "unnamed")
    assert is_picture(unnamed) or form == "tga"  # which begins like anything
    read = read_picture(unnamed).astype(int)
    if form == "icns":  # only comes in squares
        return
    assert np.abs(read[40:60, 20:60] - (200, 0, 0)).mean() < 6
    assert np.abs(read[40:60, 90:130] - (0, 0, 100)).mean() < 6


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "F"])
def test_every_kind_of_pixels(tmp_path, mode):
    grey = Image.fromarray(np.full((20, 30), 255, np.uint8))
    if mode == "I;16":
        grey = Image.fromarray(np.full((20, 30), 65535, np.uint16))
    elif mode != "L":
        grey = (grey if mode in "1LAF" else grey.convert("RGB")).convert(mode)
    grey.save(tmp_path / "pixels.tif")
    assert (read_picture(tmp_path / "pixels.tif") >= 250).all()


@pytest.mark.parametrize("form", ["gif", "png", "webp", "avif"])
def test_of_an_animation_it_is_the_first_picture_that_shows_something(colour, tmp_path, form):
    black, path = Image.new("RGB", (30, 20)), tmp_path / f"moving.{form}"
    frames = [Image.new("RGB", (30, 20), "grey"), Image.fromarray(colour)]
    black.save(path, save_all=True, append_images=frames)
    assert np.abs(read_picture(path).astype(int) - colour).mean() < 12
    black.save(path, save_all=True, append_images=frames[:1])
    assert read_picture(path).max() < 3


def test_a_small_grey_picture_is_the_same_by_either_decoder(tmp_path, monkeypatch):
    grey = np.arange(48 * 48, dtype=np.uint16).reshape(48, 48).astype(np.uint8)
    for form in ("png", "jpg"):
        path = tmp_path / f"grey.{form}"
        Image.fromarray(grey).save(path)
        fast = read_picture(path)
        monkeypatch.setattr(pictures, "_is_plain", lambda _: False)
        np.testing.assert_array_equal(read_picture(path), fast)
        monkeypatch.undo()


def test_a_picture_beyond_all_measure_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    Image.new("L", (20_000, 20_000)).save(tmp_path / "huge.png")
    monkeypatch.setattr(pictures, "_from_pillow", None)
    with pytest.raises(InputError, match="at most 100,000,000 pixels. Received: one of more"):
        read_picture(tmp_path / "huge.png")
    monkeypatch.setattr(pictures, "MOST_PIXELS", 999)
    Image.new("L", (40, 50)).save(tmp_path / "large.bmp")
    with pytest.raises(InputError, match="large.bmp: .*Received: 40×50"):
        read_picture(tmp_path / "large.bmp")


def test_a_jpeg_beyond_measure_is_read_smaller(colour, tmp_path, monkeypatch):
    path = tmp_path / "large.jpg"
    Image.fromarray(np.kron(colour, np.ones((32, 32, 1), np.uint8))).save(path)
    monkeypatch.setattr(pictures, "MOST_PIXELS", 500_000)
    assert read_picture(path).shape == (320, 480, 3)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100_000)
    assert read_picture(path).shape == (160, 240, 3)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "an empty file"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), "HEIC.*pip install"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(200), "raw picture"),
        (b"<?xml version='1.0'?>\n<svg></svg>", "SVG"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<!DOCTYPE html><html>Not found</html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"PK\x03\x04" + bytes(60), "Unpack it"),
        (b"ID3\4" + bytes(60), "sound"),
        (bytes(128) + b"DICM", "DICOM"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
        (b"\0\0\0\x20ftypisom" + bytes(60), "a video"),
    ],
)
def test_what_cannot_be_read_is_named_with_what_would_help(tmp_path, monkeypatch, content, what):
    monkeypatch.setattr(pictures, "find_spec", lambda _: None)  # without what reads HEIC
    pictures._formats.cache_clear()
    (tmp_path / "me.jpg").write_bytes(content)
    with pytest.raises(InputError, match=rf"Received: .*me\.jpg \(.*{what}"):
        read_picture(tmp_path / "me.jpg")


@pytest.mark.skipif(os.name == "nt", reason="there are no such pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "me.jpg")
    assert kind_of_file(tmp_path / "me.jpg") is None
    with pytest.raises(InputError, match=r"me\.jpg \(it is no file\)"):
        read_picture(tmp_path / "me.jpg")


def test_a_file_beyond_all_measure_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "me.jpg").open("wb") as file:
        file.truncate(10**11)  # a hole takes no place on the disk
    with pytest.raises(InputError, match=r"100,000,000,000 bytes, more than 600,000,000"):
        read_picture(tmp_path / "me.jpg")


@pytest.mark.parametrize("text", ["a", "hello\n" * 90, "ü" * 250, "{}", "a\tb\r\n", "日本" * 90])
def test_text_is_named_as_such(tmp_path, text):
    (tmp_path / "me.jpg").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"me\.jpg \(text\)"):
        read_picture(tmp_path / "me.jpg")


@pytest.mark.parametrize("content", [b"\0", b"\xff" * 9, bytes(range(256)), b"a\x1b[2J"])
def test_what_only_resembles_text_is_none(content):
    assert kind_of(content) is None


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


def test_a_grey_value_that_stands_for_transparency_is_white(tmp_path):
    grey = Image.fromarray(np.full((20, 30), 7, np.uint8))
    grey.save(tmp_path / "hidden.png", transparency=7)
    assert (read_picture(tmp_path / "hidden.png") == 255).all()


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


def test_no_other_program_is_started_for_a_picture():
    assert "EPS" not in pictures._formats()  # Ghostscript


def test_what_is_brighter_than_white_is_white(tmp_path):
    light = np.full((20, 30, 3), 0.5, np.float32)
    light[:, 15:] = 3
    cv2.imwrite(str(tmp_path / "sun.hdr"), light)
    read = read_picture(tmp_path / "sun.hdr")
    assert np.abs(read[:, :15].astype(int) - 128).max() <= 2
    assert (read[:, 15:] == 255).all()


@pytest.mark.parametrize("name", ["a\0b.jpg", "a" * 5000])
def test_a_path_that_no_file_can_have_is_a_sentence(name):
    assert kind_of_file(name) is None
    with pytest.raises(InputError, match="Expected a picture"):
        read_picture(name)


def test_a_picture_is_shrunk_by_averaging_over_areas():
    noise = np.random.default_rng(0).integers(0, 256, (480, 480), np.uint8)
    small = scale(noise, 48)
    averages = noise.reshape(48, 10, 48, 10).mean(axis=(1, 3))
    np.testing.assert_allclose(small, averages, atol=1)
    assert scale(small, 96).shape == (96, 96)


def test_the_ten_views_are_the_picture_its_four_corners_and_their_mirror_images():
    rows, columns = np.mgrid[:40, :40].astype(np.float32)
    grid = np.stack([rows, columns], axis=-1)[None]
    views = pictures.ten_views(grid, side=0.5)
    assert len(views) == 10
    np.testing.assert_array_equal(views[0], grid)
    # Where the middle of each view was in the picture: (row, column).
    middles = [tuple(np.round(view[0, 19:21, 19:21].mean(axis=(0, 1)))) for view in views[:5]]
    expected = [(19.5, 19.5), (10, 10), (10, 30), (30, 10), (30, 30)]
    np.testing.assert_allclose(middles, expected, atol=1.1)
    for view, mirrored in zip(views[:5], views[5:], strict=True):
        np.testing.assert_array_equal(mirrored, view[:, :, ::-1])
