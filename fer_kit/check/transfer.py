"""Checks of notebooks/05b_transfer.ipynb."""

import numpy as np

from fer_kit.check.answers import Ask, check, expect, expect_number


@check
def only_the_last(ask: Ask) -> None:
    """`only_the_last(classes)` → the small network with its past, of which a new last layer learns.

    It looks at which weights are those of small-fer2013 and which can change, never at a score.
    """
    import keras

    from fer_kit.networks import build

    network = ask(3)
    slip = "The function has to return the network."
    expect(isinstance(network, keras.Model), "a Keras model", type(network), slip)
    shape = network.output_shape
    slip = "A new last layer comes with classes: fk.build(…, weights=…, classes=classes)."
    expect(shape == (None, 3), "an output of shape (None, 3) for 3 classes", shape, slip)
    trained = build("small", weights="small-fer2013")
    body = [layer for layer in network.layers[:-1] if layer.weights]
    theirs = [layer for layer in trained.layers[:-1] if layer.weights]
    same = len(body) == len(theirs) and all(
        np.array_equal(one, other)
        for mine, its in zip(body, theirs, strict=True)
        for one, other in zip(mine.get_weights(), its.get_weights(), strict=True)
    )
    slip = 'Without weights="small-fer2013" the network begins from chance, or is another one.'
    expect(same, "the layers of small-fer2013 before the last one", "other weights", slip)
    count = len(network.trainable_weights)
    slips = {
        0: "The new last layer has to learn: leave it out when freezing.",
        len(trained.trainable_weights): "Nothing is frozen: set trainable = False.",
        len(trained.trainable_weights)
        - 2: "That is the wrong way round: the last layer is frozen.",
    }
    expected = "two arrays of weights that can learn, of the last layer"
    slip = slips.get(count, "Freeze every layer but the last one.")
    expect(count == 2 and network.layers[-1].trainable, expected, f"{count}", slip)


@check
def known_share(ask: Ask) -> None:
    """`known_share(before, test)` → share of test pictures with somebody of the pretraining."""
    # Of nine test pictures six show bob or eve: two of five people, and two of the four before.
    before = np.array(["ann", "ann", "ann", "bob", "eve", "kim", "kim"])
    test = np.array(["bob", "bob", "bob", "bob", "bob", "eve", "joe", "lea", "max"])
    of_test = "Ask it of each picture of the test part."
    slips = [
        (2 / 5, "That is a share of people. " + of_test),
        (2 / 7, "That is a share of the pictures before. " + of_test),
        (2 / 4, "That is a share of the people before. " + of_test),
        (2 / 9, "Whoever has several pictures counts with all of them."),
        (3 / 9, "That is the share of strangers: those who were not there before."),
        (6, "That is a number of pictures. Divide by that of all test pictures."),
        (100 * 6 / 9, "That is in percent; a share lies between 0 and 1."),
    ]
    expect_number(ask(before, test), 6 / 9, "the share of known pictures", "", slips)
