"""One picture from a file: decoded, grey, square, of the wanted size."""

from io import BytesIO
from pathlib import Path

import numpy as np

from fer_kit.pictures import centre_square, read_picture, scale


def read_square(file: Path | BytesIO, size: int, colour: bool = False) -> tuple[np.ndarray, bool]:
    """Read the middle of a picture.

    Returns:
        uint8 (size, size, 1), or 3 with colour; and whether it was no grey square of that size.

    Raises:
        InputError: it cannot be read; see `read_picture`.
    """
    import cv2

    picture = read_picture(file, enough=2 * size)  # JPEGs are shrunk while they are decoded
    is_ready = picture.shape[:2] == (size, size) and (picture == picture[..., :1]).all()
    if not colour:
        picture = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return scale(centre_square(picture), size).reshape(size, size, -1), not is_ready


def scale_all(images: np.ndarray, size: int) -> np.ndarray:
    """uint8 (N, H, H, 1) → (N, size, size, 1)."""
    if images.shape[1:3] == (size, size):
        return images
    return np.stack([scale(image[..., 0], size) for image in images])[..., None]
