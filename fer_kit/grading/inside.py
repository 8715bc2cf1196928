"""The harness, which runs in the outer sandbox: executes notebooks in inner ones.

It reads one JSON object from standard input (notebooks and parameters), and writes a line of JSON
for each notebook that it has executed. What comes out is looked at as untrusted, too.
"""

import contextlib
import json
import os
import select
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from papermill.parameterize import parameterize_notebook

from fer_kit.check.answers import OUTCOME
from fer_kit.course.execution import ThisPython
from fer_kit.grading import walls

MOST_OUTPUTS, LONGEST = 100, 10_000  # outputs of a cell, the last ones; characters of each


class Walled(ThisPython):
    """Starts each kernel in an inner sandbox; only the folder of its sockets is shared.

    Of what a notebook leaves behind, the next one finds the runs.
    """

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """The kernel's command line, behind walls."""
        command = super().format_kernel_cmd(extra_arguments)
        self._parts = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        parts, shared = Path(self._parts.name), (Path(self.ip).parent, Path(self.connection_file))
        for name in walls.PARTS:
            (parts / name).mkdir()
        return [*walls.inner(*shared, parts=parts), *command]


def main() -> None:
    """Execute what standard input names, in its order, as long as somebody reads the answers."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # kernels must not write between the lines
    threading.Thread(target=_end_with_reader, args=(answer.fileno(),), daemon=True).start()
    told = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for name, notebook in sorted(told["notebooks"].items()):
        with contextlib.suppress(Exception):  # one that cannot be executed does not stop the rest
            executed = _execute(nbformat.from_dict(notebook), told["parameters"])
            answer.write(json.dumps({"name": name, "notebook": executed}) + "\n")
            answer.flush()


def _end_with_reader(answer: int) -> None:
    """End once nobody can read the answers any more, and with it all that was started here."""
    watch = select.poll()
    watch.register(answer, 0)  # 0: nothing but that
    watch.poll()
    os._exit(1)


def _execute(notebook: nbformat.NotebookNode, parameters: dict[str, Any]) -> dict[str, Any]:
    """The notebook with its outputs; a cell that fails does not keep the next ones from running."""
    notebook.metadata["papermill"] = {}  # papermill looks for it, and for tags in every cell
    ready = parameterize_notebook(notebook, parameters)
    client = NotebookClient(
        ready, timeout=None, allow_errors=True, kernel_name="python3",
        kernel_manager_class=Walled, shutdown_kernel="immediate",
    )  # fmt: skip
    with contextlib.suppress(Exception):  # the kernel died: what it did until then still counts
        client.execute()
    for cell in ready.cells:
        if cell.cell_type == "code":
            cell.outputs = [_short(output) for output in cell.outputs[-MOST_OUTPUTS:]]
    return {"cells": ready.cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _short(output: nbformat.NotebookNode) -> dict[str, Any]:
    """What the checks said, and the beginning of each text. Nothing else is looked at."""
    texts = ("output_type", "name", "text", "ename", "evalue")
    short: dict[str, Any] = {name: str(output[name])[:LONGEST] for name in texts if name in output}
    outcome = output.get("data", {}).get(OUTCOME)
    if outcome is not None and len(json.dumps(outcome)) <= LONGEST:
        short["data"] = {OUTCOME: outcome}
    return short


if __name__ == "__main__":
    main()
