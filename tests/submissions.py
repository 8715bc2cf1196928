"""Made-up runs and bundles of students, as alike to real ones as grading needs them.

Nothing is trained and nothing executed: the notebooks are the course's own, with outputs as the
course writes them.
"""

import base64
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from nbformat.v4 import new_output

from fer_kit.check.answers import OUTCOME
from fer_kit.course.bundle import write_bundle
from fer_kit.course.executed import is_check, is_solution
from fer_kit.emotions import FER2013
from fer_kit.evaluation import Predictions, save_predictions, score
from fer_kit.faces import Faces, one_hot
from fer_kit.files import write_json

COURSE = Path(__file__).parents[1]
MODELS = ("lenet5", "cnn")
CRITERIA = ("executed", "results", "checks", "written", "honesty")
PNG = b"\x89PNG\r\n\x1a\n a picture"


def faces(test: int = 140, seed: int = 42) -> Faces:
    """Faces to be predicted: as many for validation as for test. Their pixels do not matter."""
    count = 2 * test
    labels = np.random.default_rng(seed).permutation(np.arange(count) % 7)
    split = np.repeat(["validation", "test"], test)
    return Faces(
        images=np.zeros((count, 1, 1, 1), np.uint8),
        targets=one_hot(labels, 7),
        emotions=FER2013,
        split=split,
        ids=np.array([f"synthetic-{part}-{row % test:06d}" for row, part in enumerate(split)]),
        source="synthetic faces",
    )


def answers(asked: Faces, seed: int, right: float = 0.6) -> np.ndarray:
    """Probabilities whose largest is the true emotion in a share of the rows."""
    generator = np.random.default_rng(seed)
    p = generator.dirichlet(np.ones(7), len(asked)).astype(np.float32)
    for row in np.flatnonzero(generator.random(len(asked)) < right):
        best = p[row].argmax()
        p[row, [best, asked.labels[row]]] = p[row, [asked.labels[row], best]]
    return p


def make_run(
    folder: Path, seed: int = 0, test: int = 140, kilobytes: int = 1, lessons: str = "*"
) -> Path:
    """A run as a diligent student leaves it behind; `lessons` is a pattern of their names."""
    asked = faces(test)
    config = {"run": folder.name, "dataset": "synthetic", "data": "", "profile": "quick"}
    write_json(folder / "config.json", config | {"seed": 42, "fer_kit": "0.1.0"})
    write_json(
        folder / "data" / "prepared.json", {"source": asked.source, "fingerprint": "ab" * 32}
    )
    models = {}
    for number, name in enumerate(MODELS):
        p = answers(asked, seed=10 * seed + number)
        save_predictions(folder / "predictions" / f"{name}.csv", asked, p, name, "honest")
        told = Predictions(asked.ids, asked.split, asked.targets, p, FER2013).subset("test")
        models[name] = {"title": name, "protocol": "honest", "split": "test", **score(told)}
        write_json(folder / "models" / f"{name}.json", card(name))
    write_json(folder / "results/confusion_matrix.json", metrics(asked, models))
    start = datetime(2026, 11, 20, 9, tzinfo=UTC) + timedelta(seconds=97.123457 * seed)
    for path in sorted((COURSE / "student").glob(f"{lessons}.ipynb")):
        notebook = executed(path, start, kilobytes)
        notebook.metadata.papermill.parameters["run"] = folder.name
        (folder / "notebooks").mkdir(exist_ok=True)
        nbformat.write(notebook, folder / "notebooks" / path.name)
        start += timedelta(minutes=2)
    return folder


def card(name: str) -> dict[str, Any]:
    """A model card, as far as a bundle repeats it."""
    trained_on = {"source": "synthetic faces", "synthetic": True, "faces": 6000}
    return {"network": name, "epochs": 10, "seconds": 60.0, "trained_on": trained_on}


def metrics(asked: Faces, models: dict[str, Any]) -> dict[str, Any]:
    """The scores of all models, as lesson 08 writes them."""
    about = {"source": asked.source, "synthetic": True, "fingerprint": asked.fingerprint()}
    return about | {"emotions": list(FER2013), "seed": 42, "models": models}


def executed(path: Path, start: datetime, kilobytes: int) -> nbformat.NotebookNode:
    """A student's copy with the solutions filled in, as if it had been executed."""
    notebook = nbformat.read(path, as_version=4)
    solved = {cell.id: cell for cell in nbformat.read(COURSE / "notebooks" / path.name, 4).cells}
    count = 0
    for cell in notebook.cells:
        if is_solution(cell):
            cell.source = solved[cell.id].source
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = [passed(cell)] if is_check(cell) else []
    picture = base64.b64encode(PNG + np.random.default_rng(1).bytes(1000 * kilobytes)).decode()
    about = {"name": "curve", "title": "Curve", "alt": "A curve.", "people": False}
    shown = {"image/png": about | {"why": "said to show nobody"}}
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    first.outputs = [new_output("display_data", {"image/png": picture}, metadata=shown)]
    notebook.metadata["papermill"] = {
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(seconds=100)).isoformat(),
        "duration": 100.0,
        "exception": None,
        "parameters": {"dataset": "synthetic", "profile": "quick", "seed": 42},
    }
    return notebook


def passed(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """What a check puts out when all is well."""
    name = cell.source.split("fk.check.")[1].split("(")[0]
    outcome = {"check": name, "passed": True, "message": f"✓ {name}: right."}
    return new_output("display_data", {OUTCOME: outcome, "text/plain": outcome["message"]})


def make_bundle(folder: Path, seed: int = 0, **options: Any) -> Path:
    """The bundle of a made-up run."""
    run = make_run(folder, seed, **options)
    return write_bundle(run, name=f"Student {seed}", student_id=f"s{seed:04}")


def rewrite(source: Path, target: Path, change: Callable[[dict[str, bytes]], Any]) -> Path:
    """A copy of a bundle whose files (name → content) `change` has changed in place."""
    with zipfile.ZipFile(source) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target


def edit_json(files: dict[str, bytes], name: str, change: Callable[[Any], Any]) -> None:
    """Change a JSON file among `files`."""
    value = json.loads(files[name])
    change(value)
    files[name] = json.dumps(value).encode()


def cell_of(notebook: dict[str, Any], key: str) -> dict[str, Any]:
    """The cell of a notebook with this id."""
    return next(cell for cell in notebook["cells"] if cell["id"] == key)


# What grading made of it


def points(graded: Any) -> dict[str, float | None]:
    """The points of each criterion of the course's rubric."""
    return {name: graded.score(name) for name in CRITERIA}


def doubts(graded: Any) -> str:
    """All doubts as one text."""
    return " ".join(graded.doubts)


def feedback(grades: Path, page: str = "eve") -> str:
    """A student's page."""
    return (grades / "feedback" / f"{page}.html").read_text(encoding="utf-8")


def change_notebook(change: Callable[[Any], Any], name: str = "04_lenet5") -> Callable:
    """A change to one notebook, for `rewrite`."""
    return lambda files: edit_json(files, f"notebooks/{name}.ipynb", change)


def change_run(**values: Any) -> Callable:
    """A change to run.json, for `rewrite`."""
    return lambda files: edit_json(files, "run.json", lambda manifest: manifest.update(values))
