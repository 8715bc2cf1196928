"""A student's report, written anew from the notebooks handed in: theirs is never opened."""

import json
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from fer_kit.course.report import write_report
from fer_kit.files import replace_folder, write_json, write_text
from fer_kit.grading.archive import Bundle
from fer_kit.grading.plain import line
from fer_kit.run import Run


def write_report_of(bundle: Bundle, folder: Path, lessons: Collection[str]) -> None:
    """Write a bundle's report into a folder; an earlier one is replaced.

    Only notebooks of these lessons are shown, and nothing else of what the bundle holds.
    """
    manifest, told = bundle.manifest, bundle.manifest.parameters
    run = Run(
        name=line(told.get("run"), 60) or "run",
        dataset=line(told.get("dataset"), 60),
        profile=line(told.get("profile"), 60),
        seed=line(told.get("seed"), 60),
        fer_kit=manifest.fer_kit,
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Called so that `replace_folder` finds it, should this process be killed.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        place = Path(temporary)
        write_json(place / "student.json", manifest.student.model_dump())
        for name, notebook in bundle.notebooks():
            if name in lessons:
                write_text(place / "notebooks" / f"{name}.ipynb", json.dumps(notebook))
        report = write_report(place, run).parent
        replace_folder(folder, lambda fresh: shutil.copytree(report, fresh, dirs_exist_ok=True))
