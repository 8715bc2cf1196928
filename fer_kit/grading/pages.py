"""What grading writes: gradebook.csv, manual.csv, a feedback page for each student, an overview."""

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fer_kit.course.report import page_html
from fer_kit.course.rubric import Rubric
from fer_kit.course.safe_html import Markdown
from fer_kit.errors import InputError
from fer_kit.files import write_text

BINS = 10


def prepare(out: Path) -> None:
    """Make the folders; feedback pages of an earlier grading go."""
    try:
        (out / "feedback").mkdir(parents=True, exist_ok=True)
        for page in (out / "feedback").glob("*.html"):
            page.unlink()
    except OSError as error:
        raise InputError(
            f"Expected to write into {out}. Received: {error.strerror}. Choose another with --out."
        ) from error


def read_manual(
    path: str | Path, rubric: Rubric, submissions: set[str]
) -> dict[str, dict[str, str]]:
    """The manual points by submission.

    Raises:
        InputError: no such file, a column that nobody knows, points for a submission that is not
            there, or points that are no number between 0 and the criterion's.
    """
    manual = {c.id: c.points for c in rubric.criteria if c.kind == "manual"}
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Expected a CSV of manual points. Received: {path} ({error}).") from error
    reader = csv.DictReader(io.StringIO(text))
    columns = reader.fieldnames or []
    unknown = set(columns) - {"submission", "name", "comment", *manual}
    if "submission" not in columns or unknown:
        raise InputError(
            f"Expected the columns submission, {', '.join(manual)}, comment. "
            f"Received: {', '.join(columns)} in {path}."
        )
    rows = {}
    for line, cells in enumerate(reader, start=2):
        row = {column: _as_written(text or "") for column, text in cells.items() if column}
        if row["submission"] not in submissions:
            if not any(row.get(name) for name in (*manual, "comment")):
                continue
            raise InputError(
                f"Expected the name of a submission. Received: {row['submission']!r} on line "
                f"{line} of {path}, with points or a comment. Put that bundle back, or delete the "
                "line."
            )
        for name, most in manual.items():
            _check_points(path, line, name, row.get(name) or "", most)
        rows[row["submission"]] = row
    return rows


def write_gradebook(out: Path, graded: Sequence[Any], rubric: Rubric, pairs: Sequence[Any]) -> None:
    """gradebook.csv, for an LMS, and manual.csv, to be filled in and given back with MANUAL=."""
    criteria = rubric.criteria
    head = ["submission", "name", "id", *(c.id for c in criteria), "total", "of", "doubts"]
    in_pairs = {name for pair in pairs for name in (pair.first, pair.second)}
    rows = []
    for one in graded:
        points = {score.criterion.id: score.points for score in one.scores}
        doubts = [one.error] if one.error else list(one.doubts)
        doubts += ["Listed as too alike."] if one.name in in_pairs else []
        given = [points.get(c.id) for c in criteria]
        rows.append([one.name, one.student, one.id, *given, round(one.points, 2), rubric.points,
                     " ".join(doubts)])  # fmt: skip
    _write(out / "gradebook.csv", as_csv([head, *rows]))
    manual = [c.id for c in criteria if c.kind == "manual"]
    lines = [
        [one.name, one.student, *(_given(one, name) for name in manual), one.comment]
        for one in graded
    ]
    _write(out / "manual.csv", as_csv([["submission", "name", *manual, "comment"], *lines]))


def as_csv(rows: Sequence[Sequence[Any]]) -> str:
    """Rows as CSV that a spreadsheet shows and does not compute."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([[harmless(v) for v in row] for row in rows])
    return file.getvalue()


def harmless(value: Any) -> Any:
    """A value for a CSV: text that a spreadsheet would take for a formula gets an apostrophe."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    text = re.sub(r"[\x00-\x1f\x7f]+", " ", value)
    text = re.sub(r";(?=\s*[=+\-@])", ";'", text)  # some spreadsheets begin a new cell there
    return f"'{text}" if re.match(r"\s*[=+\-@＝＋－＠|%]", text) else text


def _as_written(text: str) -> str:
    """Without the apostrophe that `harmless` has put in front."""
    return text[1:] if text.startswith("'") and harmless(text[1:]) == text else text


def write_feedback(
    out: Path,
    graded: Any,
    lessons: Sequence[Any],
    results: Sequence[Any],
    passed: Mapping[str, frozenset[str]],
    rubric: Rubric,
) -> None:
    """The page for a student: points and why, what was recomputed, what was run, what was passed.

    Doubts are not on it: they are for the instructor to ask about.
    """
    answers = [
        {"lesson": lesson.name, "title": exercise.title, "html": _answer(exercise.answer)}
        for lesson in lessons
        for exercise in lesson.exercises
        if exercise.written and exercise.state == "answered"
    ]
    values = {
        "graded": graded,
        "lessons": lessons,
        "results": results,
        "passed": passed,
        "rubric": rubric,
        "answers": answers,
    }
    _write(out / "feedback" / f"{graded.name}.html", page_html("feedback.html.j2", values))


def write_unreadable(out: Path, graded: Any) -> None:
    """The page for a student whose bundle could not be graded."""
    values = {"graded": graded, "lessons": [], "results": [], "passed": {}, "answers": []}
    html = page_html("feedback.html.j2", values | {"rubric": None})
    _write(out / "feedback" / f"{graded.name}.html", html)


def write_overview(
    out: Path, graded: Sequence[Any], rubric: Rubric, pairs: Sequence[Any], labels: Any
) -> None:
    """overview.html: the distribution, every submission, doubts, and pairs that are too alike."""
    fine = [one for one in graded if not one.error]
    values = {
        "graded": graded,
        "rubric": rubric,
        "pairs": pairs,
        "labels": labels,
        "bars": _distribution([one.points for one in fine], rubric.points),
        "doubted": [one for one in graded if one.doubts or one.error],
        "waiting": sum(any(s.points is None for s in one.scores) for one in fine),
        "median": sorted(one.points for one in fine)[len(fine) // 2] if fine else 0,
        "alike": {name for pair in pairs for name in (pair.first, pair.second)},
    }
    _write(out / "overview.html", page_html("overview.html.j2", values))


def _distribution(points: Sequence[float], most: float) -> list[dict[str, Any]]:
    """How many reached each tenth of the points."""
    counts = [0] * BINS
    for value in points:
        counts[min(BINS - 1, int(BINS * value / most))] += 1
    step, highest = most / BINS, max([*counts, 1])
    return [
        {"label": f"{i * step:g}–{(i + 1) * step:g}", "count": n, "share": 100 * n / highest}
        for i, n in enumerate(counts)
    ]


def _write(path: Path, text: str) -> None:
    """Write a page; what a student made up that no encoding knows becomes question marks."""
    write_text(path, text.encode("utf-8", "replace").decode())


def _answer(text: str) -> Any:
    return Markdown().convert(re.sub(r"^#+ ", "", text, flags=re.MULTILINE))


def _given(one: Any, name: str) -> Any:
    return next((s.points for s in one.scores if s.criterion.id == name), None)


def _check_points(path: str | Path, line: int, name: str, given: str, most: float) -> None:
    if not given.strip():
        return
    try:
        points = float(given)
    except ValueError:
        points = math.nan
    if not 0 <= points <= most:
        raise InputError(
            f"Expected points from 0 to {most:g}, or nothing. Received: {given!r} for {name} on "
            f"line {line} of {path}."
        )
