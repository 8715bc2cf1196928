"""Checks of notebooks/02_analyze.ipynb."""

import numpy as np

from fer_kit.check.answers import (
    WITHIN,
    Ask,
    check,
    expect,
    expect_array,
    expect_equal,
    expect_number,
    expect_numbers,
)


@check
def mirrored_copies(ask: Ask) -> None:
    """`mirrored_copies(train, test)` → rows of the training images that mirror a test image."""
    generator = np.random.default_rng(2)
    train = generator.integers(0, 256, (30, 48, 48, 1), dtype=np.uint8)
    test = generator.integers(0, 256, (12, 48, 48, 1), dtype=np.uint8)
    hidden = [3, 11, 26]
    train[hidden] = test[[5, 0, 9], :, ::-1]
    train[17] = test[4, ::-1]  # upside down: nobody asked for these
    train[20] = test[7]  # nor for plain copies
    test[10] = test[5]
    rows = sorted(expect_numbers(ask(train, test), "rows of the training images"))
    head = (
        "Row 17 stands on its head. The columns are the third axis of (N, H, W, C): "
        "images[:, :, ::-1]."
    )
    of_test = (
        "These are rows of the test images. What has to leave is the training face, so its row is "
        "what counts."
    )
    slips = [
        ([17], head),
        (sorted([*hidden, 17]), head),
        ([], "That is none: compare the bytes of each mirrored test image with the training's."),
        (sorted([*hidden, 20]), "Row 20 is a copy as it is: compare with mirrored images only."),
        ([3, *hidden], "Row 3 mirrors a test image that occurs twice: a row is listed once."),
        *((wrong, of_test) for wrong in ([0, 5, 9], [0, 5, 9, 10])),
    ]
    slip = "Every training row that equals some mirrored test image, once."
    expect_equal(rows, hidden, "as rows of the training images", slip, slips)
    none = expect_numbers(ask(train[:3], test), "no rows")
    expect(not none, "no rows where nothing is mirrored", none)


@check
def entropy(ask: Ask) -> None:
    """`entropy(shares)`: (N, K) shares that sum to 1 in a row → N entropies in bits."""
    shares = np.array([[1.0, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0]])
    zeros = "0 · log 0 counts as 0: replace the zeros before you take the logarithm."
    slip = "Sum over the emotions only, axis=1, not over the faces."
    found = expect_array(np.asarray(ask(shares)), (3,), "an entropy for each face,", slip, zeros)
    # The first one is 0: log(p + 1e-9), which is no slip, leaves it a little below.
    positive = (found[1:] >= -WITHIN).all()
    expect(positive, "entropies of 0 or more", found.round(3), "The formula begins with a minus.")
    expect_number(found[0], 0, "the entropy where all agree", zeros)
    nats = [(np.log(4), "That is in nats: np.log counts in nats, np.log2 in bits.")]
    slip = "What is added to the shares to avoid log 0 adds to the entropy, too: replace the zeros."
    expect_number(found[1], 2, "the entropy of four equal shares, log2 4", slip, nats)
    expect_number(found[2], 1, "the entropy of two equal shares", zeros)
