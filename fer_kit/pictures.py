"""Pictures as people have them: any format, any number of bits, upright or on their side."""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from fer_kit.errors import InputError
from fer_kit.files import write_whole

ASSETS = Path(__file__).parent / "assets"
# NASA's portrait of Eileen Collins, in the public domain; see assets/README.md.
PHOTOGRAPH = ASSETS / "astronaut.jpg"


def read_picture(picture, enough: int = 0) -> np.ndarray:
    """Any picture as uint8 (H, W, 3), RGB, upright (lesson 11).

    Args:
        picture: the path of a file, or an open one; a Pillow image; or an array (H, W), (H, W, 1),
            (H, W, 3) in RGB or (H, W, 4) with transparency, as uint8, uint16 or floats from 0 to 1.
        enough: a side in pixels, above 0: a JPEG is decoded at half its size, or less, as long as
            it is no smaller, which takes less time.

    Turned as its EXIF data says; 16 bits become 8; what is transparent becomes white. Of an
    animation it is the first picture.

    Raises:
        InputError: the file is missing, empty, damaged or no picture; the array is none.
    """
    if isinstance(picture, str | Path | BytesIO):
        return _from_file(picture, enough)
    if isinstance(picture, Image.Image):
        return _from_pillow(picture)
    return _from_array(np.asarray(picture))


def write_picture(path: str | Path, picture: np.ndarray) -> Path:
    """Write uint8 (H, W, 3); the ending of the path chooses the format.

    Raises:
        InputError: no format has that ending, or the file cannot be written.
    """
    try:
        return write_whole(path, Image.fromarray(picture).save)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"Expected the name of a picture to write, such as faces.png. Received: {path}."
        ) from error


def centre_square(picture: np.ndarray) -> np.ndarray:
    """The largest square in the middle: unlike squeezing, it keeps a face's proportions."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return picture[top : top + side, left : left + side]


def scale(picture: np.ndarray, size: int) -> np.ndarray:
    """A square picture at (size, size): averaged over areas to shrink, smooth to grow."""
    import cv2

    if picture.shape == (size, size):
        return picture
    method = cv2.INTER_AREA if size < len(picture) else cv2.INTER_CUBIC
    return cv2.resize(picture, (size, size), interpolation=method)


def _from_file(path: str | Path | BytesIO, enough: int) -> np.ndarray:
    try:
        with Image.open(path) as image:
            if enough:
                image.draft("RGB", (enough, enough))
            return _from_pillow(image)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    # What decoders raise for damaged files depends on the format.
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        reason = getattr(error, "strerror", None) or str(error).replace(f" '{path}'", "")
        raise InputError(
            f"Expected a picture. Received: {path} ({reason}). Check the path, or get the file "
            "again: it may be damaged or of a kind that is no picture."
        ) from error


def _from_pillow(image) -> np.ndarray:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16 bits a pixel, in older files kept in 32
        return _from_array(np.asarray(upright).clip(0, 65535).astype(np.uint16))
    if upright.mode == "F":
        return _from_array(np.asarray(upright))
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright)
    return np.asarray(upright.convert("RGB"))


def _from_array(array: np.ndarray) -> np.ndarray:
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or not array.size:
        raise InputError(
            "Expected one picture as an array (height, width) or (height, width, 1, 3 or 4). "
            f"Received: an array of shape {array.shape}. Of many pictures, give one at a time."
        )
    array = _eight_bits(array)
    if array.shape[2] == 4:
        opacity = array[..., 3:] / 255
        array = np.rint(opacity * array[..., :3] + (1 - opacity) * 255).astype(np.uint8)
    return np.broadcast_to(array, (*array.shape[:2], 3))


def _eight_bits(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.uint16:
        return (array // 257).astype(np.uint8)
    if array.dtype == bool or (
        array.dtype.kind == "f" and array.min() >= 0 and array.max() <= 1
    ):  # a comparison with NaN is false
        return np.rint(255 * array.astype(np.float32)).astype(np.uint8)
    raise InputError(
        "Expected pixels as uint8, as uint16, or as floats from 0 to 1. "
        f"Received: {array.dtype} from {array.min()} to {array.max()}."
    )
