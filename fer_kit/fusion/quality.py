"""How good is a fused picture? Measures against its two sources, and what they miss (lesson 10).

Measures of one picture, or of two, take uint8 (H, W) or (H, W, 1); `quality` takes many.
"""

from collections.abc import Mapping

import cv2
import numpy as np
import pandas as pd
from skimage.measure import shannon_entropy
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.metrics import mutual_info_score

from fer_kit.errors import InputError

LEVELS = 32  # grey levels for mutual information; see there
# Xydeas & Petrovic (2000): how strength and direction of an edge turn into how well it is kept.
STRENGTH = {"top": 0.9994, "slope": -15, "middle": 0.5}
DIRECTION = {"top": 0.9879, "slope": -22, "middle": 0.8}
MIDDLE = 1 / 6  # what `distance` leaves out at each border: hair, neck and background


def quality(fused: np.ndarray, first: np.ndarray, second: np.ndarray) -> pd.DataFrame:
    """All measures that need nothing but pixels, a row for each fused picture (lesson 10).

    Args:
        fused, first, second: uint8 (N, H, W, 1), row by row.

    Returns:
        entropy, fusion_factor, fusion_symmetry, ssim, psnr, spatial_frequency and edges (Q^AB/F).
        SSIM and PSNR are means over the two sources.
    """
    _check(fused, first, second)
    rows = []
    for picture, one, other in zip(fused, first, second, strict=True):
        shared = [mutual_information(picture, source) for source in (one, other)]
        rows.append(
            {
                "entropy": entropy(picture),
                "fusion_factor": sum(shared),
                "fusion_symmetry": abs(shared[0] / sum(shared) - 0.5) if sum(shared) else 0.0,
                "ssim": (ssim(picture, one) + ssim(picture, other)) / 2,
                "psnr": (psnr(picture, one) + psnr(picture, other)) / 2,
                "spatial_frequency": spatial_frequency(picture),
                "edges": edge_preservation(picture, one, other),
            }
        )
    return pd.DataFrame(rows)


def entropy(picture: np.ndarray) -> float:
    """Shannon's entropy of the grey values (H, W), in bits: 0 for a constant picture, at most 8."""
    return float(shannon_entropy(picture, base=2))


def mutual_information(picture: np.ndarray, other: np.ndarray, levels: int = LEVELS) -> float:
    """How much the grey of one picture tells about that of the other at the same place, in bits.

    MI = Σ p(a, b) log2 (p(a, b) / (p(a) p(b))). A picture tells its whole entropy about itself, and
    nothing about a constant one. Fused pictures are judged by their sum over both sources, the
    *fusion factor*, and by how unevenly it comes from the two, the *fusion symmetry*: 0 if evenly,
    at most 0.5.

    Args:
        levels: the grey scale is divided into so many. With all 256, 48×48 pixels would fill a
            thirtieth of the 65,536 cells of the joint histogram, and chance alone would look like
            information.
    """
    one, two = (image.ravel().astype(int) * levels // 256 for image in (picture, other))
    joint = np.bincount(one * levels + two, minlength=levels**2).reshape(levels, levels)
    return float(mutual_info_score(None, None, contingency=joint) / np.log(2))


def ssim(picture: np.ndarray, other: np.ndarray) -> float:
    """Structural similarity of two (H, W), Gaussian window (Wang et al. 2004): 1 if equal."""
    return float(
        structural_similarity(
            *map(_grey, (picture, other)),
            data_range=255,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


def psnr(picture: np.ndarray, other: np.ndarray) -> float:
    """Peak signal-to-noise ratio of two (H, W) in dB, 10 log10(255² / MSE); infinite if equal."""
    with np.errstate(divide="ignore"):
        return float(peak_signal_noise_ratio(picture, other, data_range=255))


def spatial_frequency(picture: np.ndarray) -> float:
    """√(RF² + CF²): the RMS differences from pixel to pixel along rows (RF) and columns (CF).

    0 for a constant picture (H, W), 255 for vertical stripes of black and white, one pixel each.
    """
    grey = _grey(picture).astype(float)
    rows, columns = (np.mean(np.diff(grey, axis=axis) ** 2) for axis in (1, 0))
    return float(np.sqrt(rows + columns))


def edge_preservation(fused: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Q^AB/F (Xydeas & Petrovic 2000): how well the edges of both sources are kept, from 0 to 1.

    An edge counts as kept if its strength and its direction, by Sobel's filters, are the same in
    the fused picture, all three (H, W); strong edges count for more. Even a perfect copy reaches no
    more than 0.975: the paper's constants are such.
    """
    result = _edges(fused)
    sources = [_edges(source) for source in (first, second)]
    kept = sum((_kept(source, result) * source[0]).sum() for source in sources)
    strength = sum(source[0].sum() for source in sources)
    return float(kept / strength) if strength else 0.0


def distance(fused: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """How far fused pictures are from reference pictures: RMSE in grey levels, float (N,).

    Only the middle two thirds of height and width count, where the expression is.

    Args:
        fused, reference: uint8 (N, H, W, C). On drawn faces the reference is `synthetic.blend`:
            what the muscles would do.
    """
    _check(fused, reference)
    top, left = (round(MIDDLE * side) for side in fused.shape[1:3])
    inside = np.s_[:, top : fused.shape[1] - top, left : fused.shape[2] - left]
    return np.sqrt(np.mean((fused[inside].astype(float) - reference[inside]) ** 2, axis=(1, 2, 3)))


def summary(measured: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The mean of every measure (columns) for each method (rows)."""
    return pd.DataFrame({name: table.mean() for name, table in measured.items()}).T


def _edges(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sobel's strength and direction (-π/2 to π/2) of the edge at each pixel."""
    grey = _grey(picture).astype(float)
    x, y = (cv2.Sobel(grey, cv2.CV_64F, *axes, ksize=3) for axes in ((1, 0), (0, 1)))
    with np.errstate(divide="ignore", invalid="ignore"):
        direction = np.where(x == 0, np.pi / 2, np.arctan(y / x))
    return np.hypot(x, y), direction


def _kept(source: tuple, fused: tuple) -> np.ndarray:
    """How well each pixel's edge of a source is kept in the fused picture, 0 to 1."""
    (strong, direction), (fused_strong, fused_direction) = source, fused
    larger = np.maximum(strong, fused_strong)
    ratio = np.divide(
        np.minimum(strong, fused_strong), larger, out=np.ones_like(larger), where=larger > 0
    )
    agreement = np.abs(1 - np.abs(direction - fused_direction) / (np.pi / 2))
    return _sigmoid(ratio, **STRENGTH) * _sigmoid(agreement, **DIRECTION)


def _sigmoid(values: np.ndarray, top: float, slope: float, middle: float) -> np.ndarray:
    return top / (1 + np.exp(slope * (values - middle)))


def _grey(picture: np.ndarray) -> np.ndarray:
    return picture[..., 0] if picture.ndim == 3 else picture


def _check(*stacks: np.ndarray) -> None:
    shapes = [stack.shape for stack in stacks]
    if len(set(shapes)) > 1 or any(stack.dtype != np.uint8 or stack.ndim != 4 for stack in stacks):
        raise InputError(
            "Expected stacks of pictures, all uint8 (N, height, width, channels) and of one shape. "
            f"Received: {', '.join(f'{stack.dtype} {stack.shape}' for stack in stacks)}."
        )
