"""Wrong answers to the checks of lesson 04, and what they are told."""

import numpy as np
from checks import told, wrong_answers

classes = 7  # as a notebook calls the number of emotions


def network(*activations: str, forget: bool = False, outputs: int = 7):
    """A function that builds a dense network with these softmaxes."""
    import keras
    from keras import layers

    def build():
        inputs = keras.Input((48, 48, 1))
        x = layers.Dense(outputs)(layers.Flatten()(inputs))
        for activation in activations:
            x = layers.Activation(activation)(x)
        return None if forget else keras.Model(inputs, x)

    return build


def sequential(activation: str = "softmax", *more: str, layers: int = 1, given: bool = True):
    """A function that builds a Sequential network of dense layers."""
    import keras

    def build():
        parts = [keras.Input((48, 48, 1))] if given else []
        parts.append(keras.layers.Flatten())
        for name in (activation, *more)[:layers]:
            parts.append(keras.layers.Dense(7, activation=name, use_bias=False))
        return keras.Sequential(parts)

    return build


WRONG = {
    "convolution_parameters": [
        (lambda k, c, f: k * k * c * f, "biases are missing"),
        (lambda k, c, f: k * k * c * f + 1, "bias of its own"),
        (lambda k, c, f: k * k * f + f, "channels"),
        (lambda k, c, f: k * c * f + f, "Each filter"),
        (lambda k, c, f: "156", "as one number. Received: the text '156'"),
        (lambda k, c, f: np.array([156, 2416, 73856]), "Received: ndarray of shape (3,)"),
    ],
    "single_softmax": [
        (network("softmax", "softmax"), "softmax of a softmax"),
        (network(), "One softmax has to stay"),
        (network("softmax", outputs=3), "One output for each emotion"),
        (network("sigmoid"), "sum to 1"),
        (network("softmax", forget=True), "return"),
        (network("relu", "softmax"), "lets no negative value through"),
        (sequential(given=False), "Begin with keras.Input((48, 48, 1))"),
        (sequential("softmax", "softmax", layers=2), "one dense layer"),
    ],
    "counts_that_round_to": [
        (lambda p, n: [k for k in range(n + 1) if 100 * k / n == p], "Round"),
        (lambda p, n: [k for k in range(n) if round(100 * k / n, 2) == p], "ends before"),
        (lambda p, n: [round(p * n / 100)], "Several"),
        (lambda p, n: 1, "a list"),
        (lambda p, n: 2 * [k for k in range(n + 1) if round(100 * k / n, 2) == p], "once, the"),
        (lambda p, n: tuple(k for k in range(n + 1) if round(100 * k / n, 2) == p), "as a list"),
    ],
}  # fmt: skip


@wrong_answers("lenet5", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)


def test_a_network_without_biases_and_a_sequential_one_are_right():
    from fer_kit import check

    assert check.single_softmax(sequential())
