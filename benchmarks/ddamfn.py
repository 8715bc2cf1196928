"""How fast DDAMFN answers and learns, and how much of that is arithmetic.

    python benchmarks/ddamfn.py [--width 1] [--depth 1] [--batch 16]

For faces of 112 and of 48 pixels: faces a second, forward and in training (forward, gradients, and
an Adam step; the heads' loss is left out), and the share of the machine's rate of multiplying
matrices that the network's multiplications reach. Training counts them three times: forward, and
twice for the gradients. The rate is measured in the same process, between the rounds, so that what
else the machine does hits both alike; the best of the rounds counts. No PyTorch is needed: the
multiplications of its implementation are those of the same layers, 539.6 million a face of 112
pixels at full size (convolutions and dense layer).
"""

import argparse
import os
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from keras import layers

import fer_kit as fk

ROUNDS = 3
SIDE = 1024  # of the matrices
SIZES = (112, 48)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--depth", type=float, default=1.0)
    parser.add_argument("--batch", type=int, default=16, help="faces at a time")
    options = parser.parse_args()
    print(
        f"width {options.width:g}, depth {options.depth:g}, batches of {options.batch}; "
        f"{keras.backend.backend()}, {os.cpu_count()} cores\n"
    )
    print(
        f"{'pixels':>6}{'million':>10}{'forward/s':>12}{'share':>8}{'training/s':>12}{'share':>8}"
    )
    for size in SIZES:
        row = measure(size, options.width, options.depth, options.batch)
        print("{:>6}{:>10.1f}{:>12.1f}{:>8.1%}{:>12.1f}{:>8.1%}".format(size, *row), flush=True)
    print("\nmillion: multiplications a face, forward; share: of the rate of a matrix product")


def measure(size: int, width: float, depth: float, batch: int) -> tuple[float, ...]:
    """Million multiplications a face; faces a second and share, forward and in training."""
    model = fk.build("ddamfn", input_shape=(size, size, 3), width=width, depth=depth)
    model.compile("adam", "categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    faces = np.random.default_rng(0).random((batch, size, size, 3), np.float32)
    targets = np.eye(7, dtype=np.float32)[np.arange(batch) % 7]
    ways = {
        "forward": lambda: model.predict_on_batch(faces),
        "training": lambda: model.train_on_batch(faces, targets),
        "matrices": matrix_product(),
    }
    seconds = in_turns(ways)
    rate = SIDE**3 / seconds["matrices"]
    count = multiplications(model)
    speeds = batch / seconds["forward"], batch / seconds["training"]
    shares = speeds[0] * count / rate, speeds[1] * 3 * count / rate
    return count / 1e6, speeds[0], shares[0], speeds[1], shares[1]


def multiplications(model: keras.Model) -> int:
    """Of the convolutions and dense layers for one face, forward.

    >>> multiplications(fk.build("ddamfn"))
    539588896
    """
    total = 0
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D | layers.Dense):
            places = int(np.prod(layer.output.shape[1:-1]))
            total += places * int(np.prod(layer.kernel.shape))
    return total


def matrix_product() -> Callable[[], None]:
    """The fastest thing that the backend does: two square matrices of float32."""
    one = keras.ops.convert_to_tensor(np.random.default_rng(0).random((SIDE, SIDE), np.float32))
    return lambda: keras.ops.convert_to_numpy(keras.ops.matmul(one, one)[0])


def in_turns(ways: dict[str, Callable]) -> dict[str, float]:
    """The shortest of the rounds of each, in seconds."""
    for way in ways.values():
        way()  # the first call compiles
    durations = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            durations[name].append(time.perf_counter() - start)
    return {name: min(values) for name, values in durations.items()}


if __name__ == "__main__":
    main()
