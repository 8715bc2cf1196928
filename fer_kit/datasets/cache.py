"""Keep data sets that were read once, so that the next notebook has them at once."""

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from fer_kit.datasets.parquet import ENDING as PARQUET
from fer_kit.errors import InputError
from fer_kit.faces import Faces
from fer_kit.files import code, files_below, locked
from fer_kit.version import __version__

log = logging.getLogger(__name__)


def cached(name: str, read: Callable[..., Faces], options: dict[str, Any]) -> Faces:
    """What `read(**options)` returns, from the cache if it is there.

    A cache that is damaged or cannot be written costs time and a warning, never the result.
    Deleting the folder is always safe.
    """
    file = cache_folder() / f"{name}-{_key(name, options)}.npz"
    with _alone(file):
        faces = _open(file)
        return _read_and_keep(file, read, options) if faces is None else faces


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Let whoever wants the same at the same time wait, and find it there."""
    with ExitStack() as stack:
        with suppress(InputError):  # a folder that nobody can write to is nobody's to share
            lock = file.parent / ".locks" / f"{file.stem}.lock"
            stack.enter_context(locked(lock, str(file), wait=600))
        yield


def _read_and_keep(file: Path, read: Callable[..., Faces], options: dict[str, Any]) -> Faces:
    faces = read(**options)
    try:
        faces.save(file)
    except InputError as error:
        log.warning("The faces were read but not kept for the next time: %s", error)
    return faces


def cache_folder() -> Path:
    """FER_KIT_CACHE, or fer_kit in the place that the system keeps for caches."""
    if chosen := os.environ.get("FER_KIT_CACHE"):
        return Path(chosen).expanduser()
    return user_cache_path("fer_kit", appauthor=False)


def _open(file: Path) -> Faces | None:
    if not os.path.exists(file):
        return None
    try:
        return Faces.open(file)
    except Exception as error:  # whatever is wrong with it, the source is still there
        log.warning(
            "The cached file %s cannot be used (%s): reading the source again.", file, error
        )
        return None


def _key(name: str, options: dict[str, Any]) -> str:
    """A hash of all that decides the result: files, options, and the code that reads them."""
    paths = [value for value in options.values() if isinstance(value, Path)]
    values = {key: value for key, value in options.items() if not isinstance(value, Path)}
    if paths and paths[0].is_file() and paths[0].suffix.lower() != PARQUET:
        values.pop("seed", None)  # a table carries its own split: nothing is drawn
    stamps = [_stamp(path.resolve()) for path in paths]
    # A change to what reads or draws them is never answered from the cache.
    rooms = ("datasets", "synthetic") if name == "synthetic" else ("datasets",)
    facts = [name, values, stamps, [code(room) for room in rooms], __version__]
    known = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(known.encode()).hexdigest()[:16]


def _stamp(path: Path) -> str:
    """Where a file is, which one, how large, when changed; for a folder, the same of all in it.

    A file that takes another's name keeps its own times, but not that of its naming.
    """
    digest = hashlib.sha256()
    files = [str(path)]
    if path.is_dir():
        files = sorted(str(file) for file in files_below(path))
    for file in files:
        try:
            facts = os.stat(file)
            told = (facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino)
        except OSError:  # a link may lead nowhere
            told = None
        digest.update(f"{file} {told}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()
