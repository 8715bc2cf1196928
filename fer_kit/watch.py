"""What a notebook has read besides the course's own files, and so whether it may have seen people.

`fer-kit run` loads this into every kernel before the first cell, as an extension of IPython. It
listens to which files Python opens (PEP 578) and to whether it fetches anything; what reads
pictures without Python, such as OpenCV, is known by its name in a cell. In a run on drawn faces a
figure may be handed in as long as the notebook has read nothing of that kind. Lesson 11.
"""

import contextlib
import os
import re
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from fer_kit.embedded import holds_picture
from fer_kit.kinds import ENDINGS

# Files that can hold a face. All else that Python and the system bring along is code, fonts and
# settings; all else that is opened elsewhere counts, whatever it is called.
PICTURES = (
    *(*ENDINGS, ".dib", ".ico", ".psd", ".svg"),
    *(".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg"),
)
TABLES = (
    *(".npy", ".npz", ".csv", ".tsv", ".mat", ".h5", ".hdf5", ".pkl", ".pickle", ".pkz", ".joblib"),
    *(".dat", ".bin", ".raw", ".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".parquet"),
    *(".arrow", ".feather", ".tfrecord", ".tfrecords", ".pt", ".pth"),
)
# Readers that are not written in Python, and so are not heard.
BELOW_PYTHON = re.compile(
    r"\b(imread\w*|VideoCapture|read_file|gfile|GFile|\w+_from_directory|\w+RecordDataset"
    r"|TextLineDataset|CsvDataset|make_csv_dataset|h5py|pyarrow|polars|duckdb"
    r"|read_(?:hdf|parquet|feather|orc)|ImageGrab|ctypes|cffi)\b"
)
SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/usr", "/lib", "/System", "/Library", "/nix")
WINDOWS = ("SystemRoot", "ProgramFiles", "ProgramFiles(x86)", "ProgramData")

# Folders of settings in a home folder: on Linux they begin with a dot.
_HOME = os.path.realpath(os.path.expanduser("~"))
_SETTINGS = re.compile(rf"{re.escape(_HOME)}[/\\](?:.+[/\\])?(?:\.[^/\\]+|AppData|Library)[/\\]")

_shell: Any = None  # the kernel that is listened to
_opened: dict[str, None] = {}  # files, in the order in which they were opened
_written: set[str] = set()
_noted: dict[str, None] = {}


def load_ipython_extension(shell: Any) -> None:
    """Begin to listen. It cannot be ended, which is as well."""
    global _shell
    _shell = shell
    sys.addaudithook(_hear)


def note(what: str) -> None:
    """Remember that something was read that may show people."""
    _noted[what] = None


def may_show_people(known: Iterable[Path]) -> str:
    """When a figure that may show people was shown; "" where nothing that was read can.

    Args:
        known: files, and folders of files, that show nobody, as those of a run on drawn faces. A
            picture in such a folder counts all the same, unless it lies in `figures` or `report`.
    """
    if _shell is None:
        return "in a notebook that fer-kit run did not run"
    for cell in _shell.history_manager.input_hist_raw:
        if named := BELOW_PYTHON.search(cell):
            note(f"something with {named[0]}")
        if holds_picture(cell):
            note("a picture that is written into a cell")
    places = [os.path.realpath(place) for place in known]
    for path in _opened:
        if not any(_shows_nobody(path, place) for place in places):
            note(f"the file {os.path.basename(path)}")
    return f"after the notebook read {next(iter(_noted))}" if _noted else ""


def _shows_nobody(path: str, place: str) -> bool:
    inside = path.removeprefix(place + os.sep)
    if inside == path:
        return path == place
    return inside.split(os.sep)[0] in ("figures", "report") or not path.lower().endswith(PICTURES)


def _hear(event: str, arguments: tuple) -> None:
    with contextlib.suppress(Exception):  # whatever is wrong here must not stop the notebook
        if event == "open":
            _hear_file(*arguments)
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            host = str(arguments[1][0])
            if not host.startswith(("127.", "::1", "localhost")):
                note("something from the network")


def _hear_file(path: Any, mode: str | None, flags: int) -> None:
    if not isinstance(path, str | bytes):  # a number: it was heard when it was opened by name
        return
    path = os.fsdecode(path)
    if path.endswith((".py", ".pyc")) and path.startswith(_places()):
        return  # thousands of them, when a library is imported
    path = os.path.realpath(path)
    if mode.startswith(("w", "x")) if mode else flags & (os.O_CREAT | os.O_TRUNC):
        _written.add(path)
    elif path not in _written and _is_strange(path):
        _opened[path] = None


def _is_strange(path: str) -> bool:
    """Whether a file is there that can hold a face, or that is none of the system's."""
    comes_along = path.startswith(_places()) or _SETTINGS.match(path)
    if comes_along and not path.lower().endswith(PICTURES + TABLES):
        return False
    return os.path.exists(path) and not os.path.isdir(path)


@cache
def _places() -> tuple[str, ...]:
    """Where the files of Python, of the system and of the library are."""
    names = [sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *SYSTEM]
    names += [os.environ[name] for name in WINDOWS if name in os.environ]
    names += [os.path.dirname(__file__)]
    return tuple({place + os.sep for name in names for place in (name, os.path.realpath(name))})
