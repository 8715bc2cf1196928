"""Checks of notebooks/04_lenet5.ipynb."""

from typing import Any

import numpy as np

from fer_kit.check.answers import Ask, check, expect, expect_equal, expect_number, expect_numbers
from fer_kit.evaluation import percent


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
    expected, slip = "a network that knows its input", "Begin with keras.Input((48, 48, 1))."
    expect(model.built and model.inputs, expected, "one without keras.Input", slip)
    is_flat = len(model.output_shape) == 2
    expect(is_flat, "an output of shape (faces, emotions)", model.output_shape)
    classes = ask.function.__globals__.get("classes", model.output_shape[1])  # of the notebook
    slip = "One output for each emotion: layers.Dense(classes, …)."
    expect(model.output_shape[1] == classes, f"{classes} outputs", model.output_shape[1], slip)
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    expect(len(dense) == 1, "one dense layer, as in never_sure", f"{len(dense)}")
    surest, least = _answers_to_extremes(model)
    sums = np.array([surest.sum(), least.sum()])
    are_probabilities = np.allclose(sums, 1, atol=1e-3) and min(surest.min(), least.min()) >= 0
    slip = "One softmax has to stay: without any, the outputs are logits."
    expected = "probabilities that sum to 1 in each row"
    expect(are_probabilities, expected, f"sums of {sums.round(2).tolist()}", slip)
    ceiling = np.e / (np.e + len(surest) - 1)
    expect(
        surest[0] > ceiling + 0.05,
        "a network that can be nearly certain",
        f"never more than {percent(surest[0], digits=0)} for one emotion",
        "There is still a softmax of a softmax: its inputs are between 0 and 1, so that no "
        f"emotion can get more than e / (e + {len(surest) - 1}) = {percent(ceiling, digits=0)}.",
    )
    expect(
        least[0] < 0.01,
        "a network that can be nearly certain that it is not some emotion",
        f"never less than {percent(least[0], digits=0)}",
        "Something before the softmax, such as a ReLU, lets no negative value through.",
    )


def _answers_to_extremes(model: Any) -> tuple[np.ndarray, np.ndarray]:
    """What a copy answers once its dense layer is very sure of the first emotion, and very unsure.

    The weights are set so that a white picture gives the first output 30, or -30, and the others 0.
    """
    import keras

    copy = keras.models.clone_model(model)
    (dense,) = (layer for layer in copy.layers if isinstance(layer, keras.layers.Dense))
    kernel, *bias = dense.get_weights()
    white = np.ones((1, *model.input_shape[1:]), np.float32)
    answers = []
    for value in (30, -30):
        changed = np.zeros_like(kernel)
        changed[:, 0] = value / len(kernel)
        dense.set_weights([changed, *(0 * array for array in bias)])
        answers.append(keras.ops.convert_to_numpy(copy(white))[0])  # predict would compile first
    return answers[0], answers[1]


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
    for given, faces, right, slip in cases:
        found = expect_numbers(ask(given, faces), "the counts")
        if sorted(set(found)) == right:
            slip = "Each count once, the smallest first."
        expect_equal(found, right, f"for {given:.2f} % of {faces:,} faces", slip)
