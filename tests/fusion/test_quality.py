"""Measures of a fused picture, on cases whose answers are known."""

import numpy as np
import pytest

from fer_kit.errors import InputError
from fer_kit.fusion import quality as measure

GREY = np.full((32, 32), 90, np.uint8)
NOISE, OTHER = np.random.default_rng(0).integers(0, 256, (2, 32, 32), np.uint8)


def ramp() -> np.ndarray:
    """Every grey value equally often."""
    return np.arange(256, dtype=np.uint8).repeat(4).reshape(32, 32)


def test_entropy_counts_bits():
    assert measure.entropy(GREY) == 0
    assert measure.entropy(ramp()) == pytest.approx(8)
    assert measure.entropy(np.tile(np.array([0, 255], np.uint8), (4, 8))) == pytest.approx(1)


def test_a_picture_knows_all_about_itself_and_nothing_about_a_constant():
    assert measure.mutual_information(ramp(), ramp(), levels=256) == pytest.approx(8)
    assert measure.mutual_information(ramp(), ramp()) == pytest.approx(5)  # 32 levels
    assert measure.mutual_information(ramp(), GREY) == pytest.approx(0)
    assert measure.mutual_information(ramp(), 255 - ramp()) == pytest.approx(5)
    assert measure.mutual_information(NOISE, OTHER) == measure.mutual_information(OTHER, NOISE)


def test_ssim_and_psnr_of_equal_pictures_and_of_a_known_error():
    assert measure.ssim(NOISE, NOISE) == pytest.approx(1)
    assert measure.psnr(NOISE, NOISE) == float("inf")
    assert measure.psnr(GREY, GREY + 5) == pytest.approx(20 * np.log10(255 / 5))
    # Two constant pictures: only the first factor of SSIM is left.
    c = (0.01 * 255) ** 2
    expected = (2 * 90 * 100 + c) / (90**2 + 100**2 + c)
    assert measure.ssim(GREY, GREY + 10) == pytest.approx(expected)


def test_spatial_frequency_of_stripes():
    stripes = np.tile(np.array([0, 255], np.uint8), (32, 16))
    assert measure.spatial_frequency(GREY) == 0
    assert measure.spatial_frequency(stripes) == pytest.approx(255)
    assert measure.spatial_frequency(stripes.T) == pytest.approx(255)
    checks = stripes ^ stripes.T
    assert measure.spatial_frequency(checks) == pytest.approx(255 * np.sqrt(2))


def test_edges_are_kept_by_a_copy_and_lost_in_a_constant():
    perfect = 0.9994 / (1 + np.exp(-15 * 0.5)) * 0.9879 / (1 + np.exp(-22 * 0.2))
    assert measure.edge_preservation(NOISE, NOISE, NOISE) == pytest.approx(perfect)
    assert perfect == pytest.approx(0.975, abs=0.001)
    assert measure.edge_preservation(GREY, NOISE, OTHER) < 0.001
    assert measure.edge_preservation(GREY, GREY, GREY) == 0
    # Where only one source has edges, only its edges count.
    assert measure.edge_preservation(NOISE, NOISE, GREY) == pytest.approx(perfect)


def test_edges_turned_by_a_right_angle_are_not_kept():
    # Ramps with edges of equal strength everywhere, along other directions.
    along = np.tile(np.arange(0, 128, 4, dtype=np.uint8), (32, 1))
    inner = np.s_[2:-2, 2:-2]
    kept = measure.edge_preservation(along[inner], along[inner], along[inner])
    lost = measure.edge_preservation(along.T[inner], along[inner], along[inner])
    assert kept > 0.95
    assert lost < 0.1


def test_the_distance_is_the_rms_of_the_middle():
    reference = np.zeros((2, 48, 48, 1), np.uint8)
    fused = reference.copy()
    fused[:, :8] = 255  # the upper border, which does not count
    fused[1, 8:40, 8:40] = 10
    np.testing.assert_allclose(measure.distance(fused, reference), [0, 10])


def test_a_table_has_a_row_for_each_picture():
    fused, first, second = (
        np.stack(pictures)[..., None]
        for pictures in ([NOISE, GREY], [NOISE, NOISE], [OTHER, OTHER])
    )
    table = measure.quality(fused, first, second)
    assert list(table["fusion_symmetry"]) == [
        pytest.approx(abs(5 / (5 + measure.mutual_information(NOISE, OTHER)) - 0.5), abs=0.03),
        0,
    ]
    assert np.isfinite(table.loc[1]).all()
    mean = measure.summary({"pca": table, "paste": table.loc[1:]})
    assert mean.loc["paste", "entropy"] == 0
    with pytest.raises(InputError, match=r"of one shape.*uint8 \(1, 32, 32, 1\)"):
        measure.quality(fused, first[:1], second)
