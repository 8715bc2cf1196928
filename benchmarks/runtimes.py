"""How fast each runtime answers on one core: Keras, and the model exported to four formats.

OpenCV computes the ONNX file, as the course does; where ONNX Runtime is installed, it does as well.

    python benchmarks/runtimes.py [MODEL …] [--faces 2048]

MODEL is a .keras file or the name of a model that comes with the course; without one, untrained
networks are measured, which are as fast as trained ones. Every export is compared with Keras before
it is timed. All runtimes are asked in turns, in one process and on one core, so that whatever else
keeps the machine busy slows all of them. One face: the median of 100 calls (p50), what 95 of 100
stay below (p95), and the processor's own time (CPU), each right after three calls that do not
count; then the median where the others have just emptied the processor's caches (cold), as a camera
and a face detector do between two faces of a video. Throughput: faces a second in batches of 256,
the best of several rounds, by the processor's time.
"""

import argparse
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from prediction import ROUNDS, in_turns, limit_cores, milliseconds

NETWORKS = ("lenet5", "small", "cnn")
BATCH = 256


def classifiers(models: list[str]) -> list:
    """The named models, or untrained networks."""
    import fer_kit as fk
    from fer_kit.classify import Classifier

    if models:
        return [fk.load_model(model) for model in models]
    emotions = fk.emotions.FER2013
    return [Classifier.of(fk.build(name), emotions, {"name": name}) for name in NETWORKS]


def runtimes(classifier, folder: Path) -> dict:
    """Name → a function from float32 pictures to probabilities, each on one thread."""
    from fer_kit.zoo import export

    through_keras = classifier.through_keras()

    def keras_as_we_ask(faces: np.ndarray) -> np.ndarray:
        return through_keras.probabilities((255 * faces).astype(np.uint8))

    images = np.random.default_rng(1).integers(0, 256, (256, 48, 48, 1), np.uint8)
    ways = {"Keras, predict_emotion": keras_as_we_ask}
    for name in export.FORMATS:
        if export.missing(name):
            print(f"{name}: not installed")
            continue
        file = folder / f"{classifier.name}-{name}{export.FORMATS[name].ending}"
        about, path = export.export_model(classifier, name, file, images)
        ways[f"{name} (differs {about['largest_difference_to_keras']:.0e})"] = export.open_exported(
            path, name, threads=1
        )
        if name == "onnx" and find_spec("onnxruntime"):
            ways["onnx by ONNX Runtime"] = onnx_runtime(path)
    return ways


def onnx_runtime(path: Path):
    """A function that lets ONNX Runtime, which is no part of the course, compute the ONNX file."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def answer(faces: np.ndarray) -> np.ndarray:
        return session.run(None, {name: faces})[0]

    return answer


def measure(classifier, faces: np.ndarray, folder: Path) -> None:
    """Print one line for each runtime."""
    ways = runtimes(classifier, folder)
    one = faces[:1]
    single = {name: lambda ask=ask: ask(one) for name, ask in ways.items()}
    alone, cold = in_turns(single, 100, warm=3), in_turns(single, 100)

    def all_faces(ask) -> None:
        for start in range(0, len(faces), BATCH):
            ask(faces[start : start + BATCH])

    many = in_turns({name: lambda ask=ask: all_faces(ask) for name, ask in ways.items()}, ROUNDS)
    slowest = np.median(alone["Keras, predict_emotion"][:, 1])
    print(f"\n{classifier.name}: {classifier.model.count_params():,} parameters")
    for name in ways:
        ratio = slowest / np.median(alone[name][:, 1])
        rate = len(faces) / many[name][:, 1].min()
        times = f"{milliseconds(alone[name])}{ratio:8.1f}×{1000 * np.median(cold[name][:, 0]):9.2f}"
        print(f"  {name:<30}{times}{rate:14,.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--faces", type=int, default=2048)
    options = parser.parse_args()
    limit_cores(1)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    faces = np.random.default_rng(0).random((options.faces, 48, 48, 1), np.float32)
    print(
        "1 core; one face in milliseconds: p50, p95, CPU, how much faster, and p50 cold; "
        "then faces/s"
    )
    with tempfile.TemporaryDirectory() as folder:
        for classifier in classifiers(options.models):
            measure(classifier, faces, Path(folder))


if __name__ == "__main__":
    main()
