"""The bundle: what it holds, what it must not hold, and that the same run gives the same bytes."""

import base64
import json
import re
import zipfile
from urllib.parse import unquote

import nbformat
import pytest
from nbformat.v4 import new_output
from submissions import COURSE, make_run

from fer_kit.course import records
from fer_kit.course.bundle import write_bundle
from fer_kit.course.executed import source_hash
from fer_kit.errors import InputError
from fer_kit.files import read_json, write_json
from fer_kit.lessons import METRICS

PICTURE = "aWFtYXBpY3R1cmU="
MARKED = "A face of a real person."


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(COURSE)
    return make_run(tmp_path / "run", lessons="[01][14]_*")


def contents(bundle) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as file:
        return {name: file.read(name) for name in file.namelist()}


def change(run, lesson: str, edit) -> None:
    """Change an executed notebook of a run in place."""
    path = run / "notebooks" / f"{lesson}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    edit(notebook)
    nbformat.write(notebook, path)


def show(run, lesson="04_lenet5", **about) -> None:
    """Put a picture into an executed notebook, as `lab.show` does with `name`, `people`, `why`."""
    shown = {"image/png": {"alt": MARKED} | about}
    output = new_output("display_data", {"image/png": PICTURE}, metadata=shown)
    change(run, lesson, lambda notebook: code_of(notebook).update(outputs=[output]))


def code_of(notebook):
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


def everything_in(bundle) -> bytes:
    return b"".join(contents(bundle).values())


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
    ("about", "leaves"),
    [
        ({"name": "04-maps", "people": False, "why": "of drawn faces"}, True),
        ({"name": "11-photograph", "people": False, "why": "said to show nobody"}, True),
        ({"name": "04-loss", "people": True, "why": "of real faces (fer2013)"}, False),
        ({"name": "04-loss"}, False),  # nobody said what it shows
        ({"name": "04-loss", "people": None, "why": ""}, False),
        ({"name": "../04-loss", "people": False, "why": ""}, False),
        ({"people": False, "why": ""}, False),
        ({"name": "04-loss", "pictures": False}, False),  # an earlier version wrote this
        ({}, False),
    ],
)
def test_a_picture_leaves_only_if_it_was_noted_that_it_shows_nobody(run, about, leaves, capsys):
    show(run, **about)
    files = contents(write_bundle(run))
    everything = b"".join(files.values())
    assert (PICTURE.encode() in everything) == leaves
    assert (f"report/figures/{about.get('name')}.png" in files) == leaves
    assert MARKED.encode() in everything  # its description tells what is missing
    assert json.loads(files["run.json"])["pictures_left_out"] == (0 if leaves else 1)


def test_pictures_come_along_if_they_are_asked_for(run):
    show(run)
    assert PICTURE.encode() in everything_in(write_bundle(run, pictures=True))


def test_what_was_shown_once_and_is_gone_from_the_notebooks_is_gone_from_the_bundle(run):
    show(run, name="04-maps", people=False, why="of drawn faces")
    (run / "figures").mkdir()
    for name in ("04-maps", "my-face"):
        (run / "figures" / f"{name}.png").write_bytes(b"\x89PNG another one " + name.encode())
    told = {"title": "F", "alt": "F", "people": False, "why": "of drawn faces"}
    write_json(run / "figures" / "figures.json", {"04-maps": told, "my-face": told})
    files = contents(write_bundle(run))
    assert files["report/figures/04-maps.png"] == base64.b64decode(PICTURE)
    assert b"another one" not in b"".join(files.values())
    assert b"my-face" not in b"".join(files.values())


def test_it_is_said_what_is_packed_what_stays_and_why(run, capsys):
    show(run, "01_load", name="01-me", people=True, why="after the notebook read the file me.jpg")
    show(run, "04_lenet5")
    write_bundle(run)
    told = capsys.readouterr().out
    assert re.search(r"Packed:\n  1 figure +said to show nobody\n  3 notebooks +as run\n", told)
    assert re.search(r"1 figure +after the notebook read the file me.jpg: 01-me", told)
    assert re.search(r"1 picture +shown without lab.show, .*: 04_lenet5, cell \d+", told)
    assert b"me.jpg" not in everything_in(run / "bundle.zip")


def test_it_can_be_made_of_notebooks_that_hold_no_pictures(run, capsys):
    for lesson in ("01_load", "04_lenet5", "11_classify"):
        change(run, lesson, lambda notebook: code_of(notebook).update(outputs=[]))
    assert not [name for name in contents(write_bundle(run)) if name.endswith(".png")]


# Where this machine keeps its files, and what they are called


@pytest.fixture
def own_run(run, tmp_path, monkeypatch):
    """A run on one's own pictures, which lie outside of the home folder."""
    home, data = tmp_path / "Jürgen", tmp_path / "drive7" / "Annas Bilder"
    for folder in (home, data):
        folder.mkdir(parents=True)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(home))
    config = read_json(run / "config.json")
    write_json(run / "config.json", config | {"dataset": "folder", "data": str(data)})
    results = run / "results" / "confusion_matrix.json"
    told = {"synthetic": False, "note": f"of {data}", "worst": "Anna/happy/Zoë.png"}
    write_json(results, read_json(results) | told)
    table = (run / "predictions" / "cnn.csv").read_text()
    (run / "predictions" / "cnn.csv").write_text(
        table.replace("synthetic-test-000000", "Anna/happy/Zoë.png")
    )
    record = {"title": "x", "environment": {"device": f"{home}/gpu"}, "failed": f"no {home}"}
    write_json(run / "notebooks" / "04_lenet5.json", record)

    def edit(notebook):
        given = next(
            cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])
        )
        given.source = given.source.replace('data: str = ""', 'data: str = "../Annas Bilder"')
        code = code_of(notebook)
        code.source = f"data = {str(data)!a}\nhome = {str(home)!r}"
        for text in (f"{home}\n", ascii(str(data)), json.dumps(str(home)), "worst: Anna, Zoë.png"):
            code.outputs.append(new_output("stream", name="stdout", text=text))
        html = f"<td>Anna/happy/Zoë.png</td><td>{home}</td>"
        code.outputs.append(new_output("display_data", {"text/html": html}))
        code.outputs.append(
            new_output("error", ename="E", evalue=f"{data}/Anna", traceback=[f"\x1b[32m{home}/x"])
        )
        notebook.cells[0].source += f"\n\nMy pictures are in {data.as_uri()}."
        notebook.metadata.papermill.parameters.data = str(data)
        notebook.metadata.papermill.input_path = f"{home}/student/04_lenet5.ipynb"

    change(run, "04_lenet5", edit)
    return run


def test_no_path_and_no_name_of_a_file_leaves(own_run, tmp_path):
    files = contents(write_bundle(own_run, "Ada", "s1"))
    assert "report/04_lenet5.html" in files
    for name, content in files.items():
        text = content.decode("utf-8", "replace").lower()
        text += unquote(text)
        for private in (str(tmp_path), "rgen", "drive7", "anna", "zo\\u00eb", "zo\\xeb", "zoë"):
            assert private.lower() not in text, f"{private} in {name}"
    notebook = files["notebooks/04_lenet5.ipynb"].decode()
    assert "My pictures are in file:[data]." in notebook
    assert "folder-1/happy/picture-1" not in notebook  # the whole place is one name
    assert "picture-1" in notebook
    assert "picture-1,test," in files["predictions/cnn.csv"].decode()


def test_a_photograph_that_a_cell_opens_is_named_nowhere(run, tmp_path):
    photo = tmp_path / "Annas Bilder" / "Zoë am Meer.jpg"
    photo.parent.mkdir()
    photo.touch()
    write_json(run / "results" / "mine.json", {"photo": str(photo), "in": photo.parent.as_uri()})

    def edit(notebook):
        code = code_of(notebook)
        code.source = f"ask({str(photo)!r})"
        for text in (f"of {photo} (none)", repr(list(photo.parent.glob("*"))), ascii(str(photo))):
            code.outputs.append(new_output("stream", name="stdout", text=text))

    change(run, "11_classify", edit)
    files = contents(write_bundle(run))
    assert "ask('[file]')" in files["notebooks/11_classify.ipynb"].decode()
    for name, content in files.items():
        for private in ("Annas", "Zo", "Meer"):
            assert private not in content.decode("utf-8", "replace").replace("Zoom", ""), name


@pytest.mark.parametrize("folder", ["models", "accuracy", "cnn", "true", "null", "protocol"])
def test_a_folder_called_like_something_in_the_results_breaks_nothing(own_run, folder):
    table = own_run / "predictions" / "cnn.csv"
    table.write_text(table.read_text().replace("Anna/", f"{folder}/"))
    write_json(own_run / "results" / "mine.json", {"anna": True, "of": {folder: {"Zoë.png": None}}})
    files = contents(write_bundle(own_run))
    models = json.loads(files[METRICS])["models"]
    assert models == read_json(own_run / METRICS)["models"]
    mine = json.loads(files["results/mine.json"])
    assert list(mine.values())[0] is True
    assert "Zoë" not in str(mine)


def test_the_student_s_own_report_still_tells_where_things_are(own_run):
    write_bundle(own_run)
    page = (own_run / "report" / "index.html").read_text(encoding="utf-8")
    assert "Annas Bilder" in page


def test_a_table_that_is_none_stays_and_is_said(run, capsys):
    (run / "predictions" / "pixels.csv").write_text("70,71\n72,73\n")
    assert "predictions/pixels.csv" not in contents(write_bundle(run))
    assert "1 table      without predictions (KeyError 'id'): pixels.csv" in capsys.readouterr().out


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
    assert 'href="01_load.html#Exercise-1-%C2%B7-Read-a-line"' in page
    assert 'id="Exercise-1-·-Read-a-line"' in lesson


@pytest.mark.parametrize("text", ["[]", '{"name": 5}', "5"])
def test_a_damaged_note_of_who_it_is_is_a_sentence(tmp_path, text):
    (tmp_path / "student.json").write_text(text)
    with pytest.raises(InputError, match=r"student\.json who hands in.* as (values|a word)"):
        records.student(tmp_path)
    (tmp_path / "student.json").unlink()
    assert records.student(tmp_path) == records.Student(name="", id="")
