"""Checks of notebooks/09_robustness.ipynb."""

import numpy as np

from fer_kit.check.answers import Ask, check, expect, expect_array
from fer_kit.evaluation import percent


@check
def black_square(ask: Ask) -> None:
    """`black_square(images, size, seed)`: a black square at a place of its own on each picture."""
    images = np.random.default_rng(6).uniform(0.1, 1, (30, 48, 48, 1)).astype(np.float32)
    worse = expect_array(ask(images, 16, 0), images.shape, "pictures as they came")
    expect(worse.dtype == images.dtype, f"{images.dtype}", worse.dtype)
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
    others = np.array_equal(worse[~black], images[~black])
    expect(others, "the other pixels as they were", "changed ones")
    rows, columns = black.any(axis=2), black.any(axis=1)
    are_squares = (rows.sum(axis=1) == 16).all() and (columns.sum(axis=1) == 16).all()
    expect(are_squares, "squares of 16×16", "256 black pixels in another form")
    places = len(np.unique(48 * rows.argmax(axis=1) + columns.argmax(axis=1)))
    slip = "Draw a row and a column for each picture, inside of the loop."
    expect(places > 10, "a place of its own for each picture", f"{places} places", slip)
    down, right = rows.argmax(axis=1), columns.argmax(axis=1)
    slip = "Draw the row and the column separately: two numbers for each picture."
    expect((down != right).any(), "squares anywhere", "all of them on the diagonal", slip)
    large = expect_array(ask(images, 47, 0), images.shape, "pictures as they came")
    reached = (large[:, -1, -1, 0] == 0).any()
    slip = "The upper end of integers is not included: 48 - size + 1."
    expect(reached, "squares that also reach the last row and column", "none", slip)
    is_same = np.array_equal(worse, ask(images, 16, 0))
    slip = "Use np.random.default_rng(seed) inside of the function."
    expect(is_same, "the same for the same seed", "another", slip)
    is_other = not np.array_equal(worse, ask(images, 16, 1))
    expect(is_other, "others for another seed", "the same")


@check
def denoise(ask: Ask) -> None:
    """`denoise(images)`: float pictures (N, H, W, C) in [0, 1], with less noise."""
    clean = np.full((4, 48, 48, 1), 0.4, np.float32)
    for number, picture in enumerate(clean):
        picture[4 * number : 4 * number + 24, 12:36] = 0.8
    noise = np.random.default_rng(7).normal(0, 0.2, clean.shape)
    noisy = np.clip(clean + noise, 0, 1).astype(np.float32)
    slip = "OpenCV drops a single channel: put it back with reshape."
    out = expect_array(ask(noisy), noisy.shape, "pictures as they came", slip)
    low, high = out.min(), out.max()
    slip = "Is it still a float picture, not 0 to 255?"
    is_inside = low >= -1e-6 and high <= 1 + 1e-6
    expect(is_inside, "grey values from 0 to 1", f"{low:.2f} to {high:.2f}", slip)
    expect(
        np.allclose(ask(noisy[:1]), out[:1], atol=1e-5),
        "every picture treated by itself",
        "an answer that depends on the other pictures",
        "Do not average over the first axis: those are different faces.",
    )
    share = _error(out, clean) / _error(noisy, clean)
    slip = "Neighbouring pixels have independent noise: take their mean or their median."
    expected = "an error of at most three quarters of the noise's"
    expect(share < 0.75, expected, f"{percent(share, digits=0)} of it", slip)
    kept = _error(expect_array(ask(clean), clean.shape, "pictures"), clean)
    slip = "So strong a filter takes the face away with the noise."
    expect(kept < 0.08, "a clean picture to stay much as it is", f"an error of {kept:.2f}", slip)


def _error(images: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean((images - truth) ** 2)))
