"""Pictures as people have them: any format, any number of bits, upright or on their side."""

import logging
import warnings
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from fer_kit.errors import InputError
from fer_kit.files import read_bytes, write_whole
from fer_kit.kinds import ENDINGS, PICTURE, START, kind_of, kind_of_file

log = logging.getLogger(__name__)

ASSETS = Path(__file__).parent / "assets"
# NASA's portrait of Eileen Collins, in the public domain; see assets/README.md.
PHOTOGRAPH = ASSETS / "astronaut.jpg"

MOST_PIXELS = 100_000_000  # that are decoded; a JPEG of more is read at half its size, or less
MOST_BYTES = 6 * MOST_PIXELS  # of a file: three colours of 16 bits for each pixel
FRAMES = 50  # of an animation, in which one is sought that shows something
UNSAFE = ("EPS",)  # what another program would be started for
VIEWS = (1, 10)  # in how many views a network may look at a picture
WHITE = (1, 255, 1023, 4095, 16383, 65535)  # the largest value of floats, and of 8 to 16 bits


def read_picture(picture, enough: int = 0) -> np.ndarray:
    """Any picture as uint8 (H, W, 3), RGB, upright (lesson 11).

    Args:
        picture: the path of a file, or an open one; a Pillow image; or an array (H, W), (H, W, 1),
            (H, W, 3) in RGB or (H, W, 4) with transparency, as uint8, uint16 or floats from 0 to 1.
        enough: a side in pixels, above 0: a JPEG is decoded at half its size, or less, as long as
            it is no smaller, which takes less time.

    Everything that Pillow or OpenCV can read is read, whatever its name ends in. It is turned as
    its EXIF data says; 16 bits become 8, and so do 10, 12 or 14 that are kept in 16; what is
    transparent becomes white. Of an animation it is the first picture of more than one colour.

    Raises:
        InputError: the file is missing, empty, damaged, too large or no picture, and what it is
            instead; the array is none.
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


def writable() -> set[str]:
    """The endings, in lower case, in whose formats pictures can be written."""
    return {ending for ending, form in Image.registered_extensions().items() if form in Image.SAVE}


def centre_square(picture: np.ndarray) -> np.ndarray:
    """The largest square in the middle of (H, W, …): unlike squeezing, it keeps proportions."""
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


def warp(images: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Move pictures as their matrices say; what comes into view repeats the edge (lesson 05).

    Args:
        images: (N, H, W, C), uint8 or float32.
        matrices: (N, 2, 3) or (N, 3, 3), as `draw_matrices` returns.

    Returns:
        The moved pictures, of the same shape, type and range.

    Raises:
        InputError: not one matrix for each picture.
    """
    if matrices.shape not in ((len(images), 2, 3), (len(images), 3, 3)):
        raise InputError(
            f"Expected matrices of shape {(len(images), 2, 3)}: one for each picture. "
            f"Received: {matrices.shape}."
        )
    import cv2

    size = images.shape[2], images.shape[1]
    warp_one = cv2.warpAffine if matrices.shape[1] == 2 else cv2.warpPerspective
    moved = np.empty_like(images)
    for image, matrix, target in zip(images, matrices, moved, strict=True):
        warped = warp_one(image, matrix, size, borderMode=cv2.BORDER_REPLICATE)
        target[:] = warped.reshape(target.shape)  # OpenCV drops a single channel
    return moved


def ten_views(images: np.ndarray, side: float = 0.9) -> list[np.ndarray]:
    """Ten views of each picture for testing: whole and its four corners, each also mirrored.

    The corners are windows of `side` times the picture's side, enlarged to its size. Published
    results with "ten crops" (Krizhevsky et al. 2012) average the answers to such views.

    Args:
        images: (N, H, W, C), uint8 or float32.

    Returns:
        Ten arrays of the same shape, type and range.
    """
    count, height, width = images.shape[:3]
    views = [images]
    for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
        matrix = np.array([[1, 0, -x * (1 - side) * width], [0, 1, -y * (1 - side) * height]])
        views.append(warp(images, np.broadcast_to(matrix / side, (count, 2, 3))))
    return views + [view[:, :, ::-1] for view in views]


def is_picture(path: Path) -> bool:
    """Whether a file is to be read as a picture: its ending says so, or how it begins."""
    if path.suffix.lower() in ENDINGS:
        return True
    kind = kind_of_file(path)
    return kind is not None and kind.group == "picture"


def _from_file(file: str | Path | BytesIO, enough: int) -> np.ndarray:
    name = "a file" if isinstance(file, BytesIO) else file
    try:
        content = file.getvalue() if isinstance(file, BytesIO) else read_bytes(file, MOST_BYTES)
    except (OSError, ValueError) as error:  # ValueError: no path can be like that
        raise InputError(
            f"Expected a picture. Received: {name} ({getattr(error, 'strerror', error)}). Check "
            "the path."
        ) from error
    try:
        return _decoded(content, enough)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    # What decoders raise for damaged files depends on the format.
    except Exception as error:
        kind = kind_of(content[:START])
        if kind in (None, PICTURE):
            kind = PICTURE._replace(name=str(error).partition(" <")[0])
        raise InputError(
            f"Expected a picture. Received: {name} ({kind.name}). {kind.help}".rstrip()
        ) from error


def _decoded(content: bytes, enough: int) -> np.ndarray:
    if _is_plain(content) and (grey := _grey(content)) is not None:
        return grey
    try:
        image = _opened(content)
    except Image.DecompressionBombError:
        return _by_opencv(content, reduced=True)
    except UnidentifiedImageError:
        return _by_opencv(content)
    with image:
        if enough and min(image.size) >= 2 * enough:
            image.draft("RGB", (enough, enough))
        if image.width * image.height > MOST_PIXELS:
            image.draft("RGB", (image.width // 2, image.height // 2))
        if image.width * image.height > MOST_PIXELS:
            raise _too_large(f"{image.width}×{image.height}")
        if image.mode == "RGB" and ";16" in str(image.tile):  # of which Pillow keeps the upper 8
            return _by_opencv(content)
        return _from_pillow(image)


def _is_plain(content: bytes) -> bool:
    """Whether a file is small, and a JPEG or a PNG of 8 bits without transparency."""
    is_png = content.startswith(b"\x89PNG") and content[24:26] == b"\x08\0"
    is_plain = is_png and b"tRNS" not in content or content.startswith(b"\xff\xd8\xff")
    return is_plain and len(content) < 1 << 14


def _grey(content: bytes) -> np.ndarray | None:
    """OpenCV takes a quarter of the time; data sets have many small grey pictures."""
    import cv2

    grey = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_ANYCOLOR)
    return _from_array(grey) if grey is not None and grey.ndim == 2 else None


def _opened(content: bytes) -> Image.Image:
    """The picture, not decoded yet."""
    return Image.open(BytesIO(content), formats=_formats())


@cache
def _formats() -> list[str]:
    """What Pillow may open; HEIC as well if the package for it is there."""
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # see MOST_PIXELS
    Image.init()
    if find_spec("pillow_heif"):
        import pillow_heif

        pillow_heif.register_heif_opener()
    return [name for name in Image.ID if name not in UNSAFE]


def _by_opencv(content: bytes, reduced: bool = False) -> np.ndarray:
    """What Pillow does not read: some formats, colours of 16 bits or in floats, huge JPEGs."""
    import cv2

    if reduced and not content.startswith(b"\xff\xd8\xff"):
        raise _too_large("one of more than 178 million")
    flags = cv2.IMREAD_REDUCED_COLOR_4 if reduced else cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH
    array = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    if array is None:
        raise UnidentifiedImageError("it cannot be decoded")
    if array.ndim == 3:
        array = cv2.cvtColor(array, cv2.COLOR_BGR2RGB)
    if content.startswith(b"#?"):  # Radiance: what is brighter than white stays white
        array = array.clip(0, 1)
    return _from_array(_from_0_to_1(array))


def _too_large(size: str) -> InputError:
    return InputError(
        f"Expected a picture of at most {MOST_PIXELS:,} pixels. Received: {size}. Save it smaller, "
        "or as JPEG."
    )


def _show_something(image: Image.Image) -> None:
    """Go to the first picture of an animation that has more than one colour."""
    for index in range(min(getattr(image, "n_frames", 1), FRAMES)):
        image.seek(index)
        if any(low != high for low, high in np.reshape(image.getextrema(), (-1, 2))):
            return
    image.seek(0)


def _from_pillow(image: Image.Image) -> np.ndarray:
    if getattr(image, "is_animated", False):
        _show_something(image)
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16 bits a pixel, in older files kept in 32
        return _from_array(np.asarray(upright).clip(0, 65535).astype(np.uint16))
    if upright.mode == "F":
        return _from_array(_from_0_to_1(np.asarray(upright)))
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright)
    return np.asarray(upright.convert("RGB"))


def _from_0_to_1(array: np.ndarray) -> np.ndarray:
    """Floats of a file, whose white may be that of whole numbers; others stay as they are."""
    if array.dtype.kind != "f" or not array.min() >= 0:  # a comparison with NaN is false
        return array
    return array / next((white for white in WHITE if array.max() <= white), np.inf)


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
        white = next(white for white in WHITE[1:] if array.max() <= white)
        return np.rint(array * np.float32(255 / white)).astype(np.uint8)
    if array.dtype == bool or (
        array.dtype.kind == "f" and array.min() >= 0 and array.max() <= 1
    ):  # a comparison with NaN is false
        return np.rint(255 * array.astype(np.float32)).astype(np.uint8)
    raise InputError(
        "Expected pixels as uint8, as uint16, or as floats from 0 to 1. "
        f"Received: {array.dtype} from {array.min()} to {array.max()}."
    )
