"""Whether the batches come as fast as a GPU takes them: faces a second, without any network.

    python benchmarks/feeding.py [--network small] [--faces 8192] [--threads 1 2 4]

The batches of a full training's recipe, with everything that it changes about the faces. Beside the
faces a second on the clock stand those a second of the processor, which other programs on the
machine do not disturb.
"""

import argparse
import time

import numpy as np

from fer_kit.faces import one_hot
from fer_kit.recipes import recipe_for
from fer_kit.zoo.fit import RecipeBatches


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="small", help="whose recipe")
    parser.add_argument("--faces", type=int, default=8192)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2, 4])
    options = parser.parse_args()
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (options.faces, 48, 48, 1), np.uint8)
    targets = one_hot(np.arange(options.faces) % 7, 7)
    recipe = recipe_for(options.network, "full")
    print(f"{'threads':<10}{'faces/s on the clock':>22}{'of the processor':>20}")
    for threads in options.threads:
        batches = RecipeBatches(images, targets, recipe, 0, threads)
        clock, processor = (min(taken) for taken in zip(*map(measure, [batches] * 3), strict=True))
        print(f"{threads:<10}{options.faces / clock:>22,.0f}{options.faces / processor:>20,.0f}")


def measure(batches: RecipeBatches) -> tuple[float, float]:
    """Seconds on the clock and of the processor for one epoch."""
    batches.on_epoch_begin()
    clock, processor = time.perf_counter(), time.process_time()
    for index in range(len(batches)):
        batches[index]
    return time.perf_counter() - clock, time.process_time() - processor


if __name__ == "__main__":
    main()
