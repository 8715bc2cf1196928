"""Executing one notebook with papermill, in this very Python, whole or not at all.

Imports Jupyter's machinery: import it where notebooks are run, not in a lesson.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import papermill
from filelock import FileLock, Timeout
from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets import default

from fer_kit.course.places import everywhere, without_places
from fer_kit.errors import InputError
from fer_kit.files import write_whole
from fer_kit.processes import share, threads_each

LOCK = "lock"
CELL_TIMEOUT = 24 * 3600  # seconds; the longest cell trains a network on a slow processor

QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "FER_KIT_HEADLESS": "1",  # nobody watches: no camera is opened
    "PYTHONHASHSEED": "0",  # the order of a set is the same in every run
}


class Sockets(tempfile.TemporaryDirectory):
    """A folder for the sockets of one kernel; those of processes that were killed go.

    Each holds a lock, which the system takes back when its process ends, by whatever means.
    """

    def __init__(self):
        super().__init__(prefix="fer-kit-")
        here = Path(self.name)
        self._lock = FileLock(here / LOCK)
        self._lock.acquire()
        for other in here.parent.glob("fer-kit-*"):
            with contextlib.suppress(OSError, Timeout):  # another user's, or still in use
                if (other / LOCK).exists():
                    with FileLock(other / LOCK, timeout=0):
                        shutil.rmtree(other)


class ThisPython(AsyncKernelManager):
    """Starts kernels with the interpreter that runs us, whatever kernels the user has installed.

    Where there are Unix sockets the kernel listens on one in a folder that only the user can open;
    TCP ports, the default, are open to everybody on the machine. What TensorFlow's C++ code logs
    goes nowhere: on a computer without a GPU it fills pages with alarm about nothing.
    """

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel's command line and environment."""
        quiet = {name: os.environ.get(name, value) for name, value in QUIET.items()}
        return KernelSpec(
            argv=make_ipkernel_cmd(
                executable=sys.executable,
                extra_arguments=[
                    "--IPKernelApp.capture_fd_output=False",
                    # What a notebook reads decides whether its figures may be handed in.
                    "--IPKernelApp.extra_extensions=fer_kit.watch",
                ],
            ),
            display_name="Python 3",
            language="python",
            env=quiet | share(threads_each()),
        )

    async def start_kernel(self, **options: Any) -> None:
        """Start the kernel, without what it would write to the terminal."""
        await super().start_kernel(stderr=subprocess.DEVNULL, **options)

    @default("transport")
    def _private_transport(self) -> str:
        return "tcp" if os.name == "nt" else "ipc"

    @default("ip")
    def _private_address(self) -> str:
        if self.transport == "tcp":
            return "127.0.0.1"
        self._sockets = Sockets()
        return str(Path(self._sockets.name) / "kernel")


def execute(notebook: Path, output: Path, parameters: dict[str, Any]) -> None:
    """Execute a notebook and write it with its outputs.

    Args:
        notebook: the source; its folder is the working folder of the execution.
        output: where the executed notebook goes, once all its cells have run. A notebook that
            fails leaves the earlier one there and is kept as `NAME.failed.ipynb` beside it.
        parameters: the values for its parameters cell.

    Raises:
        InputError: a cell failed, the kernel died, or the disk is full or read-only.
    """
    partial = output.with_name(f".{output.stem}.partial.ipynb")
    failed = output.with_suffix(".failed.ipynb")
    try:
        _write(_run_cells(notebook, partial, parameters), output, parameters)
        failed.unlink(missing_ok=True)
    except (PapermillExecutionError, RuntimeError, OSError) as error:
        if partial.exists():
            _keep_failed(partial, failed, parameters)
        raise InputError(_what_failed(error, notebook, failed)) from error
    finally:
        partial.unlink(missing_ok=True)


def _run_cells(notebook: Path, partial: Path, parameters: dict[str, Any]) -> nbformat.NotebookNode:
    return papermill.execute_notebook(
        str(notebook),
        str(partial),
        parameters=parameters,
        kernel_name="python3",
        language="python",
        kernel_manager_class=ThisPython,
        cwd=str(notebook.parent),
        start_timeout=300,
        execution_timeout=CELL_TIMEOUT,
        shutdown_kernel="immediate",  # there is nothing in it that would have to be saved
        # No bar where nobody watches (disable=None): a log would fill with its steps.
        progress_bar={"desc": f"      {notebook.stem}", "leave": False, "disable": None},
    )


def _keep_failed(partial: Path, failed: Path, parameters: dict[str, Any]) -> None:
    """What was run until then, if the disk has room for it."""
    with contextlib.suppress(InputError, OSError, ValueError):
        _write(nbformat.read(partial, as_version=4), failed, parameters)


def _write(executed: nbformat.NotebookNode, output: Path, parameters: dict[str, Any]) -> None:
    """Write it without where this machine keeps its files, which is nobody's business in a report.

    What the student has written stays as it is: only `bundle` looks at that.
    """
    hide = without_places(parameters.get("data", ""))
    for name in ("input_path", "output_path"):
        executed.metadata.papermill.pop(name, None)
    executed.metadata = everywhere(executed.metadata, hide)
    for cell in executed.cells:
        if "outputs" in cell:
            cell.outputs = everywhere(cell.outputs, hide)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = hide(cell.source)
    write_whole(output, lambda temporary: nbformat.write(executed, temporary))


def _what_failed(error: Exception, notebook: Path, failed: Path) -> str:
    if isinstance(error, PapermillExecutionError):
        sources = [cell.source for cell in nbformat.read(notebook, as_version=4).cells]
        place = sources.index(error.source) + 1 if error.source in sources else error.cell_index
        # An InputError speaks for itself; any other error needs its name to be understood.
        name = "" if error.ename == "InputError" else f"{error.ename}: "
        reason = f"cell {place} of {len(sources)} failed. {name}{error.evalue}"
    elif isinstance(error, CellTimeoutError):
        reason = f"a cell took longer than {CELL_TIMEOUT // 3600} hours."
    elif isinstance(error, DeadKernelError):
        reason = "its Python was ended from outside, most often because memory ran out."
    elif isinstance(error, OSError):
        reason = f"the result cannot be written: {error.strerror or error}."
    else:
        reason = f"its Python did not start or answer: {error}"
    seen = f"What it did until then is in {failed}. " if failed.exists() else ""
    return f"{notebook.name} stopped: {reason}\n{seen}Open it with: jupyter lab {notebook}"
