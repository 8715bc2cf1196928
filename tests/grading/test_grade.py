"""Grading many: nobody's mistake takes another's work with it, and a stop loses nothing."""

import csv
import errno
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
from submissions import (
    COURSE,
    cell_of,
    change_notebook,
    doubts,
    edit_json,
    feedback,
    points,
    rewrite,
)

from fer_kit.errors import InputError
from fer_kit.files import locked
from fer_kit.grading import pages, safely, submission
from fer_kit.lessons import METRICS


def gradebook(tmp_path) -> dict[str, dict[str, str]]:
    text = (tmp_path / "grades" / "gradebook.csv").read_text(encoding="utf-8")
    return {row["submission"]: row for row in csv.DictReader(io.StringIO(text))}


def nothing(files):
    """No change."""


# One hand-in and the others


def test_broken_bundles_do_not_stop_the_rest(honest, grade_all, tmp_path):
    folder = tmp_path / "in"
    for name in ("ada", "group/bob"):
        rewrite(honest[0], folder / f"{name}.zip", nothing)
    (folder / "empty.zip").write_bytes(b"")
    (folder / "essay.pdf").write_bytes(b"%PDF")
    rewrite(honest[0], folder / "no-run.zip", lambda files: files.pop("run.json"))
    rewrite(honest[0], folder / "list.zip", lambda files: files.update({"run.json": b"[1]"}))
    nested = b"[" * 100_000
    rewrite(
        honest[0],
        folder / "deep.zip",
        lambda files: files.update({METRICS: nested}),
    )
    odd = b'{"cells": [{"cell_type": "code", "metadata": 7}]}'
    rewrite(honest[0], folder / "odd.zip", lambda f: f.update({"notebooks/04_lenet5.ipynb": odd}))
    graded = grade_all(workers=2)
    broken = {"empty.zip", "essay.pdf", "no-run.zip", "list.zip", "deep.zip", "odd.zip"}
    assert {name for name, one in graded.items() if one.error} == broken
    rows = gradebook(tmp_path)
    assert {row["total"] for name, row in rows.items() if name in broken} == {""}
    assert {row["executed"] for name, row in rows.items() if name in broken} == {""}
    assert rows["ada.zip"]["checks"] == rows["group/bob.zip"]["checks"] == "38.0"
    for one in graded.values():
        assert feedback(tmp_path / "grades", one.hand_in.page)


@pytest.mark.parametrize(
    "name",
    [
        "Ж" * 115 + ".zip",
        "Ada Lovelace_1234567_assignsubmission_file/" + "ก" * 70 + ".zip",
        "/".join(["directory" * 8] * 3) + "/" + "é" * 100 + ".zip",
    ],
)
@pytest.mark.parametrize("content", [b"", None])
def test_a_long_name_stops_nobody(honest, grade_all, tmp_path, name, content):
    rewrite(honest[0], tmp_path / "in" / "ada.zip", nothing)
    path = rewrite(honest[0], tmp_path / "in" / name, nothing)
    if content is not None:
        path.write_bytes(content)
    graded = grade_all()
    assert graded["ada.zip"].score("checks") == 38
    assert graded[name].score("checks") == (38 if content is None else None)
    assert feedback(tmp_path / "grades", graded[name].hand_in.page)


def test_two_of_one_name_are_two(honest, grade_all, tmp_path):
    names = ["a/b.zip", "a-b.zip", "a-b-2.zip", "A-B.ZIP"]
    for name in names:
        rewrite(honest[0], tmp_path / "in" / name, nothing)
    graded = grade_all()
    assert set(graded) == set(names)
    assert len({one.hand_in.page.casefold() for one in graded.values()}) == len(names)


def test_a_name_that_no_encoding_knows_stops_nobody(honest, grade_all, tmp_path):
    strange = rb'{"models": {"\ud800": {"accuracy": 1}}}'
    change = lambda files: files.update({METRICS: strange})  # noqa: E731
    rewrite(honest[0], tmp_path / "in" / "eve.ZIP", change)
    (one,) = grade_all(reports=True).values()
    assert one.error == ""
    assert feedback(tmp_path / "grades", "eve")


def test_a_page_that_cannot_be_written_costs_nobody_else_anything(
    honest, grade_all, tmp_path, monkeypatch
):
    """The disk is full for a while; then the same call goes on."""
    for name in ("ada", "bob", "eve"):
        rewrite(honest[0], tmp_path / "in" / f"{name}.zip", nothing)

    def full(path, text):
        if "bob" in str(path) or "overview" in str(path):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, text)

    write = pages.write_text
    monkeypatch.setattr(pages, "write_text", full)
    with pytest.raises(
        InputError, match="No space left.*, at bob.zip and 1 more.* same command goes on"
    ):
        grade_all()
    rows = gradebook(tmp_path)
    assert {row["checks"] for row in rows.values()} == {"38.0"}
    assert feedback(tmp_path / "grades", "eve")
    monkeypatch.undo()
    monkeypatch.chdir(COURSE)
    grade_all()
    assert feedback(tmp_path / "grades", "bob")


def test_nothing_of_an_earlier_grading_is_lost_where_nothing_can_be_written(
    hand_in, tmp_path, monkeypatch
):
    hand_in()
    before = {p: p.read_bytes() for p in (tmp_path / "grades").rglob("*") if p.is_file()}

    def full(path, write):
        raise InputError(f"Expected to write {path}. Received: No space left on device.")

    for module in ("files", "grading.manual"):
        monkeypatch.setattr(f"fer_kit.{module}.write_whole", full)
    with pytest.raises(InputError, match="No space left"):
        hand_in(lambda files: edit_json(files, "run.json", lambda m: m.update(x=1)))
    after = {p: p.read_bytes() for p in (tmp_path / "grades").rglob("*") if p.is_file()}
    assert after == before


@pytest.mark.parametrize("error", [RuntimeError("'int' object"), MemoryError(), RecursionError()])
def test_whatever_is_raised_is_told_of_one(honest, grade_all, tmp_path, monkeypatch, error):
    for name in ("ada", "eve"):
        rewrite(honest[0], tmp_path / "in" / f"{name}.zip", lambda f, n=name: f.update({n: b""}))

    def fail(bundle, *_):
        if bundle.name == "eve.zip":
            raise error
        return []

    monkeypatch.setattr(submission, "_doubts", fail)
    graded = grade_all()
    assert graded["ada.zip"].score("checks") == 38
    assert graded["eve.zip"].error
    assert "int" not in graded["eve.zip"].error


def test_a_time_limit_cannot_be_swallowed(honest, grade_all, tmp_path, monkeypatch):
    def slow(*_args, **_options):
        try:
            time.sleep(5)
        except Exception:
            return pd.DataFrame()

    monkeypatch.setattr(safely, "SECONDS", 1)
    monkeypatch.setattr("pandas.read_csv", slow)
    rewrite(honest[0], tmp_path / "in" / "eve.zip", nothing)
    (graded,) = grade_all(labels="").values()
    assert graded.error == "Reading it took longer than 1 s."


def test_nothing_of_a_bundle_is_loaded_or_unpacked(hand_in, monkeypatch):
    def never(*_, **__):
        raise AssertionError("something was unpickled or unpacked")

    for target in (
        "pickle.load",
        "pickle.loads",
        "zipfile.ZipFile.extractall",
        "zipfile.ZipFile.extract",
    ):
        monkeypatch.setattr(target, never)
    graded = hand_in(lambda files: files.update({"models/cnn.keras": b"evil"}))
    assert "Files that no bundle has: models/cnn.keras" in doubts(graded)


# A stop, and what is not done twice


def count_graded(monkeypatch) -> list[str]:
    done = []
    grade_one = safely.grade_one

    def counted(hand_in, *against):
        done.append(hand_in.name)
        return grade_one(hand_in, *against)

    monkeypatch.setattr(safely, "grade_one", counted)
    return done


def test_a_stop_loses_nothing_and_the_same_call_goes_on(honest, grade_all, tmp_path, monkeypatch):
    for name in "abc":
        rewrite(honest[0], tmp_path / "in" / f"{name}.zip", lambda f, n=name: f.update({n: b""}))
    done = count_graded(monkeypatch)
    stop = submission.compare

    def interrupt(*arguments):
        if len(done) == 3:
            raise KeyboardInterrupt
        return stop(*arguments)

    monkeypatch.setattr(submission, "compare", interrupt)
    with pytest.raises(KeyboardInterrupt):
        grade_all()
    monkeypatch.setattr(submission, "compare", stop)
    rows = gradebook(tmp_path)
    assert [rows[f"{name}.zip"]["checks"] for name in "abc"] == ["38.0", "38.0", ""]
    assert rows["c.zip"]["state"] == "not looked at yet"
    done.clear()
    graded = grade_all()
    assert done == ["c.zip"]
    assert {one.score("checks") for one in graded.values()} == {38}


def test_what_has_not_changed_is_not_graded_again(honest, grade_all, tmp_path, monkeypatch):
    for name in "ab":
        rewrite(honest[0], tmp_path / "in" / f"{name}.zip", lambda f, n=name: f.update({n: b""}))
    grade_all()
    done = count_graded(monkeypatch)
    (tmp_path / "in" / "a.zip").rename(tmp_path / "in" / "moved.zip")
    (tmp_path / "points.csv").write_text("submission,written\nb,20\n")
    graded = grade_all(manual=tmp_path / "points.csv")
    assert done == []
    assert graded["moved.zip"].score("checks") == 38
    assert "20 of 21" in feedback(tmp_path / "grades", "b")
    assert not (tmp_path / "grades" / "feedback" / "a.html").exists()
    rewrite(honest[0], tmp_path / "in" / "b.zip", lambda files: files.update(c=b""))
    grade_all()
    assert done == ["b.zip"]
    rubric = (COURSE / "rubric.toml").read_text().replace("points = 38", "points = 19")
    (tmp_path / "rubric.toml").write_text(rubric)
    graded = grade_all(rubric=tmp_path / "rubric.toml")
    assert len(done) == 3
    assert graded["b.zip"].score("checks") == 19


def test_a_damaged_record_is_made_again(honest, grade_all, tmp_path):
    rewrite(honest[0], tmp_path / "in" / "a.zip", nothing)
    grade_all()
    (record,) = (tmp_path / "grades" / "records").glob("*.json")
    for content in ("", "[]", "{", json.dumps({"unknown": 1})):
        record.write_text(content)
        assert grade_all()["a.zip"].score("checks") == 38


KILLED_AT_THE_FOURTH = """
import os, signal
from fer_kit.cli import main
from fer_kit.grading import safely
begun, grade_one = [], safely.grade_one
def grade_or_die(*told):
    begun.append(told)
    if len(begun) == 4: os.kill(os.getpid(), signal.SIGKILL)
    return grade_one(*told)
safely.grade_one = grade_or_die
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="no such signal")
def test_a_killed_process_leaves_what_it_had_graded(honest, tmp_path):
    for number in range(8):
        rewrite(
            honest[0], tmp_path / "in" / f"{number}.zip", lambda f, n=number: f.update(x=b"%d" % n)
        )
    told = ["grade", str(tmp_path / "in"), "--workers", "1"]
    told += ["--labels", str(honest[1]), "--out", str(tmp_path / "grades")]
    records = tmp_path / "grades" / "records"
    killed = subprocess.run([sys.executable, "-c", KILLED_AT_THE_FOURTH, *told], cwd=COURSE)
    assert killed.returncode == -signal.SIGKILL
    kept = {path: path.stat().st_mtime_ns for path in records.glob("[!.]*.json")}
    assert len(kept) == 3
    command = [sys.executable, "-m", "fer_kit.cli", *told]
    subprocess.run(command, cwd=COURSE, check=True, capture_output=True)
    assert len(list(records.glob("[!.]*.json"))) == 8
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items())
    assert {row["checks"] for row in gradebook(tmp_path).values()} == {"38.0"}


def test_two_at_once_do_not_write_into_one_folder(hand_in, tmp_path):
    with (
        locked(tmp_path / "grades" / ".lock", "the folder"),
        pytest.raises(InputError, match="Expected the folder .*grades to be free"),
    ):
        hand_in()
    assert points(hand_in())["checks"] == 38


def test_grades_do_not_go_where_the_submissions_are(hand_in, tmp_path):
    for out in (tmp_path / "submissions", tmp_path, tmp_path / "submissions/../submissions"):
        with pytest.raises(InputError, match="Expected a folder of its own for the grades"):
            hand_in(out=out)
        assert not (out / "overview.html").exists()


@pytest.mark.parametrize("out", ["", "  "])
def test_no_place_at_all_is_not_the_current_folder(hand_in, out):
    with pytest.raises(InputError, match="Expected a folder for the grades"):
        hand_in(out=out)


def test_a_folder_that_cannot_be_written_is_a_sentence(hand_in, tmp_path):
    (tmp_path / "grades").write_bytes(b"")
    with pytest.raises(InputError, match="grades"):
        hand_in()


# What the instructor gave


def test_labels_of_other_faces_are_a_sentence_about_the_labels(honest, grade_all, tmp_path):
    for name in "abc":
        rewrite(honest[0], tmp_path / "in" / f"{name}.zip", nothing)
    text = honest[1].read_text()
    (tmp_path / "ids.csv").write_text(text.replace("synthetic-", "drawn-"))
    shuffled = pd.read_csv(honest[1])
    shuffled["label"] = shuffled["label"].sample(frac=1, random_state=0).to_numpy()
    shuffled.to_csv(tmp_path / "shuffled.csv", index=False)
    for name in ("ids.csv", "shuffled.csv"):
        with pytest.raises(InputError, match=f"Expected the labels of the faces .*{name}"):
            grade_all(labels=tmp_path / name)
    assert not (tmp_path / "grades").exists()


def test_one_students_labels_do_not_accuse_the_instructors(hand_in):
    def shift(files):
        table = pd.read_csv(io.BytesIO(files["predictions/cnn.csv"]))
        table["id"] = "x" + table["id"]
        files["predictions/cnn.csv"] = table.to_csv(index=False).encode()

    assert points(hand_in(shift))["results"] == 10


def test_another_release_is_a_sentence_about_the_release(honest, grade_all, tmp_path):
    """Otherwise a course that was updated since would cost everybody points."""
    for name in "abc":
        rewrite(honest[0], tmp_path / "in" / f"{name}.zip", lambda f, n=name: f.update({n: b""}))
    release = tmp_path / "release"
    shutil.copytree(COURSE / "student", release, ignore=shutil.ignore_patterns(".*"))
    path = release / "04_lenet5.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell_of(notebook, "04-convolution-parameters-check")["source"] = "fk.check.another()"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    with pytest.raises(InputError, match="04-convolution-parameters-check most .* RELEASE="):
        grade_all(release=release)
    assert not (tmp_path / "grades").exists()
    grade_all()


def test_one_who_changed_checks_accuses_nobody(honest, grade_all, tmp_path):
    for name in "abc":
        rewrite(honest[0], tmp_path / "in" / f"{name}.zip", lambda f, n=name: f.update({n: b""}))
    change = change_notebook(
        lambda n: cell_of(n, "04-convolution-parameters-check").update(source="1")
    )
    rewrite(honest[0], tmp_path / "in" / "eve.zip", change)
    assert "Checks were changed" in doubts(grade_all()["eve.zip"])


CRITERION = '[[criterion]]\nid = "a"\ntitle = "A"\npoints = 3\nkind = "checks"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CRITERION.replace("checks", "results") + 'models = ["cnnn"]\n', "cnn.* Received: cnnn"),
        (CRITERION.replace("checks", "results") + 'models = ["cnn", "lenet"]\n', "Received: lenet"),
    ],
)
def test_a_rubric_that_asks_for_what_nobody_was_given_is_refused(hand_in, tmp_path, text, said):
    (tmp_path / "rubric.toml").write_text(text)
    with pytest.raises(InputError, match=said):
        hand_in(rubric=tmp_path / "rubric.toml")


def test_a_criterion_about_notebooks_without_checks_is_refused(hand_in, tmp_path):
    release = tmp_path / "release"
    release.mkdir()
    text = (COURSE / "student" / "01_load.ipynb").read_text(encoding="utf-8")
    (release / "01_load.ipynb").write_text(text.replace('"grade": true', '"grade": false'))
    (tmp_path / "rubric.toml").write_text(CRITERION)
    with pytest.raises(InputError, match="Received: no checks in 01_load"):
        hand_in(rubric=tmp_path / "rubric.toml", release=release)


def test_a_criterion_can_be_about_some_notebooks_only(hand_in, tmp_path):
    text = CRITERION + 'notebooks = ["01_load"]\n'
    (tmp_path / "rubric.toml").write_text(text)

    def fail(notebook):
        cell_of(notebook, "04-convolution-parameters-check")["outputs"] = []

    graded = hand_in(change_notebook(fail), rubric=tmp_path / "rubric.toml")
    assert graded.score("a") == 3


def test_a_class_list_says_who_is_missing(hand_in, tmp_path):
    (tmp_path / "class.csv").write_text("id;name\nS0000;Ada Lovelace\ns2;Bob\n")
    graded = hand_in(roster=tmp_path / "class.csv")
    assert graded.student == "Ada Lovelace"
    overview = (tmp_path / "grades" / "overview.html").read_text(encoding="utf-8")
    assert "1 of the class list missing" in overview
    text = (tmp_path / "grades" / "gradebook.csv").read_text(encoding="utf-8")
    assert ",Bob,s2,,,,,,,100.0,missing," in text


@pytest.mark.parametrize("format", ["moodle", "canvas"])
def test_gradebook_csv_is_what_an_lms_imports(hand_in, tmp_path, format):
    hand_in(format=format)
    text = (tmp_path / "grades" / "gradebook.csv").read_text(encoding="utf-8")
    assert "(partial)" in text.splitlines()[0]
    assert "73.0" in text


def test_older_and_unsigned_bundles_are_doubted(hand_in):
    def change(files):
        edit_json(files, "run.json", lambda m: m.update(fer_kit="0.0.1", student={}))

    assert "Made with FER Kit 0.0.1; yours is" in doubts(hand_in(change))
    assert "It has neither id nor name." in doubts(hand_in(change))
