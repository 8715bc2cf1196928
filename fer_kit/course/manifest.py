"""run.json of a bundle: what was run, by whom, on what and with what, and every file's hash."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat

from fer_kit.course import records
from fer_kit.course.executed import execution, source_hash
from fer_kit.course.results import read_metrics
from fer_kit.faces import are_drawn
from fer_kit.files import read_json, sha256
from fer_kit.run import Run

FORMAT = 1
PREPARED = "data/prepared.json"
OF_A_CARD = (
    *("network", "parameters", "epochs", "seconds", "seed", "protocol", "trained_on", "sha256"),
)


def manifest(
    run: Run, run_folder: Path, copy: Path, student: records.Student, pictures_left_out: int
) -> dict[str, Any]:
    """What was run, by whom, on what, with what.

    Args:
        run: what config.json says.
        run_folder: where the run is.
        copy: what of it leaves.
        student: whose it is.
        pictures_left_out: how many pictures, and texts that may hold one, stayed.
    """
    metrics = read_metrics(run_folder)
    paths = sorted(path for path in copy.rglob("*") if path.is_file() and path.suffix != ".json")
    return {
        "format": FORMAT,
        "student": asdict(student),
        "parameters": {k: value for k, value in run.parameters.items() if k != "data"},
        "fer_kit": run.fer_kit,
        "environment": records.environment(run_folder),
        "data": read_json(run_folder / PREPARED, {}),
        "synthetic": are_drawn(run.dataset),
        "source": metrics.source if metrics else "",
        "notebooks": {
            path.stem: _notebook_facts(run_folder, path)
            for path in sorted(copy.glob("notebooks/*.ipynb"))
        },
        "models": _models(run_folder),
        "pictures_left_out": pictures_left_out,
        "files": {path.relative_to(copy).as_posix(): sha256(path) for path in paths},
    }


def _notebook_facts(run_folder: Path, path: Path) -> dict[str, Any]:
    notebook = nbformat.read(path, as_version=4)
    hashes = {"source_sha256": source_hash(notebook), "executed_sha256": sha256(path)}
    record = records.read(run_folder / "notebooks" / f"{path.stem}.json")
    return hashes | asdict(execution(notebook)) | {"commit": record.environment.get("commit")}


def _models(run_folder: Path) -> dict[str, dict[str, Any]]:
    """What the cards say of each training; the models themselves stay."""
    cards = {path.stem: read_json(path) for path in sorted(run_folder.glob("models/[!.]*.json"))}
    return {
        model: {name: card[name] for name in OF_A_CARD if name in card}
        for model, card in cards.items()
        if isinstance(card, dict) and "trained_on" in card  # NAME-plan.json is no card
    }
