"""The pages: what they say, and that nothing that a student wrote acts on them."""

import csv
import re

import nbformat
import pytest
from submissions import (
    COURSE,
    cell_of,
    change_notebook,
    change_run,
    edit_json,
    feedback,
    make_run,
    rewrite,
)

from fer_kit.course.executed import read_exercises
from fer_kit.lessons import METRICS

OURS = re.compile(r"Expected|Received|\w+Error\b|Traceback|'int'|\bNone\b(?! was given)")


def overview(tmp_path) -> str:
    return (tmp_path / "grades" / "overview.html").read_text(encoding="utf-8")


def test_the_pages_and_the_gradebook_are_there(hand_in, tmp_path):
    hand_in()
    rows = list(csv.DictReader((tmp_path / "grades" / "gradebook.csv").open(encoding="utf-8")))
    assert rows[0]["submission"] == "eve.zip"
    assert float(rows[0]["total"]) == 73
    assert "feedback/eve.html" in overview(tmp_path)
    assert "<script" not in overview(tmp_path) + feedback(tmp_path / "grades")


def test_the_overview_has_the_accuracy_of_each_model(hand_in, tmp_path):
    graded = hand_in()
    for result in graded.record.results:
        assert f">{100 * result['recomputed']['accuracy']:.1f} %<" in overview(tmp_path)


def test_a_model_of_somebodys_own_gets_no_column(hand_in, tmp_path):
    hand_in(lambda files: files.update({"predictions/mine.csv": files["predictions/cnn.csv"]}))
    assert "Accuracy of cnn" in overview(tmp_path)
    assert "Accuracy of mine" not in overview(tmp_path)
    assert "mine" in feedback(tmp_path / "grades")


def test_what_is_missing_is_named_on_the_students_page(hand_in, tmp_path):
    hand_in(lambda files: files.pop("notebooks/12_save.ipynb"))
    assert "Not in the bundle: <strong>12_save</strong>" in feedback(tmp_path / "grades")


@pytest.mark.parametrize(
    "change",
    [
        lambda files: files.update({"run.json": b"no JSON"}),
        lambda files: files.update({METRICS: b"[1]"}),
        lambda files: files.update({"notebooks/04_lenet5.ipynb": b'{"cells": 7}'}),
        change_notebook(lambda notebook: notebook["cells"][0].update(metadata={"tags": 7})),
        change_run(format=0),
        lambda files: files.pop("run.json"),
        lambda files: files.clear(),
    ],
)
def test_what_could_not_be_graded_is_said_in_sentences_without_our_own_words(
    hand_in, tmp_path, change
):
    assert hand_in(change).error
    page = re.sub(r"<style>.*?</style>", "", feedback(tmp_path / "grades"), flags=re.DOTALL)
    assert "could not be graded" in page
    assert "computed" not in page
    assert OURS.findall(page.split('id="answers"')[0]) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda files: files.update({"predictions/cnn.csv": b"id\n1\n"}),
        lambda files: files.update({"predictions/cnn.csv": b",\n" * 500_000}),
        change_run(models=7, student=[7], parameters="x", notebooks=[], fer_kit=None, files=0),
        lambda files: edit_json(files, METRICS, lambda m: m.update(models=[1], source=7)),
        change_notebook(lambda notebook: notebook["metadata"].update(papermill=7)),
    ],
)
def test_what_is_strange_in_a_bundle_is_said_without_our_own_words(hand_in, tmp_path, change):
    assert hand_in(change).error == ""
    page = re.sub(r"<style>.*?</style>", "", feedback(tmp_path / "grades"), flags=re.DOTALL)
    assert OURS.findall(page.split('id="answers"')[0]) == []


def test_answers_stand_side_by_side_on_a_page_for_each_exercise(grade_all, honest, tmp_path):
    for name in ("ada", "bob"):
        source = f"# Because\n\n{name} thinks so."

        def change(files, name=name, source=source):
            change_notebook(lambda n: cell_of(n, "04-conclusion").update(source=source))(files)
            change_run(student={"name": name, "id": name})(files)

        rewrite(honest[0], tmp_path / "in" / f"{name}.zip", change)
    (tmp_path / "in" / "eve.pdf").write_bytes(b"%PDF")
    grade_all()
    pages = sorted(path.stem for path in (tmp_path / "grades" / "exercises").glob("*.html"))
    notebooks = (nbformat.read(path, 4) for path in (COURSE / "student").glob("*.ipynb"))
    exercises = (exercise for notebook in notebooks for exercise in read_exercises(notebook))
    assert pages == sorted(exercise.name for exercise in exercises if exercise.written)
    page = (tmp_path / "grades" / "exercises" / "04-conclusion.html").read_text(encoding="utf-8")
    assert page.index("ada thinks so.") < page.index("bob thinks so.")
    assert "49.47" in page.split("ada thinks so.")[0]  # the task, and the answer in the solutions
    assert ">eve.pdf</a>" in page.split("Without an answer")[1]
    assert "exercises/04-conclusion.html" in overview(tmp_path)


def test_a_report_is_written_anew_from_the_notebooks(hand_in, tmp_path):
    def forge(files):
        for name in [name for name in files if name.startswith("report/")]:
            files[name] = b"<script>alert('forged')</script>"

    hand_in(forge, reports=True)
    folder = tmp_path / "grades" / "reports" / "eve"
    assert (folder / "04_lenet5.html").exists()
    assert not [path for path in folder.glob("*.html") if b"forged" in path.read_bytes()]
    assert "reports/eve/index.html" in overview(tmp_path)


def test_a_report_that_cannot_be_written_costs_no_grade(hand_in, tmp_path):
    graded = hand_in(change_run(parameters={"dataset": 7}), reports=True)
    assert graded.error == ""


# Attacks

SCRIPTS = (
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "[click](javascript:alert(1))",
    '<svg onload="alert(1)"><script>alert(1)</script></svg>',
    '<iframe src="https://example.org"></iframe>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<form action="https://example.org"><input name=x></form>',
    '<style>@import "https://example.org/x.css"</style>',
    "![x](https://example.org/track.png)",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
)


@pytest.mark.parametrize("attack", SCRIPTS)
def test_scripts_in_a_written_answer_do_not_reach_the_feedback_page(hand_in, tmp_path, attack):
    def change(notebook):
        cell_of(notebook, "04-conclusion")["source"] = f"# An answer\n\n{attack}"

    hand_in(change_notebook(change))
    page = feedback(tmp_path / "grades").split("Written answers")[1].lower()
    assert "an answer" in page
    for sign in ("<script", "<svg", "<iframe", "onerror=", "<form", "@import", "track.png"):
        assert sign not in page
    assert 'href="javascript' not in page
    assert 'href="data:text' not in page


def test_scripts_in_outputs_do_not_reach_the_report(tmp_path, monkeypatch):
    monkeypatch.chdir(COURSE)
    run = make_run(tmp_path / "run", lessons="04_*")
    path = run / "notebooks" / "04_lenet5.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
    )
    data = {"image/svg+xml": svg, "text/html": svg + SCRIPTS[1], "text/plain": "a drawing"}
    cell.outputs = [nbformat.v4.new_output("display_data", data)]
    nbformat.write(notebook, path)
    from fer_kit.course.report import write_report

    page = write_report(run).with_name("04_lenet5.html").read_text(encoding="utf-8")
    assert "alert(1)" not in page.replace("alert(1)</mtext>", "")
    assert "<svg" not in page


def test_a_name_cannot_act(hand_in, tmp_path):
    name = '=HYPERLINK("https://example.org";"x")<script>alert(1)</script>'

    def change(files):
        edit_json(files, "run.json", lambda m: m["student"].update(name=name, id="@SUM(A1)"))

    hand_in(change)
    (row,) = csv.DictReader((tmp_path / "grades" / "gradebook.csv").open(encoding="utf-8"))
    assert row["name"].startswith("'=HYPERLINK")
    assert row["id"] == "'@SUM(A1)"
    overview = (tmp_path / "grades" / "overview.html").read_text(encoding="utf-8")
    assert "<script" not in overview + feedback(tmp_path / "grades")
