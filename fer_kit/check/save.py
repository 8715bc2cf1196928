"""Checks of notebooks/12_save.ipynb."""

import hashlib
import tempfile
from pathlib import Path

import numpy as np

from fer_kit.check.answers import Ask, check, expect, expect_array


@check
def as_half(ask: Ask) -> None:
    """`as_half(weights)`: a list of float32 arrays, rounded to what 16 bits can hold."""
    generator = np.random.default_rng(8)
    weights = [generator.normal(0, 1, shape).astype(np.float32) for shape in ((5, 5, 1, 6), (6,))]
    found = ask(weights)
    is_pair = isinstance(found, list) and len(found) == 2
    expect(is_pair, "a list of two arrays", type(found))
    for before, after in zip(weights, found, strict=True):
        after = expect_array(after, before.shape, "weights as they came")
        slip = "Round with astype(np.float16), then go back with astype(np.float32)."
        expect(after.dtype == np.float32, "float32 again, for Keras", after.dtype, slip)
        is_rounded = not np.array_equal(before, after)
        expect(is_rounded, "rounded weights", "the weights as they came")
        nearest = before.astype(np.float16).astype(np.float32)
        expected = "the nearest number of 16 bits for each weight"
        expect(np.array_equal(after, nearest), expected, "others")


@check
def is_untouched(ask: Ask) -> None:
    """`is_untouched(path, card)`: whether a file has the sha256 that its card names."""
    content = np.random.default_rng(9).bytes(3000)
    card = {"name": "model", "sha256": hashlib.sha256(content).hexdigest()}
    flipped, other = content[:-1] + bytes([content[-1] ^ 1]), card | {"sha256": "0" * 64}
    digest = "Read the file as bytes: path.read_bytes(); then hexdigest(), which is text."
    cases = [
        (content, card, True, "the file that the card describes", digest),
        (flipped, card, False, "a file with one bit changed", "Compute the sum of all of it anew."),
        (content[:-1], card, False, "a file that lacks its end", "Compute the sum of all of it."),
        (content, other, False, "another file's card", "Compare with card['sha256']."),
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        for stored, about, right, which, slip in cases:
            path.write_bytes(stored)
            found = ask(path, about)
            expect(isinstance(found, bool), "True or False", found, "Compare with ==.")
            expect(found == right, f"{right} for {which}", found, slip)
