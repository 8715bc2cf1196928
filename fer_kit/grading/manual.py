"""Points that are given by hand: manual.csv, which is only ever added to."""

import math
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from unicodedata import category, normalize

from fer_kit.course.rubric import Rubric
from fer_kit.errors import InputError
from fer_kit.files import write_whole
from fer_kit.grading.csvs import as_csv, as_written
from fer_kit.grading.graded import NOTHING, Graded, Told
from fer_kit.grading.plain import same
from fer_kit.grading.tables import Table, number, read_table

WHO = ("submission", "id", "name")
ROUNDED = re.compile(r"\d+([.,]\d+)?e\+?\d+", re.IGNORECASE)  # a long number in a spreadsheet


@dataclass(frozen=True)
class Points:
    """Tables of points; where two say something, the later one counts.

    Attributes:
        tables: as they were read, manual.csv first.
        criteria: the most points of each criterion that is graded by hand.
    """

    tables: tuple[Table, ...]
    criteria: Mapping[str, float]

    @property
    def heads(self) -> tuple[str, ...]:
        """What is given: the criteria and a comment."""
        return *self.criteria, "comment"


def read_points(paths: Iterable[Path], rubric: Rubric) -> Points:
    """Read and check tables of points: submission or id, a column for each criterion, comment.

    Raises:
        InputError: a column that nobody knows, or points that are no number between 0 and the
            criterion's.
    """
    criteria = {c.id: c.points for c in rubric.criteria if c.kind == "manual"}
    tables = tuple(read_table(path, "a CSV of manual points") for path in paths)
    for table in tables:
        _check(table, criteria)
    return Points(tables, criteria)


def match(points: Points, submissions: Sequence[Graded]) -> dict[str, Told]:
    """What was given to each submission, by its name.

    Raises:
        InputError: see `_rows_of`.
    """
    told: dict[str, Told] = {}
    for table in points.tables:
        for name, index in _rows_of(table, points, submissions).items():
            row, before = table.rows[index], told.get(name, NOTHING)
            given = {
                key: number(row[key.lower()]) for key in points.criteria if row.get(key.lower())
            }
            comment = as_written(row.get("comment", "")) or before.comment
            told[name] = Told({**before.points, **given}, comment)
    return told


def write_points(path: Path, points: Points, submissions: Sequence[Graded]) -> None:
    """Write manual.csv: its rows as they are, what else was given, and who is new.

    Where it changes, the earlier one stays beside it, under the time of day.
    """
    own = next((table for table in points.tables if table.path == path), None)
    rows = [dict(row) for row in own.rows] if own else []
    places = _rows_of(own, points, submissions) if own else {}
    for one in submissions:
        if one.name not in places:
            places[one.name] = len(rows)
            rows.append({"submission": one.name})
        row = rows[places[one.name]]
        row["id"], row["name"] = row.get("id") or one.id, row.get("name") or one.student
    for table in points.tables:
        for name, index in _rows_of(table, points, submissions).items():
            given = {head.lower(): table.rows[index].get(head.lower()) for head in points.heads}
            rows[places[name]] |= {head: cell for head, cell in given.items() if cell}
    heads = (*WHO, *points.heads)
    cells = [[row.get(head.lower(), "") for head in heads] for row in rows]
    text = as_csv([heads, *cells], own.separator if own else ",")
    content = text.encode("utf-8-sig", "replace")  # the mark tells a spreadsheet the encoding
    if path.exists():
        if path.read_bytes() == content:
            return
        now = datetime.now().strftime("%Y-%m-%d-%H%M%S")
        shutil.copyfile(path, path.with_name(f"{path.stem}-until-{now}.csv"))
    write_whole(path, lambda temporary: temporary.write_bytes(content))


def _check(table: Table, criteria: Mapping[str, float]) -> None:
    most = {name.lower(): points for name, points in criteria.items()}
    known = {*WHO, *most, "comment"}
    unknown = [
        head for head in table.columns if head not in known and any(row[head] for row in table.rows)
    ]
    if unknown or not {"submission", "id"} & set(table.columns):
        raise InputError(
            f"Expected the columns submission or id, {', '.join(criteria)}, comment. Received: "
            f"{table}. Call what is for the student comment, and leave the rest out."
        )
    for index, row in enumerate(table.rows):
        for name in most.keys() & row.keys():
            if row[name] and not 0 <= _points(row[name]) <= most[name]:
                raise InputError(
                    f"Expected points from 0 to {most[name]:g}, or nothing. Received: "
                    f"{row[name]!r} for {name} on {table.where(index)}."
                )


def _points(text: str) -> float:
    try:
        return number(text)
    except ValueError:
        return math.nan


def _rows_of(table: Table, points: Points, submissions: Sequence[Graded]) -> dict[str, int]:
    """The row about each submission, by its name: found by the id, else by the file's name.

    Rows without points and comment are found as far as they fit, and refused never.

    Raises:
        InputError: the id belongs to one submission and the file to another, two rows are about
            one submission, or nobody has handed in what there are points for.
    """
    found: dict[str, int] = {}
    for blank in (False, True):
        for index, row in enumerate(table.rows):
            if any(row.get(head.lower()) for head in points.heads) == blank:
                continue
            try:
                one = _submission_of(row, submissions)
                if one in found and not blank:
                    raise LookupError(
                        f"a second row for {one}; the other is on line "
                        f"{table.lines[found[one]]}. Put both into one row."
                    )
                found.setdefault(one, index)
            except LookupError as error:
                if not blank:
                    raise InputError(
                        "Expected each row of points to be about one submission. Received: "
                        f"{table.where(index)}, {error.args[0]}"
                    ) from error
    return found


def _submission_of(row: Mapping[str, str], submissions: Sequence[Graded]) -> str:
    """The name of the submission that a row is about; LookupError says why there is none."""
    told = as_written(row.get("submission", ""))
    id = "" if ROUNDED.fullmatch(row.get("id", "")) else as_written(row.get("id", ""))
    by_id = [one for one in submissions if id and same(one.id) == same(id)]
    by_name = _by_name(told, submissions)
    both = [one for one in by_name if one in by_id]
    if both:
        return both[0].name
    if len(by_name) == 1 and by_name[0].id and id:
        raise LookupError(
            f"where {told} is the file of {by_name[0].id} and not of {id}. Correct one of them."
        )
    if by_id:
        return next((one for one in by_id if one.counts), by_id[0]).name
    if len(by_name) != 1:
        could_be = " or ".join(one.name for one in by_name[:3])
        many = f"which could be {could_be}" if by_name else "which nobody has handed in"
        raise LookupError(
            f"about {told or id or 'nobody'}, {many}. Write the file's name with its folder, or "
            "the id, as in gradebook.csv; or put the file back."
        )
    name = row.get("name", "")
    if not id and _differ(name, by_name[0].student):
        raise LookupError(
            f"where {told} was handed in by {by_name[0].student} and not by {name}. Correct one "
            "of them."
        )
    return by_name[0].name


def _by_name(told: str, submissions: Sequence[Graded]) -> list[Graded]:
    """The submissions that a file's name stands for: written out, without ending, or alone."""
    short = _without_ending(told)
    whole = [one for one in submissions if told and told == one.name]
    ended = [one for one in submissions if told and short == _without_ending(one.name)]
    alone = [one for one in submissions if told and short == _without_ending(Path(one.name).name)]
    return whole or ended or alone


def _without_ending(name: str) -> str:
    return re.sub(r"\.zip$", "", name, flags=re.IGNORECASE)


def _differ(first: str, second: str) -> bool:
    """Whether two names are of two people, as far as their plain letters tell.

    Others may have suffered in a spreadsheet.
    """
    words, others = _plain_words(first), _plain_words(second)
    return bool(words and others and not words & others)


def _plain_words(name: str) -> set[str]:
    """Its words of plain letters; of others what is left without accents, and without them."""
    bare = "".join(one for one in normalize("NFKD", name) if category(one) != "Mn")
    return set(re.findall(r"[a-z]+", f"{name} {bare}".lower()))
