"""Opening a ZIP file from a student: nothing is unpacked, nothing is run, nothing is trusted.

Members are read into memory, one at a time, and only those with a name and a size that a bundle's
members have. A bundle that somebody has packed once more, harmlessly, is found inside.
"""

import hashlib
import io
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Literal

from pydantic import BaseModel, ValidationError

from fer_kit.course.limits import DENSEST, LARGEST_BUNDLE, LARGEST_MEMBER, MOST_MEMBERS
from fer_kit.course.manifest import FORMAT
from fer_kit.errors import InputError, first_few
from fer_kit.faces import are_drawn
from fer_kit.files import MEGABYTE, is_beside
from fer_kit.grading.handed_in import AGAIN
from fer_kit.grading.plain import moment
from fer_kit.grading.told import Claims, Manifest
from fer_kit.lessons import METRICS

DEEPEST = 2  # ZIP files in ZIP files
MOST_VALUES = 3_000_000  # in JSON; each takes some 60 bytes of memory
KNOWN = re.compile(
    r"run\.json|results/[\w.-]+\.json|notebooks/[\w.-]+\.ipynb|predictions/[\w.-]+\.csv"
    r"|report/[\w.-]+\.html|report/figures/[\w.-]+\.png"
)
HASHED = (".html", ".ipynb", ".csv")
# A run's own folder: what a manifest is made from where nobody has made a bundle of it.
OF_A_RUN = re.compile(r"config\.json|student\.json|models/[\w.-]+\.json")
# How files begin that are called .zip and are something else.
BEGINNINGS = {
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"%PDF": "a PDF",
    b"<": "a web page",
    b"{": "a notebook or other JSON",
}


class Unusable(InputError):
    """A hand-in that cannot be graded. Its text is a sentence that a student understands."""


class Bundle:
    """One opened bundle.

    Attributes:
        name: what the submission is called: the file's path below the folder of submissions.
        manifest: run.json.
        metrics: what lesson 08 wrote; None where it is missing.
        strange: the names of members that no bundle has; they are never read.
        is_run: whether it is a zipped run folder, whose manifest is made here.
    """

    def __init__(self, path: str | Path, name: str = ""):
        """Look at every member's name, kind and size before any is read.

        Raises:
            Unusable: it is no ZIP file, there is no bundle in it, or one that a bundle cannot be.
        """
        self.path = Path(path)
        self.name = name or self.path.name
        self._hashes: dict[str, str] = {}
        with ExitStack() as opened:
            self._known = KNOWN
            self._open(opened.enter_context(_opened(self.path)), opened)
            self.manifest = self._run_manifest() if self.is_run else self._manifest()
            has_metrics = METRICS in self._members
            self.metrics = Claims.model_validate(self._json(METRICS)) if has_metrics else None
            self._opened = opened.pop_all()

    def __enter__(self) -> "Bundle":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._opened.close()

    @property
    def when(self) -> str:
        """When the last of its notebooks ended, in UTC as ISO writes it; "" where nothing tells."""
        ends = [moment(notebook.ended) for notebook in self.manifest.notebooks.values()]
        if self.is_run:  # a ZIP file keeps the time of each file, in some time zone
            form = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}"
            ends = [moment(form.format(*one.date_time)) for one in self._members.values()]
        return max((end.isoformat() for end in ends if end is not None), default="")

    def bytes(self, name: str) -> bytes:
        """The content of a member.

        Raises:
            Unusable: it is not there, damaged, or larger than it said.
        """
        if name not in self._members or not self._known.fullmatch(name):
            raise Unusable(f"There is no {name} in it. {AGAIN}")
        content = _read(self._archive, self._members[name], name)
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
        if self.is_run:  # nothing lists them
            return []
        listed = self.manifest.files
        here = [n for n in self._members if KNOWN.fullmatch(n) and n.endswith(HASHED)]
        gone = [
            name
            for name in listed
            if KNOWN.fullmatch(name) and name.endswith(HASHED) and name not in here
        ]
        changed = [name for name in here if self._sha256(name) != listed.get(name)]
        return sorted([*gone, *changed])

    # Finding the bundle

    def _open(self, archive: zipfile.ZipFile, opened: ExitStack, depth: int = 0) -> None:
        """Find the bundle in an archive: as it is, in a folder, or in one more ZIP file."""
        members = _members(archive)
        root = _root(members, "run.json")
        inner = _inner(members) if root is None and depth < DEEPEST else ""
        if inner:
            content = io.BytesIO(_read(archive, members[inner], inner))
            self._open(opened.enter_context(_opened(content)), opened, depth + 1)
            return
        self.is_run = root is None
        if self.is_run:
            root = _root(members, "config.json")
            self._known = re.compile(f"{KNOWN.pattern}|{OF_A_RUN.pattern}")
        if root is None:
            names = first_few([name[:60] for name in members], 3) or "nothing"
            raise Unusable(f"There is no bundle in this ZIP file, but {names}. {AGAIN}")
        self._archive = archive
        self._members = {
            name.removeprefix(root): member
            for name, member in members.items()
            if name.startswith(root)
        }
        outside = [name for name in members if not name.startswith(root)]
        unknown = [name for name in self._members if not KNOWN.fullmatch(name)]
        self.strange = [] if self.is_run else sorted([*outside, *unknown])
        _check_sizes([m for name, m in self._members.items() if self._known.fullmatch(name)])

    def _manifest(self) -> Manifest:
        manifest = Manifest.model_validate(self._json("run.json"))
        if manifest.format != FORMAT:
            raise Unusable(
                "This bundle was made by another version of the course (run.json is of format "
                f"{str(manifest.format)[:20]!r}, and {FORMAT} is read). Update the course, "
                "and make the bundle again: make bundle."
            )
        return manifest

    def _run_manifest(self) -> Manifest:
        """What run.json would say of a run folder, as far as its own files tell."""
        config = self._json("config.json")
        cards = {PurePosixPath(m).stem: self._json(m) for m in self._like("models/", ".json")}
        return Manifest(
            student=self._json("student.json") if "student.json" in self._members else {},
            parameters=config | {"run": config.get("run") or config.get("name")},
            fer_kit=config.get("fer_kit"),
            synthetic=are_drawn(str(config.get("dataset"))),
            models={model: card for model, card in cards.items() if "trained_on" in card},
        )

    # Reading members

    def _sha256(self, name: str) -> str:
        """The hash of a member; what was read once is not read again."""
        if name not in self._hashes:
            self.bytes(name)
        return self._hashes[name]

    def _like(self, start: str, end: str) -> list[str]:
        names = (name for name in self._members if self._known.fullmatch(name))
        return sorted(name for name in names if name.startswith(start) and name.endswith(end))

    def _json(self, name: str) -> dict[str, Any]:
        content = self.bytes(name)
        if sum(map(content.count, (b",", b"[", b"{"))) > MOST_VALUES:
            raise Unusable(f"{name} holds more values than a file of the course ever does.")
        try:
            value = json.loads(content.decode("utf-8", errors="replace"))
        except (ValueError, RecursionError) as error:
            raise Unusable(f"{name} is damaged: it cannot be read as JSON. {AGAIN}") from error
        if not isinstance(value, dict):
            raise Unusable(f"{name} is not as the course writes it. {AGAIN}")
        return value


def _opened(file: Path | BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Unusable(f"{_what_it_is(file)} {AGAIN}") from error


def _what_it_is(file: Path | BinaryIO) -> str:
    """Why a file is no ZIP file, as far as its beginning tells."""
    try:
        if isinstance(file, Path):
            with file.open("rb") as opened:
                start = opened.read(300)
        else:
            file.seek(0)
            start = file.read(300)
    except OSError as error:
        return f"The file cannot be read ({error.strerror})."
    if not start.strip(b"\0"):
        return "The file is empty."
    if start.startswith(b"PK"):
        return "The ZIP file is damaged; most often its upload or download was not finished."
    kinds = (what for begin, what in BEGINNINGS.items() if start.lstrip().startswith(begin))
    what = "a tar archive" if b"ustar" in start else next(kinds, "something else")
    return f"The file is no ZIP file but {what}."


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files in an archive by name, without those that systems put beside them.

    Raises:
        Unusable: a name leads out of the archive or comes twice, something is a link, or there are
            too many.
    """
    everything = archive.infolist()
    if len(everything) > MOST_MEMBERS:
        raise Unusable(f"There are {len(everything):,} files in it; a bundle has far fewer.")
    seen: set[str] = set()
    members = {}
    for member in everything:
        name = _name(member)
        if name.lower() in seen:
            raise Unusable(f"The file {name[:80]!r} is in it twice.")
        seen.add(name.lower())
        if not name.endswith("/") and not any(map(is_beside, PurePosixPath(name).parts)):
            members[name] = member
    return members


def _name(member: zipfile.ZipInfo) -> str:
    """A member's name with the slashes that every system knows."""
    # zipfile cuts a name at a NUL and turns backslashes on Windows only: look at the original.
    name = member.orig_filename.replace("\\", "/")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name) or "\0" in name:
        raise Unusable(f"A name in it leads out of the ZIP file: {member.orig_filename[:80]!r}.")
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Unusable(f"{name[:80]!r} in it is no file but a link or a device.")
    return name


def _root(members: dict[str, zipfile.ZipInfo], file: str) -> str | None:
    """The folder in which the only file of this name is, as it begins the names; or None."""
    found = [name for name in members if PurePosixPath(name).name == file]
    depths = [name.count("/") for name in found]
    if depths.count(min(depths, default=0)) > 1:
        raise Unusable(f"There is more than one bundle in it: {first_few(found, 3)[:200]}.")
    return min(found, key=lambda name: name.count("/")).removesuffix(file) if found else None


def _inner(members: dict[str, zipfile.ZipInfo]) -> str:
    """The ZIP file in an archive that may be the bundle; "" where there is none."""
    inner = [name for name in members if name.lower().endswith(".zip")]
    bundles = [name for name in inner if PurePosixPath(name).name.lower() == "bundle.zip"]
    if not bundles and any(PurePosixPath(name).name == "config.json" for name in members):
        return ""  # a run folder, with some other ZIP file in it
    if len(inner) > 1 and len(bundles) != 1:
        raise Unusable(f"There is more than one ZIP file in it: {first_few(inner, 3)[:200]}.")
    return next(iter(bundles or inner), "")


def _check_sizes(members: list[zipfile.ZipInfo]) -> None:
    """Raises Unusable where what would be read is too much, packed too densely, or encrypted."""
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > LARGEST_BUNDLE or unpacked > MEGABYTE + DENSEST * packed:
        raise Unusable(
            f"It would unpack to {unpacked / MEGABYTE:,.0f} MB from {packed / MEGABYTE:,.1f} MB: "
            "that is a ZIP bomb, or a mistake."
        )
    for member in members:
        if member.file_size > LARGEST_MEMBER:
            raise Unusable(
                f"{member.filename[:80]} has {member.file_size / MEGABYTE:,.0f} MB; at most "
                f"{LARGEST_MEMBER // MEGABYTE} MB are read. Show less in that notebook, run it "
                "again, and make the bundle again."
            )


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    if member.flag_bits & 1:
        raise Unusable(f"{name[:80]} is encrypted. {AGAIN}")
    try:
        with archive.open(member) as file:
            content = file.read(LARGEST_MEMBER + 1)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise Unusable(f"{name[:80]} in the ZIP file is damaged. {AGAIN}") from error
    if len(content) > LARGEST_MEMBER:
        raise Unusable(f"{name[:80]} has more than {LARGEST_MEMBER // MEGABYTE} MB.")
    return content


def check_notebook(name: str, notebook: dict[str, Any]) -> None:
    """The few things that the readers of notebooks rely on."""
    try:
        _Notebook.model_validate(notebook, strict=True)
    except ValidationError as error:
        raise Unusable(f"{name} is no Jupyter notebook as the course writes it. {AGAIN}") from error


class _About(BaseModel):
    """The metadata of a cell."""

    tags: list[str] = []


class _Output(BaseModel):
    """What a cell put out."""

    data: dict[str, Any] = {}


class _Cell(BaseModel):
    """A cell, as far as it is read."""

    cell_type: Literal["code", "markdown", "raw"]
    metadata: _About = _About()
    source: str | list[str] = ""
    outputs: list[_Output] = []
    execution_count: int | None = None


class _Notebook(BaseModel):
    """A notebook, as far as it is read."""

    cells: list[_Cell]
    metadata: dict[str, Any] = {}
