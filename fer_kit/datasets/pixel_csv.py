"""Read tables of `emotion,pixels,Usage`, the form in which FER2013 is handed out (lesson 01).

A row holds the number of the emotion, 48 × 48 grey values between spaces, and the part that it
belongs to. The usual way, `[int(value) for value in pixels.split()]`, makes 83 million Python
objects of FER2013. Here numpy reads the digits of many rows at a time, and only a row that looks
odd is read value by value, to accept or to explain it.
"""

import codecs
import csv
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

import numpy as np
from tqdm import tqdm

from fer_kit.datasets.decode import scale_all
from fer_kit.datasets.splits import SPLIT_OF_USAGE, split_of
from fer_kit.emotions import FER2013
from fer_kit.emotions import codes as emotion_codes
from fer_kit.errors import InputError, first_few
from fer_kit.faces import Faces, one_hot
from fer_kit.files import is_beside, open_file
from fer_kit.kinds import START, TEXT, kind_of

SIDE = 48
PIXELS = SIDE * SIDE
COLUMNS = ("emotion", "pixels", "usage")
SEPARATORS = b",;\t|"

# The names under which the competition's table is known, to choose it from an archive of several.
KNOWN_TABLES = ("fer2013.csv", "icml_face_data.csv")

# Rows that numpy reads at a time: few enough that the arrays stay in the processor's cache.
BLOCK = 16
# Bytes fetched from the disk at a time: many lines, where Python's own choice is about one.
BUFFER = 1 << 18

# Characters of a row at most: 2,304 pixels take some 9,000.
LONGEST = 1 << 16

# What can be raised while a damaged file is read.
READ_ERRORS = (
    OSError,
    EOFError,
    UnicodeError,
    lzma.LZMAError,
    KeyError,  # a link in an archive that leads nowhere
    RuntimeError,  # a zip with a password
    csv.Error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)

# What is wrong, as pairs of a line number and a reason.
Problems = list[tuple[int, str]]


class PixelTable(NamedTuple):
    """images uint8 (N, 48, 48, 1); codes int (N,), the emotions' numbers; split str (N,)."""

    images: np.ndarray
    codes: np.ndarray
    split: np.ndarray

    def faces(self, emotions: Sequence[str], source: str, image_size: int) -> Faces:
        """The rows as `Faces`, whose ids are the row numbers from 0."""
        return Faces(
            images=scale_all(self.images, image_size),
            targets=one_hot(self.codes, len(emotions)),
            emotions=tuple(emotions),
            split=self.split,
            ids=np.arange(len(self.codes)).astype(str),
            source=source,
        )


class TextRow(NamedTuple):
    """A row as it stands in the file, with its line number (the header is line 1)."""

    line: int
    emotion: str
    pixels: bytes
    usage: str


def read_pixel_csv(path: Path, emotions: Sequence[str] = FER2013) -> PixelTable:
    """Read a table, plain or in a .zip, .gz or .tar.gz, and check every value of it.

    Columns may be separated by commas, semicolons, tabs or bars, and the text may be UTF-16.

    Args:
        path: columns emotion, pixels and Usage, in any order.
        emotions: what the numbers 0, 1, … of the first column stand for; it may name them itself.

    Raises:
        InputError: the file cannot be read, or rows are wrong; names the first of them.
    """
    codes = emotion_codes(emotions)
    images, labels, split, problems = [], [], [], []
    progress = tqdm(desc=f"Reading {path.name}", unit=" faces", leave=False, delay=1)
    with open_table(path) as file, progress:
        rows = _rows(file, path, problems)
        while block := list(islice(rows, BLOCK)):
            images.append(_block_pixels(block, problems))
            for row in block:
                labels.append(codes.get(row.emotion.lower()))
                split.append(split_of(row.usage))
                if labels[-1] is None:
                    problems.append((row.line, f"unknown emotion {row.emotion[:20]!r}"))
                if not split[-1]:
                    problems.append((row.line, f"unknown Usage {row.usage[:20]!r}"))
            progress.update(len(block))
    _raise_if_any(problems, path, emotions)
    if not images:
        raise InputError(
            f"Expected rows of faces below the header of {path}. Received: the header only. "
            "Download the file again."
        )
    return PixelTable(
        np.concatenate(images).reshape(-1, SIDE, SIDE, 1), np.array(labels), np.array(split)
    )


def parse_pixels(rows: list[bytes]) -> np.ndarray | None:
    """Read the grey values of many rows at once: uint8 (N, pixels).

    A number ends where a space or a line's end follows. The byte before is its units, the one
    before that its tens if the number has two digits, and so on: all on whole arrays.

    Returns:
        uint8 (len(rows), 2304), or None if any row is not 2,304 numbers from 0 to 255 with single
        spaces between them.
    """
    # In front: an end for the first number to begin after, and two zeros for it to look back on.
    text = np.frombuffer(b"00\n" + b"\n".join(rows) + b"\n", np.uint8)
    ends = np.flatnonzero(text < ord("0"))
    lengths, ends = np.diff(ends) - 1, ends[1:]
    if len(ends) != len(rows) * PIXELS or (text > ord("9")).any():
        return None
    separators = text[ends].reshape(-1, PIXELS)
    if (separators[:, :-1] != ord(" ")).any() or (separators[:, -1] != ord("\n")).any():
        return None
    units, tens, hundreds = (text[ends - back] - np.int16(ord("0")) for back in (1, 2, 3))
    values = units + 10 * tens * (lengths > 1) + 100 * hundreds * (lengths > 2)
    if lengths.min() < 1 or lengths.max() > 3 or values.max() > 255:
        return None
    return values.astype(np.uint8).reshape(-1, PIXELS)


def parse_row(pixels: bytes) -> np.ndarray:
    """Read one row, any white space between: uint8 (pixels,); a ValueError says why not."""
    texts = [text.removesuffix(".0") for text in pixels.decode("ascii", "replace").split()]
    if len(texts) != PIXELS:
        raise ValueError(f"{len(texts):,} pixels instead of {PIXELS:,}")
    for text in texts:
        if not text.removeprefix("-").isdecimal():
            raise ValueError(f"pixel {text!r} is no whole number")
        if not 0 <= int(text) <= 255:
            raise ValueError(f"pixel {text} is outside 0 to 255")
    return np.array([int(text) for text in texts], np.uint8)


@contextmanager
def open_table(path: Path) -> Iterator[BinaryIO]:
    """The table as a stream of bytes, taken out of its archive where it comes in one.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with open_file(path) as file:
            start = file.read(4)  # its name may say anything
        if tarfile.is_tarfile(path):
            with tarfile.open(path) as archive:
                files = [member.name for member in archive if member.isfile()]
                yield _as_utf8(archive.extractfile(_only_table(files, path)))
        elif start.startswith(b"PK"):
            with zipfile.ZipFile(path) as archive:
                table = archive.open(_only_table(archive.namelist(), path))
                yield _as_utf8(io.BufferedReader(table, BUFFER))
        elif start.startswith(b"\x1f\x8b"):
            with gzip.open(path) as file:
                yield _as_utf8(file)
        else:
            with path.open("rb", BUFFER) as file:
                yield _as_utf8(file)
    except READ_ERRORS as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"Expected a readable table. Received: {path} ({reason}). Check the path and whether "
            "you may read it; if it is damaged, download it again."
        ) from error


def _as_utf8(file: BinaryIO) -> BinaryIO:
    """The same table in UTF-8, where it is in UTF-16: as Excel saves "Unicode text"."""
    start = file.peek(2)[:2]
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or b"\0" in start:
        kind = "utf-16" if b"\0" not in start else ("utf-16-le" if start[1] == 0 else "utf-16-be")
        return codecs.EncodedFile(file, "utf-8", kind, "replace")
    return file


def _only_table(names: list[str], path: Path) -> str:
    """The one .csv in an archive; among several, the one with a known name."""
    visible = [name for name in names if not any(map(is_beside, PurePosixPath(name).parts))]
    tables = [name for name in visible if name.lower().endswith(".csv")]
    known = [name for name in tables if PurePosixPath(name).name in KNOWN_TABLES]
    for candidates in (tables, known):
        if len(candidates) == 1:
            return candidates[0]
    raise InputError(
        f"Expected one .csv file in {path}. Received: {first_few(tables) or 'none'}. "
        "Unpack it and give the path of the table or the folder in it."
    )


def _rows(file: BinaryIO, path: Path, problems: Problems) -> Iterator[TextRow]:
    header = file.readline(LONGEST)
    separator = bytes([max(SEPARATORS, key=header.count)])
    places = _places(header, separator, path)
    columns = len(_fields(header, separator))
    for line, text in enumerate(iter(lambda: file.readline(LONGEST), b""), start=2):
        if text.isspace() or text == header:  # once more, where tables were put together
            continue
        if len(text) >= LONGEST:
            problems.append((line, f"more than {LONGEST:,} characters"))
            return
        fields = _fields(text, separator)
        if len(fields) == columns:
            emotion, pixels, usage = (fields[place].strip() for place in places)
            if b"," in pixels or pixels.startswith(b"["):  # a list, as Python prints it
                pixels = b" ".join(pixels.strip(b"[]").replace(b",", b" ").split())
            yield TextRow(
                line, emotion.decode("utf-8", "replace"), pixels, usage.decode("utf-8", "replace")
            )
        else:
            problems.append((line, f"{len(fields)} columns instead of {columns}"))


def _fields(text: bytes, separator: bytes) -> list[bytes]:
    """Split a line at its commas; quotes are rare, so that only a line with some pays for them."""
    if b'"' not in text:
        return text.rstrip(b"\r\n").split(separator)
    reader = csv.reader([text.decode("utf-8", "replace")], delimiter=separator.decode())
    return [field.encode() for field in next(reader)]


def _places(header: bytes, separator: bytes, path: Path) -> list[int]:
    """Where emotion, pixels and Usage stand: by name, whatever their order, case and spaces."""
    # "utf-8-sig" drops the mark that some editors put at the start of a file.
    text = header.decode("utf-8-sig", "replace")
    names = [name.decode().strip().lower() for name in _fields(text.encode(), separator)]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        kind = kind_of(header[:START])
        shown = repr(text.strip()[:80]) if kind is TEXT else kind.name if kind else "no text"
        raise InputError(
            f"Expected a header with the columns emotion, pixels and Usage in {path}. Received: "
            f"{shown}, without {', '.join(missing)}. "
            "Use the competition's fer2013.csv or icml_face_data.csv; its train.csv and test.csv "
            "lack columns."
        )
    return [names.index(name) for name in COLUMNS]


def _block_pixels(block: list[TextRow], problems: Problems) -> np.ndarray:
    quickly = parse_pixels([row.pixels for row in block])
    if quickly is not None:
        return quickly
    return np.stack([_row_pixels(row, problems) for row in block])


def _row_pixels(row: TextRow, problems: Problems) -> np.ndarray:
    try:
        return parse_row(row.pixels)
    except ValueError as error:
        problems.append((row.line, str(error)))
        return np.zeros(PIXELS, np.uint8)


def _raise_if_any(problems: Problems, path: Path, emotions: Sequence[str]) -> None:
    if problems:
        lines = [f"line {line:,}: {reason}" for line, reason in sorted(problems)]
        raise InputError(
            f"Expected in every row of {path.name} an emotion from 0 to {len(emotions) - 1}, "
            f"{PIXELS:,} pixels from 0 to 255, and a Usage among {', '.join(SPLIT_OF_USAGE)}. "
            f"Received: {len(lines):,} fault(s): {first_few(lines)}. "
            "Mend these rows in a copy of the file, or download it under another name."
        )
