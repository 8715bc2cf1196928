"""Running notebooks: what is checked before, skipped, kept and said. The ones here are tiny."""

import errno
import json
import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from small_course import FIRST, PARAMETERS, SECOND, TWO, pretend, write_notebook

from fer_kit.course import environment, running
from fer_kit.course.results import Metrics, Scores
from fer_kit.course.running import ParameterError, results_table, run_course
from fer_kit.errors import InputError
from fer_kit.lessons import LESSONS, find, maker
from fer_kit.run import Run, runs_folder


@pytest.fixture
def notebooks(tmp_path, monkeypatch) -> Path:
    """A course of two notebooks: one writes a number, the other the next number."""
    pretend(TWO, monkeypatch.setattr)
    monkeypatch.setattr(running, "fitting", lambda threads: 1)
    monkeypatch.setattr(running, "describe", lambda: {"device": "a computer"})
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write_notebook(folder / "01_first.ipynb", FIRST)
    write_notebook(folder / "02_second.ipynb", SECOND)
    return folder


@pytest.fixture
def no_kernel(monkeypatch):
    """What notebooks do, without starting any: they write what they say they make."""
    executed = []

    def execute(notebook: Path, output: Path, parameters: dict) -> None:
        executed.append(notebook.stem)
        output.write_text("{}")
        run = output.parents[1]
        (lesson,) = (lesson for lesson in running.LESSONS if lesson.name == notebook.stem)
        for name in lesson.makes:
            (run / name).parent.mkdir(exist_ok=True)
            (run / name).write_text(str(parameters["seed"]))

    monkeypatch.setattr(running, "_execute", execute)
    return executed


def text_of(run: Run, name: str) -> str:
    return (run.folder / name).read_text()


# The table of lessons


def test_every_lesson_has_its_notebook_and_every_notebook_its_lesson():
    folder = Path(__file__).parents[2] / "notebooks"
    assert [path.stem for path in sorted(folder.glob("*.ipynb"))] == [
        lesson.name for lesson in LESSONS
    ]


def test_what_a_lesson_needs_is_made_before():
    made = set()
    for lesson in LESSONS:
        assert {name for name in lesson.needs if "*" not in name} <= made
        made.update(lesson.makes)


def test_the_maker_of_a_file_is_found():
    assert maker("data/prepared.npz").name == "03_preprocess"
    assert maker("data/nothing.npz") is None


@pytest.mark.parametrize("name", ["4", "04", "04_lenet5", "04_lenet5.ipynb"])
def test_a_lesson_is_found_by_its_number_or_name(name):
    assert [lesson.name for lesson in find([name])] == ["04_lenet5"]


def test_lessons_come_in_the_order_of_the_course():
    assert [lesson.number for lesson in find(["04", "01"])] == ["01", "04"]


def test_an_unknown_lesson_is_a_sentence_with_the_known_ones():
    with pytest.raises(InputError, match="01_load.*Received: '99'"):
        find(["99"])


# Running


def test_the_notebooks_run_in_order_and_leave_their_results(notebooks):
    run = run_course(profile="smoke", seed=7, notebooks=notebooks)
    assert run.name == "synthetic-smoke-seed7"
    assert text_of(run, "data/next.txt") == "8"
    executed = nbformat.read(run.folder / "notebooks" / "02_second.ipynb", as_version=4)
    assert all(cell.execution_count for cell in executed.cells if cell.cell_type == "code")
    assert sorted(path.name for path in (run.folder / "notebooks").iterdir()) == [
        "01_first.ipynb",
        "01_first.json",
        "02_second.ipynb",
        "02_second.json",
    ]


def test_an_executed_notebook_has_a_record_and_no_paths(notebooks):
    run = run_course(only=["01"], notebooks=notebooks)
    record = json.loads(text_of(run, "notebooks/01_first.json"))
    assert record["seconds"] > 0
    assert record["environment"] == {"device": "a computer"}
    assert str(notebooks) not in text_of(run, "notebooks/01_first.ipynb")


def test_the_home_folder_is_not_in_an_executed_notebook(notebooks, tmp_path, monkeypatch):
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    (tmp_path / "fer2013.csv").touch()
    data = str(tmp_path / "fer2013.csv")
    run = run_course(dataset="fer2013", data=data, only=["01"], notebooks=notebooks)
    executed = text_of(run, "notebooks/01_first.ipynb")
    assert "[data]" in executed
    assert data not in executed


def test_the_home_folder_is_in_no_output_and_in_no_failed_notebook(
    notebooks, tmp_path, monkeypatch
):
    home = tmp_path / "ada"
    monkeypatch.setenv("HOME", str(home))
    write_notebook(notebooks / "01_first.ipynb", f"print({str(home / 'mine')!r})", FIRST)
    write_notebook(notebooks / "02_second.ipynb", f"print({str(home / 'mine')!r})", "1 / 0")
    with pytest.raises(InputError, match="ZeroDivisionError"):
        run_course(notebooks=notebooks)
    folder = runs_folder() / "synthetic-quick" / "notebooks"
    for name in ("01_first", "02_second.failed"):
        outputs = [
            str(cell.outputs)
            for cell in nbformat.read(folder / f"{name}.ipynb", as_version=4).cells
            if cell.cell_type == "code"
        ]
        assert "~/mine" in "".join(outputs)
        assert str(home) not in "".join(outputs)


def test_it_is_this_python_that_runs_the_notebooks(notebooks, tmp_path, monkeypatch):
    other = tmp_path / "jupyter" / "kernels" / "python3"
    other.mkdir(parents=True)
    kernel = {"argv": ["false"], "display_name": "Another Python", "language": "python"}
    (other / "kernel.json").write_text(json.dumps(kernel))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    write_notebook(
        notebooks / "01_first.ipynb",
        "import sys",
        'lab.file("data/number.txt").write_text(sys.executable)',
    )
    run = run_course(only=["01"], notebooks=notebooks)
    assert text_of(run, "data/number.txt") == sys.executable


def test_a_notebook_that_names_no_kernel_and_has_no_ids_runs(notebooks):
    path = notebooks / "01_first.ipynb"
    notebook = json.loads(path.read_text())
    notebook |= {"metadata": {}, "nbformat_minor": 4}
    for cell in notebook["cells"]:
        del cell["id"]
    path.write_text(json.dumps(notebook))
    run = run_course(only=["01"], seed=7, notebooks=notebooks)
    assert text_of(run, "data/number.txt") == "7"


def test_a_failing_notebook_keeps_the_earlier_results(notebooks):
    run = run_course(only=["01"], notebooks=notebooks)
    before = text_of(run, "notebooks/01_first.ipynb")
    write_notebook(notebooks / "01_first.ipynb", "print('on the way')", "1 / 0")
    with pytest.raises(InputError) as caught:
        run_course(only=["01"], notebooks=notebooks)
    message = str(caught.value)
    assert "01_first.ipynb stopped: cell 5 of 5 failed. ZeroDivisionError" in message
    assert "jupyter lab" in message
    assert text_of(run, "notebooks/01_first.ipynb") == before
    assert text_of(run, "data/number.txt") == "42"
    assert "on the way" in text_of(run, "notebooks/01_first.failed.ipynb")
    assert "ZeroDivisionError" in json.loads(text_of(run, "notebooks/01_first.json"))["failed"]

    write_notebook(notebooks / "01_first.ipynb", FIRST)
    run_course(only=["01"], notebooks=notebooks)
    assert "failed" not in json.loads(text_of(run, "notebooks/01_first.json"))
    assert not (run.folder / "notebooks" / "01_first.failed.ipynb").exists()


def test_what_failed_and_what_therefore_did_not_run_is_said(notebooks, no_kernel, monkeypatch):
    def fail(notebook: Path, *_) -> None:
        raise InputError(f"{notebook.name} stopped.")

    monkeypatch.setattr(running, "_execute", fail)
    message = "01_first.ipynb stopped.\nNot run, because they read what is missing now: 02_second."
    with pytest.raises(InputError) as caught:
        run_course(notebooks=notebooks)
    assert str(caught.value) == message


def test_a_sentence_for_the_user_stands_alone(notebooks):
    write_notebook(notebooks / "01_first.ipynb", 'raise fk.InputError("Expected bread.")')
    with pytest.raises(InputError, match=r"failed\. Expected bread\.\n"):
        run_course(only=["01"], notebooks=notebooks)


def test_a_kernel_that_dies_is_a_sentence(notebooks):
    write_notebook(notebooks / "01_first.ipynb", "import os", "os._exit(1)")
    with pytest.raises(InputError, match="ended from outside"):
        run_course(only=["01"], notebooks=notebooks)


def test_a_full_disk_is_a_sentence(notebooks, monkeypatch):
    def refuse(*_args, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("papermill.execute_notebook", refuse)
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        run_course(only=["01"], notebooks=notebooks)


# Skipping


def test_a_notebook_that_is_up_to_date_is_skipped_and_said_so(notebooks, no_kernel, capsys):
    run_course(notebooks=notebooks)
    run_course(notebooks=notebooks)
    assert no_kernel == ["01_first", "02_second"]
    assert capsys.readouterr().out.count("up to date (0 s last time)") == 2


def test_force_runs_it_all_the_same(notebooks, no_kernel):
    run_course(notebooks=notebooks)
    run_course(only=["02"], force=True, notebooks=notebooks)
    assert no_kernel == ["01_first", "02_second", "02_second"]


def test_a_changed_notebook_runs_again_and_alone_where_its_results_are_the_same(
    notebooks, no_kernel
):
    run_course(notebooks=notebooks)
    write_notebook(notebooks / "01_first.ipynb", "# a comment", FIRST)
    run_course(notebooks=notebooks)
    assert no_kernel == ["01_first", "02_second", "01_first"]


def test_a_changed_input_runs_the_notebook_that_reads_it(notebooks, no_kernel):
    run = run_course(notebooks=notebooks)
    (run.folder / "data" / "number.txt").write_text("1")
    run_course(only=["02"], notebooks=notebooks)
    assert no_kernel == ["01_first", "02_second", "02_second"]


@pytest.mark.parametrize("missing", ["data/next.txt", "notebooks/02_second.ipynb"])
def test_a_missing_result_is_made_again(notebooks, no_kernel, missing):
    run = run_course(notebooks=notebooks)
    (run.folder / missing).unlink()
    run_course(notebooks=notebooks)
    assert no_kernel == ["01_first", "02_second", "02_second"]


def test_another_version_of_a_library_runs_everything_again(notebooks, no_kernel, monkeypatch):
    run_course(notebooks=notebooks)
    monkeypatch.setattr("fer_kit.course.records.versions", lambda: {"keras": "99"})
    run_course(notebooks=notebooks)
    assert no_kernel == ["01_first", "02_second"] * 2


def test_a_changed_data_set_is_read_again(notebooks, no_kernel, tmp_path):
    data = tmp_path / "fer2013.csv"
    data.write_text("one")
    given = {"dataset": "fer2013", "data": data, "only": ["01"], "notebooks": notebooks}
    run_course(**given)
    data.write_text("another")
    run_course(**given)
    assert no_kernel == ["01_first", "01_first"]


def test_what_was_interrupted_is_run_again_whatever_lies_there(notebooks, no_kernel, monkeypatch):
    run = run_course(notebooks=notebooks)

    def stop_halfway(*_):
        (run.folder / "data" / "next.txt").write_text("half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(running, "_execute", stop_halfway)
        with pytest.raises(KeyboardInterrupt):
            run_course(only=["02"], force=True, notebooks=notebooks)
    run_course(notebooks=notebooks)
    assert no_kernel == ["01_first", "02_second", "02_second"]
    assert text_of(run, "data/next.txt") == "42"


def test_a_result_that_was_changed_is_made_again(notebooks, no_kernel):
    run = run_course(notebooks=notebooks)
    (run.folder / "data" / "next.txt").write_text("other")
    run_course(notebooks=notebooks)
    assert no_kernel == ["01_first", "02_second", "02_second"]


def test_a_run_that_somebody_works_on_is_refused_with_their_name(notebooks, no_kernel):
    run = run_course(notebooks=notebooks)
    with (
        run.locked(),
        pytest.raises(InputError, match=f"run synthetic-quick to be free.*process {os.getpid()}"),
    ):
        run_course(force=True, notebooks=notebooks)
    assert no_kernel == ["01_first", "02_second"]
    run_course(force=True, notebooks=notebooks)
    assert no_kernel == ["01_first", "02_second"] * 2


def test_a_damaged_record_counts_as_none(notebooks, no_kernel):
    run = run_course(only=["01"], notebooks=notebooks)
    (run.folder / "notebooks" / "01_first.json").write_text("{")
    run_course(only=["01"], notebooks=notebooks)
    assert no_kernel == ["01_first", "01_first"]


def test_a_run_remembers_what_it_was_made_with(notebooks, no_kernel):
    run_course("mine", profile="smoke", seed=7, notebooks=notebooks)
    assert run_course("mine", only=["02"], notebooks=notebooks).seed == 7


def test_the_data_may_be_left_out_once_the_run_is_there(notebooks, no_kernel, tmp_path):
    data = tmp_path / "fer2013.csv"
    data.touch()
    run_course(dataset="fer2013", data=data, notebooks=notebooks)
    assert run_course(dataset="fer2013", notebooks=notebooks).data == str(data.resolve())
    assert no_kernel == ["01_first", "02_second"]


def test_a_folder_whose_pictures_have_moved_is_read_again(notebooks, no_kernel, tmp_path):
    (tmp_path / "faces" / "angry").mkdir(parents=True)
    (tmp_path / "faces" / "angry" / "1.png").touch()
    given = {"dataset": "folder", "data": tmp_path / "faces", "only": ["01"]}
    run_course(**given, notebooks=notebooks)
    (tmp_path / "faces" / "angry").rename(tmp_path / "faces" / "fear")
    run_course(**given, notebooks=notebooks)
    assert no_kernel == ["01_first", "01_first"]


# What is checked before anything runs


def test_an_unknown_parameter_is_refused_before_anything_runs(notebooks, no_kernel):
    with pytest.raises(ParameterError, match="Received: 'epoch'"):
        run_course(extra={"epoch": 3}, notebooks=notebooks)
    assert no_kernel == []
    assert not runs_folder().exists()


def test_a_notebook_that_lacks_a_parameter_is_refused(notebooks, no_kernel):
    write_notebook(notebooks / "02_second.ipynb", parameters=PARAMETERS.replace("seed:", "sead:"))
    with pytest.raises(ParameterError, match="02_second.ipynb has.*Received: 'seed'"):
        run_course(notebooks=notebooks)
    assert no_kernel == []


@pytest.mark.parametrize("seed", ["7", 7.0, True])
def test_a_parameter_of_another_type_is_refused(notebooks, no_kernel, seed):
    with pytest.raises(ParameterError, match="Expected seed to be int"):
        run_course(seed=seed, notebooks=notebooks)
    assert no_kernel == []
    assert not runs_folder().exists()


def test_a_further_parameter_reaches_the_notebooks_that_have_it(notebooks, monkeypatch):
    given = {}
    monkeypatch.setattr(
        running, "_execute", lambda notebook, output, values: given.update({notebook.stem: values})
    )
    wider = PARAMETERS + "\nnoise: float = 0.5  # how much"
    write_notebook(notebooks / "01_first.ipynb", FIRST, parameters=wider)
    monkeypatch.setattr(running, "_check_inputs", lambda *_: None)
    run_course(extra={"noise": 1}, notebooks=notebooks)
    assert given["01_first"]["noise"] == 1
    assert "noise" not in given["02_second"]


def test_a_missing_input_names_the_notebook_to_run_first(notebooks, no_kernel):
    with pytest.raises(InputError, match="make run NB=01"):
        run_course(only=["02"], notebooks=notebooks)
    assert no_kernel == []


def test_a_damaged_notebook_is_a_sentence(notebooks, no_kernel):
    (notebooks / "02_second.ipynb").write_text("<<<<<<< HEAD")
    with pytest.raises(InputError, match="02_second.ipynb, into which git has put two versions"):
        run_course(notebooks=notebooks)
    assert (notebooks / "02_second.ipynb").read_text() == "<<<<<<< HEAD"
    assert no_kernel == []


def test_a_lost_tag_is_a_sentence_that_says_where_to_put_it(notebooks, no_kernel):
    path = notebooks / "01_first.ipynb"
    path.write_text(path.read_text().replace('"parameters"', '"mine"'))
    with pytest.raises(ParameterError, match="JupyterLab: Property Inspector"):
        run_course(notebooks=notebooks)


@pytest.mark.parametrize("name", ["02_second (1).ipynb", "02_second-Copy1.ipynb"])
def test_a_notebook_under_another_name_is_named(notebooks, no_kernel, name):
    (notebooks / "02_second.ipynb").rename(notebooks / name)
    with pytest.raises(InputError, match=re.escape(f"no such file, but {name}. Rename it.")):
        run_course(notebooks=notebooks)


def test_a_students_missing_input_leads_to_the_students_notebook(notebooks, no_kernel, monkeypatch):
    monkeypatch.chdir(notebooks.parent)
    (notebooks.parent / "fer_kit").mkdir()
    notebooks.rename("student")
    (notebooks.parent / "notebooks").mkdir()
    said = "Run student/01_first.ipynb first: make run NB=01 NOTEBOOKS=student"
    with pytest.raises(InputError, match=said):
        run_course(only=["02"], notebooks=Path("student"))
    monkeypatch.chdir("student")  # where a notebook of this folder runs
    with pytest.raises(InputError, match=said):
        Run("synthetic-quick").need("data/number.txt")


def test_a_missing_notebook_is_a_sentence(notebooks, no_kernel):
    (notebooks / "02_second.ipynb").unlink()
    with pytest.raises(InputError, match="Expected the notebook 02_second.ipynb"):
        run_course(notebooks=notebooks)
    assert no_kernel == []


@pytest.mark.parametrize(
    "wrong", [{"dataset": "fer2014"}, {"profile": "huge"}, {"data": "no.csv"}, {"run": "../up"}]
)
def test_what_cannot_be_used_is_refused_before_anything_runs(notebooks, no_kernel, wrong):
    with pytest.raises(InputError, match="Received: "):
        run_course(notebooks=notebooks, **wrong)
    assert no_kernel == []


# What is said at the end


def test_the_results_say_what_they_are_computed_on():
    scores = Scores(
        title="LeNet-5",
        protocol="honest",
        faces=8,
        accuracy=0.625,
        accuracy_95=[0.5, 0.75],
        majority_baseline=0.25,
        macro_f1=0.6,
        macro_f1_95=[0.5, 0.7],
        weighted_f1=0.6,
        per_emotion={},
    )
    metrics = Metrics(source="synthetic faces", synthetic=True, models={"lenet5": scores})
    table = results_table(metrics)
    assert "synthetic faces" in table
    assert "LeNet-5  accuracy 62.5 % (50.0 to 75.0)" in table
    assert "nothing here says anything about real faces" in table
    assert "drawn" not in results_table(Metrics(source="FER2013", synthetic=False, models={}))


def test_a_backend_that_is_missing_is_a_sentence(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "abacus")
    environment.describe.cache_clear()
    with pytest.raises(
        InputError, match="Expected Keras' backend among tensorflow, jax. Received: 'abacus'"
    ):
        environment.describe()


def test_a_backend_that_cannot_be_imported_is_a_sentence_where_a_gpu_is_asked(monkeypatch):
    monkeypatch.setattr(environment, "_may_have_gpu", lambda: True)
    monkeypatch.setattr(sys, "executable", "false")
    environment.describe.cache_clear()
    with pytest.raises(InputError, match="Expected Keras to find its backend"):
        environment.describe()
