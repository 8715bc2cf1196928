"""Checks of notebooks/05_cnn.ipynb."""

import numpy as np

from fer_kit.check.answers import Ask, check, expect, expect_array

EPSILON = 1e-3  # as in Keras


@check
def batch_normalise(ask: Ask) -> None:
    """`batch_normalise(x, gamma, beta)`: (N, H, W, C) as BatchNormalization in training."""
    generator = np.random.default_rng(5)
    x = generator.normal([1.0, -2.0, 5.0], [1.0, 3.0, 0.5], (16, 6, 6, 3)).astype(np.float32)
    ones, zeros = np.ones(3, np.float32), np.zeros(3, np.float32)
    y = expect_array(ask(x, ones, zeros), x.shape, "maps as they came")
    mean, deviation = y.mean(axis=(0, 1, 2)), y.std(axis=(0, 1, 2))
    how = "over faces, rows and columns: axis=(0, 1, 2)."
    slip = f"One mean for each channel, {how}" if abs(y.mean()) < 0.01 else f"Subtract it, {how}"
    expect(np.abs(mean).max() < 0.01, "each channel of mean 0", mean.round(2), slip)
    slip = "Divide by the square root of variance + 0.001."
    expected = "each channel of standard deviation 1"
    expect(np.abs(deviation - 1).max() < 0.01, expected, deviation.round(3), slip)
    expect(
        np.abs(y.mean(axis=(1, 2, 3))).max() > 1e-3,
        "statistics of the whole batch",
        "every face normalised by itself",
        "That would be layer normalisation. The batch shares its mean: axis 0 belongs to it.",
    )
    expect(
        np.abs(y.mean(axis=0)).max() > 1e-3,
        "one mean and one variance for each channel",
        "others at each pixel",
        f"Rows and columns belong to a channel's statistics, too: take them {how}",
    )
    gamma, beta = np.array([2.0, 1.0, 0.5], np.float32), np.array([0.0, 3.0, -1.0], np.float32)
    z = expect_array(ask(x, gamma, beta), x.shape, "maps as they came")
    is_scaled = np.allclose(z, gamma * y + beta, atol=1e-3)
    means = f"channel means {z.mean(axis=(0, 1, 2)).round(2).tolist()}"
    slip = "Scale first, then shift; both after the division."
    expect(is_scaled, "γ times the normalised value, plus β", means, slip)
    slip = "Keras adds ε = 0.001 to the variance, under the root."
    for faces in (x, x / 100):  # of pictures with little contrast ε is the larger part
        exact = (faces - faces.mean(axis=(0, 1, 2))) / np.sqrt(faces.var(axis=(0, 1, 2)) + EPSILON)
        came = expect_array(ask(faces, ones, zeros), x.shape, "maps as they came")
        expected = f"the numbers that Keras gives for maps of deviation {faces.std():.2g}"
        expect(np.allclose(came, exact, atol=2e-3), expected, came[0, 0, 0].round(3), slip)


@check
def mirror_matrix(ask: Ask) -> None:
    """`mirror_matrix(width)` → the 2×3 matrix that mirrors a picture left to right."""
    slip = "Two lines, for x' and y'; three columns, for x, y and 1."
    matrix = expect_array(ask(48), (2, 3), "a matrix", slip)
    x, y = np.array([0, 47, 10]), np.array([0, 0, 30])
    moved_x, moved_y = matrix @ [x, y, np.ones(3)]
    slip = "The second line has to say y' = y."
    expect(np.allclose(moved_y, y), "rows that stay where they are", moved_y, slip)
    slips = {
        48: "Columns count from 0: column 48 is outside, the last one is width − 1.",
        0: "Everything is left of the picture. After turning the sign, move by width − 1.",
    }
    slip = next((said for wide, said in slips.items() if np.allclose(moved_x, wide - x)), "")
    came = f"x' = {moved_x.tolist()}"
    expect(np.allclose(moved_x, 47 - x), f"x' = 47 − x for x = {x.tolist()}", came, slip)
    other = expect_array(ask(10), (2, 3), "a matrix")
    slip = "Use the argument width, not 48."
    expect(other[0, 2] == 9, "x' = 9 − x for a picture 10 pixels wide", other[0], slip)
