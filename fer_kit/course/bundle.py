"""The bundle: one ZIP file of a run, to be handed in.

It holds the report, the executed notebooks, the results, the predictions, and run.json, which
lists what was run and the hash of every file. No pictures of people leave the run unless asked for,
and no model files: whoever grades must not load them.

Introduced in notebooks/12_save.ipynb.
"""

import json
import logging
import re
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import nbformat

from fer_kit.course import records
from fer_kit.course.executed import execution, source_hash
from fer_kit.course.report import read_run_config, write_report
from fer_kit.errors import InputError
from fer_kit.faces import are_drawn
from fer_kit.files import read_json, sha256, write_json, write_whole
from fer_kit.lessons import METRICS
from fer_kit.run import course_folder

log = logging.getLogger(__name__)

FORMAT = 1
LESSON_WITH_PHOTOGRAPHS = "11-"  # its pictures may show people in a run on drawn faces, too
_EMBEDDED = re.compile(r"data:(?:image|video)/[^\s\"')]*")
_SHOWING = ("image/", "video/", "application/pdf")
MOMENT = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP file knows: every file gets it


def write_bundle(
    run_folder: str | Path, name: str = "", student_id: str = "", pictures: bool = False
) -> Path:
    """Write `bundle.zip` into a run's folder, and its report again. Same run, same bytes.

    Args:
        run_folder: a run with at least one executed notebook.
        name, student_id: who hands it in. They are kept in student.json of the run.
        pictures: also those that may show people: every picture in a run on real faces, those of
            lesson 11, and pictures that were shown without `lab.show`.

    Raises:
        InputError: the folder is no run, or nothing in it has been executed.

    Introduced in notebooks/12_save.ipynb.
    """
    run_folder = Path(run_folder)
    config = read_run_config(run_folder)
    if not list(run_folder.glob("notebooks/[!.]*.ipynb")):
        raise InputError(
            f"Expected a run with executed notebooks. Received: {run_folder} without any. "
            "Run them first: make run-all NOTEBOOKS=student."
        )
    _warn_of_other_notebooks(run_folder)
    sign(run_folder, name, student_id)
    write_report(run_folder)
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "run"
        left_out = _copy_run(run_folder, copy, are_drawn(config["dataset"]), pictures)
        write_report(copy)
        write_json(copy / "run.json", _manifest(run_folder, copy, config, left_out))
        files = [*copy.glob("report/**/*"), *copy.glob("notebooks/*.ipynb")]
        files += [*copy.glob("predictions/*.csv"), *copy.glob("results/*.json"), copy / "run.json"]
        wanted = sorted(path for path in files if path.is_file())
        return write_whole(run_folder / "bundle.zip", lambda path: _pack(path, copy, wanted))


def _warn_of_other_notebooks(run_folder: Path) -> None:
    """Say so where the solutions were run, or a notebook of `student` has changed since."""
    solved, changed = [], []
    for path in sorted(run_folder.glob("notebooks/[!.]*.ipynb")):
        executed = _source_of(path)
        lesson, own = (course_folder() / part / path.name for part in ("notebooks", "student"))
        if lesson.exists() and executed == _source_of(lesson):
            solved.append(path.stem)
        elif own.exists() and executed != _source_of(own):
            changed.append(path.stem)
    for names, what in (
        (solved, "These are the notebooks with the solutions"),
        (changed, "These were changed in the folder student since they were run"),
    ):
        if names:
            log.warning(
                "%s: %s. To hand in your own: make run-all NOTEBOOKS=student, then make bundle.",
                what,
                ", ".join(names),
            )


def _source_of(path: Path) -> str:
    return source_hash(nbformat.read(path, as_version=4))


def sign(run_folder: Path, name: str, student_id: str) -> dict[str, str]:
    """Note who a run belongs to; what is not given stays as it was."""
    path = run_folder / "student.json"
    student = {"name": "", "id": ""} | (read_json(path) if path.exists() else {})
    given = {"name": name.strip(), "id": student_id.strip()}
    student |= {field: value for field, value in given.items() if value}
    if any(given.values()):
        write_json(path, student)
    return student


# Copying what may leave


def _copy_run(source: Path, copy: Path, synthetic: bool, pictures: bool) -> int:
    """Copy a run without models and data; returns how many pictures were left out."""
    for folder in ("notebooks", "figures", "predictions", "results"):
        (copy / folder).mkdir(parents=True)
    for name in ("config.json", "student.json"):
        if (source / name).exists():
            shutil.copyfile(source / name, copy / name)
    for path in source.glob("predictions/[!.]*.csv"):
        shutil.copyfile(path, copy / "predictions" / path.name)
    for pattern in ("notebooks/[!.]*.json", "results/[!.]*.json"):
        for path in source.glob(pattern):
            shutil.copyfile(path, copy / path.relative_to(source))
    left_out = 0
    for path in source.glob("notebooks/[!.]*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        if not pictures:
            left_out += _leave_pictures_out(notebook, synthetic)
        nbformat.write(notebook, copy / "notebooks" / path.name)
    _copy_figures(source / "figures", copy / "figures", synthetic, pictures)
    return left_out


def _copy_figures(source: Path, copy: Path, synthetic: bool, pictures: bool) -> None:
    described = read_json(source / "figures.json") if (source / "figures.json").exists() else {}
    kept = {
        name: about
        for name, about in described.items()
        if (pictures or not _may_show_people({"name": name} | about, synthetic))
        and (source / f"{name}.png").exists()
    }
    for name in kept:
        shutil.copyfile(source / f"{name}.png", copy / f"{name}.png")
    write_json(copy / "figures.json", kept)


def _may_show_people(about: dict[str, Any], synthetic: bool) -> bool:
    """Whether a picture must stay behind, from what `lab.show` noted; unknown ones must."""
    if "pictures" not in about:
        return True
    from_photographs = str(about.get("name", "")).startswith(LESSON_WITH_PHOTOGRAPHS)
    return bool(about["pictures"]) and (from_photographs or not synthetic)


def _leave_pictures_out(notebook: nbformat.NotebookNode, synthetic: bool) -> int:
    left_out = 0
    for cell in notebook.cells:
        left_out += len(cell.get("attachments", {}))
        cell.pop("attachments", None)
        if cell.cell_type == "markdown":
            cell.source, count = _EMBEDDED.subn("", cell.source)
            left_out += count
        for output in cell.get("outputs", []):
            left_out += _leave_picture_out(output, synthetic)
    return left_out


def _leave_picture_out(output: nbformat.NotebookNode, synthetic: bool) -> bool:
    data = output.get("data", {})
    embedded = [form for form, value in data.items() if _EMBEDDED.search(str(value))]
    shown = [form for form in data if form.startswith(_SHOWING)]
    about = {k: v for form in shown for k, v in output.metadata.get(form, {}).items()}
    if not embedded and (not shown or not _may_show_people(about, synthetic)):
        return False
    for form in [*embedded, *shown]:
        data.pop(form, None)
    described = f": {about['alt']}" if about.get("alt") else ""
    data["text/plain"] = f"(A picture, left out of the bundle{described}.)"
    return True


# run.json


def _manifest(run_folder: Path, copy: Path, config: dict, left_out: int) -> dict[str, Any]:
    """What was run, by whom, on what, with what."""
    about_data = run_folder / "data" / "prepared.json"
    metrics = run_folder / METRICS
    paths = sorted(path for path in copy.rglob("*") if path.is_file() and path.suffix != ".json")
    return {
        "format": FORMAT,
        "student": sign(copy, "", ""),
        "parameters": {name: config[name] for name in ("run", "dataset", "profile", "seed")},
        "fer_kit": config["fer_kit"],
        "environment": _environments(run_folder),
        "data": read_json(about_data) if about_data.exists() else {},
        "synthetic": are_drawn(config["dataset"]),
        "source": read_json(metrics).get("source", "") if metrics.exists() else "",
        "notebooks": {
            path.stem: _notebook_facts(run_folder, path)
            for path in sorted(copy.glob("notebooks/*.ipynb"))
        },
        "models": _models(run_folder),
        "pictures_left_out": left_out,
        "files": {path.relative_to(copy).as_posix(): sha256(path) for path in paths},
    }


def _notebook_facts(run_folder: Path, path: Path) -> dict[str, Any]:
    notebook = nbformat.read(path, as_version=4)
    hashes = {"source_sha256": source_hash(notebook), "executed_sha256": sha256(path)}
    record = records.read(run_folder / "notebooks" / f"{path.stem}.json")
    return hashes | execution(notebook) | {"commit": record.get("environment", {}).get("commit")}


def _environments(run_folder: Path) -> dict[str, list[str]]:
    """Versions and devices; more than one value where notebooks ran on different ones."""
    found: dict[str, set[str]] = {}
    for path in run_folder.glob("notebooks/[!.]*.json"):
        for name, value in records.read(path).get("environment", {}).items():
            found.setdefault(name, set()).add(str(value))
    return {name: sorted(values) for name, values in sorted(found.items())}


def _models(run_folder: Path) -> dict[str, dict[str, Any]]:
    """What the cards say of each training; the models themselves stay."""
    cards = {path.stem: read_json(path) for path in sorted(run_folder.glob("models/[!.]*.json"))}
    names = (
        "network",
        "parameters",
        "epochs",
        "seconds",
        "seed",
        "protocol",
        "trained_on",
        "sha256",
    )
    return {
        model: {name: card[name] for name in names if name in card}
        for model, card in cards.items()
        if isinstance(card, dict) and "trained_on" in card  # NAME-plan.json is no card
    }


def _pack(path: Path, folder: Path, files: list[Path]) -> None:
    """A ZIP file that depends on nothing but the files' names and contents."""
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            about = zipfile.ZipInfo(file.relative_to(folder).as_posix(), MOMENT)
            about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(about, file.read_bytes())


def read_manifest(text: str) -> dict[str, Any]:
    """run.json as a dictionary.

    Raises:
        InputError: it is no JSON, or of another format.
    """
    try:
        manifest = json.loads(text)
    except ValueError as error:
        raise InputError(f"Expected JSON in run.json. Received: {error}.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise InputError(
            f"Expected run.json of format {FORMAT}. Received: another one. Make the bundle again "
            "with this course: make bundle."
        )
    return manifest
