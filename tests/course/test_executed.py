"""What an executed notebook proves: its exercises, its order, and which cells are a lesson's."""

import json
from dataclasses import replace

import nbformat
import pytest
from submissions import COURSE, passed

from fer_kit.check.answers import OUTCOME
from fer_kit.course.executed import (
    EMPTY,
    Execution,
    execution,
    injected_parameters,
    is_unwritten,
    lesson_cells,
    read_exercises,
    read_notebook,
    source_hash,
)
from fer_kit.errors import InputError


def code(count=None, **more):
    cell = {"cell_type": "code", "source": "1", "execution_count": count, "metadata": {}}
    return cell | {"outputs": []} | more


def words(text):
    return {"cell_type": "markdown", "source": text, "metadata": {}}


def tagged(source, *tags, kind="code"):
    return code(source=source) | {"cell_type": kind, "metadata": {"tags": list(tags)}}


# Order


@pytest.mark.parametrize(
    ("counts", "in_order", "executed"),
    [
        ([1, 2, 3], True, 3),
        ([1, 3, 2], False, 3),
        ([2, 3, 4], False, 3),
        ([1, 2, 4], False, 3),
        ([1, 1, 2], False, 3),
        ([1, 2, None], True, 2),
        ([None, None], True, 0),
    ],
)
def test_one_fresh_kernel_counts_from_one_without_gaps(counts, in_order, executed):
    told = execution({"cells": [code(count) for count in counts], "metadata": {}})
    assert (told.in_order, told.executed) == (in_order, executed)


@pytest.mark.parametrize("about", [None, [], "x", {"parameters": [1]}, {"parameters": None}])
def test_a_strange_note_of_papermills_is_none(about):
    told = execution({"cells": [code(1)], "metadata": {"papermill": about}})
    assert (told.parameters, told.seconds) == ({}, None)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "complete"),
        ({"errors": ["ValueError"]}, "failed"),
        ({"executed": 2}, "incomplete"),
        ({"in_order": False}, "incomplete"),
        ({"ended": ""}, "incomplete"),
    ],
)
def test_complete_is_what_ran_to_the_end_in_order_without_an_error(changes, state):
    whole = Execution(3, 3, True, [], "2026-11-21T09:00", "2026-11-21T09:01", 60.0, {})
    assert replace(whole, **changes).state == state


def test_a_kernel_that_died_has_failed_though_no_cell_shows_it():
    told = execution({"cells": [code(1)], "metadata": {"papermill": {"exception": True}}})
    assert told.state == "failed"


# What was put in


def test_the_hash_of_a_source_does_not_depend_on_its_execution():
    plain = {"cells": [code()]}
    run = {"cells": [tagged("seed = 1", "injected-parameters"), code(2)]}
    other = {"cells": [code(source="2")]}
    assert source_hash(plain) == source_hash(run) != source_hash(other)
    assert source_hash({"cells": [code(source=["1"])]}) == source_hash(plain)


def test_what_papermill_puts_in_is_no_part_of_the_lesson():
    own = code()
    mark = tagged("<span>An error was met</span>", "papermill-error-cell-tag", kind="markdown")
    injected = tagged('# Parameters\nrun = "a"\nseed = -1', "injected-parameters")
    notebook = {"cells": [injected, mark, own]}
    assert lesson_cells(notebook) == [own]
    assert injected_parameters(notebook) == {"run": "a", "seed": -1}
    assert injected_parameters({"cells": [own]}) == {}


@pytest.mark.parametrize(
    "hidden",
    [
        tagged("seed = train()", "injected-parameters"),
        tagged("seed = 1\nimport os", "injected-parameters"),
        tagged("x[0] = 1", "injected-parameters"),
        tagged("a, b = 1, 2", "injected-parameters"),
        tagged("seed += 1", "injected-parameters"),
        tagged("%run secret.py", "injected-parameters"),
        tagged("", "injected-parameters"),
        tagged("Some words", "injected-parameters", kind="markdown"),
        tagged("import os", "papermill-error-cell-tag"),
    ],
)
def test_a_cell_that_only_carries_papermills_tag_is_the_students(hidden):
    assert lesson_cells({"cells": [hidden, code()]}) == [hidden, code()]


def test_only_one_cell_of_parameters_is_papermills():
    first, second = (tagged(f"seed = {n}", "injected-parameters") for n in (1, 2))
    assert lesson_cells({"cells": [first, second]}) == [second]


# Exercises


@pytest.mark.parametrize(
    ("cell", "unwritten"),
    [
        (words(""), True),
        (words(EMPTY), True),
        (words(f"**{EMPTY.title()}**\n"), True),
        (words("…"), True),
        (words("<!-- -->"), True),
        (words(f"{EMPTY}\n\nThe mean is lower."), False),
        (words("不同的人"), False),
        (words("$x^2$"), False),
        (code(source=""), True),
        (code(source="# YOUR CODE HERE"), True),
        (code(source="# YOUR CODE HERE\nraise NotImplementedError()"), True),
        (code(source="def f(x):\n    raise NotImplementedError()"), True),
        (code(source='import a\ndef f(x):\n    """It."""\n    raise NotImplementedError()'), True),
        (code(source="def f(x):\n    return x\n    raise NotImplementedError()"), False),
        (code(source="def f(x):\n    return"), False),
        (code(source="def f(x"), False),
    ],
)
def test_what_was_never_written_is_seen(cell, unwritten):
    assert is_unwritten(cell) is unwritten


def states(name="04_lenet5", change=lambda cell: None):
    notebook = read_notebook(COURSE / "student" / f"{name}.ipynb")
    for cell in notebook.cells:
        change(cell)
    return {exercise.name: exercise.state for exercise in read_exercises(notebook)}


def failing(cell):
    """As a run leaves the notebook of somebody who has not begun."""
    if cell.cell_type == "code":
        cell.execution_count = 1
    if cell.id.endswith("-check"):
        outcome = {"check": "x", "passed": False, "message": "✗ f is not written yet."}
        cell.outputs = [nbformat.v4.new_output("display_data", {OUTCOME: outcome})]


def test_a_never_written_exercise_is_not_answered_and_has_not_failed():
    assert set(states(change=failing).values()) == {"not answered"}
    assert set(states().values()) == {"not answered"}


def test_a_wrong_answer_has_failed_and_one_that_was_not_run_has_not():
    def answer(cell):
        failing(cell)
        if cell.id == "04-single-softmax":
            cell.source = "def can_be_sure():\n    return None"

    assert states(change=answer)["04-single-softmax"] == "failed"

    def without_running(cell):
        if cell.id == "04-single-softmax":
            cell.source = "def can_be_sure():\n    return None"

    assert states(change=without_running)["04-single-softmax"] == "not run"


def test_a_copied_cell_makes_no_second_exercise():
    notebook = read_notebook(COURSE / "student" / "04_lenet5.ipynb")
    names = [exercise.name for exercise in read_exercises(notebook)]
    notebook.cells += [cell.copy() for cell in notebook.cells]
    assert [exercise.name for exercise in read_exercises(notebook)] == names


def test_outcomes_are_what_the_checks_show():
    notebook = read_notebook(COURSE / "student" / "01_load.ipynb")
    check = next(cell for cell in notebook.cells if cell.id == "01-read-row-check")
    assert passed(check).data[OUTCOME]["passed"] is True


# Notebooks that cannot be read

CONFLICT = """{"cells": [
<<<<<<< HEAD
 {"cell_type": "markdown", "source": "my answer"}
=======
 {"cell_type": "markdown", "source": "theirs"}
>>>>>>> origin/main
]}"""
DELETING = ("checkout", "git restore", "git reset", "stash", "delete", "again", "download")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CONFLICT, "two versions (line 2: <<<<<<<)"),
        (CONFLICT.replace("<<<<<<<", "\n\n<<<<<<<"), "(line 4: <<<<<<<)"),
        ('{"cells": [', "which cannot be read"),
        ("[1]", "which cannot be read"),
        ('{"cells": 3}', "which cannot be read"),
        ("", "which is empty"),
        ("\n\n", "which is empty"),
        ("<!DOCTYPE html>", "which cannot be read"),
        (b"\xff\xfe{\x00", "which cannot be read"),
    ],
)
def test_advice_about_a_damaged_notebook_deletes_nothing(tmp_path, text, said):
    path = tmp_path / "01_load.ipynb"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        read_notebook(path)
    message = str(caught.value)
    assert said in message
    assert not [word for word in DELETING if word in message.lower()]
    assert ("before anything else, copy it to another name" in message) == bool(text.strip())


def test_an_earlier_state_that_jupyter_has_kept_is_named(tmp_path):
    kept = tmp_path / ".ipynb_checkpoints" / "01_load-checkpoint.ipynb"
    kept.parent.mkdir()
    kept.write_text(json.dumps({"cells": []}))
    (tmp_path / "01_load.ipynb").write_text("")
    with pytest.raises(InputError, match="01_load-checkpoint.ipynb"):
        read_notebook(tmp_path / "01_load.ipynb")


def test_a_notebook_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_notebook(tmp_path / "01_load.ipynb")
