"""One hand-in, whatever is wrong with it: nothing here ever raises an error.

These run in processes of their own, one hand-in after the other.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from fer_kit.files import read_json, write_text
from fer_kit.grading import pages
from fer_kit.grading.archive import Bundle, Unusable
from fer_kit.grading.bounds import TooLong, bounds
from fer_kit.grading.graded import Graded, Record, Sender
from fer_kit.grading.handed_in import AGAIN, HandIn
from fer_kit.grading.measure import Asked, read_measure
from fer_kit.grading.plain import line, reason
from fer_kit.grading.reports import write_report_of
from fer_kit.grading.submission import grade_one, identify

SECONDS = 120  # for one bundle, without executing it


def identify_safely(asked: Asked, hand_in: HandIn, is_sample: bool) -> Sender:
    """Who has handed in, as far as it can be read; see `submission.identify`."""
    try:
        with bounds(SECONDS, asked.own_process):
            return identify(hand_in, read_measure(asked), is_sample)
    except (Exception, TooLong):  # grading it will say what is wrong
        return Sender(hand_in.name)


def grade_safely(asked: Asked, one: Graded) -> tuple[Record, str]:
    """The record of a hand-in, and what of it could not be written, a sentence.

    A bundle that was graded before, against the same, is not graded again.
    """
    record, path = _record(asked, one.hand_in)
    unwritten = ""
    if path is not None and not path.exists():
        try:
            write_text(path, json.dumps(asdict(record)))
        except Exception as error:
            unwritten = reason(error)
    try:
        rubric = read_measure(asked).rubric
        pages.write_feedback(asked.out, replace(one, record=record), rubric)
    except Exception as error:
        unwritten = reason(error)
    return record, unwritten


def report_safely(asked: Asked, hand_in: HandIn) -> str:
    """Write a student's report anew; returns what went wrong, a sentence."""
    try:
        with bounds(SECONDS, asked.own_process), Bundle(hand_in.path, hand_in.name) as bundle:
            folder = asked.out / "reports" / hand_in.page
            write_report_of(bundle, folder, read_measure(asked).released)
    except (Exception, TooLong) as error:
        return reason(error) or f"it took longer than {SECONDS} s"
    return ""


def _record(asked: Asked, hand_in: HandIn) -> tuple[Record, Path | None]:
    """The record, and where it is kept; whatever is wrong with a bundle becomes a sentence."""
    if hand_in.problem:
        return Record(error=hand_in.problem), None
    try:
        measure = read_measure(asked)
        longer = 60 * int(measure.rubric.rerun.minutes) + 60 if asked.rerun else 0
        with bounds(SECONDS + longer, asked.own_process):
            path = asked.out / "records" / f"{_key(hand_in.path, asked.digest)}.json"
            with suppress(Exception):  # none, or damaged: it is made again
                return Record(**read_json(path)), path
            return grade_one(hand_in, measure, asked.rerun), path
    except Unusable as error:
        return Record(error=str(error)), None
    except TooLong:
        return Record(error=f"Reading it took longer than {SECONDS} s."), None
    except OSError as error:
        return Record(error=f"The file cannot be read ({error.strerror})."), None
    except MemoryError:
        return Record(error="Reading it needs more memory than there is."), None
    except Exception as error:  # a bundle that is strange in a way nobody thought of
        told = f"It could not be read: {type(error).__name__}: {line(error, 300)}."
        strange = f"Something in it is not as the course writes it. {AGAIN}"
        return Record(error=strange, doubts=[told]), None


def _key(path: Path, digest: str) -> str:
    """Says what was graded, and against what."""
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(f"{content} {digest}".encode()).hexdigest()[:40]
