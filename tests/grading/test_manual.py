"""Points by hand: whose they are, what is refused, and that nothing is ever lost."""

import csv
import io
from dataclasses import dataclass

import pandas as pd
import pytest
from submissions import COURSE, feedback, points

from fer_kit.course.rubric import read_rubric
from fer_kit.errors import InputError
from fer_kit.grading.manual import match, read_points, write_points

RUBRIC = read_rubric(COURSE / "rubric.toml")


@dataclass
class One:
    name: str
    id: str = ""
    student: str = ""
    counts: bool = True


CLASS = (
    One("eve.zip", "s1", "Eve Adams"),
    One("a/b.zip", "s2", "Bob Müller"),
    One("a-b.zip", "s3", "Carol Ng"),
    One("dan/first.zip", "0042", "Dan", counts=False),
    One("dan/second.zip", "0042", "Dan"),
    One("broken.zip"),
)


@pytest.fixture
def told(tmp_path):
    """A function that reads tables and matches them with the class: the points by name."""

    def run(*texts, encoding="utf-8"):
        paths = []
        for number, text in enumerate(texts):
            paths.append(tmp_path / f"{number}.csv")
            paths[-1].write_bytes(text.encode(encoding))
        found = match(read_points(paths, RUBRIC), CLASS)
        return {name: (dict(one.points), one.comment) for name, one in found.items() if one.points}

    return run


@pytest.mark.parametrize(
    "text",
    [
        "submission,written\neve.zip,15.5\n",
        "submission,written\neve,15.5\n",
        "id,written\ns1,15.5\n",
        "id,written\nS 1,15.5\n",
        "submission,id,name,written,comment\neve.zip,s1,Eve Adams,15.5,\n",
        "submission,id,written\nan older file.zip,s1,15.5\n",
        "Submission;Name;Written;Honesty;Comment;;\neve.zip;Eve Adams;15,5;;;;\n;;;;;;\n",
        "submission\tWRITTEN\neve.zip\t15,5\n",
        "submission,written,notes\neve.zip,15.5,\n",
        "submission,written\neve.zip,15.5\neve.zip,\nnobody.zip,\n",
        "submission,name,written\neve.zip,Adams,15.5\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_points_are_read_however_a_spreadsheet_writes_them(told, text, encoding):
    assert told(text, encoding=encoding) == {"eve.zip": ({"written": 15.5}, "")}


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ("a/b.zip,,,3", "a/b.zip"),
        ("a/b,,,3", "a/b.zip"),
        ("b,,,3", "a/b.zip"),
        ("a-b,,,3", "a-b.zip"),
        ("a/b.zip,s2,,3", "a/b.zip"),
        ("a/b.zip,,Bob MÃ¼ller,3", "a/b.zip"),  # an encoding that a spreadsheet took for another
        (",42,,3", "dan/second.zip"),  # and a spreadsheet takes zeros from the front
        ("dan/first.zip,0042,,3", "dan/first.zip"),
        ("gone.zip,0042,,3", "dan/second.zip"),
        ("eve.zip,1.23E+11,,3", "eve.zip"),  # ... and rounds long numbers
        ("broken.zip,,,3", "broken.zip"),
        ("broken.zip,s9,,3", "broken.zip"),  # its own id cannot be read
    ],
)
def test_points_are_matched_by_the_id_and_then_by_the_files_name(told, row, name):
    assert told(f"submission,id,name,written\n{row}\n") == {name: ({"written": 3}, "")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("submission,written\neve,22\n", "0 to 21"),
        ("submission,written\neve,-1\n", "0 to 21"),
        ("submission,written\neve,many\n", "'many'"),
        ("submission,written\neve,nan\n", "'nan' for written on line 2"),
        ("submission,written\nbob,3\n", "line 2 .*bob, which nobody has handed in"),
        ("submission,grammar\neve,3\n", "grammar"),
        ("name\neve\n", "submission or id"),
        ("submission,id,written\neve.zip,s2,3\n", "eve.zip is the file of s1 and not of s2"),
        ("submission,id,written\neve.zip,s9,3\n", "eve.zip is the file of s1 and not of s9"),
        ("submission,name,written\na-b,Bob Müller,3\n", "handed in by Carol Ng and not by Bob"),
        ("submission,written\neve,3\neve.zip,3\n", "line 3 .*second row for eve.zip.* line 2"),
        ("submission,id,written\neve,,3\n,s1,4\n", "second row for eve.zip"),
        ("submission,written\n,3\n", "about nobody, which nobody"),
    ],
)
def test_points_that_cannot_be_are_refused(told, text, said):
    with pytest.raises(InputError, match=said):
        told(text)


def test_two_files_of_one_name_are_told_apart(tmp_path):
    both = (One("ada/bundle.zip", "s1"), One("bob/bundle.zip", "s2"))
    (tmp_path / "m.csv").write_text("submission,id,written\nbundle.zip,s2,3\n")
    assert match(read_points([tmp_path / "m.csv"], RUBRIC), both).keys() == {"bob/bundle.zip"}
    (tmp_path / "m.csv").write_text("submission,written\nbundle.zip,3\n")
    with pytest.raises(InputError, match="could be ada/bundle.zip or bob/bundle.zip"):
        match(read_points([tmp_path / "m.csv"], RUBRIC), both)


def test_a_later_table_counts_where_two_say_something(told):
    first = "submission,written,honesty,comment\neve,10,4,fine\n"
    assert told(first, "id,written\ns1,12\n") == {
        "eve.zip": ({"written": 12, "honesty": 4}, "fine")
    }


# manual.csv


@pytest.fixture
def written(tmp_path):
    """A function that grades with tables and writes manual.csv: its rows by submission."""

    def run(*texts, submissions=CLASS):
        path = tmp_path / "manual.csv"
        paths = [path] * path.exists()
        for number, text in enumerate(texts):
            paths.append(tmp_path / f"{number}.csv")
            paths[-1].write_text(text)
        write_points(path, read_points(paths, RUBRIC), submissions)
        rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
        return {row["submission"]: row for row in rows}

    return run


def test_the_template_names_everybody_and_is_read_again(written, tmp_path):
    rows = written()
    assert list(rows) == [one.name for one in CLASS]
    assert rows["eve.zip"] == {
        "submission": "eve.zip",
        "id": "s1",
        "name": "Eve Adams",
        "written": "",
        "honesty": "",
        "comment": "",
    }
    before = (tmp_path / "manual.csv").read_bytes()
    assert written() == rows
    assert (tmp_path / "manual.csv").read_bytes() == before
    assert list(tmp_path.glob("manual-*")) == []  # nothing changed


def test_a_table_of_one_column_takes_nothing_away(written, tmp_path):
    written("submission,written,honesty,comment\neve,15,3,well argued\n")
    rows = written("submission,honesty\na-b,4\n")
    assert rows["eve.zip"]["written"] == "15"
    assert rows["eve.zip"]["comment"] == "well argued"
    assert rows["a-b.zip"]["honesty"] == "4"
    assert len(list(tmp_path.glob("manual-until-*.csv"))) == 1


def test_the_earlier_file_stays_beside_the_new_one(written, tmp_path):
    written("submission,written\neve,15\n")
    before = (tmp_path / "manual.csv").read_bytes()
    written("submission,written\neve,16\n")
    (kept,) = tmp_path.glob("manual-until-*.csv")
    assert kept.read_bytes() == before


def test_what_stands_in_manual_csv_stays_as_it_was_written(written, tmp_path):
    (tmp_path / "manual.csv").write_bytes(
        "Submission;Name;Written;Comment\neve.zip;Éve;15,5;„gut“\n".encode("cp1252")
    )
    write_points(tmp_path / "manual.csv", read_points([tmp_path / "manual.csv"], RUBRIC), CLASS)
    text = (tmp_path / "manual.csv").read_text(encoding="utf-8-sig")
    assert "eve.zip;s1;Éve;15,5;;„gut“\n" in text  # and in the spreadsheet's own separators
    assert "a/b.zip;s2;Bob Müller;;;\n" in text


def test_a_row_of_somebody_who_is_gone_stays(written):
    written("submission,written\neve,\n")
    rows = written(submissions=CLASS[1:])
    assert rows["eve.zip"]["name"] == "Eve Adams"


def test_a_formula_stays_text(written):
    rows = written(submissions=[One("=1+1.zip", "@x", "-Eve")])
    assert list(rows) == ["'=1+1.zip"]
    assert written("submission,written\n'=1+1.zip,3\n", submissions=[One("=1+1.zip", "@x", "-Eve")])


# All together


def test_manual_points_are_merged_and_their_template_is_written(hand_in, tmp_path):
    hand_in()
    manual = tmp_path / "grades" / "manual.csv"
    table = pd.read_csv(manual, dtype=object)
    assert list(table.columns) == ["submission", "id", "name", "written", "honesty", "comment"]
    table["written"], table["comment"] = "18.5", "Well argued."
    table.to_csv(tmp_path / "manual.csv", index=False)
    graded = hand_in(manual=tmp_path / "manual.csv")
    assert points(graded)["written"] == 18.5
    assert points(graded)["honesty"] is None
    assert "Well argued." in feedback(tmp_path / "grades")


def test_manual_points_stay_where_nobody_gives_them_again(hand_in, tmp_path):
    hand_in()
    manual = tmp_path / "grades" / "manual.csv"
    table = pd.read_csv(manual, dtype=object)
    table["written"], table["comment"] = "18.5", "- no interval"
    table.to_csv(manual, index=False)
    for _ in range(2):
        assert points(hand_in())["written"] == 18.5
    assert "- no interval" in feedback(tmp_path / "grades")
    assert pd.read_csv(manual, dtype=object)["comment"].item() == "'- no interval"


def test_a_bundle_that_cannot_be_read_keeps_its_manual_points(grade_all, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bad.zip").write_bytes(b"")
    (tmp_path / "manual.csv").write_text("submission,written,comment\nbad,15,read on paper\n")
    for manual in (tmp_path / "manual.csv", ""):  # the second time as the first has written them
        bad = grade_all(manual=manual)["bad.zip"]
        assert bad.told.points == {"written": 15}
        assert bad.told.comment == "read on paper"
        assert "15</strong> of 100" in feedback(tmp_path / "grades", "bad")


def test_wrong_points_are_refused_before_anything_is_graded(hand_in, tmp_path):
    (tmp_path / "manual.csv").write_text("submission,id,written\neve.zip,s9,3\n")
    with pytest.raises(InputError, match="eve.zip is the file of s0000 and not of s9"):
        hand_in(manual=tmp_path / "manual.csv")
    assert not (tmp_path / "grades").exists()
