"""What runs inside of the sandbox: executes notebooks and writes them to standard output.

It reads one JSON object from standard input (notebooks, parameters, limits), and writes a line of
JSON for each notebook that it has executed. What comes out is looked at as untrusted, too.
"""

import contextlib
import ctypes
import json
import os
import resource
import sys
from typing import Any

import nbformat
from nbclient import NotebookClient
from papermill.parameterize import parameterize_notebook

from fer_kit.course.execution import ThisPython

MEGABYTE = 1_000_000
LONGEST_TEXT = 10_000  # characters of one output
DUMPABLE = 4  # prctl's PR_SET_DUMPABLE


def main() -> None:
    """Execute what standard input names, in its order."""
    _hide()
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # kernels must not write between the lines
    told = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _limit(told["limits"])
    for name, notebook in sorted(told["notebooks"].items()):
        with contextlib.suppress(Exception):  # one that cannot be executed does not stop the rest
            executed = _execute(nbformat.from_dict(notebook), told["parameters"])
            answer.write(json.dumps({"name": name, "notebook": executed}) + "\n")
            answer.flush()


def _hide() -> None:
    """Let no other process read this one's memory: the hidden tests are in it, and on no disk."""
    ctypes.CDLL(None).prctl(DUMPABLE, 0, 0, 0, 0)


def _limit(limits: dict[str, Any]) -> None:
    """Limits that the kernels inherit and cannot raise. Threads count as processes here."""
    most = 8 * int(limits["processes"])
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
    largest = int(limits["output_mb"] * MEGABYTE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _execute(notebook: nbformat.NotebookNode, parameters: dict[str, Any]) -> dict[str, Any]:
    """The notebook with its outputs; a cell that fails does not keep the next ones from running."""
    notebook.metadata["papermill"] = {}  # papermill looks for it, and for tags in every cell
    ready = parameterize_notebook(notebook, parameters)
    client = NotebookClient(
        ready, timeout=None, allow_errors=True, kernel_name="python3",
        kernel_manager_class=ThisPython,
    )  # fmt: skip
    with contextlib.suppress(Exception):  # the kernel died: what it did until then still counts
        client.execute()
    for cell in ready.cells:
        if cell.cell_type == "code":
            cell.outputs = [_short(output) for output in cell.outputs]
    return ready


def _short(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """An output without pictures and long texts: only what the checks said is looked at."""
    for name in [name for name in output.get("data", {}) if name.startswith(("image/", "text/"))]:
        output.data[name] = str(output.data[name])[:100]
    if "text" in output:
        output["text"] = output["text"][:LONGEST_TEXT]
    if "traceback" in output:
        output["traceback"] = []
    return output


if __name__ == "__main__":
    main()
