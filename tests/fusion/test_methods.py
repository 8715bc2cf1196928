"""Fusing and aligning two pictures: known answers, and what happens at the edges."""

import cv2
import numpy as np
import pytest

from fer_kit import pictures, synthetic
from fer_kit.errors import InputError
from fer_kit.fusion import methods
from fer_kit.fusion.methods import METHODS, align, find_eyes, fuse, fuse_files, pca_weights

LINEAR = ("weighted_average", "pca", "average+pca")


@pytest.fixture(scope="module")
def sitter() -> np.ndarray:
    """Seven pictures of one drawn person, uint8 (7, 48, 48, 1)."""
    return synthetic.sittings(1, 0, 0, seed=1, progress=False).images


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(48, 48), (50, 37, 3), (5, 16, 16, 1), (40, 9, 11, 3), (1, 1)])
def test_any_size_and_channels_keep_shape_and_type(method, shape):
    first, second = noise(*shape), noise(*shape, seed=1)
    fused = fuse(first, second, method)
    assert (fused.shape, fused.dtype) == (shape, np.uint8)
    floats = fuse(first / np.float32(255), second / np.float32(255), method)
    assert (floats.shape, floats.dtype) == (shape, np.float32)
    assert 0 <= floats.min() <= floats.max() <= 1
    assert np.abs(255 * floats - fused).max() <= 0.51


@pytest.mark.parametrize("method", METHODS)
def test_a_picture_fused_with_itself_is_itself(method):
    picture = noise(48, 48)
    assert np.abs(fuse(picture, picture, method).astype(int) - picture).max() <= 1


@pytest.mark.parametrize("method", METHODS)
def test_a_batch_gives_what_its_pairs_give_one_by_one(method):
    first, second = noise(70, 12, 10, 1), noise(70, 12, 10, 1, seed=1)
    single = [fuse(one, other, method) for one, other in zip(first, second, strict=True)]
    np.testing.assert_array_equal(fuse(first, second, method), np.stack(single))


def test_the_sources_are_left_as_they_are():
    first, second = noise(3, 12, 12, 1), noise(3, 12, 12, 1, seed=1)
    kept = first.copy(), second.copy()
    for method in METHODS:
        fuse(first, second, method)
    np.testing.assert_array_equal(first, kept[0])
    np.testing.assert_array_equal(second, kept[1])


@pytest.mark.parametrize("method", METHODS)
def test_pictures_may_lie_in_memory_as_they_like(method):
    first, second = noise(3, 20, 12, 1), noise(3, 20, 12, 1, seed=1)
    turned = fuse(
        first.transpose(2, 1, 0, 3)[:, ::-1], second.transpose(2, 1, 0, 3)[:, ::-1], method
    )
    copies = (np.ascontiguousarray(x.transpose(2, 1, 0, 3)[:, ::-1]) for x in (first, second))
    np.testing.assert_array_equal(turned, fuse(*copies, method))


def test_no_pictures_fuse_to_none():
    nothing = noise(0, 48, 48, 1)
    for how in ("", *methods.ALIGNMENTS):
        assert fuse(nothing, nothing, align=how).shape == (0, 48, 48, 1)


def test_paste_cuts_where_the_source_cut():
    black, white = np.zeros((256, 256), np.uint8), np.full((256, 256), 255, np.uint8)
    fused = fuse(black, white, "paste")
    assert (fused[:160] == 0).all()
    assert (fused[160:] == 255).all()
    small = fuse(black[:48, :48], white[:48, :48], "paste")
    assert (small[:30] == 0).all()
    assert (small[30:] == 255).all()


def test_the_weight_is_the_share_of_the_second():
    first, second = np.full((4, 4), 100, np.uint8), np.full((4, 4), 200, np.uint8)
    assert (fuse(first, second, "weighted_average", weight=0.25) == 125).all()
    assert (fuse(first, second, "weighted_average", weight=0) == first).all()
    assert (fuse(first, second, "weighted_average", weight=1) == second).all()


def test_pca_weighs_by_contrast():
    """Two copies with contrasts 1 and 3: the points lie on a line of slope 3."""
    first = noise(1, 20, 20, 1) // 4
    weights = pca_weights(first, first * 3)
    assert weights == pytest.approx([3 / 4], abs=1e-5)
    expected = 0.25 * first + 0.75 * (first * 3.0)
    assert np.abs(fuse(first, first * 3, "pca") - expected).max() <= 0.5 + 1e-3
    half = fuse(first, first * 3, "average+pca")
    assert np.abs(half - (0.375 * first + 0.625 * (first * 3.0))).max() <= 0.5 + 1e-3


def test_pca_agrees_with_numpys_covariance():
    first, second = noise(4, 9, 8, 3), noise(4, 9, 8, 3, seed=1)
    for one, other, weight in zip(first, second, pca_weights(first, second), strict=True):
        _, vectors = np.linalg.eigh(np.cov(one.ravel(), other.ravel()))
        principal = np.abs(vectors[:, 1])
        assert weight == pytest.approx(principal[1] / principal.sum(), abs=1e-5)


def test_constant_pictures_have_a_defined_result():
    face, grey, dark = noise(1, 12, 12, 1), np.full((1, 12, 12, 1), 180, np.uint8), 40
    assert pca_weights(face, grey) == pytest.approx([0])
    assert pca_weights(grey, face) == pytest.approx([1])
    assert pca_weights(grey, grey * 0 + dark) == pytest.approx([0.5])
    np.testing.assert_array_equal(fuse(face, grey, "pca"), face)
    assert (fuse(grey, grey * 0 + dark, "pca") == 110).all()
    for method in METHODS:
        floats = fuse(face / 255, grey / 255, method)
        assert np.isfinite(floats).all()


def test_the_wavelet_keeps_the_details_of_both():
    stripes = np.tile(np.array([0, 0, 90, 90], np.uint8), (32, 8)) + 80
    left, right = stripes.copy(), stripes.copy()
    left[:, 16:] = right[:, :16] = 125
    fused = fuse(left, right, "wavelet").astype(int)
    average = fuse(left, right, "weighted_average").astype(int)
    inner = np.s_[8:-8, 4:-4]
    assert fused[inner].std() > 1.5 * average[inner].std()


def test_aligning_brings_the_eyes_together(sitter):
    angry = sitter[:1]
    turn = cv2.getRotationMatrix2D((24, 24), 8, 1.0) + [[0, 0, 4], [0, 0, 3]]
    moved = cv2.warpAffine(sitter[3], turn, (48, 48), borderMode=cv2.BORDER_REPLICATE)
    moved = moved[None, ..., None]
    before = np.abs(find_eyes(moved) - find_eyes(angry)).max()
    after = np.abs(find_eyes(align(moved, angry)) - find_eyes(angry)).max()
    assert before > 2
    assert after < before / 2


def test_eyes_that_are_known_are_not_sought():
    generator = np.random.default_rng(0)
    smooth = cv2.GaussianBlur(generator.random((40, 40), np.float32), (0, 0), 3)
    smooth = (smooth - smooth.min()) / np.ptp(smooth)
    shifted = np.roll(smooth, (2, 3), axis=(0, 1))
    eyes = np.array([[[12.0, 15.0], [26.0, 15.0]]])
    back = align(shifted, smooth, eyes=(eyes + [3, 2], eyes))
    np.testing.assert_allclose(back[6:-6, 6:-6], smooth[6:-6, 6:-6], atol=0.02)


def test_the_flow_follows_a_shift(sitter):
    face = sitter[4]
    moved = np.roll(face, 2, axis=1)
    error = np.abs(align(moved, face, "flow").astype(float) - face)[8:-8, 8:-8].mean()
    assert error < np.abs(moved.astype(float) - face)[8:-8, 8:-8].mean() / 3


@pytest.mark.parametrize("how", ["eyes", "flow"])
@pytest.mark.parametrize("kind", ["batch", "colour", "float"])
def test_alignment_before_fusion_keeps_shape_and_type(sitter, how, kind):
    first, second = sitter[:1], sitter[3:4]
    if kind == "colour":
        first, second = (np.repeat(face[0], 3, axis=2) for face in (first, second))
    if kind == "float":
        first, second = (face[0, ..., 0] / np.float32(255) for face in (first, second))
    fused = fuse(first, second, "weighted_average", align=how)
    assert (fused.shape, fused.dtype) == (first.shape, first.dtype)
    assert not np.array_equal(fused, fuse(first, second, "weighted_average"))


BAD = [
    (noise(48, 48), noise(48, 47), "same size.*Received: 48×48 and 48×47"),
    (noise(48, 48, 3), noise(48, 48, 1), "same channels.*Received: 48×48×3 and 48×48×1"),
    (noise(48, 48), noise(48, 48) / 255, "both as floats.*Received: uint8 and float64"),
    (noise(9, 9) / 1.0, noise(9, 9) / 1.0, "0 to 1. Received: float64 from"),
    (np.full((9, 9), np.nan), np.zeros((9, 9)), "0 to 1. Received: float64 from nan"),
    (noise(9, 9).astype(int), noise(9, 9).astype(int), "as uint8 from 0 to 255"),
    (noise(9, 9, 2), noise(9, 9, 2), r"1 or 3 channels.*shape \(9, 9, 2\)"),
    (noise(0, 9), noise(0, 9), r"shape \(0, 9\)"),
    (noise(9), noise(9), r"shape \(9,\)"),
]


@pytest.mark.parametrize(("first", "second", "sentence"), BAD)
def test_pictures_that_cannot_be_fused_are_a_sentence(first, second, sentence):
    with pytest.raises(InputError, match=sentence):
        fuse(first, second)


def test_unknown_ways_are_a_sentence():
    picture = noise(9, 9)
    with pytest.raises(InputError, match="paste, weighted_average.*Received: 'morph'"):
        fuse(picture, picture, "morph")
    with pytest.raises(InputError, match="Received: 'nose'"):
        fuse(picture, picture, align="nose")
    with pytest.raises(InputError, match="between 0 and 1. Received: 1.5"):
        fuse(picture, picture, weight=1.5)
    with pytest.raises(InputError, match="between 0 and 1. Received: nan"):
        fuse(picture, picture, weight=float("nan"))


def test_a_picture_without_a_face_is_named():
    with pytest.raises(InputError, match="Received: picture 1 of them"):
        find_eyes(np.stack([synthetic.render(synthetic.identity(3)), noise(48, 48)])[..., None])


def test_files_of_any_format(tmp_path, sitter):
    cv2.imwrite(str(tmp_path / "a.png"), sitter[0])
    cv2.imwrite(str(tmp_path / "b.tiff"), sitter[3])
    out = fuse_files(tmp_path / "a.png", tmp_path / "b.tiff", tmp_path / "out.png", method="paste")
    written = cv2.imread(str(out), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(written, fuse(sitter[0], sitter[3], "paste")[..., 0])


def test_files_that_do_not_fit_leave_nothing_behind(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), noise(48, 48))
    cv2.imwrite(str(tmp_path / "b.png"), noise(40, 48))
    with pytest.raises(InputError, match="same size"):
        fuse_files(tmp_path / "a.png", tmp_path / "b.png", tmp_path / "out.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_chunks_do_not_matter(monkeypatch):
    first, second = noise(9, 8, 8, 1), noise(9, 8, 8, 1, seed=1)
    whole = [fuse(first, second, method) for method in LINEAR]
    monkeypatch.setattr(methods, "CHUNK", 4)
    for method, expected in zip(LINEAR, whole, strict=True):
        np.testing.assert_array_equal(fuse(first, second, method), expected)


def test_neither_picture_is_written_over(tmp_path):
    faces = np.random.default_rng(0).integers(0, 256, (2, 40, 40, 3), np.uint8)
    paths = [pictures.write_picture(tmp_path / f"{n}.png", face) for n, face in enumerate(faces)]
    for out in paths:
        with pytest.raises(InputError, match="The original would be lost"):
            methods.fuse_files(*paths, out)
    assert methods.fuse_files(*paths, tmp_path / "out.png", method="paste").exists()


def test_tiny_pictures_do_not_flow():
    tiny = np.zeros((8, 8), np.uint8)
    with pytest.raises(InputError, match="at least 12 pixels"):
        methods.fuse(tiny, tiny, align="flow")
