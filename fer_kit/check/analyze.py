"""Checks of notebooks/02_analyze.ipynb."""

from collections.abc import Callable

import numpy as np

from fer_kit.check.answers import (
    WITHIN,
    ask,
    check,
    expect,
    expect_array,
    expect_number,
    expect_numbers,
)


@check
def mirrored_copies(function: Callable) -> None:
    """`mirrored_copies(train, test)` → rows of the training images that mirror a test image."""
    generator = np.random.default_rng(2)
    train = generator.integers(0, 256, (30, 48, 48, 1), dtype=np.uint8)
    test = generator.integers(0, 256, (12, 48, 48, 1), dtype=np.uint8)
    hidden = [3, 11, 26]
    train[hidden] = test[[5, 0, 9], :, ::-1]
    train[17] = test[4, ::-1]  # upside down: nobody asked for these
    rows = sorted(expect_numbers(ask(function, train, test), "rows of the training images"))
    upside_down = "The columns are the third axis of (N, H, W, C): images[:, :, ::-1]."
    expect(
        rows != [17], "copies mirrored left to right", "one that stands on its head", upside_down
    )
    expect(
        17 not in rows or len(rows) > 4,
        "copies mirrored left to right only",
        "also row 17",
        upside_down,
    )
    expect(
        rows,
        f"{len(hidden)} copies",
        "none",
        "Compare the bytes of each mirrored test image with those of the training images.",
    )
    expect(
        rows != [0, 5, 9],
        "rows of the training images",
        "rows of the test images",
        "What has to leave is the training face, so its row is what counts.",
    )
    expect(
        rows == hidden,
        f"the rows {hidden}",
        f"{rows}",
        "Every training row that equals some mirrored test image, once.",
    )
    none = expect_numbers(ask(function, train[:3], test), "no rows")
    expect(not none, "no rows where nothing is mirrored", none)


@check
def entropy(function: Callable) -> None:
    """`entropy(shares)`: (N, K) shares that sum to 1 in a row → N entropies in nats."""
    shares = np.array([[1.0, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0]])
    slip = "0 · log 0 counts as 0: replace the zeros before you take the logarithm."
    with np.errstate(all="ignore"):
        found = ask(function, shares)
    found = np.asarray(found)
    expect(
        found.shape != (),
        "an entropy for each row, shape (3,)",
        "one number",
        "Sum over the emotions only: axis=1.",
    )
    expect(
        found.shape != (4,),
        "an entropy for each face, shape (3,)",
        "shape (4,)",
        "Sum over the emotions, axis=1, not over the faces.",
    )
    expect(not np.isnan(found).any(), "numbers", "NaN", slip)
    found = expect_array(found, (3,), "entropies")
    # The first one is 0: log(p + 1e-9), which is no slip, leaves it a little below.
    expect(
        (found[1:] >= -WITHIN).all(),
        "entropies of 0 or more",
        found.round(3).tolist(),
        "The formula begins with a minus.",
    )
    expect_number(found[0], 0, "the entropy where all agree", slip)
    expect(
        abs(found[1] - 2) > 1e-6,
        "ln 4 = 1.386 for four equal shares",
        "2",
        "That is in bits: np.log counts in nats, np.log2 in bits.",
    )
    expect_number(
        found[1],
        np.log(4),
        "the entropy of four equal shares",
        "What is added to the shares to avoid log 0 adds to the entropy, too: replace the zeros.",
    )
    expect_number(found[2], np.log(2), "the entropy of two equal shares", slip)
