"""How fast faces are augmented: one warp for each picture against four Keras layers in a row.

    python benchmarks/augmentation.py [--faces 9600]

Both turn by up to 15 degrees, shift and zoom by up to 10 %, and mirror half of the faces, in
batches of 32 on the CPU; the warp shears as well. Ways take turns in one process, and the fastest
of five rounds counts, so that what else the machine does hits them alike.
"""

import argparse
import os
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from fer_kit import augment

BATCH, ROUNDS = 32, 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, default=9600, help="how many to change each round")
    batches = parser.parse_args().faces // BATCH
    faces = np.random.default_rng(0).random((BATCH, 48, 48, 1), np.float32)
    ways = {"one warp": one_warp(), "four Keras layers": four_layers()}
    seconds = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            way(faces)  # the first call compiles
            start = time.perf_counter()
            for _ in range(batches):
                way(faces)
            seconds[name].append(time.perf_counter() - start)
    speeds = {name: batches * BATCH / min(times) for name, times in seconds.items()}
    print(f"{batches * BATCH:,} faces, 48×48, batches of {BATCH}; {keras.backend.backend()}, CPU\n")
    print(f"{'way':<20}{'faces/s':>10}")
    for name, speed in speeds.items():
        print(f"{name:<20}{speed:>10,.0f}")
    print(f"\nratio {speeds['one warp'] / speeds['four Keras layers']:.1f}")


def one_warp() -> Callable[[np.ndarray], np.ndarray]:
    generator = np.random.default_rng(0)

    def change(faces: np.ndarray) -> np.ndarray:
        return augment.warp(faces, augment.draw_matrices(len(faces), (48, 48), generator))

    return change


def four_layers() -> Callable[[np.ndarray], np.ndarray]:
    """The layers as one compiled model, which is the fastest way to call them from outside."""
    model = keras.Sequential(
        [
            keras.Input((48, 48, 1)),
            keras.layers.RandomRotation(15 / 360, fill_mode="nearest", seed=0),
            keras.layers.RandomTranslation(0.1, 0.1, fill_mode="nearest", seed=0),
            keras.layers.RandomZoom(0.1, fill_mode="nearest", seed=0),
            keras.layers.RandomFlip("horizontal", seed=0),
        ]
    )
    return compiled(model)


def compiled(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        call = tf.function(lambda faces: model(faces, training=True))
    else:
        call = lambda faces: model(faces, training=True)  # noqa: E731
    return lambda faces: keras.ops.convert_to_numpy(call(faces))


if __name__ == "__main__":
    main()
