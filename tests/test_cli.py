"""The command line: exit codes, sentences without a traceback, and what reaches the library."""

import errno

import pytest

from fer_kit import cli, course
from fer_kit.errors import InputError
from fer_kit.run import Run


@pytest.fixture
def fer_kit(monkeypatch, capsys):
    """Call the command as a shell does; returns its exit code, output and error output."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["fer-kit", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        captured = capsys.readouterr()
        code = left.value.code
        # A text as exit code is printed by Python itself, with the exit code 1.
        if isinstance(code, str):
            return 1, captured.out, code
        return code or 0, captured.out, captured.err

    return call


@pytest.fixture
def given(monkeypatch):
    """Catches what the command asks of `run_course`."""
    caught = {}

    def run_course(run, dataset, data, profile, seed, only, force, extra):
        caught.update(
            run=run, dataset=dataset, data=data, profile=profile, seed=seed, only=list(only)
        )
        caught.update(force=force, extra=extra)

    monkeypatch.setattr(course, "run_course", run_course)
    return caught


def fail_with(error: BaseException):
    def run_course(*_args, **_options):
        raise error

    return run_course


def test_run_all_asks_for_every_notebook(fer_kit, given):
    code, _, _ = fer_kit("run-all", "--profile", "smoke", "--seed", "7", "--force")
    assert code == 0
    assert given["only"] == []
    assert (given["profile"], given["seed"], given["force"]) == ("smoke", 7, True)
    assert given["dataset"] is None


def test_run_asks_for_some_with_further_parameters(fer_kit, given):
    code, _, _ = fer_kit("run", "04", "8", "--set", "noise=0.5", "--set", "model=lenet5")
    assert code == 0
    assert given["only"] == ["04", "8"]
    assert given["extra"] == {"noise": 0.5, "model": "lenet5"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "99"], "Received: '99'"),
        (["run"], "Missing argument"),
        (["run-all", "--dataset", "fer2014"], "Received: 'fer2014'"),
        (["run-all", "--profile", "huge"], "Received: 'huge'"),
        (["run-all", "--run", "../up"], "Received: '../up'"),
        (["run-all", "--seed", "many"], "--seed"),
        (["run-all", "--set", "noise"], "Expected NAME=VALUE"),
        (["run-all", "--set", "zzz=3"], "Received: 'zzz'"),
        (["download", "fer2014"], "Received: 'fer2014'"),
        (["dance"], "dance"),
    ],
)
def test_a_mistake_in_the_usage_exits_with_2(fer_kit, arguments, said):
    code, _, error = fer_kit(*arguments)
    assert code == 2
    assert said in error
    assert "Traceback" not in error


def test_a_mistake_that_the_user_can_mend_exits_with_1(fer_kit):
    code, _, error = fer_kit("run", "04")
    assert code == 1
    assert error.startswith("fer-kit: Expected data/faces.npz")


def test_a_failing_notebook_exits_with_1(fer_kit, monkeypatch):
    monkeypatch.setattr(course, "run_course", fail_with(InputError("04_lenet5.ipynb stopped")))
    assert fer_kit("run-all") == (1, "", "fer-kit: 04_lenet5.ipynb stopped")


def test_a_full_disk_exits_with_1_and_a_sentence(fer_kit, monkeypatch):
    full = OSError(errno.ENOSPC, "No space left on device", "runs/mine")
    monkeypatch.setattr(course, "run_course", fail_with(full))
    assert fer_kit("run-all") == (1, "", "fer-kit: runs/mine: No space left on device.")


def test_control_c_exits_with_130_and_a_sentence(fer_kit, monkeypatch):
    monkeypatch.setattr(course, "run_course", fail_with(KeyboardInterrupt()))
    code, _, error = fer_kit("run-all")
    assert code == 130
    assert "finished keep their results" in error


def test_report_writes_the_report_of_a_run(fer_kit):
    run = Run.open("mine", profile="smoke")
    code, output, _ = fer_kit("report", "--run", "mine")
    assert code == 0
    assert str(run.folder / "report" / "index.html") in output


def test_report_of_no_run_is_a_sentence(fer_kit):
    code, _, error = fer_kit("report", "--run", "nothing")
    assert code == 1
    assert "nothing" in error


def test_download_of_a_data_set_that_is_built_in_is_a_sentence(fer_kit):
    code, _, error = fer_kit("download", "synthetic")
    assert code == 1
    assert "Received: 'synthetic'" in error


def test_info_names_the_versions_and_the_data_sets(fer_kit, monkeypatch):
    monkeypatch.setattr("fer_kit.environment.describe", lambda: {"keras": "3.15.1"})
    code, output, _ = fer_kit("info")
    assert code == 0
    assert "3.15.1" in output
    assert "fer2013.csv" in output


@pytest.mark.parametrize("command", ["run-all", "run", "report", "download", "info"])
def test_every_command_explains_itself(fer_kit, command):
    code, output, _ = fer_kit(command, "--help")
    assert code == 0
    assert "Usage: fer-kit" in output
