"""The harness, which runs in the outer sandbox: executes notebooks in inner ones.

It reads one JSON object from standard input (notebooks and parameters), and writes a line of JSON
for each notebook that it has executed. What comes out is looked at as untrusted, too.
"""

import contextlib
import json
import os
import select
import sys
import threading
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from papermill.parameterize import parameterize_notebook

from fer_kit.check.answers import OUTCOME
from fer_kit.course.execution import ThisPython
from fer_kit.grading import walls

LONGEST_TEXT = 10_000  # characters of one output


class Walled(ThisPython):
    """Starts each kernel in an inner sandbox; only the folder of its sockets is shared."""

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """The kernel's command line, behind walls."""
        command = super().format_kernel_cmd(extra_arguments)
        return [*walls.inner(Path(self.ip).parent, Path(self.connection_file)), *command]


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
            cell.outputs = [_short(output) for output in cell.outputs]
    return ready


def _short(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """An output without pictures and long texts: only what the checks said is looked at."""
    for name in [name for name in output.get("data", {}) if name != OUTCOME]:
        output.data[name] = str(output.data[name])[:100]
    if "text" in output:
        output["text"] = output["text"][:LONGEST_TEXT]
    if "traceback" in output:
        output["traceback"] = []
    return output


if __name__ == "__main__":
    main()
