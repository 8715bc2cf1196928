"""Grading bundles: honest ones, wrong ones, and those that attack whoever opens them."""

import contextlib
import csv
import io
import os
import stat
import struct
import time
import zipfile

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from submissions import COURSE, cell_of, edit_json, make_bundle, make_run, rewrite

from fer_kit.course.executed import read_exercises
from fer_kit.course.rubric import read_rubric
from fer_kit.errors import InputError
from fer_kit.grading import archive
from fer_kit.grading.alike import PASSAGES, Print, find_pairs, take_print
from fer_kit.grading.archive import Bundle
from fer_kit.grading.grade import grade
from fer_kit.grading.pages import as_csv, harmless
from fer_kit.grading.results import read_labels

RELEASED = [nbformat.read(path, 4) for path in (COURSE / "student").glob("*.ipynb")]
NOTEBOOKS = len(RELEASED)
CHECK_POINTS = sum(
    exercise.points
    for notebook in RELEASED
    for exercise in read_exercises(notebook)
    if not exercise.written
)


def checks_less(lost: float) -> float:
    """What the rubric's 38 points for checks are where checks worth `lost` are not passed."""
    return pytest.approx(38 * (CHECK_POINTS - lost) / CHECK_POINTS, abs=0.01)


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """A bundle of a diligent student, and the labels of its faces."""
    folder = tmp_path_factory.mktemp("honest")
    bundle = make_bundle(folder / "run")
    return bundle, folder / "run" / "predictions" / "cnn.csv"


@pytest.fixture
def hand_in(honest, tmp_path, monkeypatch):
    """A function that hands in a bundle with changes and grades it with the honest labels."""
    monkeypatch.chdir(COURSE)

    def run(change=lambda files: None, **options):
        folder = tmp_path / "submissions"
        rewrite(honest[0], folder / "eve.zip", change)
        options = {"labels": honest[1], "out": tmp_path / "grades", "workers": 1} | options
        (graded,) = grade(folder, **options)
        return graded

    return run


def points(graded) -> dict[str, float]:
    return {score.criterion.id: score.points for score in graded.scores}


def doubts(graded) -> str:
    return " ".join(graded.doubts)


def feedback(tmp_path) -> str:
    return (tmp_path / "grades" / "feedback" / "eve.html").read_text(encoding="utf-8")


# An honest bundle


def test_an_honest_bundle_gets_all_points_that_need_no_reading(hand_in):
    graded = hand_in()
    assert graded.error == ""
    assert graded.doubts == []
    assert points(graded) == {
        "executed": 15,
        "results": 20,
        "checks": 38,
        "written": None,
        "honesty": None,
    }
    assert (graded.student, graded.id) == ("Student 0", "s0000")


def test_the_pages_and_the_gradebook_are_there(hand_in, tmp_path):
    hand_in()
    rows = list(csv.DictReader((tmp_path / "grades" / "gradebook.csv").open(encoding="utf-8")))
    assert rows[0]["submission"] == "eve"
    assert float(rows[0]["total"]) == 73
    overview = (tmp_path / "grades" / "overview.html").read_text(encoding="utf-8")
    assert "feedback/eve.html" in overview
    assert "<script" not in overview + feedback(tmp_path)


def test_manual_points_are_merged_and_their_template_is_written(hand_in, tmp_path):
    hand_in()
    manual = tmp_path / "grades" / "manual.csv"
    table = pd.read_csv(manual, dtype=object)
    assert list(table.columns) == ["submission", "name", "written", "honesty", "comment"]
    table["written"], table["comment"] = "18.5", "Well argued."
    table.to_csv(tmp_path / "manual.csv", index=False)
    graded = hand_in(manual=tmp_path / "manual.csv")
    assert points(graded)["written"] == 18.5
    assert points(graded)["honesty"] is None
    assert "Well argued." in feedback(tmp_path)


def test_manual_points_stay_where_nobody_gives_them_again(hand_in, tmp_path):
    hand_in()
    manual = tmp_path / "grades" / "manual.csv"
    table = pd.read_csv(manual, dtype=object)
    table["written"], table["comment"] = "18.5", "- no interval"
    table.to_csv(manual, index=False)
    for _ in range(2):
        assert points(hand_in())["written"] == 18.5
    assert "- no interval" in feedback(tmp_path)
    assert pd.read_csv(manual, dtype=object)["comment"].item() == "'- no interval"


def test_a_bundle_that_cannot_be_read_keeps_its_manual_points(honest, tmp_path, monkeypatch):
    monkeypatch.chdir(COURSE)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bad.zip").write_bytes(b"")
    (tmp_path / "manual.csv").write_text("submission,written,comment\nbad,15,read on paper\n")
    options = {"labels": honest[1], "out": tmp_path / "grades"}
    for manual in (tmp_path / "manual.csv", ""):  # the second time as the first has written them
        (graded,) = grade(tmp_path / "in", manual=manual, **options)
        assert (graded.points, graded.comment) == (15, "read on paper")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("submission,written\neve,22\n", "0 to 21"),
        ("submission,written\neve,many\n", "'many'"),
        ("submission,written\neve,nan\n", "'nan'"),
        ("submission,written\nbob,3\n", "'bob' on line 2"),
        ("submission,grammar\neve,3\n", "grammar"),
        ("name\neve\n", "submission"),
    ],
)
def test_manual_points_that_cannot_be_are_refused(hand_in, tmp_path, text, said):
    (tmp_path / "manual.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        hand_in(manual=tmp_path / "manual.csv")


# Results


def change_table(change):
    """A change to the predictions of the CNN, as a table."""

    def run(files):
        table = pd.read_csv(io.BytesIO(files["predictions/cnn.csv"]))
        files["predictions/cnn.csv"] = change(table).to_csv(index=False).encode()

    return run


def perfect(table):
    for name in [column for column in table if column.startswith("p_")]:
        table[name] = table[name.replace("p_", "target_")]
    return table


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t[:-3], "3 test rows are missing"),
        (lambda t: pd.concat([t, t[-2:]]), "2 test rows are repeated"),
        (
            lambda t: t.assign(id=t["id"].replace({t["id"].iloc[-1]: "x"})),
            "1 test rows are unknown",
        ),
        (perfect, "accuracy is reported as"),
        (lambda t: t.drop(columns="p_happy"), "that sum to 1"),
        (lambda t: t.assign(p_happy="high"), "numbers"),
        (lambda t: t.assign(p_happy=float("inf")), "cnn:"),
        (lambda t: t[:0], "140 test rows are missing"),
    ],
)
def test_predictions_that_do_not_fit_are_seen(hand_in, change, said):
    graded = hand_in(change_table(change))
    assert said in doubts(graded)
    assert points(graded)["results"] == 10  # the other model still holds


def test_labels_that_were_made_to_fit_are_seen(hand_in):
    def fit(table):
        said = table.filter(regex="^p_").to_numpy().argmax(axis=1)
        for index, name in enumerate(column for column in table if column.startswith("target_")):
            table[name] = (said == index).astype(float)
        return table

    def run(files):
        change_table(fit)(files)
        edit_json(
            files,
            "results/confusion_matrix.json",
            lambda m: m["models"]["cnn"].update(accuracy=1.0),
        )

    graded = hand_in(run)
    assert "carry another label than yours" in doubts(graded)
    assert "reported as 1.0000" in doubts(graded)


def test_an_invented_score_is_seen(hand_in):
    def invent(files):
        edit_json(
            files,
            "results/confusion_matrix.json",
            lambda m: m["models"]["lenet5"].update(macro_f1=0.99),
        )
        edit_json(
            files,
            "results/confusion_matrix.json",
            lambda m: m["models"].update(resnet={"accuracy": 0.99}),
        )

    graded = hand_in(invent)
    assert "lenet5: macro_f1 is reported as 0.9900" in doubts(graded)
    assert "Results without predictions: resnet." in doubts(graded)


def test_without_labels_the_bundles_own_have_to_do_and_the_overview_says_so(hand_in, tmp_path):
    assert hand_in(labels="").doubts == []
    text = (tmp_path / "grades" / "overview.html").read_text(encoding="utf-8")
    assert "No labels were given" in text


def test_labels_come_from_a_run_or_from_a_csv(tmp_path, make_faces):
    faces = make_faces()
    faces.save(tmp_path / "run" / "data" / "prepared.npz")
    from_run = read_labels(tmp_path / "run")
    assert len(from_run.truth) == (faces.split == "test").sum()
    lines = ["id,split,label", "a,test,happy", "b,test,sad", "c,train,fear"]
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    from_csv = read_labels(tmp_path / "labels.csv")
    assert {face: from_csv.emotions[k] for face, k in from_csv.truth.items()} == {
        "a": "happy",
        "b": "sad",
    }
    (tmp_path / "labels.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="id, split and label"):
        read_labels(tmp_path / "labels.csv")


# Notebooks


def change_notebook(change, name="04_lenet5"):
    return lambda files: edit_json(files, f"notebooks/{name}.ipynb", change)


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def swap(notebook):
    first, second = code_cells(notebook)[5:7]
    first["execution_count"], second["execution_count"] = 7, 6


def test_a_notebook_that_did_not_run_in_order_is_not_complete(hand_in):
    graded = hand_in(change_notebook(swap))
    assert points(graded)["executed"] == pytest.approx(15 * (NOTEBOOKS - 1) / NOTEBOOKS, abs=0.01)
    assert "one kernel" in doubts(graded)


def test_a_missing_notebook_is_not_complete(hand_in):
    graded = hand_in(lambda files: files.pop("notebooks/12_save.ipynb"))
    assert points(graded)["executed"] == pytest.approx(15 * (NOTEBOOKS - 1) / NOTEBOOKS, abs=0.01)
    assert points(graded)["checks"] == checks_less(4)
    assert "Changed after the bundle was made: notebooks/12_save.ipynb." in doubts(graded)


def test_what_was_changed_after_packing_is_seen(hand_in):
    def change(files):
        files["notebooks/04_lenet5.ipynb"] += b"\n"

    assert hand_in(change).doubts == [
        "Changed after the bundle was made: notebooks/04_lenet5.ipynb."
    ]


CHECK = "04-convolution-parameters-check"


def change_the_check(notebook):
    cell_of(notebook, CHECK)["source"] = "print('✓ convolution_parameters: right.')"


def solve(notebook):
    original = nbformat.read(COURSE / "notebooks" / "04_lenet5.ipynb", as_version=4)
    cell_of(notebook, CHECK)["source"] = cell_of(original, CHECK)["source"]


def fill_nothing_in(notebook):
    stub = "def convolution_parameters(a, b, c):\n    raise NotImplementedError()"
    cell_of(notebook, "04-convolution-parameters")["source"] = stub


def take_out(notebook):
    notebook["cells"].remove(cell_of(notebook, "04-08"))
    for number, cell in enumerate(code_cells(notebook), start=1):
        cell["execution_count"] = number


def empty(notebook):
    cell_of(notebook, "04-08")["source"] = "1"


def hide_an_error(notebook):
    error = {"output_type": "error", "ename": "KeyError", "evalue": "", "traceback": []}
    cell_of(notebook, "04-08")["outputs"] = [error]
    cell_of(notebook, "04-08")["metadata"]["tags"] = ["raises-exception"]


def pose_as_papermill(notebook):
    cell_of(notebook, "04-07")["metadata"]["tags"] = ["injected-parameters"]


def repeat_an_id(notebook):
    cell_of(notebook, "04-09")["id"] = "04-07"


@pytest.mark.parametrize(
    ("change", "said", "lost"),
    [
        (change_the_check, f"Checks were changed: {CHECK}.", 2),
        (fill_nothing_in, "nothing was filled in: 04-convolution-parameters.", 2),
        (solve, "The notebooks with solutions, not the released ones: 04_lenet5.", 0),
        (pose_as_papermill, "tagged as papermill's own and are not: 04-07.", 0),
        (repeat_an_id, "Several cells have the id: 04-07.", 0),
    ],
)
def test_what_was_pretended_is_doubted_by_name(hand_in, change, said, lost):
    graded = hand_in(change_notebook(change))
    assert said in doubts(graded)
    assert points(graded)["checks"] == checks_less(lost)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (take_out, "Released code cells are missing: 04-08."),
        (empty, "Released code cells were emptied: 04-08."),
        (hide_an_error, "Errors are hidden by the tag raises-exception: 04-08."),
    ],
)
def test_what_did_not_run_is_not_executed_and_named(hand_in, change, said):
    graded = hand_in(change_notebook(change))
    assert said in doubts(graded)
    assert points(graded)["executed"] == pytest.approx(15 * (NOTEBOOKS - 1) / NOTEBOOKS, abs=0.01)
    assert points(graded)["checks"] == 38


def test_a_class_without_ids_of_cells_loses_nothing(hand_in):
    def change(files):
        for name in [name for name in files if name.endswith(".ipynb")]:
            edit_json(files, name, lambda n: [cell.pop("id") for cell in n["cells"]])

    graded = hand_in(change)
    assert points(graded) == points(hand_in())
    assert not [doubt for doubt in graded.doubts if "Changed after" not in doubt]


def test_other_changes_are_counted_and_cost_nothing(hand_in, tmp_path):
    def change(notebook):
        cell_of(notebook, "04-08")["source"] += "\n# mine"
        notebook["cells"].append(new_markdown_cell("A thought"))

    assert points(hand_in(change_notebook(change)))["checks"] == 38
    row = feedback(tmp_path).split(">04_lenet5</th>\n<td>")[-1]
    assert "<td>1</td><td>1</td><td>0</td>" in row


# What cannot be


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m.update(synthetic=False), "Drawn faces shown as real?"),
        (lambda m: m["models"]["cnn"]["trained_on"].update(synthetic=False), "the card of cnn"),
        (lambda m: m["models"]["cnn"].update(seconds=0.2), "nothing is faster"),
        (lambda m: m["models"]["cnn"].update(seconds=5000), "no notebook ran longer"),
        (lambda m: m["parameters"].update(seed=7), "seed is 7 in run.json; 42 was asked for"),
        (lambda m: m["parameters"].pop("profile"), "profile is None in run.json; 'quick' was"),
        (lambda m: m["parameters"].update(run="bobs"), "run is 'run' in 01_load, "),
    ],
)
def test_what_cannot_be_is_doubted(hand_in, change, said):
    assert said in doubts(hand_in(lambda files: edit_json(files, "run.json", change)))


def test_synthetic_results_that_call_themselves_real_are_doubted(hand_in):
    def disguise(files):
        edit_json(
            files,
            "results/confusion_matrix.json",
            lambda m: m.update(source="FER2013", synthetic=False),
        )

    assert "Real: results/confusion_matrix.json" in doubts(hand_in(disguise))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("profile", "smoke", "profile is 'smoke' in 04_lenet5; 'quick' was asked for."),
        ("seed", 7, "seed is 7 in 04_lenet5; 42 was asked for."),
        ("dataset", "fer2013", "dataset is 'fer2013' in 04_lenet5; 'synthetic' was asked for."),
        ("run", "bobs", "run is 'bobs' in 04_lenet5; 'run' in run.json."),
        ("profile", ["a" * 999], "in 04_lenet5; 'quick' was asked for."),
    ],
)
def test_what_papermill_noted_is_believed_and_not_run_json(hand_in, name, value, said):
    def noted(notebook):
        notebook["metadata"]["papermill"]["parameters"][name] = value

    def put_in(notebook):
        cell = new_code_cell(f"{name} = {value!r}", metadata={"tags": ["injected-parameters"]})
        notebook["cells"].insert(7, cell)

    assert said in doubts(hand_in(change_notebook(noted)))
    said = said.replace("in 04", "in the parameters cell of 04")
    assert said in doubts(hand_in(change_notebook(put_in)))


def test_notebooks_that_papermill_did_not_run_are_doubted(hand_in):
    graded = hand_in(change_notebook(lambda n: n["metadata"].pop("papermill")))
    assert "profile is None in 04_lenet5; 'quick' was asked for." in graded.doubts


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({"end_time": "2026-11-20T08:00:00+00:00"}, "before it started"),
        ({"end_time": "2936-11-20T08:00:00+00:00"}, "in the future"),
        ({"duration": 9999.0}, "lie between start and end"),
        ({"start_time": "yesterday"}, "no time that can be read"),
    ],
)
def test_clocks_that_do_not_fit_are_doubted(hand_in, times, said):
    def change(notebook):
        notebook["metadata"]["papermill"].update(times)

    assert said in doubts(hand_in(change_notebook(change)))


# Too alike


def test_the_same_execution_and_the_same_words_are_listed_in_pairs():
    everybody = " ".join(f"what everybody wrote {k} because the task asks for it" for k in range(9))
    mine = "an unusual explanation of why a mean of seven kernels cannot decide about faces at all"
    other = " ".join(f"something else {k} that only ada thought of" for k in range(50))
    told = ["2026-11-20T09:00:00.123456+00:00"]
    prints = {f"s{k}": take_print({"01-a": everybody}, []) for k in range(30)}
    prints["ada"] = take_print({"01-a": f"{everybody} {mine} surely", "02-b": other}, told)
    prints["bob"] = take_print({"01-a": f"{everybody} {mine}"}, [])
    prints["eve"] = take_print({"01-a": everybody}, told)
    found = {(pair.first, pair.second): pair.reason for pair in find_pairs(prints, 0.8)}
    assert set(found) == {("ada", "bob"), ("ada", "eve")}
    assert "01-a (100%)" in found["ada", "bob"] or "01-a (9" in found["ada", "bob"]
    assert "same execution" in found["ada", "eve"]


def words(name: str, count: int) -> str:
    return " ".join(f"{name}{number}" for number in range(count))


@pytest.mark.parametrize("students", [3, 12, 29])
def test_three_who_hand_in_the_same_words_are_found_in_a_class_of_any_size(students):
    prints = {f"s{k:02}": take_print({"a": words(f"s{k}-", 120)}, []) for k in range(students)}
    prints |= {name: take_print({"a": words("copied", 120)}, []) for name in ("s00", "s01", "s02")}
    pairs = [(pair.first, pair.second) for pair in find_pairs(prints, 0.8)]
    assert pairs == [("s00", "s01"), ("s00", "s02"), ("s01", "s02")]


def test_what_many_of_a_small_class_wrote_is_common():
    prints = {f"s{k}": take_print({"a": words("obvious", 120)}, []) for k in range(6)}
    assert find_pairs(prints, 0.8) == []


def test_what_was_given_out_is_nobodys_own():
    stub = f'def entropy(shares):\n    """{words("docstring", 60)}"""\n'
    texts = {
        "ada": f"{stub}    return {words('ada', 30)}",
        "bob": f"{stub}    return {words('bob', 30)}",
        "eve": f"{stub}    return {words('ada', 30)}",
    }
    prints = {name: take_print({"a": text}, [], {"a": stub}) for name, text in texts.items()}
    assert [(pair.first, pair.second) for pair in find_pairs(prints, 0.5)] == [("ada", "eve")]
    assert take_print({"a": stub}, [], {"a": stub}).passages == {}


def test_of_a_boundless_answer_only_a_part_is_kept():
    kept = take_print({"a": words("w", 1_000_000)}, []).passages["a"]
    assert len(kept) == PASSAGES


def test_nobody_is_alike_to_nobody():
    assert find_pairs({}, 0.8) == []
    assert isinstance(take_print({}, []), Print)


# Many, and broken ones among them


def test_broken_bundles_do_not_stop_the_rest(honest, tmp_path, monkeypatch):
    monkeypatch.chdir(COURSE)
    folder = tmp_path / "in"
    for name in ("ada", "group/bob"):
        rewrite(honest[0], folder / f"{name}.zip", lambda files: None)
    (folder / "empty.zip").write_bytes(b"")
    rewrite(honest[0], folder / "no-run.zip", lambda files: files.pop("run.json"))
    rewrite(honest[0], folder / "list.zip", lambda files: files.update({"run.json": b"[1]"}))
    nested = b"[" * 100_000
    rewrite(
        honest[0],
        folder / "deep.zip",
        lambda files: files.update({"results/confusion_matrix.json": nested}),
    )
    odd = b'{"cells": [{"cell_type": "code", "metadata": 7}]}'
    rewrite(honest[0], folder / "odd.zip", lambda f: f.update({"notebooks/04_lenet5.ipynb": odd}))
    graded = {one.name: one for one in grade(folder, labels=honest[1], out=tmp_path / "grades")}
    assert {name for name, one in graded.items() if one.error} == {
        "empty",
        "no-run",
        "list",
        "deep",
        "odd",
    }
    assert graded["group-bob"].points == graded["ada"].points == 73
    rows = list(csv.DictReader((tmp_path / "grades" / "gradebook.csv").open(encoding="utf-8")))
    assert len(rows) == 7
    assert all((tmp_path / "grades" / "feedback" / f"{name}.html").exists() for name in graded)


def test_names_that_no_encoding_knows_stop_nobody(honest, tmp_path, monkeypatch):
    monkeypatch.chdir(COURSE)
    folder = tmp_path / "in"
    strange = rb'{"models": {"\ud800": {"accuracy": 1}}}'
    rewrite(
        honest[0],
        folder / "eve.ZIP",
        lambda files: files.update({"results/confusion_matrix.json": strange}),
    )
    rewrite(honest[0], folder / "a" / "b.zip", lambda files: None)
    for name in ("a-b", "a-b-2"):
        rewrite(honest[0], folder / f"{name}.zip", lambda files: None)
    with contextlib.suppress(OSError):  # not every disk takes such a name
        (folder / os.fsdecode(b"M\xfcller.zip")).write_bytes(b"")
    graded = grade(folder, labels=honest[1], out=tmp_path / "grades", workers=1)
    names = {one.name for one in graded}
    assert {"eve", "a-b", "a-b-2", "a-b-2-2"} <= names
    assert all((tmp_path / "grades" / "feedback" / f"{name}.html").exists() for name in names)


def test_a_time_limit_cannot_be_swallowed(honest, tmp_path, monkeypatch):
    def slow(*_args, **_options):
        try:
            time.sleep(5)
        except Exception:
            return pd.DataFrame()

    monkeypatch.chdir(COURSE)
    monkeypatch.setattr("fer_kit.grading.grade.SECONDS", 1)
    monkeypatch.setattr("pandas.read_csv", slow)
    rewrite(honest[0], tmp_path / "in" / "eve.zip", lambda files: None)
    (graded,) = grade(tmp_path / "in", out=tmp_path / "grades", workers=1)
    assert graded.error == "Reading it took longer than 1 s."


def test_no_submissions_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(COURSE)
    for folder, said in ((tmp_path, "with none"), (tmp_path / "no", "no folder")):
        with pytest.raises(InputError, match=said):
            grade(folder, out=tmp_path / "grades")
    assert not (tmp_path / "grades").exists()


def test_nothing_of_a_bundle_is_loaded_or_unpacked(hand_in, monkeypatch, tmp_path):
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


# Attacks by the file


def opened(tmp_path, write) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        write(file)
    with Bundle(path):
        pass


def link(file):
    about = zipfile.ZipInfo("notebooks/04_lenet5.ipynb")
    about.external_attr = (stat.S_IFLNK | 0o777) << 16
    file.writestr(about, "/etc/passwd")


def twice(file):
    file.writestr("run.json", "{}")
    file.writestr("RUN.json", "{}")


def many(file):
    for number in range(archive.MOST_MEMBERS + 1):
        file.writestr(str(number), "")


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda file: file.writestr("../evil.txt", "x"), "inside of the bundle"),
        (lambda file: file.writestr("report/../../evil.txt", "x"), "inside of the bundle"),
        (lambda file: file.writestr("/etc/evil", "x"), "inside of the bundle"),
        (lambda file: file.writestr("C:\\evil", "x"), "inside of the bundle"),
        (lambda file: file.writestr("..\\evil", "x"), "inside of the bundle"),
        (link, "a link or a device"),
        (twice, "twice"),
        (many, "at most 2000 files"),
        (lambda file: file.writestr("run.json", b"0" * 100_000_000), "ZIP bomb"),
        (lambda file: file.writestr("run.json", "no JSON"), "JSON in run.json"),
        (lambda file: file.writestr("run.json", '{"format": 99}'), "format 1"),
    ],
)
def test_archives_that_attack_are_refused_before_anything_is_read(tmp_path, write, said):
    with pytest.raises(InputError, match=said):
        opened(tmp_path, write)
    assert [path.name for path in tmp_path.iterdir()] == ["evil.zip"]


def test_a_bomb_that_lies_about_its_size_is_not_swallowed(tmp_path, honest):
    """The directory says 100 bytes, the data hold 60 MB."""
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("run.json", b"0" * 60_000_000)
    content = bytearray(path.read_bytes())
    directory = content.rfind(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 100)
    path.write_bytes(content)
    with pytest.raises(InputError, match="run.json"), Bundle(path):
        pass


def test_an_encrypted_file_is_refused(tmp_path):
    path = tmp_path / "locked.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("run.json", "{}")
    content = bytearray(path.read_bytes())
    directory = content.rfind(b"PK\x01\x02")
    content[directory + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="encrypted"):
        Bundle(path)


# Attacks by what is shown

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
    page = feedback(tmp_path).split("Written answers")[1].lower()
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
    assert "<script" not in overview + feedback(tmp_path)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "＝1", "\r\n=1", "|x"])
def test_cells_that_start_a_formula_are_neutralised(text):
    assert harmless(text).startswith("'")
    (row,) = csv.reader(io.StringIO(as_csv([[text, -1.5, None]])))
    assert row[0].startswith("'")
    assert row[1:] == ["-1.5", ""]


@pytest.mark.parametrize("text", ["Ada", "a=b", "3", "O'Neill-Smith", ""])
def test_other_cells_stay_as_they_are(text):
    assert harmless(text) == text


# The rubric


def test_the_rubric_that_ships_is_worth_a_hundred_points():
    rubric = read_rubric(COURSE / "rubric.toml")
    assert rubric.points == 100
    assert {criterion.kind for criterion in rubric.criteria} == {
        "executed",
        "results",
        "checks",
        "manual",
    }


CRITERION = '[[criterion]]\nid = "a"\ntitle = "A"\npoints = 3\nkind = "checks"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "in TOML"),
        ("title = 'x'", "at least one"),
        (CRITERION + CRITERION, "an id of its own"),
        (CRITERION.replace("checks", "luck"), "kind"),
        (CRITERION.replace("3", "-3"), "above 0"),
        (CRITERION.replace("3", "'many'"), "points"),
        (CRITERION.replace("points", "piont"), "typing error"),
        ("[limits]\nspeed = 3\n" + CRITERION, "typing error"),
        (CRITERION.replace("3", "nan"), "above 0"),
        (CRITERION.replace("3", "true"), "above 0"),
        (CRITERION.replace("[[", "[").replace("]]", "]"), "two brackets"),
        (CRITERION + "notebooks = '04_lenet5'", "a list of names"),
        (CRITERION + "notebooks = [4]", "a list of names"),
        (CRITERION + "notebooks = []", "Leave the line out"),
        (CRITERION + "notebooks = ['04_lenet']", "04_lenet5, 05_cnn.* Received: '04_lenet'"),
        (CRITERION + "models = ['cnn']", "Expected notebooks of criterion a"),
        (CRITERION.replace("checks", "results") + "models = 'cnn'", "a list of names"),
        (CRITERION.replace("checks", "results") + "notebooks = ['04']", "change nothing"),
        ("[limits]\ntolerance = '0.0005'\n" + CRITERION, "a number from 0 up"),
        ("[limits]\ntolerance = nan\n" + CRITERION, "a number from 0 up"),
        ("[limits]\nalike = 80\n" + CRITERION, "up to 1"),
        ("[rerun]\nminutes = '20'\n" + CRITERION, "a number above 0"),
        ("[rerun]\nprofile = 'smok'\n" + CRITERION, "smoke, quick, full. Received: .*'smok'"),
        ("[run]\nprofile = 'quik'\n" + CRITERION, "'quik'"),
        ("[run]\ndataset = ['fer2013']\n" + CRITERION, "synthetic, fer2013"),
        ("[run]\nseed = 4.2\n" + CRITERION, "a whole number"),
        ("limits = 3\n" + CRITERION, "as a heading"),
    ],
)
def test_a_rubric_that_cannot_be_used_is_a_sentence(tmp_path, text, said):
    (tmp_path / "rubric.toml").write_text(text)
    with pytest.raises(InputError, match=said):
        read_rubric(tmp_path / "rubric.toml")
    with pytest.raises(InputError, match="Begin with the course's own"):
        read_rubric(tmp_path / "missing.toml")


def test_a_notebooks_number_is_enough(tmp_path):
    lists = 'notebooks = ["12", "4", "04_lenet5"]\n'
    (tmp_path / "rubric.toml").write_text(CRITERION + lists)
    (criterion,) = read_rubric(tmp_path / "rubric.toml").criteria
    assert criterion.notebooks == ("04_lenet5", "12_save")


def test_a_criterion_can_be_about_some_notebooks_only(hand_in, tmp_path):
    text = CRITERION + 'notebooks = ["01_load"]\n'
    (tmp_path / "rubric.toml").write_text(text)
    graded = hand_in(
        change_notebook(lambda notebook: cell_of(notebook, CHECK).update(outputs=[])),
        rubric=tmp_path / "rubric.toml",
    )
    assert points(graded) == {"a": 3}
