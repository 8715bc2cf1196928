"""Which versions and which device something was computed with: part of every result.

`python -m fer_kit.environment` prints it as JSON.
"""

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fer_kit.version import __version__

PACKAGES = ("keras", "tensorflow", "jax", "numpy", "scikit-learn", "opencv-python-headless")


def versions() -> dict[str, str]:
    """The versions of Python, the kit and what it computes with; only what is installed."""
    found = {"python": platform.python_version(), "fer_kit": __version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


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

    Imports TensorFlow or JAX, which takes seconds and claims the GPU: call it in a process of its
    own (`describe` in `python -m fer_kit.environment`).
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
    usable = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
    return f"{name}, {len(usable)} cores"


def describe() -> dict[str, str]:
    """Versions, backend, system and device together."""
    return versions() | {
        "backend": backend(),
        "system": f"{platform.system()} {platform.machine()}",
        "device": device(),
    }


if __name__ == "__main__":
    print(json.dumps(describe()))
