"""From the command to the answer: seconds until a photograph is answered, everything included.

    python benchmarks/cold_start.py [PHOTOGRAPH] [--rounds 5]

Ours is `fer-kit predict`; the others are asked by the shortest script that their pages show, where
they are installed. Every round starts a new process. Seconds on the clock count what other programs
on the machine take away; the processor's seconds do not.
"""

import argparse
import resource
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np

from fer_kit.pictures import PHOTOGRAPH

WAYS = {
    "fer-kit predict": ("fer_kit", ["-m", "fer_kit.cli", "predict", "{photograph}"]),
    "the same through Keras": (
        "keras",
        ["-c", "import fer_kit as fk; from fer_kit.cards import default_model; "
               "print(fk.predict_emotion(fk.load_model(default_model()).through_keras(), "
               "'{photograph}')[0].caption)"],
    ),
    "fer": (
        "fer",
        ["-c", "import cv2; from fer.fer import FER; "
               "print(FER().detect_emotions(cv2.imread('{photograph}')))"],
    ),
    "deepface": (
        "deepface",
        ["-c", "from deepface import DeepFace; "
               "print(DeepFace.analyze('{photograph}', actions=['emotion']))"],
    ),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photograph", nargs="?", default=str(PHOTOGRAPH))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"{'':<24}{'on the clock':>14}{'processor':>12}   median of {options.rounds}")
    for name, (package, words) in WAYS.items():
        if find_spec(package) is None:
            print(f"{name:<24}{'not installed':>14}")
            continue
        command = [sys.executable, *(word.format(photograph=options.photograph) for word in words)]
        clock, processor = np.median([measure(command) for _ in range(options.rounds)], axis=0)
        print(f"{name:<24}{clock:>12.2f} s{processor:>10.2f} s", flush=True)


def measure(command: list[str]) -> tuple[float, float]:
    """Seconds on the clock and of the processor of one process."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return clock, used


if __name__ == "__main__":
    main()
