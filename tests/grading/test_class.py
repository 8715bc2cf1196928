"""A class of 60 with two of every trouble, graded in one go, and imported by two LMS."""

import csv
import io

import pandas as pd
import pytest
from classroom import make_class
from lms import canvas_import, moodle_import
from submissions import COURSE

from fer_kit.course.rubric import read_rubric
from fer_kit.grading.grade import grade
from fer_kit.grading.roster import read_roster

RUBRIC = read_rubric(COURSE / "rubric.toml")
TITLE = "FER Kit, the whole course (partial)"


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The folder of the class, what is the matter with each, and each as it was graded."""
    folder = tmp_path_factory.mktemp("class")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(COURSE)
        expected = make_class(folder)
        return folder, expected, {one.name: one for one in run(folder)}


def run(folder, **options):
    tables = {"labels": "labels.csv", "roster": "class.csv", "manual": "points.csv"}
    tables = {name: folder / file for name, file in tables.items()}
    return grade(folder / "handed-in", out=folder / "grades", workers=2, **tables, **options)


def test_everybody_has_a_row_and_nobodys_trouble_is_anybody_elses(graded):
    _, expected, found = graded
    assert found.keys() == expected.keys()
    assert len(expected) == 63
    for name, trouble in expected.items():
        one = found[name]
        assert bool(one.error) == bool(trouble.error), (name, one.error)
        assert trouble.error in one.error, (name, one.error)
        assert trouble.doubt in " ".join(one.doubts), (name, one.doubts)
        if not trouble.error and trouble.what != "a notebook missing":
            assert one.score("checks") == 38, name


def test_honest_work_is_not_doubted(graded):
    _, expected, found = graded
    for name, trouble in expected.items():
        of_two = found[name].id in ("s0000", "s0001")  # two attempts, and Ada's answers were copied
        if not trouble.error + trouble.doubt and not of_two:
            assert found[name].doubts == [], name


def test_points_by_hand_are_given_to_the_attempt_that_counts(graded):
    folder, _, found = graded
    given = [one for one in found.values() if one.told.points]
    assert [(one.id, one.counts, one.told.points) for one in given] == [
        ("s0000", True, {"written": 15.5, "honesty": 4})
    ]
    rows = csv.DictReader(io.StringIO((folder / "grades" / "manual.csv").read_text("utf-8-sig")))
    assert len(list(rows)) == 63


def test_the_gradebook_has_everybody_and_no_zero_for_what_was_not_graded(graded):
    folder, expected, _ = graded
    table = pd.read_csv(folder / "grades" / "gradebook.csv", dtype=str, keep_default_na=False)
    assert len(table) == 63 + 2
    assert list(table.loc[table["state"] == "missing", "id"]) == ["s0060", "s0061"]
    broken = table[table["submission"].isin([n for n, t in expected.items() if t.error])]
    assert set(broken["total"]) == {""}
    assert table.map(len).max().max() <= 2000


@pytest.mark.parametrize("format", ["moodle", "canvas"])
def test_an_lms_imports_it(graded, format, monkeypatch):
    folder, expected, found = graded
    monkeypatch.chdir(COURSE)
    run(folder, format=format)
    text = (folder / "grades" / "gradebook.csv").read_text(encoding="utf-8")
    people = read_roster(folder / "class.csv")
    if format == "moodle":
        users = {person.id: person.name for person in people}
        grades = {id: grade for id, (grade, _) in
                  moodle_import(text, users, "ID number", TITLE).items()}  # fmt: skip
    else:
        (title, possible), grades = canvas_import(text, {p.id: p.id for p in people})
        assert (title, possible) == (TITLE, 100)
    told = {one.id: one for one in found.values() if one.counts and one.standing.known}
    assert grades == {id: one.total(RUBRIC) for id, one in told.items()}
    assert None in grades.values()
    assert 0 not in grades.values()
    assert len(grades) > 50
