"""The bundle: one ZIP file of a run, to be handed in.

It holds the report, the executed notebooks, metrics.json, the predictions, and run.json, which
lists what was run and the hash of every file. No pictures of people leave the run unless asked for,
and no model files: whoever grades must not load them. Lesson 12.
"""

import base64
import tempfile
import zipfile
from dataclasses import asdict
from pathlib import Path

import nbformat

from fer_kit.course import records
from fer_kit.course.leaving import (
    SHOWING,
    Figures,
    Item,
    all_figures,
    change_outputs,
    figures_of,
    packing_list,
    take_out,
    take_out_of_json,
)
from fer_kit.course.manifest import manifest
from fer_kit.course.names import own_names, own_places, predictions, without_names
from fer_kit.course.places import DATA, everywhere, without_places
from fer_kit.course.report import read_run, write_report
from fer_kit.errors import InputError
from fer_kit.files import read_json, write_json, write_text, write_whole
from fer_kit.run import Run

MOMENT = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP file knows: every file gets it


def write_bundle(
    run_folder: str | Path, name: str = "", student_id: str = "", pictures: bool = False
) -> Path:
    """Write `bundle.zip` into a run's folder, and its report again. Same run, same bytes.

    Args:
        run_folder: a run with at least one executed notebook.
        name, student_id: who hands it in. They are kept in student.json of the run.
        pictures: also those that may show people, whatever they are and wherever they hide.

    Prints what is packed and what stays, with the reasons. Lesson 12.

    Raises:
        InputError: the folder is no run, or nothing in it has been executed.
    """
    run_folder = Path(run_folder)
    run = read_run(run_folder)
    if not list(run_folder.glob("notebooks/[!.]*.ipynb")):
        raise InputError(
            f"Expected a run with executed notebooks. Received: {run_folder} without any. "
            "Run them first: make run-all NOTEBOOKS=student."
        )
    student = sign(run_folder, name, student_id)
    write_report(run_folder)
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "run"
        items = _copy_run(run_folder, copy, run, pictures)
        write_json(copy / "student.json", asdict(student))
        write_report(copy)
        left_out = sum(item.what in SHOWING and not item.leaves for item in items)
        told = take_out_of_json(manifest(run, run_folder, copy, student, left_out))
        write_json(copy / "run.json", everywhere(told, without_places(run.data)))
        files = [*copy.glob("report/**/*"), *copy.glob("notebooks/*.ipynb")]
        files += [*copy.glob("predictions/*.csv"), *copy.glob("results/*.json"), copy / "run.json"]
        wanted = sorted(path for path in files if path.is_file())
        print(packing_list(items))
        return write_whole(run_folder / "bundle.zip", lambda path: _pack(path, copy, wanted))


def sign(run_folder: Path, name: str, student_id: str) -> records.Student:
    """Note who a run belongs to; what is not given stays as it was."""
    before = records.student(run_folder)
    student = records.Student(name.strip() or before.name, student_id.strip() or before.id)
    if student != before:
        write_json(run_folder / "student.json", asdict(student))
    return student


# Copying what may leave


def _copy_run(source: Path, copy: Path, run: Run, pictures: bool) -> list[Item]:
    """Copy of a run what may leave; returns what does and what does not."""
    for folder in ("notebooks", "figures", "predictions", "results"):
        (copy / folder).mkdir(parents=True)
    paths = sorted(source.glob("notebooks/[!.]*.ipynb"))
    notebooks = {path.stem: nbformat.read(path, as_version=4) for path in paths}
    words, places = own_names(source, run.dataset, run.data), own_places(notebooks.values())
    rename, hide = without_names(words), without_places(run.data, places)
    write_json(copy / "config.json", asdict(run) | {"data": DATA if run.data else ""})
    for path in source.glob("notebooks/[!.]*.json"):
        write_json(copy / path.relative_to(source), everywhere(read_json(path), hide))
    for path in source.glob("results/[!.]*.json"):
        told = take_out_of_json(read_json(path))
        told = everywhere(told, lambda text: rename(hide(text)), keys=True)
        write_json(copy / path.relative_to(source), told)
    items = _copy_predictions(source, copy, words)
    named = {*words, *places}
    items += [Item("name", "of your files and folders; other words stand for them")] * len(named)
    figures: Figures = {}
    for name, notebook in notebooks.items():
        items.append(Item("notebook", "as run", name, leaves=True))
        items += all_figures(notebook) if pictures else take_out(notebook, name)
        notebook = everywhere(notebook, hide)
        change_outputs(notebook, rename)
        nbformat.write(notebook, copy / "notebooks" / f"{name}.ipynb")
        figures |= figures_of(notebook)
    _write_figures(copy / "figures", figures)
    return items


def _copy_predictions(source: Path, copy: Path, words: dict[str, str]) -> list[Item]:
    items = []
    for path in sorted(source.glob("predictions/[!.]*.csv")):
        try:
            told = predictions(path.read_text(encoding="utf-8"), words)
        except ValueError as error:
            items.append(Item("table", f"without predictions ({error})", path.name))
        else:
            items.append(Item("table", "of predictions", path.name, leaves=True))
            write_text(copy / "predictions" / path.name, told)
    return items


def _write_figures(folder: Path, figures: Figures) -> None:
    """The figures as files, as the report shows them: those in the notebooks and no others."""
    for name, (picture, _) in figures.items():
        (folder / f"{name}.png").write_bytes(base64.b64decode(picture))
    write_json(folder / "figures.json", {name: about for name, (_, about) in figures.items()})


def _pack(path: Path, folder: Path, files: list[Path]) -> None:
    """A ZIP file that depends on nothing but the files' names and contents."""
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            about = zipfile.ZipInfo(file.relative_to(folder).as_posix(), MOMENT)
            about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(about, file.read_bytes())
