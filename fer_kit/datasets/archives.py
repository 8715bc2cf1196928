"""Pictures inside .zip and .7z archives, read into memory: nothing is unpacked onto the disk.

An archive from somewhere may be damaged or made to do harm. Names that lead out of a folder are
refused, and so is what would swell beyond all measure. Of the rest only pictures are looked at.
"""

import lzma
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from fer_kit.errors import InputError, first_few
from fer_kit.files import is_beside
from fer_kit.kinds import ENDINGS

KINDS = (".zip", ".7z")
MOST_BYTES = 4 * 1024**3  # of all pictures of one archive
MOST_GROWTH = 100  # a JPEG hardly shrinks in an archive, so that it hardly grows out of one
SMALL = 1024**2  # up to this many bytes may have grown from whatever they like

_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError,
    NotImplementedError,
)  # fmt: skip


class Member(NamedTuple):
    """A file in an archive: its path in there, with "/", and its size in bytes."""

    name: str
    size: int


def find_members(archive: Path) -> list[str]:
    """The paths of all pictures in an archive, sorted.

    Raises:
        InputError: it is no archive, it is encrypted, or it is not safe to read.
    """
    members = _members_of_zip(archive) if _is_zip(archive) else _members_of_7z(archive)
    _check_names(archive, members)
    pictures = [member for member in members if _is_picture(member.name)]
    _check_sizes(archive, pictures)
    return sorted(member.name for member in pictures)


def read_members(archive: Path, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """The content of some pictures, one after the other, in any order.

    Raises:
        InputError: one of them is damaged; the sentence names it.
    """
    return _read_zip(archive, names) if _is_zip(archive) else _read_7z(archive, names)


def _is_zip(archive: Path) -> bool:
    return archive.suffix.lower() == ".zip"


def _is_picture(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in ENDINGS and not any(map(is_beside, path.parts))


def _members_of_zip(archive: Path) -> list[Member]:
    with _readable(archive), zipfile.ZipFile(archive) as opened:
        inside = [info for info in opened.infolist() if not info.is_dir()]
    if any(info.flag_bits & 1 for info in inside):
        raise _locked(archive)
    return [Member(info.filename, info.file_size) for info in inside]


def _members_of_7z(archive: Path) -> list[Member]:
    py7zr = _py7zr(archive)
    broken = py7zr.exceptions.ArchiveError
    try:
        with _readable(archive, "", broken), py7zr.SevenZipFile(archive) as opened:
            locked = opened.needs_password()
            inside = [info for info in opened.list() if not info.is_directory]
    except py7zr.exceptions.PasswordRequired as error:
        raise _locked(archive) from error
    if locked:
        raise _locked(archive)
    return [Member(info.filename, info.uncompressed) for info in inside if not info.is_symlink]


def _read_zip(archive: Path, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as opened:
        for name in names:
            with _readable(archive, name):
                content = opened.read(name)
            yield name, content


def _read_7z(archive: Path, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    py7zr = _py7zr(archive)
    kept, broken = py7zr.io.BytesIOFactory(MOST_BYTES), py7zr.exceptions.ArchiveError
    limited = {"max_extract_size": MOST_BYTES}
    with _readable(archive, "", broken), py7zr.SevenZipFile(archive, **limited) as opened:
        opened.extract(targets=list(names), factory=kept)
    for name in names:
        content = kept.products.pop(name)
        content.seek(0)
        yield name, content.read()


def _py7zr(archive: Path):
    try:
        import py7zr
        import py7zr.io
    except ImportError as error:
        raise InputError(
            f"Expected py7zr, which reads .7z archives. Received: {archive.name}, and it is not "
            'installed. Install it, pip install "py7zr>=1.1,<2", or pack the pictures as .zip '
            "under the same name and move the .7z elsewhere."
        ) from error
    return py7zr


def _check_names(archive: Path, members: list[Member]) -> None:
    escaping = [member.name for member in members if not _stays_inside(member.name)]
    if escaping:
        raise InputError(
            f"Expected an archive whose files stay in its own folder. Received: {archive.name} "
            f"with {first_few(escaping)}. Do not unpack it; get it from a place that you trust."
        )


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return not path.is_absolute() and ".." not in path.parts and ":" not in str(path).split("/")[0]


def _check_sizes(archive: Path, pictures: list[Member]) -> None:
    total, packed = sum(member.size for member in pictures), archive.stat().st_size
    if total > min(MOST_BYTES, max(SMALL, MOST_GROWTH * packed)):
        raise InputError(
            f"Expected pictures of at most {MOST_BYTES / 1e9:.0f} GB, packed at most {MOST_GROWTH} "
            f"times smaller. Received: {archive.name}, whose {packed:,} bytes grow to {total:,}. "
            "Get it from a place that you trust."
        )


@contextmanager
def _readable(archive: Path, name: str = "", *broken: type[Exception]) -> Iterator[None]:
    """Let what cannot be read be a sentence."""
    try:
        yield
    except (*_BROKEN, *broken) as error:
        place = f"{archive.name}/{name}" if name else archive.name
        raise InputError(
            f"Expected an archive that can be read. Received: {place} "
            f"({type(error).__name__}: {error}). Get the archive again."
        ) from error


def _locked(archive: Path) -> InputError:
    return InputError(
        f"Expected an archive without a password. Received: {archive.name}, which has one. "
        "Unpack it, and pack it again without."
    )
