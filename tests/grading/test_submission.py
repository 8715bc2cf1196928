"""One submission: what its notebooks are worth, and what cannot be."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from submissions import COURSE, cell_of, change_notebook, doubts, edit_json, feedback, points

from fer_kit.course.executed import read_exercises
from fer_kit.lessons import METRICS

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
    row = feedback(tmp_path / "grades").split(">04_lenet5</th>\n<td>")[-1]
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


def test_real_faces_beside_a_network_of_drawn_pairs_are_no_doubt(hand_in):
    def real(files):
        def told(manifest):
            manifest.update(synthetic=False)
            manifest["parameters"]["dataset"] = "fer2013"
            manifest["data"] = {"source": "FER2013"}
            for card in manifest["models"].values():
                card["trained_on"].update(synthetic=False)
            manifest["models"]["fused"] = {"trained_on": {"synthetic": True}}

        def executed(notebook):
            notebook["metadata"]["papermill"]["parameters"]["dataset"] = "fer2013"

        edit_json(files, "run.json", told)
        edit_json(files, METRICS, lambda metrics: metrics.update(source="FER2013", synthetic=False))
        for name in [name for name in files if name.endswith(".ipynb")]:
            edit_json(files, name, executed)

    assert "shown as real" not in doubts(hand_in(real))


def test_synthetic_results_that_call_themselves_real_are_doubted(hand_in):
    def disguise(files):
        edit_json(
            files,
            METRICS,
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
