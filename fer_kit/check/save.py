"""Checks of notebooks/12_save.ipynb."""

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fer_kit.check.answers import ask, check, expect, expect_array


@check
def as_half(function: Callable) -> None:
    """`as_half(weights)`: a list of float32 arrays, rounded to what 16 bits can hold."""
    generator = np.random.default_rng(8)
    weights = [generator.normal(0, 1, shape).astype(np.float32) for shape in ((5, 5, 1, 6), (6,))]
    found = ask(function, weights)
    expect(
        isinstance(found, list) and len(found) == 2, "a list of two arrays", type(found).__name__
    )
    for before, after in zip(weights, found, strict=True):
        after = expect_array(after, before.shape, "weights as they came")
        expect(
            after.dtype != np.float16,
            "float32 again, for Keras",
            "float16",
            "Round with astype(np.float16), then go back with astype(np.float32).",
        )
        expect(after.dtype == np.float32, "float32", str(after.dtype))
        expect(not np.array_equal(before, after), "rounded weights", "the weights as they came")
        expect(
            np.array_equal(after, before.astype(np.float16).astype(np.float32)),
            "the nearest number of 16 bits for each weight",
            "others",
        )


@check
def is_untouched(function: Callable) -> None:
    """`is_untouched(path, card)`: whether a file has the sha256 that its card names."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        content = np.random.default_rng(9).bytes(3000)
        path.write_bytes(content)
        card = {"name": "model", "sha256": hashlib.sha256(content).hexdigest()}
        same = ask(function, path, card)
        expect(isinstance(same, bool), "True or False", same, "Compare with ==.")
        expect(
            same,
            "True for the file that the card describes",
            "False",
            "Read the file as bytes: path.read_bytes(); then hexdigest(), which is text.",
        )
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        expect(
            not ask(function, path, card),
            "False for a file with one bit changed",
            "True",
            "Compute the sum anew from the file, all of it.",
        )
        path.write_bytes(content[:-1])
        expect(not ask(function, path, card), "False for a file that lacks its end", "True")
        path.write_bytes(content)
        other = card | {"sha256": "0" * 64}
        expect(
            not ask(function, path, other),
            "False for another file's card",
            "True",
            "Compare with card['sha256'].",
        )
