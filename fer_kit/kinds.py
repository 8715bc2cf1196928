"""What a file holds, told by how it begins: its name may say anything."""

import re
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from fer_kit.files import open_file

START = 400  # bytes that tell
# A file with such an ending is a picture, and damaged if it cannot be read.
ENDINGS = (
    ".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".gif", ".jfif",
    ".jpe", ".avif", ".heic", ".heif", ".jp2", ".tga",
)  # fmt: skip


class Kind(NamedTuple):
    """A kind of file.

    Attributes:
        name: with its article, for a sentence: "a HEIC picture".
        group: "picture", "video" or "".
        help: what to do where it cannot be read, or "".
    """

    name: str
    group: str = ""
    help: str = ""


EXPORT = "Open it with a program that knows it, and save it as JPEG or PNG."
TEXT = Kind("text")
EMPTY = Kind("an empty file", help="Copy it once more, or save it anew.")
PICTURE = Kind("a picture", "picture", "It may be damaged: copy it once more, or save it anew.")
HEIC = Kind("a HEIC picture", "picture", 'Reading it needs: pip install "pillow-heif>=1,<2".')
# The first that fits counts.
_BEGINNINGS = (
    (rb".{4}ftyp(hei|hev|mif1|msf1)", HEIC),
    (rb"II\*\0.{4}CR|.{4}ftypcrx|FUJIFILMCCD|IIR[OS]|MMOR|IIU\0",
     Kind("a camera's raw picture", "picture", EXPORT)),
    (rb"\xff\x0a|\0\0\0\x0cJXL ", Kind("a JPEG XL picture", "picture", EXPORT)),
    (rb"\x76\x2f\x31\x01", Kind("an OpenEXR picture", "picture", EXPORT)),
    (rb".{128}DICM", Kind("a medical picture (DICOM)", "picture", EXPORT)),
    (rb"\xff\xd8\xff|\x89PNG|GIF8|RIFF.{4}WEBP|.{4}ftypavi|BM.{4}\0{4}|P[1-7Ff]\s|II\*\0|MM\0\*"
     rb"|\0\0\0\x0cjP  |\xff\x4f\xff\x51|8BPS|\0\0[\x01\x02]\0.\0|icns|qoif|DDS |#\?R"
     rb"|\x59\xa6\x6a\x95|\x01\xda[\0\x01][\x01\x02]|\x0a[\0-\x05]\x01", PICTURE),
    (rb"%!PS|\xc5\xd0\xd3\xc6", Kind("a page in PostScript", help=EXPORT)),
    (rb"%PDF", Kind("a PDF", help="Save its pictures as JPEG or PNG.")),
    (rb"(?i)\s*<(!doctype html|html)", Kind("a web page", help="Download the picture itself.")),
    (rb"\s*(<\?xml.*)?<svg", Kind("a drawing of lines (SVG)", help=EXPORT)),
    (rb"version https://git-lfs", Kind("a placeholder of Git LFS", help="Run: git lfs pull.")),
    (rb"PK\x03\x04|7z\xbc\xaf|Rar!|\x1f\x8b", Kind("an archive", help="Unpack it first.")),
    (rb"ID3|fLaC|RIFF.{4}WAVE|.{4}ftypM4A|\xff[\xf1\xf9\xfb\xf3]|MThd", Kind("sound")),
    (rb".{4}(ftyp|moov|mdat|wide|free|skip)|RIFF.{4}AVI |\x1a\x45\xdf\xa3|\x30\x26\xb2\x75|FLV\x01"
     rb"|\0\0\x01[\xb3\xba]|OggS|YUV4MPEG2|(.{4})?\x47.{187}(.{4})?\x47", Kind("a video", "video")),
)  # fmt: skip
_PATTERNS = [(re.compile(pattern, re.DOTALL), kind) for pattern, kind in _BEGINNINGS]


def kind_of(start: bytes) -> Kind | None:
    """What the first bytes of a file tell, or None where they tell nothing."""
    if not start:
        return EMPTY
    told = next((kind for pattern, kind in _PATTERNS if pattern.match(start)), None)
    return told or (TEXT if _is_text(start) else None)


def _is_text(start: bytes) -> bool:
    """Whether it is UTF-8 without control characters; the last letter may be cut off."""
    letters = start.decode("utf-8", "ignore")
    return len(letters.encode()) > len(start) - 4 and not re.search(r"[\0-\x08\x0e-\x1f]", letters)


def kind_of_file(path: str | Path) -> Kind | None:
    """What a file is; None where nothing tells, or where it cannot be read or is no path at all."""
    with suppress(OSError, ValueError), open_file(path) as file:
        return kind_of(file.read(START))
    return None
