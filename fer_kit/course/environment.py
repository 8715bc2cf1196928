"""Which versions and which device something was computed with: part of every result."""

import importlib.util
import json
import os
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fer_kit.errors import InputError, choose
from fer_kit.processes import cores
from fer_kit.version import __version__

BACKENDS = ("tensorflow", "jax")
PACKAGES = ("keras", "tensorflow", "jax", "numpy", "scikit-learn", "opencv-python-headless")


@cache
def describe() -> dict[str, str]:
    """Versions, backend, system and device together.

    Where there may be a GPU, its name is asked for in a process of its own: this one then needs no
    TensorFlow, which takes seconds, and leaves the GPU to the notebooks.

    Raises:
        InputError: the backend is not installed, or cannot be imported.
    """
    check_backend()
    system = f"{platform.system()} {platform.machine()}"
    device = _ask_device() if _may_have_gpu() else processor()
    found = {"backend": backend(), "system": system, "device": device}
    return versions() | found | {"commit": commit()}


def check_backend() -> None:
    """Look whether Keras' backend is one that the course computes with, and is there.

    Raises:
        InputError: it is not.
    """
    choose(backend(), BACKENDS, "Keras' backend", "Set KERAS_BACKEND, or leave it unset.")
    if importlib.util.find_spec(backend()) is None:
        raise _no_backend("it is not installed")


def _ask_device() -> str:
    command = [sys.executable, "-m", "fer_kit.course.environment"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise _no_backend((answer.stderr.strip().splitlines() or ["no answer"])[-1])
    return answer.stdout.splitlines()[-1]


def _may_have_gpu() -> bool:
    """False only on a Linux without any of the files by which GPUs are reached."""
    names = ("nvidia*", "kfd", "dxg", "dri/render*")
    return sys.platform != "linux" or any(any(Path("/dev").glob(name)) for name in names)


def _no_backend(reason: str) -> InputError:
    return InputError(
        f"Expected Keras to find its backend, {backend()}. Received: {reason}. Install the course "
        "with make setup, or choose another backend with KERAS_BACKEND."
    )


def versions() -> dict[str, str]:
    """The versions of Python, the kit and what it computes with; only what is installed."""
    found = {"python": platform.python_version(), "fer_kit": __version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def commit() -> str:
    """The course's commit, with "changed" where files differ from it; "" outside of a checkout."""
    folder = Path(__file__).parents[2]
    if not (folder / ".git").exists():
        return ""
    try:
        head = _git("rev-parse", "--short=12", "HEAD", folder=folder)
        tracked = ("fer_kit", "notebooks", "student")
        changed = _git("status", "--porcelain", "--", *tracked, folder=folder)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{head}, changed" if changed else head


def _git(*words: str, folder: Path) -> str:
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def backend() -> str:
    """The name of Keras' backend: KERAS_BACKEND, or else what keras.json says.

    Imports nothing heavy; `keras.backend.backend()` says the same once Keras is imported.
    """
    chosen = os.environ.get("KERAS_BACKEND")
    if chosen:
        return chosen
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    try:
        return json.loads((home / "keras.json").read_text(encoding="utf-8"))["backend"]
    except (OSError, ValueError, KeyError):
        return "tensorflow"


def device() -> str:
    """The GPU that Keras will use, or else the processor.

    Imports TensorFlow or JAX, which takes seconds and claims the GPU.
    """
    if backend() == "jax":
        import jax

        first = jax.devices()[0]
        return processor() if first.platform == "cpu" else first.device_kind
    import tensorflow

    gpus = tensorflow.config.list_physical_devices("GPU")
    if not gpus:
        return processor()
    details = tensorflow.config.experimental.get_device_details(gpus[0])
    return details.get("device_name", "GPU")


def processor() -> str:
    """The processor's name and how many of its cores are ours."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    count = cores()
    return f"{name}, {count} {'core' if count == 1 else 'cores'}"


if __name__ == "__main__":
    print(device())
