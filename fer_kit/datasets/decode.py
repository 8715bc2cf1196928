"""One picture from a file: decoded, grey, square, of the wanted size."""

from pathlib import Path

import numpy as np

from fer_kit.errors import InputError
from fer_kit.pictures import centre_square, read_picture, scale

# What is transparent in these would show as whatever colour lies hidden there.
MAY_BE_TRANSPARENT = (".png", ".webp", ".tif", ".tiff")
EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm")


def read_square(path: Path, size: int) -> tuple[np.ndarray, bool] | None:
    """Read the middle of a picture.

    Returns:
        uint8 (size, size), and whether it had to be converted: from colour, or from another size.
        None if it cannot be decoded. What is transparent becomes white.
    """
    import cv2

    try:
        # Not cv2.imread: on Windows it cannot open paths with letters outside of ASCII.
        picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_ANYCOLOR)
        if picture is None:
            return None
        is_ready = picture.shape == (size, size)
        if picture.ndim == 3 and path.suffix.lower() in MAY_BE_TRANSPARENT:
            picture = cv2.cvtColor(read_picture(path), cv2.COLOR_RGB2GRAY)
        elif picture.ndim == 3:
            picture = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    except (OSError, cv2.error, InputError):
        return None
    return scale(centre_square(picture), size), not is_ready


def scale_all(images: np.ndarray, size: int) -> np.ndarray:
    """uint8 (N, H, H, 1) → (N, size, size, 1)."""
    if images.shape[1:3] == (size, size):
        return images
    return np.stack([scale(image[..., 0], size) for image in images])[..., None]
