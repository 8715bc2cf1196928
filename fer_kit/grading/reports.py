"""A student's report, written anew from the notebooks handed in: theirs is never opened."""

import json
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from fer_kit.course.report import write_report
from fer_kit.files import write_json, write_text
from fer_kit.grading.archive import Bundle
from fer_kit.grading.plain import line, mapping


def write_report_of(bundle: Bundle, folder: Path, lessons: Collection[str]) -> None:
    """Write a bundle's report into a folder; an earlier one is replaced.

    Only notebooks of these lessons are shown, and nothing else of what the bundle holds.
    """
    told = mapping(bundle.manifest.get("parameters"))
    config = {name: line(told.get(name), 60) for name in ("run", "dataset", "profile", "seed")}
    student = mapping(bundle.manifest.get("student"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".run-") as temporary:
        run = Path(temporary)
        made_with = line(bundle.manifest.get("fer_kit"), 20)
        write_json(run / "config.json", config | {"data": "", "fer_kit": made_with})
        write_json(run / "student.json", {n: line(student.get(n)) for n in ("name", "id")})
        for name, notebook in bundle.notebooks():
            if name in lessons:
                write_text(run / "notebooks" / f"{name}.ipynb", json.dumps(notebook))
        report = write_report(run).parent
        shutil.rmtree(folder, ignore_errors=True)
        report.rename(folder)
