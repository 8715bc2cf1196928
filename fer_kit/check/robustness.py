"""Checks of notebooks/09_robustness.ipynb."""

from collections.abc import Callable

import numpy as np

from fer_kit.check.answers import ask, check, expect, expect_array


@check
def black_square(function: Callable) -> None:
    """`black_square(images, size, seed)`: a black square at a place of its own on each picture."""
    images = np.random.default_rng(6).uniform(0.1, 1, (30, 48, 48, 1)).astype(np.float32)
    worse = expect_array(ask(function, images, 16, 0), images.shape, "pictures as they came")
    expect(worse.dtype == images.dtype, f"{images.dtype}", f"{worse.dtype}")
    black = worse[..., 0] == 0
    counts = black.sum(axis=(1, 2))
    expect(black.any(), "black pixels", "none", "Black is 0; write it into a copy.")
    expect(
        (counts == 256).all(),
        "256 black pixels on every picture",
        f"{counts.min()} to {counts.max()}",
        "16×16 pixels; the square must not reach over the border: its corner is between 0 and "
        "48 − 16, both included.",
    )
    expect(
        np.array_equal(worse[~black], images[~black]),
        "the other pixels as they were",
        "changed ones",
    )
    rows, columns = black.any(axis=2), black.any(axis=1)
    expect(
        (rows.sum(axis=1) == 16).all() and (columns.sum(axis=1) == 16).all(),
        "squares of 16×16",
        "256 black pixels in another form",
    )
    corners = {(int(r.argmax()), int(c.argmax())) for r, c in zip(rows, columns, strict=True)}
    expect(
        len(corners) > 10,
        "a place of its own for each picture",
        f"{len(corners)} places",
        "Draw a row and a column for each picture, inside of the loop.",
    )
    expect(
        np.array_equal(worse, ask(function, images, 16, 0)),
        "the same for the same seed",
        "another",
        "Use np.random.default_rng(seed) inside of the function.",
    )
    expect(
        not np.array_equal(worse, ask(function, images, 16, 1)),
        "others for another seed",
        "the same",
    )


@check
def denoise(function: Callable) -> None:
    """`denoise(images)`: float pictures (N, H, W, C) in [0, 1], with less noise."""
    generator = np.random.default_rng(7)
    clean = np.full((4, 48, 48, 1), 0.4, np.float32)
    for number, picture in enumerate(clean):
        picture[4 * number : 4 * number + 24, 12:36] = 0.8
    noise = generator.normal(0, 0.2, clean.shape)
    noisy = np.clip(clean + noise, 0, 1).astype(np.float32)
    out = expect_array(
        ask(function, noisy),
        noisy.shape,
        "pictures as they came",
        "OpenCV drops a single channel: put it back with reshape.",
    )
    expect(
        out.min() >= -1e-6 and out.max() <= 1 + 1e-6,
        "grey values from 0 to 1",
        f"{out.min():.2f} to {out.max():.2f}",
        "Is it still a float picture, not 0 to 255?",
    )
    alone = ask(function, noisy[:1])
    expect(
        np.allclose(alone, out[:1], atol=1e-5),
        "every picture treated by itself",
        "an answer that depends on the other pictures",
        "Do not average over the first axis: those are different faces.",
    )
    before, after = _error(noisy, clean), _error(out, clean)
    expect(
        after < 0.75 * before,
        "an error of at most three quarters of the noise's",
        f"{after / before:.0%} of it",
        "Neighbouring pixels have independent noise: take their mean or their median.",
    )
    kept = _error(expect_array(ask(function, clean), clean.shape, "pictures"), clean)
    expect(
        kept < 0.08,
        "a clean picture to stay much as it is",
        f"an error of {kept:.2f}",
        "So strong a filter takes the face away with the noise.",
    )


def _error(images: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean((images - truth) ** 2)))
