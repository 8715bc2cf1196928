"""A student's notebook beside the released one: what counts as done, and what is only pretended."""

import json
from datetime import UTC, datetime

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from submissions import COURSE, cell_of, executed

from fer_kit.course.compare import compare, read_released
from fer_kit.course.executed import is_check, is_solution, read_notebook, tags
from fer_kit.course.remains import is_emptied
from fer_kit.errors import InputError

NAME = "04_lenet5"
CHECK = "04-single-softmax-check"
RELEASED = read_released(COURSE / "student", COURSE / "notebooks")
CHECKS = {one.name for one in RELEASED[NAME].exercises if not one.written}


def done(change=lambda notebook: None, name=NAME):
    """A diligent student's notebook with changes, compared; counts are kept as a run makes them."""
    start = datetime(2026, 11, 20, 9, tzinfo=UTC)
    notebook = json.loads(json.dumps(executed(COURSE / "student" / f"{name}.ipynb", start, 1)))
    change(notebook)
    return compare(name, notebook, RELEASED[name])


def number(notebook):
    """Count the code cells as one kernel does."""
    for count, cell in enumerate(code_cells(notebook), start=1):
        cell["execution_count"] = count


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def given_cells(notebook):
    """The code that was given out and is not to be changed."""
    return [
        cell
        for cell in code_cells(notebook)
        if not is_solution(cell) and not is_check(cell) and "parameters" not in tags(cell)
    ]


def error(cell, *names):
    cell["outputs"] = [{"output_type": "error", "ename": "KeyError", "evalue": "", "traceback": []}]
    cell["metadata"]["tags"] = list(names)


@pytest.mark.parametrize("name", sorted(RELEASED))
def test_a_diligent_student_has_done_everything_and_gives_no_doubt(name):
    lesson = done(name=name)
    assert lesson.complete
    assert lesson.passed == {one.name for one in RELEASED[name].exercises if not one.written}
    assert {one.state for one in lesson.exercises if one.written} <= {"answered"}
    found = (lesson.changed, lesson.missing, lesson.emptied, lesson.changed_checks, lesson.added)
    assert not any(found)
    found = (lesson.hidden_errors, lesson.repeated, lesson.disguised, lesson.empty_but_passed)
    assert not any(found)
    assert (lesson.with_solutions, lesson.without_ids) == (False, False)


# Saved by another editor


def drop_ids(notebook):
    for cell in notebook["cells"]:
        cell.pop("id")


def renew_ids(notebook):
    for place, cell in enumerate(notebook["cells"]):
        cell["id"] = f"n{place}"


def drop_metadata(notebook):
    for cell in notebook["cells"]:
        cell.pop("id")
        cell["metadata"] = {}


def drop_ids_and_put_in_parameters(notebook):
    drop_ids(notebook)
    cell = new_code_cell('run = "mine"\nseed = 42', metadata={"tags": ["injected-parameters"]})
    notebook["cells"].insert(7, dict(cell))
    number(notebook)


@pytest.mark.parametrize(
    "saved", [drop_ids, renew_ids, drop_metadata, drop_ids_and_put_in_parameters]
)
@pytest.mark.parametrize("name", [NAME, "07_ddamfn"])
def test_nothing_is_lost_by_an_editor_that_keeps_no_ids(saved, name):
    lesson, usual = done(saved, name), done(name=name)
    assert lesson.without_ids
    assert lesson.complete
    assert lesson.passed == usual.passed
    assert lesson.exercises == usual.exercises
    assert lesson.own == usual.own
    assert (lesson.changed, lesson.missing, lesson.added) == ((), (), 0)


# Order


def skip_the_last(notebook):
    code_cells(notebook)[-1].update(execution_count=None, outputs=[])


def swap(notebook):
    first, second = code_cells(notebook)[5:7]
    first["execution_count"], second["execution_count"] = 7, 6


def fail(notebook):
    error(code_cells(notebook)[3])


def take_one_out(notebook):
    notebook["cells"].remove(cell_of(notebook, "04-08"))
    number(notebook)


@pytest.mark.parametrize("change", [skip_the_last, swap, fail, take_one_out])
def test_a_notebook_that_did_not_run_whole_and_in_order_is_not_complete(change):
    assert not done(change).complete


def test_cells_that_were_taken_out_are_missed():
    assert done(take_one_out).missing == ("04-08",)


# Checks and answers


def test_a_check_that_was_changed_is_not_passed():
    def change(notebook):
        cell_of(notebook, CHECK)["source"] = "print('✓ single_softmax: right.')"

    lesson = done(change)
    assert lesson.changed_checks == (CHECK,)
    assert lesson.passed == CHECKS - {"04-single-softmax"}


def test_a_changed_check_with_hidden_tests_of_ones_own_is_changed():
    def change(notebook):
        own = "### BEGIN HIDDEN TESTS\nfk = None\n### END HIDDEN TESTS\n"
        cell_of(notebook, CHECK)["source"] = own + cell_of(notebook, CHECK)["source"]

    assert done(change).changed_checks == (CHECK,)


def test_the_notebook_with_solutions_is_recognised():
    original = read_notebook(COURSE / "notebooks" / f"{NAME}.ipynb")

    def change(notebook):
        cell_of(notebook, CHECK)["source"] = cell_of(original, CHECK)["source"]

    lesson = done(change)
    assert lesson.with_solutions
    assert lesson.changed_checks == ()


def print_a_tick(notebook):
    tick = {"output_type": "stream", "name": "stdout", "text": "✓ right. Accuracy 99.9 %"}
    cell_of(notebook, CHECK)["outputs"] = [tick]


def move_the_outcome(notebook):
    """A cell of one's own that claims to be the check, whose output is gone."""
    real = cell_of(notebook, CHECK)
    notebook["cells"].append(json.loads(json.dumps(real)) | {"id": "mine"})
    real["outputs"], real["metadata"] = [], {}


def fill_nothing_in(notebook):
    stub = "def can_be_sure():\n    raise NotImplementedError()"
    cell_of(notebook, "04-single-softmax")["source"] = stub


@pytest.mark.parametrize("change", [print_a_tick, move_the_outcome, fill_nothing_in])
def test_what_only_looks_like_a_pass_is_none(change):
    lesson = done(change)
    assert lesson.passed == CHECKS - {"04-single-softmax"}
    assert bool(lesson.empty_but_passed) == (change is fill_nothing_in)


def test_the_released_line_may_stay_below_a_finished_answer():
    def change(notebook):
        cell_of(notebook, "04-single-softmax")["source"] += "\n    raise NotImplementedError()"

    assert done(change).passed == CHECKS


def test_an_answer_in_a_cell_of_its_own_counts():
    def change(notebook):
        answer = cell_of(notebook, "04-single-softmax")
        place = notebook["cells"].index(answer)
        notebook["cells"].insert(place + 1, dict(new_code_cell(answer["source"])))
        fill_nothing_in(notebook)
        number(notebook)

    lesson = done(change)
    assert lesson.passed == CHECKS
    assert lesson.complete


def test_other_changes_are_counted_and_cost_nothing():
    def change(notebook):
        cell_of(notebook, "04-08")["source"] += "\n# mine"
        notebook["cells"].append(dict(new_markdown_cell("A thought")))

    lesson = done(change)
    assert lesson.changed == ("04-08",)
    assert lesson.added == 1
    assert lesson.complete
    assert lesson.own["04_lenet5-added"] == "A thought"


# Points for nothing


@pytest.mark.parametrize(
    "empty",
    [
        lambda source: "",
        lambda source: "1",
        lambda source: "pass",
        lambda source: "...",
        lambda source: "print('done')",
        lambda source: "\n".join(f"# {line}" for line in source.splitlines()),
        lambda source: f"'''{source}'''",
        lambda source: "if False:\n" + "".join(f"    {n}\n" for n in source.splitlines()),
        lambda source: "while 0:\n" + "".join(f"    {n}\n" for n in source.splitlines()),
        lambda source: "def f():\n" + "".join(f"    {n}\n" for n in source.splitlines()) + "0",
        lambda source: (
            "try:\n" + "".join(f"    {n}\n" for n in source.splitlines()) + "except: pass"
        ),
        lambda source: f"%%script false\n{source}",
        lambda source: f"%%html\n{source}",
    ],
)
def test_emptied_cells_do_not_count_as_executed(empty):
    def change(notebook):
        for cell in given_cells(notebook):
            cell["source"] = empty(cell["source"])

    lesson = done(change)
    assert not lesson.complete
    assert len(lesson.emptied) >= 0.9 * len(given_cells({"cells": RELEASED[NAME].cells.values()}))
    assert lesson.passed == CHECKS  # these are another matter


def test_one_emptied_cell_is_named():
    def change(notebook):
        cell_of(notebook, "04-08")["source"] = "1"

    lesson = done(change)
    assert lesson.emptied == ("04-08",)
    assert not lesson.complete


TRAINING = """\
model = fk.build("lenet5", input_shape=(48, 48, 1), classes=7)
model.compile(optimizer="adam", loss="categorical_crossentropy")
history = model.fit(x, y, epochs=20, batch_size=48)"""


@pytest.mark.parametrize(
    ("own", "emptied"),
    [
        (TRAINING, False),
        (TRAINING.replace("20", "3"), False),
        (TRAINING.replace("adam", "sgd") + "\nprint(history.history)", False),
        (f"%%time\n{TRAINING}", False),
        (TRAINING.replace("history", "%time history"), False),
        (
            "for seed in range(3):\n" + "".join(f"    {n}\n" for n in TRAINING.splitlines()),
            False,
        ),
        ("with lab.timer():\n" + "".join(f"    {n}\n" for n in TRAINING.splitlines()), False),
        (TRAINING.splitlines()[0] + "\nnetwork = model", False),
        ("model = None", True),
        ("def broken(", True),
        ("history = 3", True),
    ],
)
def test_whoever_tries_something_else_has_not_emptied_a_cell(own, emptied):
    assert is_emptied(TRAINING, own) is emptied


def test_a_cell_without_names_is_emptied_only_when_nothing_is_left():
    assert is_emptied("'a text'", " ")
    assert not is_emptied("'a text'", "'another'")


def test_an_error_that_a_tag_hides_is_an_error():
    def change(notebook):
        error(cell_of(notebook, "04-08"), "raises-exception")

    lesson = done(change)
    assert lesson.hidden_errors == ("04-08",)
    assert not lesson.complete


def test_a_hidden_error_in_a_cell_of_ones_own_is_named_by_its_place():
    def change(notebook):
        own = dict(new_code_cell("1 / 0"))
        error(own, "raises-exception")
        notebook["cells"].insert(9, own)
        number(notebook)

    lesson = done(change)
    assert lesson.hidden_errors == ("04_lenet5, cell 10",)
    assert not lesson.complete


def test_an_error_that_the_lesson_itself_shows_is_none():
    released = read_released(COURSE / "student", COURSE / "notebooks")[NAME]
    released.cells["04-08"].metadata["tags"] = ["raises-exception"]
    start = datetime(2026, 11, 20, 9, tzinfo=UTC)
    notebook = executed(COURSE / "student" / f"{NAME}.ipynb", start, 1)
    error(cell_of(notebook, "04-08"), "raises-exception")
    lesson = compare(NAME, json.loads(json.dumps(notebook)), released)
    assert lesson.hidden_errors == ()
    assert lesson.complete


def test_the_tag_without_an_error_is_nobodys_business():
    def change(notebook):
        cell_of(notebook, "04-08")["metadata"]["tags"] = ["raises-exception"]

    assert done(change) == done()


@pytest.mark.parametrize("tag", ["injected-parameters", "papermill-error-cell-tag"])
def test_a_cell_that_poses_as_papermills_is_counted_and_named(tag):
    def change(notebook):
        own = new_code_cell("import secrets\nfk.check = secrets", metadata={"tags": [tag]})
        notebook["cells"].insert(7, dict(own))
        number(notebook)

    lesson = done(change)
    assert lesson.disguised == ("04_lenet5, cell 8",)
    assert lesson.added == 1
    assert "fk.check = secrets" in lesson.own["04_lenet5-added"]


def test_a_repeated_id_hides_nothing():
    def change(notebook):
        own = dict(new_code_cell("fk.check = None")) | {"id": "04-10"}
        notebook["cells"].insert(7, own)
        number(notebook)

    lesson = done(change)
    assert lesson.repeated == ("04-10",)
    assert lesson.added == 1
    assert lesson.changed == ()
    assert "fk.check = None" in lesson.own["04_lenet5-added"]


def test_what_papermill_put_in_is_read():
    def change(notebook):
        cell = new_code_cell('profile = "smoke"', metadata={"tags": ["injected-parameters"]})
        notebook["cells"].insert(7, dict(cell))

    lesson = done(change)
    assert lesson.injected == {"profile": "smoke"}
    assert lesson.execution.parameters["profile"] == "quick"  # as papermill's note was edited


def test_a_strange_notebook_is_compared_all_the_same():
    lesson = compare(NAME, {"cells": []}, RELEASED[NAME])
    assert not lesson.complete
    assert {one.state for one in lesson.exercises} == {"not run", "not answered"}
    foreign = {"cells": [dict(new_code_cell(f"x = {n}")) for n in range(200)]}
    assert not compare(NAME, foreign, RELEASED[NAME]).complete


def test_no_released_notebooks_is_a_sentence_that_overwrites_nothing(tmp_path):
    with pytest.raises(InputError, match="RELEASE=") as caught:
        read_released(tmp_path, COURSE / "notebooks")
    assert "make student" not in str(caught.value)
