"""Checks of notebooks/04_lenet5.ipynb."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fer_kit.check.answers import as_number, ask, check, expect, expect_number, expect_numbers


@check
def convolution_parameters(function: Callable) -> None:
    """`convolution_parameters(kernel, channels, filters)` → how many numbers it learns."""
    slip = "Each filter has kernel · kernel · channels weights and one bias."
    for kernel, channels, filters in ((5, 1, 6), (5, 6, 16), (3, 64, 128)):
        right = (kernel * kernel * channels + 1) * filters
        without_bias, one_bias = right - filters, right - filters + 1
        what = f"the parameters of {filters} filters of {kernel}×{kernel} on {channels} channels"
        found = as_number(ask(function, kernel, channels, filters), what)
        came = f"{found:,g}"
        expect(found != without_bias, f"{what}, {right:,}", came, "The biases are missing.")
        expect(found != one_bias, f"{what}, {right:,}", came, "Every filter has a bias of its own.")
        expect_number(found, right, what, slip)


@check
def single_softmax(function: Callable) -> None:
    """`can_be_sure()` → a network with one softmax, so that it can be sure."""
    import keras

    model = ask(function)
    expect(
        isinstance(model, keras.Model),
        "a Keras model",
        type(model).__name__,
        "The function has to return the model.",
    )
    expect(
        len(model.output_shape) == 2,
        "an output of shape (faces, emotions)",
        f"{model.output_shape}",
    )
    p = _answers_to_extremes(model)
    expect(
        np.allclose(p.sum(axis=1), 1, atol=1e-3) and (p >= 0).all(),
        "probabilities that sum to 1 in each row",
        f"sums of {p.sum(axis=1).round(2).tolist()}",
        "One softmax has to stay: without any, the outputs are logits.",
    )
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
    expect(
        len(weights) == 2, "a last dense layer with weights and biases", f"{len(weights)} arrays"
    )
    kernel, bias = weights
    dense[-1].set_weights([kernel * 0, np.eye(len(bias))[0] * 30])
    pictures = np.zeros((2, *model.input_shape[1:]), np.float32)
    return keras.ops.convert_to_numpy(copy(pictures))  # predict would compile it first


@check
def counts_that_round_to(function: Callable) -> None:
    """`counts_that_round_to(percent, faces)` → all k with 100 · k / faces ≈ percent."""

    def counts(percent: float, faces: int) -> list:
        return expect_numbers(ask(function, percent, faces), "the counts")

    found = counts(33.33, 3)
    expect(
        found == [1],
        "[1], for one of three is 33.33 %",
        found,
        "Round 100 · k / faces to two digits before you compare.",
    )
    expect(
        counts(100.0, 50) == [50],
        "[50], for all of 50 are 100 %",
        "none",
        "range(faces) ends before faces: all right is possible too.",
    )
    expect(counts(0.0, 50) == [0], "[0], for none of 50 is 0 %", "another list")
    several = counts(50.0, 20001)
    expect(
        several == [10000, 10001],
        "[10000, 10001] of 20,001 faces for 50.00 %",
        several,
        "Several numbers can round to the same: return all of them.",
    )
    expect(counts(49.5, 7) == [], "no number of 7 faces for 49.5 %", "one")
