"""Checks of notebooks/05_cnn.ipynb."""

from collections.abc import Callable

import numpy as np

from fer_kit.check.answers import ask, check, expect, expect_array

EPSILON = 1e-3  # as in Keras


@check
def batch_normalise(function: Callable) -> None:
    """`batch_normalise(x, gamma, beta)`: (N, H, W, C) as BatchNormalization in training."""
    generator = np.random.default_rng(5)
    x = generator.normal([1.0, -2.0, 5.0], [1.0, 3.0, 0.5], (16, 6, 6, 3)).astype(np.float32)
    ones, zeros = np.ones(3, np.float32), np.zeros(3, np.float32)
    y = expect_array(ask(function, x, ones, zeros), x.shape, "maps as they came")
    mean, deviation = y.mean(axis=(0, 1, 2)), y.std(axis=(0, 1, 2))
    expect(
        abs(y.mean()) > 0.01 or np.abs(mean).max() < 0.01,
        "each channel of mean 0",
        f"means {mean.round(2).tolist()}",
        "One mean for each channel: axis=(0, 1, 2), over faces, rows and columns.",
    )
    expect(
        np.abs(mean).max() < 0.01,
        "each channel of mean 0",
        f"{mean.round(2).tolist()}",
        "Subtract the mean over faces, rows and columns: axis=(0, 1, 2).",
    )
    expect(
        np.abs(deviation - 1).max() < 0.01,
        "each channel of standard deviation 1",
        f"{deviation.round(3).tolist()}",
        "Divide by the square root of variance + 0.001.",
    )
    expect(
        np.abs(y.mean(axis=(1, 2, 3))).max() > 1e-3,
        "statistics of the whole batch",
        "every face normalised by itself",
        "That would be layer normalisation. The batch shares its mean: axis 0 belongs to it.",
    )
    gamma, beta = np.array([2.0, 1.0, 0.5], np.float32), np.array([0.0, 3.0, -1.0], np.float32)
    z = expect_array(ask(function, x, gamma, beta), x.shape, "maps as they came")
    expect(
        np.allclose(z, gamma * y + beta, atol=1e-3),
        "γ times the normalised value, plus β",
        f"channel means {z.mean(axis=(0, 1, 2)).round(2).tolist()}",
        "Scale first, then shift; both after the division.",
    )
    centred = x - x.mean(axis=(0, 1, 2))
    exact = centred / np.sqrt(x.var(axis=(0, 1, 2)) + EPSILON)
    expect(
        np.allclose(y, exact, atol=2e-3),
        "the numbers that Keras gives",
        "others",
        "Keras adds ε = 0.001 to the variance, under the root.",
    )


@check
def mirror_matrix(function: Callable) -> None:
    """`mirror_matrix(width)` → the 2×3 matrix that mirrors a picture left to right."""
    matrix = expect_array(
        ask(function, 48),
        (2, 3),
        "a matrix",
        "Two lines, for x' and y'; three columns, for x, y and 1.",
    )
    points = np.array([[0, 0, 1], [47, 0, 1], [10, 30, 1]], float)
    moved = points @ matrix.T
    expect(
        np.allclose(moved[:, 1], points[:, 1]),
        "rows that stay where they are",
        f"y' = {moved[:, 1].tolist()}",
        "The second line has to say y' = y.",
    )
    expect(
        not np.allclose(moved[:, 0], 48 - points[:, 0]),
        "column 0 to go to column 47",
        "column 48, which is outside",
        "Columns count from 0: the last one is width − 1.",
    )
    expect(
        not np.allclose(moved[:, 0], -points[:, 0]),
        "column 0 to go to column 47",
        "−x: everything left of the picture",
        "After turning the sign, move by width − 1.",
    )
    expect(
        np.allclose(moved[:, 0], 47 - points[:, 0]),
        "x' = 47 − x",
        f"x' = {moved[:, 0].tolist()} for x = [0, 47, 10]",
    )
    other = expect_array(ask(function, 10), (2, 3), "a matrix")
    expect(
        other[0, 2] == 9,
        "x' = 9 − x for a picture 10 pixels wide",
        other[0].tolist(),
        "Use the argument width, not 48.",
    )
