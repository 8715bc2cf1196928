"""gradebook.csv, and what Moodle and Canvas import of it."""

import csv
import io

import pytest
from lms import canvas_import, moodle_import
from submissions import COURSE

from fer_kit.course.rubric import read_rubric
from fer_kit.grading.gradebook import left_out, write_gradebook
from fer_kit.grading.graded import Graded, Record, Sender
from fer_kit.grading.handed_in import HandIn
from fer_kit.grading.manual import Told
from fer_kit.grading.roster import Person, stand

RUBRIC = read_rubric(COURSE / "rubric.toml")
FULL = Told({"written": 20, "honesty": 5}, "Well done.")
SCORES = {"executed": (15, "why"), "results": (20, "why"), "checks": (30.5, "why")}


def one(name, id="", student="", told=FULL, error="", **more):
    sender = Sender(name, student, id, readable=not error, **more)
    record = Record(error=error, scores={} if error else dict(SCORES))
    return Graded(HandIn(name, None, name, ""), sender, record, told=told)


@pytest.fixture
def rows(tmp_path):
    """A function that writes gradebook.csv of some submissions and reads it."""

    def run(graded, format="all", people=None):
        standings = stand([each.sender for each in graded], people)
        for each in graded:
            each.standing = standings[each.name]
        gone = [p for p in people or () if p not in [s.person for s in standings.values()]]
        write_gradebook(tmp_path, graded, gone, RUBRIC, format)
        text = (tmp_path / "gradebook.csv").read_text(encoding="utf-8")
        return text if format != "all" else list(csv.DictReader(io.StringIO(text)))

    return run


def test_everything_is_in_it(rows):
    ada, bob = rows([one("ada.zip", "s1", "Ada"), one("bob.zip", "s2", "Bob", Told({}))])
    assert (ada["submission"], ada["id"], ada["name"]) == ("ada.zip", "s1", "Ada")
    assert (float(ada["total"]), ada["state"]) == (90.5, "complete")
    assert (float(bob["total"]), bob["written"]) == (65.5, "")
    assert bob["state"] == "partial: written, honesty missing"


def test_what_could_not_be_graded_is_empty_and_not_zero(rows):
    (row,) = rows([one("ada.zip", told=Told({}), error="The file is empty.")])
    assert [row[name] for name in (*SCORES, "written", "total")] == [""] * 5
    assert (row["state"], row["doubts"]) == ("not graded", "The file is empty.")


def test_who_is_missing_has_a_row(rows):
    people = (Person("s1", "Ada"), Person("s2", "Bob"))
    ada, bob = rows([one("ada.zip", "s1", "Ada")], people=people)
    assert (bob["name"], bob["total"], bob["state"]) == ("Bob", "", "missing")


def test_a_cell_has_a_bounded_length(rows):
    graded = one("ada.zip", "s1")
    graded.record.doubts = ["x" * 400] * 1000
    (row,) = rows([graded])
    assert len(row["doubts"]) <= 2000


def test_what_many_attempts_are_worth_is_said(rows):
    first, second = rows(
        [one("1.zip", "s1", when="2026-01-01"), one("2.zip", "s1", when="2026-01-02")]
    )
    assert (first["state"], second["state"]) == ("does not count", "complete")


PEOPLE = (
    Person("s1", "Ada Lovelace", "ada@example.org", "ada", "4711", "A"),
    Person("s2", "Müller, Bob", "bob@example.org", "bob", "4712", "A"),
    Person("s3", "Carol", "carol@example.org", "carol", "4713", "B"),
)


def test_moodle_imports_it(rows):
    text = rows([one("ada.zip", "s1"), one("x.zip", student="Bob Müller")], "moodle", PEOPLE)
    users = {person.id: person.name for person in PEOPLE}
    grades = moodle_import(text, users, "ID number", RUBRIC.title)
    assert {id: grade for id, (grade, _) in grades.items()} == {"s1": 90.5, "s2": 90.5}
    assert grades["s1"][1].endswith("20 of 21. Limits, baselines and intervals are named where a "
                                    "result is claimed: 5 of 6. Well done.")  # fmt: skip
    users = {person.email: person.name for person in PEOPLE}
    assert len(moodle_import(text, users, "Email address", RUBRIC.title)) == 2


def test_canvas_imports_it(rows):
    text = rows([one("ada.zip", "s1"), one("bob.zip", "s2")], "canvas", PEOPLE)
    students = {person.canvas: person.id for person in PEOPLE}
    assignment, grades = canvas_import(text, students)
    assert assignment == (RUBRIC.title, 100)
    assert grades == {"4711": 90.5, "4712": 90.5}
    by_school = canvas_import(rows([one("ada.zip", "s1", "Ada")], "canvas"), students)
    assert by_school == (assignment, {"4711": 90.5})


@pytest.mark.parametrize("format", ["moodle", "canvas"])
def test_an_lms_is_told_of_each_student_once_and_of_nobody_unknown(rows, format):
    graded = [
        one("1.zip", "s1", "Ada Lovelace", when="2026-01-01"),
        one("2.zip", "s1", "Ada Lovelace", Told({}), when="2026-01-02"),
        one("no-id.zip"),
        one("0.zip", "000"),
        one("a.zip", "s7", "Ada"),
        one("b.zip", "s7", "Bob"),
        one("c.zip", "s3", error="The file is empty.", told=Told({})),
    ]
    text = rows(graded, format)
    assert text.count("s1") == 1
    assert "s7" not in text
    assert "no-id" not in text
    assert f"{RUBRIC.title} (partial)" in text
    assert "s3" in text
    assert {each.name for each in left_out(graded)} == {"no-id.zip", "0.zip"}


def test_a_partial_total_is_called_so(rows):
    text = rows([one("ada.zip", "s1", told=Told({}))], "moodle")
    assert f"{RUBRIC.title} (partial)" in text
    assert "Not graded yet: " in text
    (name, _), _ = canvas_import(rows([one("a.zip", "s1", told=Told({}))], "canvas"), {"1": "s1"})
    assert name == f"{RUBRIC.title} (partial)"


def test_what_could_not_be_graded_is_an_empty_grade_for_an_lms(rows):
    broken = one("ada.zip", "", error="The file is empty.", told=Told({}))
    broken.sender = Sender("Ada Lovelace_1_assignsubmission_file/x.zip")
    broken.hand_in = HandIn(broken.sender.name, None, "x", "")
    text = rows([broken], "moodle", PEOPLE)
    grades = moodle_import(text, {p.id: p.name for p in PEOPLE}, "ID number", RUBRIC.title)
    assert grades["s1"] == (None, "It could not be graded. The file is empty.")
