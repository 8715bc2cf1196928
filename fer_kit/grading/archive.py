"""Opening a ZIP file from a student: nothing is unpacked, nothing is run, nothing is trusted.

Members are read into memory, one at a time, and only those with a name and a size that a bundle's
members have.
"""

import hashlib
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from fer_kit.course.limits import (
    DENSEST,
    LARGEST_BUNDLE,
    LARGEST_MEMBER,
    MEGABYTE,
    MOST_MEMBERS,
)
from fer_kit.course.manifest import read_manifest
from fer_kit.errors import InputError
from fer_kit.lessons import METRICS

KNOWN = re.compile(
    r"run\.json|results/[\w.-]+\.json|notebooks/[\w.-]+\.ipynb|predictions/[\w.-]+\.csv"
    r"|report/[\w.-]+\.html|report/figures/[\w.-]+\.png"
)

HASHED = (".html", ".ipynb", ".csv")


class Bundle:
    """One opened bundle.

    Attributes:
        name: what the submission is called: the file's path below the folder of submissions.
        manifest: run.json.
        metrics: what lesson 08 wrote, or {} where it is missing.
        strange: the names of members that no bundle has; they are never read.
    """

    def __init__(self, path: str | Path, name: str = ""):
        """Look at every member's name, kind and size before any is read.

        Raises:
            InputError: it is no ZIP file, or one that a bundle cannot be.
        """
        self.path = Path(path)
        self.name = name or self.path.stem
        self._hashes: dict[str, str] = {}
        try:
            self._archive = zipfile.ZipFile(self.path)
        except (OSError, zipfile.BadZipFile, ValueError) as error:
            raise InputError(
                f"Expected a ZIP file. Received: {self.path.name} ({error})."
            ) from error
        try:
            self._members = _checked(self._archive.infolist())
            self.strange = sorted(name for name in self._members if not KNOWN.fullmatch(name))
            self.manifest = read_manifest(self.text("run.json"))
            self.metrics = self._json(METRICS) if METRICS in self._members else {}
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Bundle":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def bytes(self, name: str) -> bytes:
        """The content of a member.

        Raises:
            InputError: it is not there, damaged, or larger than it said.
        """
        if name not in self._members or not KNOWN.fullmatch(name):
            raise InputError(f"Expected {name} in the bundle. Received: no such file.")
        try:
            with self._archive.open(self._members[name]) as file:
                content = file.read(LARGEST_MEMBER + 1)
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise InputError(f"Expected {name} to be readable. Received: {error}.") from error
        if len(content) > LARGEST_MEMBER:
            raise InputError(
                f"Expected at most {LARGEST_MEMBER // MEGABYTE} MB in {name}. Received: more, "
                "whatever its header says."
            )
        self._hashes[name] = hashlib.sha256(content).hexdigest()
        return content

    def text(self, name: str) -> str:
        """A member as text; bytes that are no UTF-8 become marks."""
        return self.bytes(name).decode("utf-8", errors="replace")

    def notebooks(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(name, notebook) of each executed notebook, one after the other."""
        for member in self._like("notebooks/", ".ipynb"):
            notebook = self._json(member)
            check_notebook(member, notebook)
            yield PurePosixPath(member).stem, notebook

    def predictions(self) -> Iterator[tuple[str, bytes]]:
        """(model, CSV) of each file of predictions, one after the other."""
        for member in self._like("predictions/", ".csv"):
            yield PurePosixPath(member).stem, self.bytes(member)

    def altered(self) -> list[str]:
        """Pages, notebooks and predictions that are not those that run.json lists, or are gone."""
        listed = self.manifest.get("files")
        listed = listed if isinstance(listed, dict) else {}
        here = [n for n in self._members if KNOWN.fullmatch(n) and n.endswith(HASHED)]
        gone = [
            str(name)
            for name in listed
            if KNOWN.fullmatch(str(name)) and str(name).endswith(HASHED) and name not in here
        ]
        changed = [name for name in here if self._sha256(name) != listed.get(name)]
        return sorted([*gone, *changed])

    def _sha256(self, name: str) -> str:
        """The hash of a member; what was read once is not read again."""
        if name not in self._hashes:
            self.bytes(name)
        return self._hashes[name]

    def _like(self, start: str, end: str) -> list[str]:
        names = (name for name in self._members if KNOWN.fullmatch(name))
        return sorted(name for name in names if name.startswith(start) and name.endswith(end))

    def _json(self, name: str) -> dict[str, Any]:
        try:
            value = json.loads(self.text(name))
        except (ValueError, RecursionError) as error:
            raise InputError(f"Expected JSON in {name}. Received: {error}.") from error
        if not isinstance(value, dict):
            raise InputError(f"Expected an object in {name}. Received: {type(value).__name__}.")
        return value


def _checked(members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The members by name.

    Raises:
        InputError: a name leads out of the bundle or comes twice, something is a link or encrypted,
            or there is too much of it.
    """
    if len(members) > MOST_MEMBERS:
        raise InputError(f"Expected at most {MOST_MEMBERS} files. Received: {len(members):,}.")
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > LARGEST_BUNDLE or unpacked > MEGABYTE + DENSEST * packed:
        raise InputError(
            f"Expected at most {LARGEST_BUNDLE // MEGABYTE} MB, and at most {DENSEST} times the "
            f"packed size. Received: {unpacked / MEGABYTE:,.0f} MB in "
            f"{packed / MEGABYTE:,.1f} MB, a ZIP bomb."
        )
    files = [member for member in members if not member.is_dir()]
    seen: set[str] = set()
    for member in members:
        _check_member(member)
        if member.filename.lower() in seen:
            raise InputError(f"Expected every file once. Received: {member.filename!r} twice.")
        seen.add(member.filename.lower())
    return {member.filename: member for member in files}


def _check_member(member: zipfile.ZipInfo) -> None:
    name, path = member.filename, PurePosixPath(member.filename)
    # zipfile cuts a name at a NUL and turns backslashes on Windows only: look at the original.
    original = member.orig_filename
    leads_out = path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name)
    if leads_out or "\\" in original or "\0" in original:
        raise InputError(f"Expected names inside of the bundle. Received: {original!r}.")
    mode = member.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise InputError(f"Expected files. Received: {name!r}, a link or a device.")
    if member.flag_bits & 1:
        raise InputError(f"Expected readable files. Received: {name!r}, encrypted.")
    if member.file_size > LARGEST_MEMBER:
        raise InputError(
            f"Expected at most {LARGEST_MEMBER // MEGABYTE} MB a file. "
            f"Received: {name!r} of {member.file_size / MEGABYTE:,.0f} MB."
        )


def check_notebook(name: str, notebook: dict[str, Any]) -> None:
    """The few things that the readers of notebooks rely on."""
    cells = notebook.get("cells")
    fine = isinstance(cells, list) and all(_is_cell(cell) for cell in cells)
    if not fine or not isinstance(notebook.get("metadata", {}), dict):
        raise InputError(f"Expected a Jupyter notebook in {name}. Received: something else.")


def _is_cell(cell: Any) -> bool:
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return False
    about, outputs, text = cell.get("metadata", {}), cell.get("outputs", []), cell.get("source", "")
    count = cell.get("execution_count")
    return (
        isinstance(about, dict)
        and isinstance(about.get("tags", []), list)
        and isinstance(count, int | None)
        and isinstance(outputs, list)
        and all(_is_output(output) for output in outputs)
        and (isinstance(text, str) or (isinstance(text, list) and all(map(_is_text, text))))
    )


def _is_output(output: Any) -> bool:
    return isinstance(output, dict) and isinstance(output.get("data", {}), dict)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
