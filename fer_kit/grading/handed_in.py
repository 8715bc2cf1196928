"""What was handed in: everything below a folder, and for each thing a name and a page.

Whatever lies there gets a row, also what is no ZIP file: nobody who handed something in is missing.
"""

import hashlib
import os
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from fer_kit.errors import InputError, first_few
from fer_kit.files import is_beside

LONGEST_PAGE = 80  # bytes of a page's name; a disk takes 255 and some of them are ours
ARCHIVES = (".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".download", ".crdownload")
AGAIN = "Hand in the file bundle.zip that make bundle writes."


@dataclass(frozen=True)
class HandIn:
    """Something that was handed in.

    Attributes:
        name: its path below the folder, with "/" on every system.
        path: where it is.
        page: what its pages are called, without ".html"; no two have the same.
        problem: why it cannot be a bundle, a sentence; "" where it is a ZIP file.
    """

    name: str
    path: Path
    page: str
    problem: str


def find_hand_ins(folder: str | Path, but: Collection[Path] = ()) -> list[HandIn]:
    """Everything that was handed in below a folder, sorted by name.

    Args:
        but: files and folders that are not handed in, such as the class list.

    Raises:
        InputError: it is no folder, or nothing is in it.
    """
    folder = Path(folder)
    found = list(_walk(folder, {path.resolve() for path in but})) if folder.is_dir() else []
    if not found:
        unpack = " Unpack it first." if zipfile.is_zipfile(folder) else ""
        raise InputError(
            f"Expected a folder with bundles (.zip), at any depth. Received: {folder}, "
            f"{'with none' if folder.is_dir() else 'which is no folder'}.{unpack}"
        )
    named: dict[str, tuple[Path, str]] = {}
    for path, problem in sorted(found):
        name = path.relative_to(folder).as_posix().encode("utf-8", "replace").decode()
        while name in named:  # two names that no encoding knows
            name += "?"
        named[name] = (path, problem)
    pages = _pages(named)
    return [HandIn(name, path, pages[name], problem) for name, (path, problem) in named.items()]


def _walk(folder: Path, but: Collection[Path]) -> Iterator[tuple[Path, str]]:
    """(path, problem) of each thing that was handed in below a folder."""
    closed: list[OSError] = []
    for here, folders, files in os.walk(folder, onerror=closed.append):
        at = Path(here)
        folders[:] = sorted(name for name in folders if _is_wanted(at / name, but))
        if (at / "gradebook.csv").exists():  # what grading has written
            folders.clear()
            continue
        for name in list(folders):
            if problem := _folder_problem(at / name):
                folders.remove(name)
                yield at / name, problem
        paths = (at / name for name in sorted(files))
        wanted = [path for path in paths if _is_wanted(path, but) and path.is_file()]
        loose = [path for path in wanted if _is_loose(path)]
        for path in (path for path in wanted if path not in loose):
            yield path, "" if _is_zip(path) else _no_zip(path)
        if at == folder:
            yield from ((path, _no_zip(path)) for path in loose)
        elif loose:  # one person's files: one row
            yield loose[0], _no_zip(*loose)
    for error in closed:
        yield Path(error.filename), f"The folder cannot be opened ({error.strerror})."


def _is_wanted(path: Path, but: Collection[Path]) -> bool:
    return not is_beside(path.name) and path.resolve() not in but


def _is_zip(path: Path) -> bool:
    """Whether it is opened as a ZIP file: by its name or by its content."""
    return path.suffix.lower() == ".zip" or zipfile.is_zipfile(path)


def _is_loose(path: Path) -> bool:
    """Whether it is neither a ZIP file nor another archive: a notebook, a PDF, ..."""
    return path.suffix.lower() not in ARCHIVES and not _is_zip(path)


def _no_zip(*paths: Path) -> str:
    names = first_few([path.name[:80] for path in paths], 3)
    what = "This is no ZIP file" if len(paths) == 1 else "These are no ZIP files"
    return f"{what}: {names}. {AGAIN}"


def _folder_problem(folder: Path) -> str:
    """Why a folder is something that was handed in, and no place for hand-ins; "" where it is."""
    if folder.suffix.lower() in ARCHIVES:
        return f"This is a download that was not finished: {folder.name[:80]}. {AGAIN}"
    parts = ("run.json", "config.json", "notebooks")
    if any((folder / part).exists() for part in parts):
        return f"This is an unpacked folder and no ZIP file: {folder.name[:80]}. {AGAIN}"
    return ""


def _pages(names: Sequence[str]) -> dict[str, str]:
    """A file name for the pages of each, the same whatever else is handed in.

    Almost: where two would get the same name, the later one gets a longer one.
    """
    pages: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = re.sub(r"\.zip$", "", name, flags=re.IGNORECASE)
        page = re.sub(r"[^\w.() +-]+", "-", plain).strip(" .-")
        page = page.encode()[:LONGEST_PAGE].decode(errors="ignore")
        digest = hashlib.sha256(name.encode()).hexdigest()
        if page != plain or _as_disks_see_it(page) in taken:
            page = f"{page}-{digest[:8]}"
        if _as_disks_see_it(page) in taken:
            page = digest
        taken.add(_as_disks_see_it(page))
        pages[name] = page
    return pages


def _as_disks_see_it(name: str) -> str:
    """Names that differ in this differ on every disk."""
    return normalize("NFKC", name).casefold()
