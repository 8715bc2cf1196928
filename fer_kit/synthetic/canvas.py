"""The canvas: a grid over the face, and the few shapes that everything is drawn with.

The grid is a square around a face that looks straight at us. `u` runs to the right and `v` down,
both from -REACH to REACH; the picture that the camera takes of it runs from about -1 to 1. Lengths
are in these units everywhere: the eyes stand at (±0.358, -0.27), the mouth at (0, 0.56).
"""

from functools import lru_cache

import cv2
import numpy as np

GRID = 88
REACH = 1.3
SCALE = GRID / (2 * REACH)  # grid cells for one unit
CELL = 1 / SCALE
AXIS = ((np.arange(GRID) + 0.5) / SCALE - REACH).astype(np.float32)
U, V = AXIS[None, :], AXIS[:, None]

SHEET = 384  # width of the noise that textures are cut from

_STEPS = np.linspace(0, 1, 7)
_BEZIER = np.stack([(1 - _STEPS) ** 2, 2 * _STEPS * (1 - _STEPS), _STEPS**2], axis=1)


def bumps(*rows: tuple[float, float, float, float, float]) -> np.ndarray:
    """The sum of Gaussian bumps, each (x, y, width, height, amount). float32 (GRID, GRID).

    A bump is a product of a curve across and a curve down, so the sum is one product of matrices.
    """
    x, y, width, height, amount = np.array(rows, np.float32).T[:, :, None]
    across = np.exp(-0.5 * ((AXIS - x) / width) ** 2)
    down = amount * np.exp(-0.5 * ((AXIS - y) / height) ** 2)
    return down.T @ across


def pair(x: float, *rest: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """A bump at `x` and its mirror image at `-x`."""
    return (x, *rest), (-x, *rest)


def step(distance: np.ndarray, softness: float = 1.4 * CELL) -> np.ndarray:
    """0 where `distance` (any shape) is negative, 1 where positive, a ramp so wide between."""
    ramp = distance / softness + 0.5
    return np.minimum(np.maximum(ramp, 0, out=ramp), 1, out=ramp)


def window(x: float, y: float, half_width: float, half_height: float) -> tuple[slice, slice]:
    """The rows and columns of the canvas around a point, for shapes that are small."""
    columns = [min(max(round((x + d + REACH) * SCALE), 0), GRID) for d in (-half_width, half_width)]
    rows = [min(max(round((y + d + REACH) * SCALE), 0), GRID) for d in (-half_height, half_height)]
    return slice(*rows), slice(*columns)


def mix(under: np.ndarray, over: np.ndarray | float, alpha: np.ndarray) -> np.ndarray:
    """Paint `over` upon `under`, both (S, S), with opacity `alpha`, (S, S) from 0 to 1."""
    return under + (over - under) * alpha


def to_pixels(points: np.ndarray) -> np.ndarray:
    """Points (…, 2) in the form that OpenCV draws with `shift=4`: sixteenths of a cell."""
    return (((points + REACH) * SCALE - 0.5) * 16).astype(np.int32)


def draw_curves(canvas: np.ndarray, curves: list[tuple], thickness: int, side: int = 1) -> None:
    """Draw Bézier curves on a canvas, uint8 (S, S).

    Args:
        curves: of each its strength (0 to 1), where it starts, what pulls it and where it ends.
            What is too faint to be seen is left out.
        side: -1 mirrors the curves.
    """
    visible = [curve for curve in curves if curve[0] > 0.06]
    if not visible:
        return
    paths = to_pixels((_BEZIER @ np.array([points for _, *points in visible])) * (side, 1))
    for (strength, *_), path in zip(visible, paths, strict=True):
        cv2.polylines(canvas, [path], False, int(255 * min(strength, 1)), thickness, cv2.LINE_AA, 4)


@lru_cache
def noise_sheet(grain: float) -> np.ndarray:
    """Random texture of unit deviation with blobs of `grain` cells: float32 (SHEET, SHEET)."""
    sheet = np.random.default_rng(2013).normal(size=(SHEET, SHEET)).astype(np.float32)
    if grain:
        sheet = cv2.GaussianBlur(sheet, (0, 0), grain, borderType=cv2.BORDER_REFLECT)
    return sheet / sheet.std()


def noise(rng: np.random.Generator, grain: float, size: int = GRID) -> np.ndarray:
    """A piece of the noise sheet: float32 (size, size)."""
    row, column = (int(rng.random() * (SHEET - size)) for _ in range(2))
    return noise_sheet(grain)[row : row + size, column : column + size]
