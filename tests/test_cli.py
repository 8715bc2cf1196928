"""The command line: exit codes, sentences without a traceback, and what reaches the library."""

import errno
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from saved_models import save_lenet5
from submissions import make_run

from fer_kit import cli
from fer_kit.cards import best_shipped
from fer_kit.course import running
from fer_kit.errors import InputError
from fer_kit.pictures import PHOTOGRAPH
from fer_kit.run import Run, runs_folder
from fer_kit.zoo import train


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

    monkeypatch.setattr(running, "run_course", lambda **asked: caught.update(asked))
    return caught


def fail_with(error: BaseException):
    def run_course(*_args, **_options):
        raise error

    return run_course


def test_run_all_asks_for_every_notebook(fer_kit, given):
    code, _, _ = fer_kit(
        "run-all", "--profile", "smoke", "--seed", "7", "--force", "--workers", "3"
    )
    assert code == 0
    assert given["workers"] == 3
    assert given["only"] == []
    assert (given["profile"], given["seed"], given["force"]) == ("smoke", 7, True)
    assert given["dataset"] is None


def test_run_asks_for_some_with_further_parameters(fer_kit, given):
    further = ("--set", "noise=0.5", "--set", "model=lenet5", "--set", "pretrained=true")
    code, _, _ = fer_kit("run", "04", "8", *further)
    assert code == 0
    assert given["only"] == ["04", "8"]
    assert given["extra"] == {"noise": 0.5, "model": "lenet5", "pretrained": True}
    assert given["notebooks"] is None


def test_the_students_copies_can_be_run(fer_kit, given):
    code, _, _ = fer_kit("run-all", "--notebooks", "student")
    assert code == 0
    assert given["notebooks"] == Path("student")


def test_stale_copies_are_an_error(fer_kit, monkeypatch):
    monkeypatch.setattr("fer_kit.course.student.stale_student_copies", lambda: [])
    assert fer_kit("student", "--check")[0] == 0
    monkeypatch.setattr("fer_kit.course.student.stale_student_copies", lambda: ["01_load.ipynb"])
    code, _, said = fer_kit("student", "--check")
    assert code == 1
    assert "01_load.ipynb" in said


@pytest.mark.parametrize("command", [["bundle", "--run", "none"], ["grade", "nowhere"]])
def test_bundles_that_are_not_there_are_a_sentence(fer_kit, command):
    code, _, said = fer_kit(*command)
    assert code == 1
    assert said.startswith("fer-kit: Expected")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "99"], "Received: '99'"),
        (["run"], "Missing argument"),
        (["run-all", "--dataset", "fer2014"], "Received: 'fer2014'"),
        (["run-all", "--profile", "huge"], "Received: 'huge'"),
        (["run-all", "--run", "../up"], "Received: '../up'"),
        (["run-all", "--seed", "many"], "--seed"),
        (["run-all", "--workers", "0"], "1 or more. Received: 0"),
        (["run-all", "--set", "noise"], "Expected NAME=VALUE"),
        (["run-all", "--set", "zzz=3"], "Received: 'zzz'"),
        (["download", "fer2014"], "Received: 'fer2014'"),
        (["predict"], "Missing argument"),
        (["evaluate", "lenet5", "--dataset", "fer2014"], "Received: 'fer2014'"),
        (["evaluate", "lenet5", "--split", "exam"], "--split"),
        (["train", "vgg"], "Received: 'vgg'"),
        (["train", "lenet5", "--set", "mixupp=1"], "Received: 'mixupp'"),
        (["train", "lenet5", "--set", "epochs=0"], "Expected epochs"),
        (["sweep", "vgg"], "Received: 'vgg'"),
        (["sweep", "--seeds", "1", "2"], "Expected a network that"),
        (["sweep", "lenet5", "--set", "epochs=2,0"], "Expected epochs"),
        (["sweep", "lenet5", "--dataset", "fer2014"], "Received: 'fer2014'"),
        (["sweep", "lenet5", "--dataset", "fer2013"], "Expected a path for each of fer2013"),
        (["export", "lenet5"], "--format"),
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
    monkeypatch.setattr(running, "run_course", fail_with(InputError("04_lenet5.ipynb stopped")))
    assert fer_kit("run-all") == (1, "", "fer-kit: 04_lenet5.ipynb stopped")


def test_a_full_disk_exits_with_1_and_a_sentence(fer_kit, monkeypatch):
    full = OSError(errno.ENOSPC, "No space left on device", "runs/mine")
    monkeypatch.setattr(running, "run_course", fail_with(full))
    assert fer_kit("run-all") == (1, "", "fer-kit: runs/mine: No space left on device.")


def test_control_c_exits_with_130_and_a_sentence(fer_kit, monkeypatch):
    monkeypatch.setattr(running, "run_course", fail_with(KeyboardInterrupt()))
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


def test_progress_says_how_much_is_done(fer_kit):
    Run.open("mine", profile="smoke")
    code, output, _ = fer_kit("progress", "--run", "mine")
    assert code == 0
    assert re.match(r"0 of \d+ checks passed, 0 of \d+ texts written\.", output)
    code, _, error = fer_kit("progress", "--run", "other")
    assert code == 1
    assert "There are: mine." in error


def test_bundle_ends_with_the_progress_and_refuses_what_grading_would(
    fer_kit, tmp_path, monkeypatch
):
    make_run(Run.open("mine").folder, lessons="01_*")
    code, output, _ = fer_kit("bundle", "--run", "mine", "--name", "Ada")
    assert code == 0
    assert f"{Run.open('mine').folder / 'bundle.zip'}\n" in output
    assert re.search(r"2 of \d+ checks passed, 1 of \d+ texts written\.", output)
    assert "Not signed yet (id)" in output
    monkeypatch.setattr("fer_kit.grading.archive.LARGEST_MEMBER", 1000)
    code, output, error = fer_kit("bundle", "--run", "mine")
    assert code == 1
    assert "checks passed" in output
    assert "would be refused when it is graded" in error


def test_download_of_a_data_set_that_is_built_in_is_a_sentence(fer_kit):
    code, _, error = fer_kit("download", "synthetic")
    assert code == 1
    assert "Received: 'synthetic'" in error


def test_info_names_the_versions_and_the_data_sets(fer_kit, monkeypatch):
    monkeypatch.setattr("fer_kit.course.environment.describe", lambda: {"keras": "3.15.1"})
    code, output, _ = fer_kit("info")
    assert code == 0
    assert "3.15.1" in output
    assert "fer2013.csv" in output


COMMANDS = ["run-all", "run", "report", "predict", "evaluate", "download", "info"]
COMMANDS += ["fuse", "mixtures", "progress", "bundle"]
COMMANDS += ["train", "export", "ship"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(fer_kit, command):
    code, output, _ = fer_kit(command, "--help")
    assert code == 0
    assert "Usage: fer-kit" in output


@pytest.fixture
def model(make_faces, tmp_path) -> str:
    return str(save_lenet5(tmp_path / "models", make_faces()))


def test_predict_prints_a_face_and_what_the_model_is_not_for(fer_kit, model):
    code, output, _ = fer_kit("predict", str(PHOTOGRAPH), "--model", model)
    assert code == 0
    assert "astronaut.jpg" in output
    assert "Trained on drawn faces" in output


def test_predict_as_json_is_for_programs(fer_kit, model):
    code, output, _ = fer_kit("predict", str(PHOTOGRAPH), "--model", model, "--json")
    found = json.loads(output)
    assert code == 0
    assert found["model"]["trained_on"]["synthetic"] is True
    assert len(found["files"][0]["faces"]) == 1


def test_json_is_valid_whatever_a_file_is_called(fer_kit, model, tmp_path):
    path = tmp_path / os.fsdecode(b"no letter \xff \xc3\xbc.jpg")
    shutil.copy(PHOTOGRAPH, path)
    code, output, _ = fer_kit("predict", str(path), "--model", model, "--json")
    assert (code, output.isascii()) == (0, True)
    assert json.loads(output)["files"][0]["file"] == str(path)


def test_predict_goes_on_after_a_bad_file_and_exits_with_1(fer_kit, model, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"")
    (folder / "b.jpg").write_bytes(PHOTOGRAPH.read_bytes())
    code, output, _ = fer_kit("predict", str(folder), "--model", model)
    assert code == 1
    assert "a.jpg (an empty file" in output
    assert "b.jpg:" in output
    assert "2 files, 1 failed" in output


def test_predict_writes_the_annotated_picture(fer_kit, model, tmp_path):
    code, _, _ = fer_kit(
        "predict", str(PHOTOGRAPH), "--model", model, "--annotate", str(tmp_path / "out.png")
    )
    assert code == 0
    assert (tmp_path / "out.png").stat().st_size > 0


def test_predict_asks_the_best_model_that_comes_with_the_course(fer_kit):
    code, told, _ = fer_kit("predict", str(PHOTOGRAPH))
    assert code == 0
    assert f"{best_shipped()} was trained on FER2013" in told


def test_predict_without_a_model_is_a_sentence(fer_kit):
    code, _, error = fer_kit("predict", str(PHOTOGRAPH), "--run", "nowhere")
    assert code == 1
    assert "Received: 'lenet5'" in error
    assert best_shipped() in error  # what there is instead


def test_evaluate_prints_scores_with_intervals(fer_kit, model, make_faces, monkeypatch):
    from fer_kit.zoo import scores

    asked = {}

    def load(name, path, **options):
        asked.update(name=name, path=path, **options)
        return make_faces(40)

    monkeypatch.setattr(scores, "load", load)
    code, output, _ = fer_kit("evaluate", model, "--split", "validation", "--json")
    scores = json.loads(output)
    assert code == 0
    assert (asked["name"], asked["path"], asked["seed"]) == ("synthetic", "", 42)
    assert scores["faces"] == 10
    assert len(scores["accuracy_95"]) == 2
    code, output, _ = fer_kit("evaluate", model)
    assert "accuracy" in output
    assert "baseline" in output


def test_evaluate_on_other_emotions_than_the_model_has_is_a_sentence(
    fer_kit, model, make_faces, monkeypatch
):
    from fer_kit.zoo import scores

    faces = make_faces(40, emotions=("happy", "contempt"))
    monkeypatch.setattr(scores, "load", lambda *_, **__: faces)
    code, _, error = fer_kit("evaluate", model)
    assert code == 1
    assert "with contempt" in error


def test_fuse_writes_one_picture(fer_kit, tmp_path):
    from PIL import Image

    for name, grey in (("a", 100), ("b", 200)):
        Image.new("L", (40, 40), grey).save(tmp_path / f"{name}.png")
    out = tmp_path / "out.png"
    a, b = str(tmp_path / "a.png"), str(tmp_path / "b.png")
    code, output, _ = fer_kit("fuse", a, b, "--method", "weighted_average", "--out", str(out))
    assert (code, output.strip()) == (0, str(out))
    assert Image.open(out).getpixel((0, 0)) == (150, 150, 150)
    Image.new("L", (41, 40)).save(b)
    code, _, error = fer_kit("fuse", a, b, "--out", str(tmp_path / "other.png"))
    assert code == 1
    assert "Received: 40×40×3 and 40×41×3" in error
    assert not (tmp_path / "other.png").exists()


@pytest.mark.parametrize("option", [("--method", "morph"), ("--align", "nose"), ("--weight", "2")])
def test_fuse_in_an_unknown_way_is_a_mistake_of_usage(fer_kit, option):
    code, _, error = fer_kit("fuse", "a.png", "b.png", "--out", "c.png", *option)
    assert code == 2
    assert option[0] in error


def test_mixtures_writes_a_folder_and_a_table(fer_kit, tmp_path, monkeypatch):
    from fer_kit import synthetic
    from fer_kit.fusion import mixtures

    sitters = synthetic.sittings(1, 0, 0, progress=False)
    monkeypatch.setattr(mixtures, "load_sitters", lambda *given: sitters)
    out = tmp_path / "mixes"
    code, output, _ = fer_kit("mixtures", "--out", str(out))
    assert code == 0
    assert "42 mixtures from 7 pictures" in output
    assert len(list(out.glob("*/*.png"))) == 42
    code, _, error = fer_kit("mixtures", "--out", str(out))
    assert code == 2
    assert "name of a new folder" in error


def test_export_says_where_the_model_is_and_how_near(fer_kit, model, tmp_path, monkeypatch):
    from fer_kit.zoo import export

    out = tmp_path / "lenet5.onnx"
    about = {"compared_on": "256 faces", "largest_difference_to_keras": 3e-8}
    monkeypatch.setattr(export, "export_model", lambda *_: (about, out))
    code, output, _ = fer_kit("export", model, "--format", "onnx", "--out", str(out))
    assert code == 0
    assert "lenet5.onnx.json" in output
    assert "3.0e-08" in output


def test_a_sweep_takes_every_combination(fer_kit, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(
        "fer_kit.zoo.sweep.sweep", lambda *given: asked.append(given) or pd.DataFrame({"row": []})
    )
    words = "sweep small cnn --seeds 42 1 2 --set mixup=0,0.2 --dataset fer2013 --workers 2 --data"
    code, out, _ = fer_kit(*words.split(), str(tmp_path / "fer2013.csv"))
    assert code == 0
    ((rows, seeds, profile, place, workers, command, cluster),) = asked
    assert [row.name for row in rows] == [
        "small-mixup0", "small-mixup0.2", "cnn-mixup0", "cnn-mixup0.2",
    ]  # fmt: skip
    assert (seeds, profile, workers, cluster) == ([42, 1, 2], "quick", 2, "")
    assert {row.data for row in rows} == {str(tmp_path / "fer2013.csv")}
    assert place == runs_folder() / "sweeps" / "small-cnn-fer2013-quick-mixup"
    assert str(tmp_path) not in command
    assert out.strip().endswith("small-cnn-fer2013-quick-mixup.md")


def test_a_stopped_training_says_how_to_go_on(fer_kit, monkeypatch):

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "train_from_scratch", stop)
    code, _, error = fer_kit("train", "lenet5", "--profile", "smoke")
    assert code == 130
    assert "The same command goes on" in error


def test_the_module_is_the_command(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["fer-kit", "--help"])
    with pytest.raises(SystemExit) as left:
        runpy.run_path(cli.__file__, run_name="__main__")
    assert not left.value.code
    assert "Commands" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ("train", "lenet5", "--name", "../x"),
        ("train", "lenet5", "--seed", "-1"),
        ("export", "lenet5-fer2013", "--format", "x"),
        ("sweep", "mixed"),
        ("ensemble", "a", "b", "--name", "x/y"),
    ],
)
def test_a_wrong_call_ends_with_2(fer_kit, words):
    code, _, error = fer_kit(*words)
    assert code == 2
    assert words[-1] in error or words[-2] in error


@pytest.mark.parametrize("words", [("",), (str(PHOTOGRAPH), "--annotate", ""),
                                   (str(PHOTOGRAPH), "--csv", "")])  # fmt: skip
def test_an_empty_place_is_a_sentence(fer_kit, words):
    code, _, error = fer_kit("predict", *words)
    assert code == 1
    assert "Received: ''" in error or "ending in .csv" in error


@pytest.mark.parametrize("backend", ["torch", "nonsense"])
def test_a_backend_that_is_not_there_is_a_sentence_in_every_command(backend):
    environment = os.environ | {"KERAS_BACKEND": backend}
    for words in (("evaluate", "lenet5-fer2013"), ("export", "lenet5-fer2013", "--format", "onnx")):
        done = subprocess.run(
            [sys.executable, "-m", "fer_kit.cli", *words],
            capture_output=True, text=True, env=environment, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert "Expected Keras' backend among tensorflow, jax" in done.stderr
        assert "Traceback" not in done.stderr
