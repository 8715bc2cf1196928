"""Image fusion: two pictures of faces in, one picture with something of both out (lesson 10).

    fused = fusion.fuse(angry, happy, method="pca", align="eyes")

Methods know pixels only. They cannot know that a smile moves the corners of the mouth; they see
that some pixels became darker. What the muscles would really do is `fer_kit.synthetic.blend`.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pywt

from fer_kit.detect import find_landmarks
from fer_kit.errors import InputError, check_share, choose
from fer_kit.files import check_not_over
from fer_kit.pictures import read_picture, write_picture

ALIGNMENTS = ("eyes", "flow")
SEAM = 160 / 256  # the published cut: the upper 160 of 256 rows
WAVELET, LEVELS = "db2", 2
CHUNK = 32  # pairs at a time: small enough to stay in the processor's cache
FLOWING = 12  # pixels; the flow needs as many
DETECTED = 192  # pixels; small faces are enlarged to this height before their eyes are sought


def fuse(
    first: np.ndarray,
    second: np.ndarray,
    method: str = "average+pca",
    weight: float = 0.5,
    align: str = "",
) -> np.ndarray:
    """Fuse two pictures, or many pairs of them (lesson 10).

    Args:
        first, second: a picture (H, W) or (H, W, C), or pictures (N, H, W, C), of equal shape; both
            uint8 from 0 to 255, or both float from 0 to 1. C is 1 for grey or 3 for colour.
        method: how.
            paste: the upper 62.5 % of the first over the rest of the second. This is what the code
                of the student project that lesson 10 repeats really does.
            weighted_average: (1 - weight)·first + weight·second, pixel by pixel.
            pca: the same with the weight of `pca_weights`, which is what that project describes.
            average+pca: the same with the mean of both weights. The project names the combination
                and does not say how the two are combined.
            wavelet: of the coarse parts the weighted average, of the details whichever of the two
                is stronger (Daubechies 2, two levels).
        weight: the share of the second picture, 0 to 1, as in `synthetic.blend`. "paste" and "pca"
            do not use it.
        align: bring the second picture onto the first before: "eyes" or "flow", see `align`; ""
            leaves it where it is.

    Returns:
        A picture or pictures of the same shape and type. Of two constant pictures "pca" takes the
        plain average; of one constant picture nothing but the other.

    Raises:
        InputError: shapes, types or ranges that do not fit together; an unknown method.
    """
    choose(method, METHODS, "a method")
    check_share("a weight", weight)
    first, second = np.asarray(first), np.asarray(second)
    _check_pictures(first, second)
    one, other = _as_batch(first), _as_batch(second)
    if align:
        other = _aligned(other, one, align, None)
    fused = np.empty(one.shape, one.dtype)
    for start in range(0, len(one), CHUNK):
        rows = slice(start, start + CHUNK)
        fused[rows] = METHODS[method](one[rows], other[rows], weight)
    return fused.reshape(first.shape)


def fuse_files(first: str | Path, second: str | Path, out: str | Path, **options) -> Path:
    """Fuse two picture files of any format into a third, whose ending chooses its format.

    Options as in `fuse`. Returns the path written.

    Raises:
        InputError: a file that is no picture, pictures of different sizes, or a place that cannot
            be written or is one of the two; then nothing is written.
    """
    check_not_over(out, first, second)
    return write_picture(out, fuse(read_picture(first), read_picture(second), **options))


def pca_weights(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The share of the second picture that principal component analysis gives: float (N,).

    Each pixel is a point: its grey in the first picture, its grey in the second. Along the
    principal eigenvector (v1, v2) of the points' 2×2 covariance they spread most, and the share is
    |v2| / (|v1| + |v2|). The picture with more contrast gets more. Where no direction is better
    than another (both pictures constant, or of equal contrast and unrelated) it is one half.
    Lesson 10.

    Args:
        first, second: (N, H, W, C), of one type. All channels of a picture count together.
    """
    return _pca_weights(_as_vectors(_as_batch(first), _as_batch(second)))


def align(
    second: np.ndarray, first: np.ndarray, by: str = "eyes", eyes: tuple | None = None
) -> np.ndarray:
    """Bring pictures onto others, so that fusing them does not show everything twice (lesson 10).

    Args:
        second, first: as in `fuse`; `second` is moved.
        by: "eyes" turns, scales and shifts the whole picture until its eyes are where those of the
            first are: the head is aligned, the expression stays. "flow" moves each pixel to the
            place where the first picture has the most similar one (dense inverse search, Kroeger et
            al. 2016): everything is aligned, and so the expression may be lost.
        eyes: for "eyes" only: what `find_eyes` returned for `second` and for `first`, if known.

    Raises:
        InputError: shapes that do not fit, an unknown way, or a face whose eyes are not found.
    """
    second, first = np.asarray(second), np.asarray(first)
    _check_pictures(first, second)
    return _aligned(_as_batch(second), _as_batch(first), by, eyes).reshape(second.shape)


def find_eyes(pictures: np.ndarray) -> np.ndarray:
    """Where the eyes are: float (N, 2, 2), the left and the right eye's (x, y) in pixels.

    "Left" is the left of the picture.

    Args:
        pictures: as in `fuse`, tightly cropped or not; the largest face counts.

    Raises:
        InputError: in one of them no face is found.
    """
    batch = _as_uint8(_as_batch(np.asarray(pictures)))
    grow = max(1.0, DETECTED / batch.shape[1])
    found = []
    for index, picture in enumerate(batch):
        colour = np.ascontiguousarray(np.broadcast_to(picture, (*picture.shape[:2], 3)))
        large = cv2.resize(colour, None, fx=grow, fy=grow, interpolation=cv2.INTER_CUBIC)
        landmarks = find_landmarks(large)
        if landmarks is None:
            raise InputError(
                f"Expected a face in every picture, to align its eyes. Received: picture {index} "
                'of them without one that can be found. Leave it out, or use align="flow" or none.'
            )
        found.append((landmarks[:2] + 0.5) / grow - 0.5)
    return np.array(found).reshape(-1, 2, 2)


# Fusing: pictures (N, H, W, C) and the share of the second ones in, fused pictures out.


def _paste(first: np.ndarray, second: np.ndarray, _) -> np.ndarray:
    fused, seam = second.copy(), round(SEAM * first.shape[1])
    fused[:, :seam] = first[:, :seam]
    return fused


def _average(first: np.ndarray, second: np.ndarray, weight: float) -> np.ndarray:
    if first.dtype != np.uint8:
        return _weighted(first, second, lambda pictures: np.full(len(pictures), weight))

    # By OpenCV without a detour over floats.
    rows = [np.ascontiguousarray(batch).reshape(len(batch), -1) for batch in (first, second)]
    return cv2.addWeighted(rows[0], 1 - weight, rows[1], weight, 0).reshape(first.shape)


def _pca(first: np.ndarray, second: np.ndarray, _) -> np.ndarray:
    return _weighted(first, second, _pca_weights)


def _average_and_pca(first: np.ndarray, second: np.ndarray, weight: float) -> np.ndarray:
    return _weighted(first, second, lambda pictures: (_pca_weights(pictures) + weight) / 2)


def _wavelet(first: np.ndarray, second: np.ndarray, weight: float) -> np.ndarray:
    """Decompose both, choose coefficient by coefficient, put together again."""
    height, width = first.shape[1:3]
    levels = min(LEVELS, pywt.dwt_max_level(min(height, width), WAVELET))
    (coarse1, *details1), (coarse2, *details2) = (
        pywt.wavedec2(batch, WAVELET, level=levels, axes=(1, 2)) for batch in (first, second)
    )
    fused = [(1 - weight) * coarse1 + weight * coarse2]
    for level1, level2 in zip(details1, details2, strict=True):
        stronger = (
            np.where(np.abs(d1) >= np.abs(d2), d1, d2)
            for d1, d2 in zip(level1, level2, strict=True)
        )
        fused.append(tuple(stronger))
    fused = pywt.waverec2(fused, WAVELET, axes=(1, 2))[:, :height, :width]
    return _as_type(fused, first.dtype)


METHODS = {
    "paste": _paste,
    "weighted_average": _average,
    "pca": _pca,
    "average+pca": _average_and_pca,
    "wavelet": _wavelet,
}


def _weighted(first: np.ndarray, second: np.ndarray, shares: Callable) -> np.ndarray:
    """The mean of each pair, `shares` of whose vectors is the share of the second picture."""
    pictures = _as_vectors(first, second)
    share = shares(pictures)
    # For each pair a row of two weights times a matrix whose two rows are the pictures.
    weights = np.stack([1 - share, share], axis=1).astype(pictures.dtype)[:, None]
    return _as_type((weights @ pictures).reshape(first.shape), first.dtype)


def _pca_weights(pictures: np.ndarray) -> np.ndarray:
    """The weights of `pca_weights` for pairs as vectors (N, 2, P)."""
    centred = pictures - pictures.mean(axis=2, keepdims=True)
    covariances = np.einsum("nip,njp->nij", centred, centred).astype(float) / pictures.shape[2]
    values, vectors = np.linalg.eigh(covariances)  # in ascending order
    principal = np.abs(vectors[:, :, 1])
    gap = values[:, 1] - values[:, 0]
    is_clear = gap > 1e-6 * values.sum(axis=1) + 1e-9
    return np.where(is_clear, principal[:, 1] / principal.sum(axis=1), 0.5)


def _as_vectors(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """float (N, 2, P): the two pictures of each pair, each as one row of P numbers."""
    kind = np.float64 if first.dtype == np.float64 else np.float32
    pictures = np.empty((len(first), 2, first[0].size), kind)
    pictures[:, 0], pictures[:, 1] = (batch.reshape(len(batch), -1) for batch in (first, second))
    return pictures


# Aligning


def _aligned(second: np.ndarray, first: np.ndarray, by: str, eyes: tuple | None) -> np.ndarray:
    if choose(by, ALIGNMENTS, "an alignment") == "flow":
        moved = map(_follow_flow, second, first)
    else:
        theirs, ours = eyes or (find_eyes(second), find_eyes(first))
        moved = map(_move_eyes, second, theirs, ours)
    aligned = np.empty(second.shape, second.dtype)
    for place, picture in zip(aligned, moved, strict=True):
        place[:] = picture.reshape(place.shape)
    return aligned


def _move_eyes(picture: np.ndarray, eyes: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Turn, scale and shift a picture so that its eyes come to lie on `goal`."""

    # As complex numbers, a turn with a scale is a factor, and a shift a summand: z -> a·z + b.
    (here1, here2), (there1, there2) = (points[:, 0] + 1j * points[:, 1] for points in (eyes, goal))
    a = (here2 - here1) / (there2 - there1)
    b = here1 - a * there1
    origin = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    how = {"flags": cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, "borderMode": cv2.BORDER_REPLICATE}
    return _clipped(cv2.warpAffine(picture, origin, picture.shape[1::-1], **how))


def _follow_flow(picture: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Move each pixel of a picture to where `goal` has its like."""
    height, width = picture.shape[:2]
    if min(height, width) < FLOWING:
        raise InputError(
            f"Expected pictures of at least {FLOWING} pixels for align = 'flow'. Received: "
            f"{width}×{height}. Take larger ones, or align by eyes or not at all."
        )
    seeker = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    seeker.setFinestScale(0)
    smooth = [cv2.GaussianBlur(_grey(_as_uint8(face)), (0, 0), 1) for face in (goal, picture)]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    flow = seeker.calc(*smooth, None)
    x, y, how = x + flow[..., 0], y + flow[..., 1], {"borderMode": cv2.BORDER_REPLICATE}
    return _clipped(cv2.remap(picture, x, y, cv2.INTER_CUBIC, **how))


def _grey(picture: np.ndarray) -> np.ndarray:
    """uint8 (H, W)."""
    return np.rint(picture.mean(axis=-1)).astype(np.uint8)


def _clipped(picture: np.ndarray) -> np.ndarray:
    """Smooth interpolation can overshoot; floats have to stay in 0 to 1."""
    return picture if picture.dtype == np.uint8 else picture.clip(0, 1)


# Types and checks


def _as_batch(pictures: np.ndarray) -> np.ndarray:
    """(N, H, W, C), whatever came."""
    if pictures.ndim == 2:
        return pictures[None, :, :, None]
    return pictures[None] if pictures.ndim == 3 else pictures


def _as_type(batch: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Back to uint8 with rounding, or to floats; what overshoots is clipped."""
    if dtype == np.uint8:
        return np.rint(batch).clip(0, 255).astype(np.uint8)
    return batch.clip(0, 1).astype(dtype)


def _as_uint8(pictures: np.ndarray) -> np.ndarray:
    if pictures.dtype == np.uint8:
        return pictures
    return np.rint(255 * pictures).astype(np.uint8)


def _check_pictures(first: np.ndarray, second: np.ndarray) -> None:
    if first.shape != second.shape:
        raise InputError(
            "Expected two pictures of the same size and with the same channels. Received: "
            f"{_size(first)} and {_size(second)}. Scale or convert one of them."
        )
    for picture in (first, second):
        _check_picture(picture)
    if (first.dtype == np.uint8) != (second.dtype == np.uint8):
        raise InputError(
            "Expected both pictures as uint8 or both as floats. "
            f"Received: {first.dtype} and {second.dtype}."
        )


def _check_picture(picture: np.ndarray) -> None:
    channels = picture.shape[-1] if picture.ndim > 2 else 1
    if not 2 <= picture.ndim <= 4 or channels not in (1, 3) or 0 in picture.shape[-3:]:
        raise InputError(
            "Expected pictures (height, width), (height, width, channels) or (N, height, width, "
            f"channels) with 1 or 3 channels. Received: an array of shape {picture.shape}."
        )
    if picture.dtype == np.uint8:
        return
    # Written so that NaN, which no comparison holds for, is refused as well.
    if picture.dtype.kind != "f" or not (
        picture.size == 0 or 0 <= picture.min() <= picture.max() <= 1
    ):
        raise InputError(
            "Expected pictures as uint8 from 0 to 255 or as floats from 0 to 1. "
            f"Received: {picture.dtype} from {picture.min()} to {picture.max()}."
        )


def _size(picture: np.ndarray) -> str:
    return "×".join(map(str, picture.shape))
