"""The models that come with the course: weights in half the space, and the table of their results.

models/NAME.keras has its card beside it (NAME.json). models/README.md is written from the cards and
from models/goals.json, which lists what others have published and what the course aims at.
"""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from fer_kit.files import write_whole

WEIGHTS = "model.weights.h5"


def store_half(path: str | Path, images: np.ndarray, targets: np.ndarray) -> bool:
    """Store a saved model's weights as float16, half the space, if that costs nothing.

    It costs nothing if as many of the given faces are classified correctly as before. Keras reads
    such a file like any other and computes in float32.

    Args:
        path: a .keras file; it is replaced.
        images: float32 (N, H, W, C) in [0, 1], validation faces: the test part has no say.
        targets: (N, K).

    Returns:
        Whether the file now holds float16.
    """
    import keras

    path = Path(path)

    def correct(file: Path) -> int:
        model = keras.saving.load_model(file, compile=False)
        answers = model.predict(images, batch_size=512, verbose=0)
        return int((answers.argmax(axis=1) == targets.argmax(axis=1)).sum())

    half = path.with_name(f".{path.stem}-half.keras")
    try:
        if not _write_half(path, half) or correct(half) < correct(path):
            return False
        half.replace(path)
        return True
    finally:
        half.unlink(missing_ok=True)


def _write_half(path: Path, target: Path) -> bool:
    """Copy a .keras file with float16 weights; False where a weight is too large for that."""
    with zipfile.ZipFile(path) as source:
        members = {name: source.read(name) for name in source.namelist()}
    weights = _halved(members[WEIGHTS])
    if weights is None:
        return False

    def write(temporary: Path) -> None:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in (members | {WEIGHTS: weights}).items():
                # A fixed time: the same weights make the same file, and the same sha256.
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)

    write_whole(target, write)
    return True


def _halved(content: bytes) -> bytes | None:
    import h5py

    halved = io.BytesIO()
    with h5py.File(io.BytesIO(content)) as source, h5py.File(halved, "w") as copy:
        values = []

        def visit(name: str, item: Any) -> None:
            if isinstance(item, h5py.Group):
                made = copy.require_group(name)
            else:
                value = item[()]
                value = value.astype(np.float16) if value.dtype == np.float32 else value
                values.append(value)
                made = copy.create_dataset(name, data=value)
            for key, attribute in item.attrs.items():
                made.attrs[key] = attribute

        with np.errstate(over="ignore"):
            source.visititems(visit)
        is_finite = all(np.isfinite(value).all() for value in values if value.dtype.kind == "f")
    return halved.getvalue() if is_finite else None
