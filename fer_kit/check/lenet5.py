"""Checks of notebooks/04_lenet5.ipynb."""

from typing import Any

import numpy as np

from fer_kit.check.answers import Ask, check, expect, expect_equal, expect_number, expect_numbers


@check
def convolution_parameters(ask: Ask) -> None:
    """`convolution_parameters(kernel, channels, filters)` → how many numbers it learns."""
    slip = "Each filter has kernel · kernel · channels weights and one bias."
    for kernel, channels, filters in ((5, 1, 6), (5, 6, 16), (3, 64, 128)):
        right = (kernel * kernel * channels + 1) * filters
        slips = [
            (right - filters, "The biases are missing."),
            (right - filters + 1, "Every filter has a bias of its own."),
        ]
        what = f"the parameters of {filters} filters of {kernel}×{kernel} on {channels} channels"
        expect_number(ask(kernel, channels, filters), right, what, slip, slips)


@check
def single_softmax(ask: Ask) -> None:
    """`can_be_sure()` → a network with one softmax, so that it can be sure."""
    import keras

    model = ask()
    slip = "The function has to return the model."
    expect(isinstance(model, keras.Model), "a Keras model", type(model), slip)
    is_flat = len(model.output_shape) == 2
    expect(is_flat, "an output of shape (faces, emotions)", model.output_shape)
    p = _answers_to_extremes(model)
    sums = p.sum(axis=1)
    are_probabilities = np.allclose(sums, 1, atol=1e-3) and (p >= 0).all()
    slip = "One softmax has to stay: without any, the outputs are logits."
    expected = "probabilities that sum to 1 in each row"
    expect(are_probabilities, expected, f"sums of {sums.round(2).tolist()}", slip)
    ceiling = np.e / (np.e + p.shape[1] - 1)
    expect(
        p.max() > ceiling + 0.05,
        "a network that can be nearly certain",
        f"never more than {p.max():.0%} for one emotion",
        "There is still a softmax of a softmax: its inputs are between 0 and 1, so that no "
        f"emotion can get more than e / (e + {p.shape[1] - 1}) = {ceiling:.0%}.",
    )


def _answers_to_extremes(model: Any) -> np.ndarray:
    """What a copy of the model answers once its last dense layer is very sure of one emotion."""
    import keras

    copy = keras.models.clone_model(model)
    dense = [layer for layer in copy.layers if isinstance(layer, keras.layers.Dense)]
    expect(dense, "a model that ends with a dense layer", "a model without any")
    weights = dense[-1].get_weights()
    expected = "a last dense layer with weights and biases"
    expect(len(weights) == 2, expected, f"{len(weights)} arrays")
    kernel, bias = weights
    dense[-1].set_weights([kernel * 0, np.eye(len(bias))[0] * 30])
    pictures = np.zeros((2, *model.input_shape[1:]), np.float32)
    return keras.ops.convert_to_numpy(copy(pictures))  # predict would compile it first


@check
def counts_that_round_to(ask: Ask) -> None:
    """`counts_that_round_to(percent, faces)` → all k with 100 · k / faces ≈ percent."""
    cases = [
        (33.33, 3, [1], "Round 100 · k / faces to two digits before you compare."),
        (100.0, 50, [50], "range(faces) ends before faces: all right is possible too."),
        (0.0, 50, [0], "None right is possible too."),
        (50.0, 20001, [10000, 10001], "Several can round to the same: return all of them."),
        (49.5, 7, [], "Not every percentage is possible with so few faces."),
    ]
    for percent, faces, right, slip in cases:
        found = expect_numbers(ask(percent, faces), "the counts")
        expect_equal(found, right, f"for {percent:.2f} % of {faces:,} faces", slip)
