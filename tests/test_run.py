"""The run folder: opening, refusing, finding files, keeping figures."""

import errno
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from fer_kit.errors import InputError
from fer_kit.files import write_json
from fer_kit.pictures import PHOTOGRAPH, read_picture
from fer_kit.run import Run, course_folder, find_data, portable, runs_folder


@pytest.fixture
def lab() -> Run:
    return Run.open("synthetic-smoke", profile="smoke")


@pytest.fixture
def axes():
    _, axes = plt.subplots(figsize=(2, 2))
    axes.set_title("Counts")
    return axes


def edit_config(lab: Run, **changes) -> None:
    path = lab.folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_new_run_writes_down_its_parameters(lab):
    assert json.loads((lab.folder / "config.json").read_text()) == {
        "name": "synthetic-smoke",
        "dataset": "synthetic",
        "data": "",
        "profile": "smoke",
        "seed": 42,
        "fer_kit": lab.fer_kit,
    }
    assert lab.settings["lenet5"]["epochs"] == 2


def test_a_run_opened_again_is_the_same(lab):
    assert Run.open("synthetic-smoke", profile="smoke") == lab


def test_a_run_without_a_name_is_called_after_its_parameters():
    assert Run.open().name == "synthetic-quick"
    assert Run.open(profile="smoke", seed=7).name == "synthetic-smoke-seed7"


@pytest.mark.parametrize(
    ("changed", "proposed"),
    [
        ({"seed": 7}, "synthetic-smoke-seed7"),
        ({"profile": "quick"}, "synthetic-quick"),
        ({"dataset": "fer2013", "data": __file__}, "fer2013-smoke"),
    ],
)
def test_other_parameters_in_the_same_run_are_refused(lab, changed, proposed):
    with pytest.raises(InputError, match=f'Received: .*run = "{proposed}"'):
        Run.open("synthetic-smoke", **{"profile": "smoke", **changed})


def test_the_proposed_run_is_another_one(lab):
    edit_config(lab, seed=7)
    with pytest.raises(InputError, match='run = "synthetic-smoke-2"'):
        Run.open("synthetic-smoke", profile="smoke")


def test_the_path_may_be_left_out_once_the_run_is_there(tmp_path):
    data = tmp_path / "fer2013.csv"
    data.write_text("emotion,pixels,Usage\n")
    first = Run.open("mine", dataset="fer2013", data=data)
    assert Run.open("mine", dataset="fer2013").data == first.data == str(data.resolve())


def test_another_path_in_the_same_run_is_refused(tmp_path):
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).touch()
    Run.open("mine", dataset="fer2013", data=tmp_path / "one.csv")
    with pytest.raises(InputError, match=r"Expected data = .*one\.csv.*Received: .*two\.csv"):
        Run.open("mine", dataset="fer2013", data=tmp_path / "two.csv")


def test_a_path_that_is_needed_and_missing_leaves_no_run_behind():
    with pytest.raises(InputError, match="path of fer2013.csv"):
        Run.open("mine", dataset="fer2013")
    assert not (runs_folder() / "mine").exists()


def test_a_path_may_be_given_from_the_course_folder(monkeypatch):
    monkeypatch.chdir(course_folder() / "notebooks")
    assert find_data("pyproject.toml") == str(course_folder() / "pyproject.toml")
    with pytest.raises(InputError, match="Received: 'no.csv'"):
        find_data("no.csv")


def test_the_home_folder_is_not_written_down(tmp_path, monkeypatch):
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    data = tmp_path / "faces" / "fer2013.csv"
    data.parent.mkdir()
    data.touch()
    lab = Run.open("mine", dataset="fer2013", data=data)
    assert portable(str(data)) == "~/faces/fer2013.csv"
    assert json.loads((lab.folder / "config.json").read_text())["data"] == "~/faces/fer2013.csv"
    assert Run.open("mine", dataset="fer2013").data == str(data.resolve())


def test_a_home_folder_may_be_a_link(tmp_path, monkeypatch):
    (tmp_path / "disk").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "disk")
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    data = tmp_path / "home" / "fer2013.csv"
    data.touch()
    lab = Run.open("mine", dataset="fer2013", data=data)
    assert Run.open("mine", dataset="fer2013", data=data) == lab


@pytest.mark.parametrize("name", ["../up", "a/b", "a\\b", ".hidden", "-option", "with space", "C:"])
def test_a_name_that_leaves_the_folder_of_runs_is_refused(name):
    with pytest.raises(InputError, match="Expected a name of letters"):
        Run.open(name)


@pytest.mark.parametrize("wrong", [{"dataset": "fer2014"}, {"profile": "huge"}])
def test_an_unknown_name_is_refused_and_leaves_no_run_behind(wrong):
    with pytest.raises(InputError, match="Received: "):
        Run.open("mine", **wrong)
    assert not (runs_folder() / "mine").exists()


@pytest.mark.parametrize("wrong", [{"data": __file__}, {"seed": -1}])
def test_what_no_data_set_can_use_is_refused_and_leaves_no_run_behind(wrong):
    with pytest.raises(InputError, match="Received: "):
        Run.open("mine", **wrong)
    assert not (runs_folder() / "mine").exists()


def test_a_run_of_another_version_is_refused(lab):
    edit_config(lab, fer_kit="99.0.1")
    with pytest.raises(InputError, match=r"fer_kit 99\.0\.1 made"):
        Run.open("synthetic-smoke", profile="smoke")


def test_a_run_of_a_patch_release_is_opened(lab):
    edit_config(lab, fer_kit=".".join([*lab.fer_kit.split(".")[:2], "99"]))
    assert Run.open("synthetic-smoke", profile="smoke").name == lab.name


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"name": "x"}'])
def test_a_config_that_cannot_be_read_is_a_sentence(lab, content):
    (lab.folder / "config.json").write_text(content)
    with pytest.raises(InputError, match="config.json.*that folder stays as it is"):
        Run.open("synthetic-smoke", profile="smoke")


@pytest.mark.parametrize(
    ("change", "entry"),
    [({"seed": "42"}, "seed as a whole number"), ({"dataset": None}, "dataset as a word")],
)
def test_a_config_with_a_value_of_another_kind_names_it(lab, change, entry):
    edit_config(lab, **change)
    with pytest.raises(InputError, match=f"config.json.*{entry}.*stays as it is"):
        Run.open("synthetic-smoke", profile="smoke")


def test_a_run_that_was_written_down_under_another_word_is_opened(lab):
    path = lab.folder / "config.json"
    path.write_text(path.read_text().replace('"name"', '"run"'))
    assert Run.open("synthetic-smoke", profile="smoke") == lab


def test_a_run_whose_folder_was_called_otherwise_is_the_one_in_its_folder(lab):
    lab.folder.rename(lab.folder.with_name("mine"))
    assert Run.open("mine", profile="smoke").folder == runs_folder() / "mine"


def test_a_half_there_run_is_refused(lab):
    lab.file("data/faces.npz").touch()
    (lab.folder / "config.json").unlink()
    with pytest.raises(InputError, match="without config.json"):
        Run.open("synthetic-smoke", profile="smoke")


def test_an_empty_folder_becomes_a_run():
    (runs_folder() / "mine" / ".ipynb_checkpoints").mkdir(parents=True)
    assert (Run.open("mine").folder / "config.json").exists()


def test_a_read_only_folder_is_a_sentence(monkeypatch):
    def refuse(*_args, **_options):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(InputError, match="Received: Read-only file system"):
        Run.open("mine")
    with pytest.raises(InputError, match="Received: Read-only file system"):
        Run("mine").file("data/faces.npz")


def test_a_full_disk_leaves_the_earlier_figure(lab, axes, monkeypatch):
    lab.show(axes, "counts", alt="Bars")
    before = (lab.folder / "figures" / "counts.png").read_bytes()

    def refuse(*_args, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    figure, _ = plt.subplots()
    monkeypatch.setattr(figure, "savefig", refuse)
    with pytest.raises(InputError, match="No space left on device"):
        lab.show(figure, "counts", alt="Bars")
    assert (lab.folder / "figures" / "counts.png").read_bytes() == before


def test_a_missing_file_names_the_notebook_that_makes_it(lab):
    with pytest.raises(InputError, match=r"03_preprocess\.ipynb first: make run NB=03 RUN=synth"):
        lab.need("data/prepared.npz")
    path = lab.file("data/prepared.npz")
    path.touch()
    assert lab.need("data/prepared.npz") == path


@pytest.mark.parametrize("folder", ["student", "mine/kept"])
def test_a_missing_file_names_the_notebook_of_the_folder_that_one_works_in(
    lab, tmp_path, monkeypatch, folder
):
    here = tmp_path / folder
    for path in (here, tmp_path / "notebooks", tmp_path / "fer_kit"):
        path.mkdir(parents=True)
    (here / "04_lenet5.ipynb").touch()
    monkeypatch.chdir(here)
    with pytest.raises(
        InputError, match=f"Run {folder}/03_preprocess.*NOTEBOOKS={folder}$"
    ) as told:
        lab.need("data/prepared.npz")
    assert "notebooks/" not in str(told.value)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="Run notebooks/03_preprocess"):
        lab.need("data/prepared.npz")


def predicted(lab, name: str, title: str) -> None:
    """Predictions of which only the name matters, and what is said of them."""
    lab.predictions(name).touch()
    write_json(lab.file(f"predictions/{name}.json"), {"title": title, "protocol": "honest"})


def test_the_models_are_those_with_predictions(lab):
    assert lab.models() == {}
    for name, title in {"another": "CNN 2", "cnn": "CNN", "lenet5": "LeNet-5"}.items():
        predicted(lab, name, title)
    lab.file("predictions/.half-written.csv").touch()
    in_the_lessons_order = [("lenet5", "LeNet-5"), ("cnn", "CNN"), ("another", "CNN 2")]
    assert list(lab.models().items()) == in_the_lessons_order


def test_models_of_one_title_go_by_their_names(lab):
    for name in ("lenet5", "mine"):
        predicted(lab, name, "LeNet-5")
    assert lab.models() == {"lenet5": "lenet5", "mine": "mine"}


def test_the_runs_are_where_the_variable_says(monkeypatch, tmp_path):
    monkeypatch.setenv("FER_KIT_RUNS", str(tmp_path / "elsewhere"))
    assert Run.open("mine").folder == tmp_path / "elsewhere" / "mine"


def test_the_runs_are_in_the_course_folder_from_wherever_it_is_asked(monkeypatch):
    monkeypatch.delenv("FER_KIT_RUNS")
    root = course_folder()
    monkeypatch.chdir(root / "notebooks")
    assert runs_folder() == root / "runs"


def test_a_figure_is_kept_described_and_closed(lab, axes):
    lab.show(axes, "counts", alt=" Bars: happy is the most common. ")
    assert (lab.folder / "figures" / "counts.png").read_bytes().startswith(b"\x89PNG")
    described = json.loads((lab.folder / "figures" / "figures.json").read_text())
    assert described["counts"]["title"] == "Counts"
    assert described["counts"]["alt"] == "Bars: happy is the most common."
    assert not plt.fignum_exists(axes.figure.number)


def test_lessons_that_run_side_by_side_keep_all_their_figures(lab):
    names = [f"{number:02}-figure" for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: lab._record_figure(name, {"alt": name}), reversed(names)))
    described = json.loads((lab.folder / "figures" / "figures.json").read_text())
    assert list(described) == names


def test_the_notebook_gets_the_alternative_text(lab, axes, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    lab.show(axes, "counts", alt="Bars")
    data, metadata = shown[0]._repr_mimebundle_()
    assert "image/png" in data
    assert metadata["image/png"]["alt"] == "Bars"
    assert metadata["image/png"]["name"] == "counts"


# Whether a figure may show people


@pytest.fixture
def noted(monkeypatch):
    """A function that shows a figure and returns what is noted of it, beside the picture."""
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)

    def show(lab: Run, axes, **options) -> dict:
        lab.show(axes, "figure", alt="A figure", **options)
        return shown[-1]._repr_mimebundle_()[1]["image/png"]

    return show


@pytest.fixture
def real(lab, tmp_path) -> Run:
    (tmp_path / "fer2013.csv").touch()
    return Run.open("real", dataset="fer2013", data=tmp_path / "fer2013.csv")


def an_image(axes):
    axes.imshow([[0, 1]])


def an_inset(axes):
    axes.inset_axes([0, 0, 1, 1]).imshow([[0, 1]])


def an_offset_image(axes):
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    axes.add_artist(AnnotationBbox(OffsetImage(np.eye(2)), (0, 0)))


def a_heat_map(axes):
    import seaborn

    seaborn.heatmap(np.eye(2), ax=axes)


def a_mesh(axes):
    axes.pcolormesh(np.eye(2))


def contours(axes):
    axes.contourf(np.eye(3))


def bars(axes):
    axes.bar(range(4), np.eye(2).ravel())


def points(axes):
    axes.scatter(*np.indices((2, 2)).reshape(2, -1), c=np.eye(2).ravel())


def a_table(axes):
    axes.table(cellText=[["70", "71"]], cellColours=[["0.2", "0.3"]])


def a_picture_on_the_page(axes):
    axes.figure.figimage(np.eye(2))


DRAWINGS = [
    *(an_image, an_inset, an_offset_image, a_heat_map, a_mesh, contours, bars, points, a_table),
    a_picture_on_the_page,
]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_of_real_faces_every_figure_may_show_people_however_it_is_drawn(real, axes, noted, draw):
    draw(axes)
    assert noted(real, axes) == noted(real, axes) | {
        "people": True,
        "why": "of real faces (fer2013)",
    }


@pytest.mark.parametrize("said", [True, False])
def test_who_shows_a_figure_has_the_last_word(lab, real, axes, noted, said):
    for run in (lab, real):
        assert noted(run, axes, people=said)["people"] is said


def test_of_drawn_faces_a_figure_shows_nobody(lab, axes, noted, listening):
    assert noted(lab, axes) == noted(lab, axes) | {"people": False, "why": "of drawn faces"}


def test_of_drawn_faces_it_does_once_the_notebook_has_read_something(lab, axes, noted, listening):
    read_picture(PHOTOGRAPH)
    told = noted(lab, axes)
    assert (told["people"], told["why"]) == (True, "after the notebook read the file astronaut.jpg")
    assert noted(lab, axes, people=False)["people"] is False


def test_nothing_is_known_of_a_notebook_that_the_course_did_not_run(lab, axes, noted):
    told = noted(lab, axes)
    assert (told["people"], told["why"]) == (
        True,
        "in a notebook that fer-kit run did not run",
    )


@pytest.mark.parametrize("alt", ["", "  "])
def test_a_figure_without_a_description_is_refused(lab, axes, alt):
    with pytest.raises(InputError, match="describes the figure counts"):
        lab.show(axes, "counts", alt=alt)
    assert not (lab.folder / "figures").exists()


def test_arrays_of_axes_and_figures_can_be_shown(lab):
    figure, many = plt.subplots(1, 2, figsize=(2, 1))
    lab.show(many, "array", alt="Two panels")
    figure, _ = plt.subplots(figsize=(2, 1))
    lab.show(figure, "figure", alt="One panel")
    assert (lab.folder / "figures" / "array.png").exists()
    assert (lab.folder / "figures" / "figure.png").exists()
