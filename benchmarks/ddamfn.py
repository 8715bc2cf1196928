"""How fast DDAMFN answers and learns, and how much of that is arithmetic.

    python benchmarks/ddamfn.py [--width 1] [--depth 1] [--batch 16] [--profile]

For faces of 112 and of 48 pixels: faces a second, forward and in training (forward, gradients, and
an Adam step; the heads' loss is left out), and the share of the machine's rate of multiplying
matrices that the network's multiplications reach. Training counts them three times: forward, and
twice for the gradients. The rate is measured in the same process, between the rounds, so that what
else the machine does hits both alike; the best of the rounds counts. No PyTorch is needed: the
multiplications of its implementation are those of the same layers, 539.6 million a face of 112
pixels at full size (convolutions and dense layer).

With --profile it tells instead where one training step's time goes, by stage: into arithmetic, into
changes of the layout, into copies (padding, splitting, joining). `--depth 0.01` leaves one block of
each kind and is profiled much faster. TensorFlow only.

What was found so (full width, one block of each kind, batches of 16, two cores busy with other work
too): no operation of TensorFlow changes the layout of a map, and copies took 9 % of a step at 112
pixels and 7 % at 48, in no stage more than 13 %. Inside its operations oneDNN reorders weights,
never maps (ONEDNN_VERBOSE=1 lists it). At 48 pixels that took 37 % as long as convolutions and
products of matrices did, in no stage longer than its arithmetic. It costs the same at 112 pixels,
where the maps are five times as large.
"""

import argparse
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pandas as pd
from keras import layers

import fer_kit as fk

ROUNDS = 3
SIDE = 1024  # of the matrices
SIZES = (112, 48)
# Operations of TensorFlow that compute nothing; whatever else a layer does is arithmetic.
KINDS = {
    "layout": ("Transpose", "_MklTranspose", "_MklToTf", "_MklInputConversion"),
    "copies": ("Pad", "Slice", "StridedSlice", "Split", "SplitV", "Concat", "ConcatV2", "Tile"),
}
STAGE = re.compile(r"conv1|conv2_dw|conv_6_sep|conv_\d+|head\d|gather")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--depth", type=float, default=1.0)
    parser.add_argument("--batch", type=int, default=16, help="faces at a time")
    parser.add_argument("--profile", action="store_true", help="where a step's time goes")
    options = parser.parse_args()
    print(
        f"width {options.width:g}, depth {options.depth:g}, batches of {options.batch}; "
        f"{keras.backend.backend()}, {os.cpu_count()} cores\n"
    )
    if options.profile:
        for size in SIZES:
            print(f"{size} pixels: milliseconds of one training step")
            print(profile(size, options.width, options.depth, options.batch).round(1), flush=True)
        return
    print(
        f"{'pixels':>6}{'million':>10}{'forward/s':>12}{'share':>8}{'training/s':>12}{'share':>8}"
    )
    for size in SIZES:
        row = measure(size, options.width, options.depth, options.batch)
        print("{:>6}{:>10.1f}{:>12.1f}{:>8.1%}{:>12.1f}{:>8.1%}".format(size, *row), flush=True)
    print("\nmillion: multiplications a face, forward; share: of the rate of a matrix product")


def measure(size: int, width: float, depth: float, batch: int) -> tuple[float, ...]:
    """Million multiplications a face; faces a second and share, forward and in training."""
    model, faces, targets = prepared(size, width, depth, batch)
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


def prepared(size: int, width: float, depth: float, batch: int) -> tuple:
    """A compiled network, and a batch of noise to feed it."""
    model = fk.build("ddamfn", input_shape=(size, size, 3), width=width, depth=depth)
    model.compile("adam", "categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    faces = np.random.default_rng(0).random((batch, size, size, 3), np.float32)
    return model, faces, np.eye(7, dtype=np.float32)[np.arange(batch) % 7]


def profile(size: int, width: float, depth: float, batch: int) -> pd.DataFrame:
    """Milliseconds of one training step by stage: arithmetic, layout, copies."""
    import tensorflow as tf

    model, *given = prepared(size, width, depth, batch)
    for _ in range(2):
        model.train_on_batch(*given)  # the first call compiles
    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            model.train_on_batch(*given)
        (path,) = Path(folder).rglob("*.xplane.pb")
        events = operations(path)
    table = events.pivot_table("ms", "stage", "kind", aggfunc="sum", fill_value=0, sort=False)
    return pd.concat([table, table.sum().to_frame("all").T])


def operations(path: Path) -> pd.DataFrame:
    """What TensorFlow's profiler recorded: stage, type of operation, kind and ms of each."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    space = xplane_pb2.XSpace()
    space.ParseFromString(path.read_bytes())
    rows = []
    for plane in space.planes:
        for event in (event for line in plane.lines for event in line.events):
            name, colon, operation = plane.event_metadata[event.metadata_id].name.rpartition(":")
            if colon and (stage := STAGE.search(name)):
                rows.append((stage[0], operation, event.duration_ps / 1e9))
    events = pd.DataFrame(rows, columns=["stage", "operation", "ms"])
    kinds = {operation: kind for kind, names in KINDS.items() for operation in names}
    return events.assign(kind=events["operation"].map(kinds).fillna("arithmetic"))


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
