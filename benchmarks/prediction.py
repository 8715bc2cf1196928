"""How fast new faces are classified, on one core: one face, ten thousand, and a photograph.

    python benchmarks/prediction.py [--cores 1] [--faces 10000]

The networks are untrained, which does not change their speed. What is compared is measured in
turns, so that whatever else keeps the machine busy slows both. The time of one face and of the
photograph is the median (p50) and what 95 of 100 calls stay below (p95), after calls that do not
count; the processor's own time (CPU) is what remains where nothing else runs. Throughput is the
best of several rounds, by the processor's time.
"""

import argparse
import os
import time

import numpy as np

BATCHES = (32, 64, 128, 256, 512, 1024)
ROUNDS = 5
FULL = "cnn, full width"


def networks() -> dict:
    """Name → classifier."""
    import fer_kit as fk
    from fer_kit.classify import Classifier

    models = {
        "lenet5": fk.build("lenet5"),
        "cnn, width 0.25": fk.build("cnn", width=0.25),
        FULL: fk.build("cnn"),
    }
    return {name: Classifier.of(model, fk.emotions.FER2013, {}) for name, model in models.items()}


def seconds(call) -> tuple[float, float]:
    """By the clock, and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - clock, time.process_time() - processor


def in_turns(calls: dict, times: int, warm: int = 0) -> dict[str, np.ndarray]:
    """`seconds` of each call, (times, 2), called one after the other again and again.

    Args:
        warm: how often a call is made in its turn before the one that counts. The others have
            filled the processor's caches with their own.
    """

    def turn(call) -> tuple[float, float]:
        for _ in range(warm):
            call()
        return seconds(call)

    for call in calls.values():
        call()
        call()
    durations = [[turn(call) for call in calls.values()] for _ in range(times)]
    return dict(zip(calls, np.swapaxes(durations, 0, 1), strict=True))


def one_face(classifier, times: int = 100) -> dict[str, np.ndarray]:
    """`model.predict` for one face, and `predict_emotion`."""
    import fer_kit as fk

    face = np.random.default_rng(0).integers(0, 256, (48, 48, 1), np.uint8)
    ready = fk.normalise(face[None])
    calls = {
        "predict": lambda: classifier.model.predict(ready, verbose=0),
        "ours": lambda: fk.predict_emotion(classifier, face),
    }
    return in_turns(calls, times)


def throughput(classifier, faces: np.ndarray) -> tuple[int, dict[str, float]]:
    """The batch size at which the bare compiled model is fastest, and seconds for all faces.

    The batch size is chosen with a tenth of the faces.
    """
    compiled = compile_bare(classifier.model)

    def bare(images: np.ndarray, size: int) -> None:
        for start in range(0, len(images), size):
            compiled(images[start : start + size]).numpy()

    few = faces[: len(faces) // 10]
    sizes = in_turns({size: lambda size=size: bare(few, size) for size in BATCHES}, ROUNDS)
    best = min(BATCHES, key=lambda size: sizes[size][:, 1].min())
    calls = {
        "bare": lambda: bare(faces, best),
        "ours": lambda: classifier.probabilities(faces),
    }
    return best, {name: times[:, 1].min() for name, times in in_turns(calls, ROUNDS).items()}


def compile_bare(model):
    """The model on uint8 pictures as one TensorFlow function, and nothing around it."""
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)]
    return tf.function(
        lambda images: model(tf.cast(images, tf.float32) / 255, training=False),
        input_signature=signature,
    )


def photograph(classifier, times: int = 50) -> np.ndarray:
    """A JPEG of 512×512 pixels with one face: read it, find the face, classify it."""
    import fer_kit as fk

    call = {"photograph": lambda: fk.predict_emotion(classifier, fk.pictures.PHOTOGRAPH)}
    return in_turns(call, times)["photograph"]


def milliseconds(durations: np.ndarray) -> str:
    """p50 and p95 by the clock, and the median of the processor's time."""
    p50, p95 = 1000 * np.quantile(durations[:, 0], [0.5, 0.95])
    return f"{p50:9.2f}{p95:9.2f}{1000 * np.median(durations[:, 1]):9.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cores", type=int, default=1, help="how many may be used")
    parser.add_argument("--faces", type=int, default=10_000)
    options = parser.parse_args()
    limit_cores(options.cores)
    faces = np.random.default_rng(0).integers(0, 256, (options.faces, 48, 48, 1), np.uint8)
    print(f"{options.cores} of {os.cpu_count()} cores; milliseconds: p50, p95, CPU\n")
    print(f"{'one face':<18}{'model.predict':>27}{'predict_emotion':>27}{'faster':>9}")
    classifiers = networks()
    for name, classifier in classifiers.items():
        times = one_face(classifier)
        ratio = np.median(times["predict"][:, 0]) / np.median(times["ours"][:, 0])
        both = milliseconds(times["predict"]) + milliseconds(times["ours"])
        print(f"{name:<18}{both}{ratio:8.1f}×", flush=True)
    print(f"\n{'photograph':<18}{'read, find, name':>27}")
    for name, classifier in classifiers.items():
        print(f"{name:<18}{milliseconds(photograph(classifier))}", flush=True)
    print(f"\n{len(faces):,} faces{'':<6}{'bare, faces/s':>18}{'ours, faces/s':>18}{'share':>9}")
    for name, classifier in classifiers.items():
        if name == FULL:  # takes many minutes, all of them in the network itself
            continue
        best, times = throughput(classifier, faces)
        rates = "".join(f"{len(faces) / times[way]:18,.0f}" for way in ("bare", "ours"))
        share = times["bare"] / times["ours"]
        print(f"{name:<18}{rates}{share:9.0%}  (bare: batches of {best})", flush=True)


def limit_cores(count: int) -> None:
    """Keep to so many cores; TensorFlow and OpenCV see only them if they start afterwards."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-count:])


if __name__ == "__main__":
    main()
