"""How fast FER2013 loads, beside the loop that students write.

    python benchmarks/loading.py data/fer2013.csv

Each way runs in a process of its own, so that its peak memory is its own; the cache is a temporary
folder. One table comes out: seconds by the clock and of the processor (alike, unless something else
keeps the machine busy), peak memory, and how many times faster than the loop.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def student_loop(path: str) -> np.ndarray:
    """The usual way: a list of Python integers for each face."""
    import pandas as pd

    table = pd.read_csv(path)
    faces = []
    for pixels in table["pixels"]:
        face = [int(pixel) for pixel in pixels.split(" ")]
        faces.append(np.asarray(face).reshape(48, 48).astype("uint8"))
    return np.expand_dims(np.asarray(faces), -1)


def first_load(path: str) -> np.ndarray:
    import fer_kit as fk

    return fk.load("fer2013", path).images


# The cache is empty for the first load and full for the later one.
WAYS = {
    "split-and-int loop": student_loop,
    "fk.load, first time": first_load,
    "fk.load, from the cache": first_load,
}


def measure(way: str, path: str) -> dict:
    """Times, peak memory and a checksum of the images; imports are not counted."""
    import pandas  # noqa: F401

    clock, processor = time.perf_counter(), time.process_time()
    images = WAYS[way](path)
    return {
        "seconds": time.perf_counter() - clock,
        "processor": time.process_time() - processor,
        "memory": _peak_memory(),
        "images": f"{images.shape} {images.sum(dtype=np.int64)}",
    }


def _peak_memory() -> float:
    """The most memory that this process has held, in MB; systems count in KB, macOS in bytes."""
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def run(way: str, path: str, cache: str) -> dict:
    """`measure` in a new process."""
    command = [sys.executable, __file__, path, way]
    environment = os.environ | {"FER_KIT_CACHE": cache, "TQDM_DISABLE": "1"}
    result = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    return json.loads(result.stdout)


def main(path: str) -> None:
    with tempfile.TemporaryDirectory() as cache:
        results = {way: run(way, path, cache) for way in WAYS}
    if len({result["images"] for result in results.values()}) > 1:
        sys.exit(f"The ways disagree about the images: {results}")
    slowest = results["split-and-int loop"]["seconds"]
    size = Path(path).stat().st_size / 1e6
    print(f"{Path(path).name}, {size:.0f} MB, {os.cpu_count()} CPU cores\n")
    print(f"{'':24}{'seconds':>9}{'CPU s':>9}{'peak MB':>9}{'faster':>9}")
    for way, result in results.items():
        ratio = f"{slowest / result['seconds']:.1f}×"
        times = f"{result['seconds']:9.2f}{result['processor']:9.2f}"
        print(f"{way:24}{times}{result['memory']:9.0f}{ratio:>9}")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(measure(sys.argv[2], sys.argv[1])))
    elif len(sys.argv) == 2:
        main(sys.argv[1])
    else:
        sys.exit(__doc__)
