"""The bundle: what it holds, what it must not hold, and that the same run gives the same bytes."""

import json
import shutil
import zipfile

import nbformat
import pytest
from nbformat.v4 import new_output
from submissions import COURSE, make_run

from fer_kit.course.bundle import write_bundle
from fer_kit.course.executed import source_hash
from fer_kit.errors import InputError
from fer_kit.files import read_json, write_json

PICTURE = "aWFtYXBpY3R1cmU="
MARKED = "A face of a real person."


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(COURSE)
    return make_run(tmp_path / "run", lessons="[01][14]_*")


def contents(bundle) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as file:
        return {name: file.read(name) for name in file.namelist()}


def show(run, lesson="04_lenet5", **about) -> None:
    """Put a picture into an executed notebook, as `lab.show` does with `name` and `pictures`."""
    path = run / "notebooks" / f"{lesson}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shown = {"image/png": {"alt": MARKED} | about}
    code[0].outputs = [new_output("display_data", {"image/png": PICTURE}, metadata=shown)]
    nbformat.write(notebook, path)


def test_it_holds_what_it_promises_and_nothing_else(run):
    files = contents(write_bundle(run, "Ada", "s1"))
    lessons = {"01_load", "04_lenet5", "11_classify"}
    assert {
        "run.json",
        "results/confusion_matrix.json",
        "predictions/cnn.csv",
        "predictions/lenet5.csv",
    } < set(files)
    assert {f"notebooks/{name}.ipynb" for name in lessons} < set(files)
    assert {f"report/{name}.html" for name in lessons | {"index"}} < set(files)
    rest = set(files) - {name for name in files if name.split("/")[0] in ("notebooks", "report")}
    assert {name.split("/")[0] for name in rest} == {"run.json", "results", "predictions"}
    assert not [name for name in files if name.endswith((".keras", ".npz"))]


def test_results_of_every_lesson_are_in_it_whatever_it_is_called(run):
    write_json(run / "results" / "own.json", {"source": "synthetic faces", "p": 0.04})
    with zipfile.ZipFile(write_bundle(run)) as archive:
        assert "results/own.json" in archive.namelist()
        assert "0.04" in archive.read("report/index.html").decode()


def test_the_manifest_says_who_what_and_how(run):
    manifest = json.loads(contents(write_bundle(run, "Ada", "s1"))["run.json"])
    assert manifest["student"] == {"name": "Ada", "id": "s1"}
    assert manifest["synthetic"] is True
    assert manifest["parameters"]["seed"] == 42
    assert manifest["data"]["fingerprint"] == "ab" * 32
    assert manifest["models"]["cnn"]["epochs"] == 10
    facts = manifest["notebooks"]["04_lenet5"]
    assert facts["in_order"] is True
    assert facts["executed"] == facts["cells"] > 10
    notebook = nbformat.read(run / "notebooks" / "04_lenet5.ipynb", as_version=4)
    assert facts["source_sha256"] == source_hash(notebook)
    assert len(manifest["files"]["predictions/cnn.csv"]) == 64


def test_the_same_run_gives_the_same_bytes(run):
    first = write_bundle(run, "Ada").read_bytes()
    assert write_bundle(run).read_bytes() == first


def test_the_name_is_kept_and_stands_on_the_report(run):
    write_bundle(run, "Ada <b>Lovelace</b>", "s1")
    write_bundle(run)
    page = (run / "report" / "index.html").read_text(encoding="utf-8")
    assert "Ada &lt;b&gt;Lovelace&lt;/b&gt;" in page
    assert read_json(run / "student.json")["id"] == "s1"


@pytest.mark.parametrize(
    ("dataset", "lesson", "about", "stays"),
    [
        ("synthetic", "04_lenet5", {"name": "04-maps", "pictures": True}, True),
        ("synthetic", "04_lenet5", {}, False),  # nobody said what it shows
        ("synthetic", "11_classify", {"name": "11-photograph", "pictures": True}, False),
        ("synthetic", "11_classify", {"name": "11-answers", "pictures": False}, True),
        ("fer2013", "04_lenet5", {"name": "04-maps", "pictures": True}, False),
        ("fer2013", "04_lenet5", {"name": "04-loss", "pictures": False}, True),
        ("fer2013", "04_lenet5", {}, False),
    ],
)
def test_pictures_that_may_show_people_stay_behind(run, dataset, lesson, about, stays):
    config = read_json(run / "config.json")
    write_json(run / "config.json", config | {"dataset": dataset})
    metrics = read_json(run / "results/confusion_matrix.json")
    write_json(
        run / "results/confusion_matrix.json", metrics | {"synthetic": dataset == "synthetic"}
    )
    show(run, lesson, **about)
    files = contents(write_bundle(run))
    everything = b"".join(files.values())
    assert (PICTURE.encode() in everything) == stays
    assert MARKED.encode() in everything  # its description tells what is missing
    assert json.loads(files["run.json"])["pictures_left_out"] == (0 if stays else 1)


def test_pictures_come_along_if_they_are_asked_for(run):
    show(run)
    assert PICTURE.encode() in b"".join(contents(write_bundle(run, pictures=True)).values())


@pytest.mark.filterwarnings("ignore:Expected a description")
def test_figures_that_may_show_people_stay_behind_too(run):
    (run / "figures").mkdir()
    for name in ("01-sheet", "04-loss", "unknown"):
        (run / "figures" / f"{name}.png").write_bytes(b"\x89PNG " + name.encode())
    about = {"01-sheet": {"title": "F", "alt": "F", "pictures": True}}
    about["04-loss"] = {"title": "L", "alt": "L", "pictures": False}
    write_json(run / "figures" / "figures.json", about)
    write_json(run / "config.json", read_json(run / "config.json") | {"dataset": "fer2013"})
    write_json(
        run / "results/confusion_matrix.json",
        read_json(run / "results/confusion_matrix.json") | {"synthetic": False},
    )
    names = contents(write_bundle(run))
    assert "report/figures/04-loss.png" in names
    assert not [name for name in names if "sheet" in name or "unknown" in name]


@pytest.mark.filterwarnings("ignore:Expected a description")
def test_a_picture_within_html_stays_behind(run):
    path = run / "notebooks" / "04_lenet5.ipynb"
    notebook = nbformat.read(path, as_version=4)
    html = f'<img src="data:image/png;base64,{PICTURE}">'
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    first.outputs = [new_output("display_data", {"text/html": html, "text/plain": "x"})]
    nbformat.write(notebook, path)
    assert PICTURE.encode() not in b"".join(contents(write_bundle(run)).values())


def test_pictures_in_words_and_videos_stay_behind(run):
    path = run / "notebooks" / "04_lenet5.ipynb"
    notebook = nbformat.read(path, as_version=4)
    words = next(cell for cell in notebook.cells if cell.cell_type == "markdown")
    words.source += f"\n![me](data:image/png;base64,{PICTURE})"
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    video = f'<video src="data:video/mp4;base64,{PICTURE}">'
    code.outputs = [
        new_output("display_data", {"text/html": video}),
        new_output("display_data", {"application/pdf": PICTURE}),
    ]
    nbformat.write(notebook, path)
    files = contents(write_bundle(run))
    assert PICTURE.encode() not in b"".join(files.values())
    assert json.loads(files["run.json"])["pictures_left_out"] == 3


def test_solutions_and_older_versions_are_said(run, caplog):
    write_bundle(run)
    assert "were changed in the folder student" in caplog.text  # the made-up answers
    caplog.clear()
    shutil.copy(COURSE / "notebooks" / "04_lenet5.ipynb", run / "notebooks")
    write_bundle(run)
    assert "These are the notebooks with the solutions: 04_lenet5. To hand in" in caplog.text


def test_a_plan_of_a_training_is_no_model(run):
    write_json(run / "models" / "cnn-plan.json", {"network": "cnn", "seed": 1})
    assert "cnn-plan" not in json.loads(contents(write_bundle(run))["run.json"])["models"]


def test_no_run_and_an_empty_run_are_sentences(tmp_path):
    with pytest.raises(InputError, match="config.json"):
        write_bundle(tmp_path)
    config = {"run": "a", "dataset": "synthetic", "data": "", "profile": "quick", "seed": 1}
    write_json(tmp_path / "config.json", config | {"fer_kit": "0.1.0"})
    with pytest.raises(InputError, match="make run-all"):
        write_bundle(tmp_path)
    assert not (tmp_path / "bundle.zip").exists()


def test_the_report_lists_exercises_answers_and_the_rubric(run):
    write_bundle(run)
    page = (run / "report" / "index.html").read_text(encoding="utf-8")
    for part in (
        "Read a line",
        "Written answers",
        "AU20",
        "Rubric",
        "Together",
        "Nobody has signed",
    ):
        assert part in page
    lesson = (run / "report" / "01_load.html").read_text(encoding="utf-8")
    assert 'href="01_load.html#1-·-Read-a-line"' in page
    assert 'id="1-·-Read-a-line"' in lesson
