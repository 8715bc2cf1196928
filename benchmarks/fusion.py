"""How fast pairs of faces are fused: whole batches against a Python loop over the pairs.

    python benchmarks/fusion.py [--pairs 4000]

The loop is what a student would write for one pair, with NumPy, PyWavelets and float pixels; it
does no more than is needed. Ways take turns in one process, and the fastest of five rounds counts.
Faces are random pixels, 48×48, uint8; what they show makes no difference.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import pywt

from fer_kit.fusion import methods

ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=4000, help="how many to fuse each round")
    pairs = parser.parse_args().pairs
    generator = np.random.default_rng(0)
    first, second = generator.integers(0, 256, (2, pairs, 48, 48, 1), np.uint8)
    print(f"{pairs:,} pairs of faces, 48×48, uint8, on the CPU\n")
    print(f"{'method':<20}{'loop, pairs/s':>16}{'batch, pairs/s':>18}{'ratio':>8}")
    for method, one_pair in LOOPS.items():
        loop, batch = compare(
            lambda one_pair=one_pair: [one_pair(a, b) for a, b in zip(first, second, strict=True)],
            lambda method=method: methods.fuse(first, second, method),
        )
        print(f"{method:<20}{pairs / loop:>16,.0f}{pairs / batch:>18,.0f}{loop / batch:>8.1f}")
    some = slice(0, min(pairs, 200))
    seconds = best(lambda: methods.align(second[some], first[some], "flow"))
    print(f"\nAlignment by flow, before any of them: {min(pairs, 200) / seconds:,.0f} pairs/s")


def compare(*ways: Callable[[], object]) -> list[float]:
    """The seconds of each way, the fastest of some rounds in which they take turns."""
    seconds = [[] for _ in ways]
    for _ in range(ROUNDS):
        for way, times in zip(ways, seconds, strict=True):
            start = time.perf_counter()
            way()
            times.append(time.perf_counter() - start)
    return [min(times) for times in seconds]


def best(way: Callable[[], object]) -> float:
    return compare(way)[0]


def paste(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    fused = second.copy()
    fused[:30] = first[:30]
    return fused


def weighted_average(first: np.ndarray, second: np.ndarray, weight: float = 0.5) -> np.ndarray:
    fused = (1 - weight) * first.astype(float) + weight * second.astype(float)
    return np.rint(fused).astype(np.uint8)


def pca_share(first: np.ndarray, second: np.ndarray) -> float:
    _, vectors = np.linalg.eigh(np.cov(first.ravel(), second.ravel()))
    principal = np.abs(vectors[:, 1])
    return principal[1] / principal.sum()


def pca(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return weighted_average(first, second, pca_share(first, second))


def average_and_pca(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return weighted_average(first, second, (0.5 + pca_share(first, second)) / 2)


def wavelet(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    one, other = (
        pywt.wavedec2(face[..., 0].astype(float), "db2", level=2) for face in (first, second)
    )
    fused = [(one[0] + other[0]) / 2]
    for level1, level2 in zip(one[1:], other[1:], strict=True):
        details = zip(level1, level2, strict=True)
        fused.append(tuple(np.where(abs(a) >= abs(b), a, b) for a, b in details))
    return np.rint(pywt.waverec2(fused, "db2")).clip(0, 255).astype(np.uint8)


LOOPS = {
    "paste": paste,
    "weighted_average": weighted_average,
    "pca": pca,
    "average+pca": average_and_pca,
    "wavelet": wavelet,
}

if __name__ == "__main__":
    main()
