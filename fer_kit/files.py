"""Write files whole: a reader finds the old file or the new one, never half of one.

And one process at a time: what a lock is held for is nobody else's meanwhile.
"""

import codecs
import errno
import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from itertools import filterfalse
from math import inf
from pathlib import Path
from typing import Any, BinaryIO

from fer_kit.errors import InputError

MEGABYTE = 1_000_000
LEFT = 24 * 3600  # seconds after which nobody is still at a temporary folder
# What systems put beside the files of people.
BESIDE = ("__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin")


def write_whole(path: str | Path, write: Callable[[Path], Any]) -> Path:
    """Let `write` fill a temporary file beside `path`, then rename it into place.

    Raises:
        InputError: the folder cannot be written, or the disk is full. `path` keeps its old content.
    """
    path = Path(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The suffix stays at the end: numpy and Keras choose the format by it.
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent
        )
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return path


def _unwritten(path: Path, error: OSError) -> InputError:
    return InputError(
        f"Expected to write {path}. Received: {error.strerror or error}. Free some space or choose "
        "a folder that you may write to."
    )


def write_text(path: str | Path, text: str) -> Path:
    """Write text (UTF-8) whole."""
    return write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_json(path: str | Path, value: Any) -> Path:
    """Write JSON whole, indented, so that people can read and compare it."""
    return write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def open_file(path: str | Path, most: float = inf) -> BinaryIO:
    """A file, open to be read, of at most so many bytes.

    Raises:
        OSError: there is none, it cannot be read, or is larger; or it is a pipe or a device, which
            would be waited for, or never end.
    """
    path = Path(path)
    size = path.stat().st_size
    if not path.is_file():
        raise OSError(errno.EINVAL, "it is no file", str(path))
    if size > most:
        raise OSError(errno.EFBIG, f"it has {size:,} bytes, more than {most:,}", str(path))
    return path.open("rb")


def read_bytes(path: str | Path, most: float = inf) -> bytes:
    """The content of a file, of at most so many bytes; an OSError as in `open_file`."""
    with open_file(path, most) as file:
        return file.read()


def printable(text: str) -> str:
    """Text in one line: what has no picture of its own, such as a line's end, as Python writes it.

    File names may hold anything, also bytes that are no letters.
    """
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def decode(content: bytes) -> str:
    """Text that people have saved: as UTF-8, as UTF-16, or as Windows does by default (cp1252).

    A byte-order mark goes. What no encoding knows becomes a mark.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    if b"\0" in content[:2]:  # the first letter takes two bytes: UTF-16 without a mark
        return content.decode("utf-16-be" if content[:1] == b"\0" else "utf-16-le", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def check_not_over(out: str | Path, *inputs: str | Path) -> None:
    """Refuse a place to write to that is one of the files that are read, by whatever name.

    Raises:
        InputError: it is.
    """
    for file in map(Path, inputs):
        if Path(out).exists() and file.exists() and Path(out).samefile(file):
            raise InputError(
                f"Expected another place to write to than {file} itself. Received: {out}. The "
                "original would be lost."
            )


def is_beside(name: str) -> bool:
    """Whether a file or folder of this name was made by a system and not by a person."""
    return name.startswith(".") or name.lower() in BESIDE


def files_below(folder: Path) -> Iterator[Path]:
    """All files in a folder, links followed; hidden and system files are passed over.

    Raises:
        InputError: a folder cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise InputError(
            f"Expected a folder that can be read. Received: {error.filename} ({error.strerror})."
        ) from error

    for place, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        here = Path(place)
        inside = sorted(filterfalse(is_beside, folders))
        folders[:] = [name for name in inside if not _is_loop(here / name)]
        for path in (here / name for name in sorted(filterfalse(is_beside, names))):
            if path.is_file() or path.is_symlink():  # no pipe, which would be waited for
                yield path


def _is_loop(folder: Path) -> bool:
    """Whether a folder is a link to one that it is in."""
    if not folder.is_symlink():
        return False
    here = folder.parent.resolve()
    return folder.resolve() in (here, *here.parents)


def read_json(path: str | Path, missing: Any = ..., then: str = "") -> Any:
    """Read JSON.

    Args:
        missing: what to take where there is no such file; left out, that is an error.
        then: what to do where it cannot be read, a sentence.

    Raises:
        InputError: the file is missing or is not JSON.
    """
    if missing is not ... and not Path(path).exists():
        return missing
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"Expected a JSON file. Received: {path} ({error}). {then}") from error


def beside(path: Path, ending: str) -> Path:
    """The path of what belongs to a model and is called after it: NAME-ENDING."""
    return path.with_name(f"{path.stem}-{ending}")


def save_figure(figure: Any, path: Path) -> None:
    """Write a matplotlib figure as a picture and forget it: all of the file or nothing."""
    import matplotlib.pyplot as plt

    write_whole(path, lambda temporary: figure.savefig(temporary, dpi=150))
    plt.close(figure)


def sha256(path: str | Path) -> str:
    """The sha256 of a file, as 64 hexadecimal digits.

    Raises:
        InputError: the file is missing or cannot be read.
    """
    try:
        with open_file(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"Expected a file. Received: {path} ({error.strerror}). Check the path."
        ) from error


@cache
def code(room: str = "", without: tuple[str, ...] = ()) -> str:
    """sha256 of the library's source, or of one of its rooms, without some of what is in it."""
    folder = Path(__file__).parent / room
    paths = [path.relative_to(folder) for path in sorted(folder.rglob("*.py"))]
    told = [
        (path.as_posix(), sha256(folder / path)) for path in paths if path.parts[0] not in without
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()


@contextmanager
def locked(path: str | Path, what: str, wait: float = 0) -> Iterator[None]:
    """Hold a lock while the block runs, against every process on every computer that sees it.

    The system takes it back when its holder ends, by whatever means.

    Args:
        path: the lock's file; its folder is made. It stays there, empty.
        what: what is locked, for the message: "the run synthetic-quick".
        wait: seconds for which another holder is waited for.

    Raises:
        InputError: somebody else holds it, and who; or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    path = Path(path)
    holder = path.with_suffix(".json")
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=wait)
    except Timeout as error:
        raise InputError(
            f"Expected {what} to be free. Received: {_told(holder)} works on it. Wait until that "
            "is done, or end it."
        ) from error
    except OSError as error:
        raise InputError(
            f"Expected to lock {what}. Received: {path}: {error.strerror or error}. "
            "Choose a folder that you may write to, on a disk that has locks."
        ) from error
    try:
        me = {"process": os.getpid(), "computer": platform.node()}
        write_json(holder, me | {"since": datetime.now().isoformat(" ", timespec="seconds")})
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _told(holder: Path) -> str:
    """Who holds a lock, as far as it was noted."""
    with suppress(InputError, KeyError, TypeError):
        told = read_json(holder)
        return f"process {told['process']} on {told['computer']}, since {told['since']},"
    return "another process"


def _sweep(folder: Path) -> None:
    """Remove what a process that was killed left when it filled a folder anew, a day ago or more.

    It may hold the folder as it was: it stays where there is no other.
    """
    for left in folder.parent.glob(f".{folder.name}-*") if folder.exists() else ():
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT:
                shutil.rmtree(left)


def replace_folder(folder: Path, build: Callable[[Path], None]) -> None:
    """Let `build` fill a new folder, then put it in the place of `folder`.

    Raises:
        InputError: it cannot be written. `folder` keeps its old content.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
            fresh, earlier = Path(temporary) / "fresh", Path(temporary) / "earlier"
            fresh.mkdir()
            build(fresh)
            if folder.exists():
                folder.rename(earlier)
            try:
                fresh.rename(folder)
            except OSError:
                if earlier.exists():
                    earlier.rename(folder)
                raise
    except OSError as error:
        raise _unwritten(folder, error) from error
