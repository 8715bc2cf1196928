"""Take a model out of Keras: `fer-kit export MODEL --format onnx|litert|openvino|saved_model`.

What is written is asked about 256 faces and compared with Keras before it is called done. A JSON
file beside it says what a program elsewhere has to know: how to prepare a face, and which output is
which emotion.
"""

import contextlib
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np

from fer_kit.card import said
from fer_kit.cards import add_to_card
from fer_kit.classify import Classifier, Runtime, load_model, opencv
from fer_kit.datasets import load
from fer_kit.errors import InputError, choose
from fer_kit.files import replace_folder, sha256, write_json, write_whole
from fer_kit.preprocess import normalise

FACES = 256
TOLERANCE = 1e-3  # of a probability; a larger difference is a broken export


@dataclass(frozen=True)
class Format:
    """One format to export to.

    Attributes:
        keras_name: what `keras.Model.export` calls it.
        ending: of the file's name; a SavedModel is a folder.
        packages: the modules that writing and asking need, and how pip calls what brings them.
        open: a function from the file and the number of threads (0: all) to one from float32
            pictures (N, H, W, C) to probabilities (N, K).
    """

    keras_name: str
    ending: str
    packages: dict[str, str]
    open: Callable[[Path, int], Runtime]


def export_model(
    classifier: Classifier, format: str, out: str | Path = "", images: np.ndarray | None = None
) -> tuple[dict[str, Any], Path]:
    """Write a model in another format, compare it with Keras, and describe it.

    Args:
        classifier: what `load_model` returns.
        format: a name in `FORMATS`.
        out: where to write; "" is the model's name with the format's ending, in this folder.
        images: uint8 (N, H, W, C), the faces to compare on; drawn ones if None.

    Returns:
        What stands in the JSON file beside it (input, preprocessing, emotions, temperature, and the
        largest difference of a probability to Keras), and where the model was written.

    Raises:
        InputError: no such format, a package is missing, or the export answers otherwise.
    """
    chosen = _format(format)
    path = Path(out or f"{classifier.name}{chosen.ending}").expanduser()
    _check_place(path, format, chosen)
    _check_packages(format, chosen)
    if images is None:
        images = drawn_faces(classifier.size)
    difference = write_export(classifier, format, path, images)
    about = _described(classifier, format, path, difference, len(images))
    write_json(about_file(path), about)
    return about, path


def write_export(classifier: Classifier, format: str, path: Path, images: np.ndarray) -> float:
    """Write a model in another format if it answers as Keras does; returns the difference.

    Args:
        images: uint8 (N, H, W, 1), to compare answers on.

    Raises:
        InputError: its answers differ.
    """
    chosen = _format(format)
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / path.name
        with _quiet():
            classifier.model(np.zeros((1, *classifier.model.input_shape[1:]), np.float32))
            classifier.model.export(str(written), format=chosen.keras_name, verbose=False)
            difference = largest_difference(classifier, chosen.open(written, 0), images)
        if not difference <= TOLERANCE:
            raise InputError(
                f"Expected {format} to answer as Keras does. Received: probabilities that differ "
                f"by up to {difference:.2g}. Nothing was written."
            )
        _move(written, path)
    return difference


def copy_beside(path: Path, images: np.ndarray | None = None) -> dict[str, Any]:
    """Put an ONNX copy beside a saved model and name it in its card: no Keras is needed then.

    Args:
        images: as in `export_model`.

    Returns:
        The card.
    """
    classifier = load_model(path)
    _check_packages("onnx", FORMATS["onnx"])
    if images is None:
        images = drawn_faces(classifier.size)
    copy = path.with_suffix(".onnx")
    difference = write_export(classifier, "onnx", copy, images)
    noted = {"sha256": sha256(copy), "largest_difference": difference, "faces": len(images)}
    return add_to_card(path, {"onnx": noted})


def open_exported(path: str | Path, format: str, threads: int = 0) -> Runtime:
    """Ask an exported model: from float32 pictures (N, H, W, C) in [0, 1] to probabilities (N, K).

    Args:
        threads: how many processor threads it may use; 0 leaves it to the runtime.

    Raises:
        InputError: no such format, or the package that runs it is missing.
    """
    chosen = _format(format)
    _check_packages(format, chosen)
    return chosen.open(Path(path), threads)


def largest_difference(classifier: Classifier, answer: Runtime, images: np.ndarray) -> float:
    """How far a probability is from Keras's own, at most, asked all at once and one by one.

    Args:
        images: uint8 (N, H, W, 1).
    """
    shape = (len(images), *classifier.model.input_shape[1:])
    faces = normalise(np.broadcast_to(images, shape))
    expected = classifier.model.predict(faces, batch_size=FACES, verbose=0)
    together = np.abs(answer(faces) - expected).max()
    few = min(8, len(faces))
    alone = np.concatenate([answer(faces[index : index + 1]) for index in range(few)])
    return float(max(together, np.abs(alone - expected[:few]).max()))


def about_file(path: Path) -> Path:
    """Where the description of an exported model is."""
    return path.with_name(f"{path.name}.json")


def _open_onnx(path: Path, threads: int) -> Runtime:
    if threads:
        cv2.setNumThreads(threads)
    return opencv(path)


def _open_litert(path: Path, threads: int) -> Runtime:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=threads or None)
    entry = interpreter.get_input_details()[0]["index"]
    last = interpreter.get_output_details()[0]["index"]
    sized = 0

    def answer(faces: np.ndarray) -> np.ndarray:
        nonlocal sized
        if len(faces) != sized:
            interpreter.resize_tensor_input(entry, faces.shape)
            interpreter.allocate_tensors()
            sized = len(faces)
        interpreter.set_tensor(entry, faces)
        interpreter.invoke()
        return interpreter.get_tensor(last)

    return answer


def _open_openvino(path: Path, threads: int) -> Runtime:
    import openvino

    settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    if threads:
        settings["INFERENCE_NUM_THREADS"] = threads
    compiled = openvino.Core().compile_model(path, "CPU", settings)
    request = compiled.create_infer_request()

    def answer(faces: np.ndarray) -> np.ndarray:
        # Tensors by hand: packing arguments and answers takes longer than a small network does.
        contiguous = np.ascontiguousarray(faces)  # has a name, to live until it has been read
        request.set_input_tensor(openvino.Tensor(contiguous, shared_memory=True))
        request.infer()
        return request.get_output_tensor().data.copy()

    return answer


def _open_saved_model(path: Path, threads: int) -> Runtime:
    """TensorFlow takes its threads from the process; see `tf.config.threading`."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    return lambda faces: loaded.serve(tf.constant(faces)).numpy()


FORMATS = {
    "onnx": Format("onnx", ".onnx", {"onnx": "onnx", "tf2onnx": "tf2onnx"}, _open_onnx),
    "litert": Format("litert", ".tflite", {"ai_edge_litert": "ai-edge-litert"}, _open_litert),
    "openvino": Format("openvino", ".xml", {"openvino": "openvino"}, _open_openvino),
    "saved_model": Format("tf_saved_model", "", {}, _open_saved_model),
}


def _format(name: str) -> Format:
    return FORMATS[choose(name, FORMATS, "a format")]


def _check_packages(name: str, chosen: Format) -> None:
    if keras.backend.backend() != "tensorflow":
        raise InputError(
            "Expected TensorFlow, which exports models. Received: the backend "
            f"{keras.backend.backend()}. Unset KERAS_BACKEND after make setup."
        )
    if lacking := missing(name):
        raise InputError(
            f"Expected the packages for {name}. Received: no {', '.join(lacking)}. "
            "Install them: pip install -e '.[export]' -c constraints.txt"
        )


def _check_place(path: Path, name: str, chosen: Format) -> None:
    if chosen.ending and path.suffix != chosen.ending:
        raise InputError(
            f"Expected a file that ends with {chosen.ending} for {name}. Received: {path}."
        )
    if path.exists() and path.with_suffix(".keras").exists():
        raise InputError(
            f"Expected another place to write to. Received: {path}, the copy that a model and its "
            "card belong to. --beside renews it."
        )
    # A SavedModel is a folder: only another one is ever replaced.
    if not chosen.ending and path.exists() and not (path / "saved_model.pb").exists():
        raise InputError(
            f"Expected a new folder for {name}, or one that holds another. Received: {path}, which "
            "holds something else."
        )


def missing(name: str) -> list[str]:
    """The packages that a format needs and that are not installed."""
    chosen = _format(name)
    return [package for module, package in chosen.packages.items() if not find_spec(module)]


def drawn_faces(size: int) -> np.ndarray:
    """256 faces, uint8 (256, H, W, 1), to compare answers on."""
    return load("synthetic", size=(FACES, 1, 1), image_size=size).images[:FACES]


def _described(
    classifier: Classifier, format: str, path: Path, difference: float, faces: int
) -> dict[str, Any]:
    height, width, channels = classifier.model.input_shape[1:]
    return {
        "model": classifier.name,
        "format": format,
        "input": {
            "shape": [None, height, width, channels],
            "type": "float32",
            "preprocessing": f"cut the face out as a square, grey, {height}×{width} pixels; "
            "divide by 255" + ("; the same grey in each channel" if channels > 1 else ""),
            "range": [0, 1],
        },
        "output": {
            "shape": [None, len(classifier.emotions)],
            "meaning": "a probability for each emotion, in this order",
            "emotions": list(classifier.emotions),
            "temperature": said(classifier.card, "temperature"),
            "calibrated": "p ** (1 / temperature), divided by their sum",
        },
        "largest_difference_to_keras": difference,
        "compared_on": f"{faces} faces",
        "files": {file.name: sha256(file) for file in _files(path)},
        "card": classifier.card,
    }


def _files(path: Path) -> list[Path]:
    """What belongs to an exported model: OpenVINO keeps the weights in a second file."""
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file())
    return [path, *([path.with_suffix(".bin")] if path.suffix == ".xml" else [])]


def _move(written: Path, path: Path) -> None:
    """Put what was written into its place, replacing an older one."""
    if written.is_dir():
        replace_folder(path, lambda fresh: shutil.copytree(written, fresh, dirs_exist_ok=True))
        return
    for file in reversed(_files(written)):  # weights first: what others look for comes last
        copy = partial(shutil.copyfile, file)
        write_whole(path.with_suffix(file.suffix), copy)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Converters talk a lot; what goes wrong still raises."""
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    logging.getLogger("absl").setLevel(logging.ERROR)
    with (
        warnings.catch_warnings(),
        open(os.devnull, "w") as nothing,
        contextlib.redirect_stdout(nothing),
        contextlib.redirect_stderr(nothing),
    ):
        warnings.simplefilter("ignore")
        yield
