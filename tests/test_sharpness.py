"""SAM's step against the formula, with numbers worked out beside it."""

import keras
import numpy as np
import pytest
from keras import layers

from fer_kit.sharpness import SharpnessAware

RHO, RATE = 0.3, 0.1


def trained(model, x, y, optimizer, rho: float = RHO, **options):
    trainer = SharpnessAware(model, rho)
    trainer.compile(optimizer, "mean_squared_error", **options)
    return trainer.fit(x, y, batch_size=len(x), epochs=1, verbose=0).history


def line(weight: float) -> keras.Model:
    """y = w x."""
    inputs = keras.Input((1,))
    model = keras.Model(inputs, layers.Dense(1, use_bias=False)(inputs))
    model.set_weights([np.array([[weight]], np.float32)])
    return model


def test_a_step_takes_the_gradient_uphill_and_applies_it_below():
    model = line(2.0)
    trained(model, np.ones((4, 1)), np.zeros((4, 1)), keras.optimizers.SGD(RATE))
    # The loss is w²: the gradient at 2 + 0.3 is 4.6.
    assert model.get_weights()[0][0, 0] == pytest.approx(2 - RATE * 4.6, rel=1e-5)


def test_the_climb_is_as_long_as_rho_over_all_weights_together():
    inputs = keras.Input((2,))
    model = keras.Model(inputs, layers.Dense(2, use_bias=False)(inputs))
    start = np.array([[1.0, -2.0], [3.0, 0.5]], np.float32)
    model.set_weights([start])
    x, y = np.eye(2, dtype=np.float32), np.zeros((2, 2), np.float32)
    trained(model, x, y, keras.optimizers.SGD(RATE))
    # The loss is the mean of all four squares: its gradient is half of the weights.
    uphill = start + RHO * start / np.linalg.norm(start)
    np.testing.assert_allclose(model.get_weights()[0], start - RATE * uphill / 2, rtol=1e-5)


def test_the_logs_are_those_of_where_the_weights_were():
    model = line(2.0)
    sgd = keras.optimizers.SGD(RATE)
    history = trained(
        model, np.ones((4, 1)), np.zeros((4, 1)), sgd, metrics=["mean_absolute_error"]
    )
    assert history["loss"] == pytest.approx([4.0])
    assert history["mean_absolute_error"] == pytest.approx([2.0])


def test_without_a_climb_it_is_an_ordinary_step():
    x, y = np.ones((4, 1)), np.zeros((4, 1))
    model = line(2.0)
    trained(model, x, y, keras.optimizers.Adam(RATE), rho=0)
    plain = line(2.0)
    plain.compile(keras.optimizers.Adam(RATE), "mean_squared_error")
    plain.fit(x, y, batch_size=4, epochs=1, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], plain.get_weights()[0], rtol=1e-6)


def normalised() -> keras.Model:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((3,))
    x = layers.BatchNormalization(momentum=0.9)(layers.Dense(4)(inputs))
    return keras.Model(inputs, layers.Dense(1)(x))


def test_batch_normalisation_counts_the_batch_once_and_where_the_weights_were():
    x = np.random.default_rng(0).normal(size=(16, 3)).astype(np.float32)
    y = x.sum(axis=1, keepdims=True)
    model, counted = normalised(), normalised()
    counted.compile(keras.optimizers.SGD(0.0), "mean_squared_error")
    counted.fit(x, y, batch_size=16, epochs=1, verbose=0)
    trained(model, x, y, keras.optimizers.SGD(RATE), rho=1.0)
    for ours, expected in zip(
        model.non_trainable_variables, counted.non_trainable_variables, strict=True
    ):
        np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (ours, expected)), rtol=1e-5)


def test_dropout_drops_the_same_values_both_times():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((200,))
    x = layers.Dense(1, use_bias=False, kernel_initializer="ones")(layers.Dropout(0.5)(inputs))
    model = keras.Model(inputs, x)
    trained(model, np.ones((1, 200)), np.zeros((1, 1)), keras.optimizers.SGD(1e-3))
    moved = model.get_weights()[0][:, 0] != 1
    # With another draw for the second gradient, its weights would move, or three quarters together.
    assert 60 < moved.sum() < 140
    assert len(np.unique(model.get_weights()[0].round(5))) == 2


def test_what_is_saved_is_the_network(tmp_path):
    SharpnessAware(line(2.0)).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.predict(np.ones((1, 1)), verbose=0)[0, 0] == pytest.approx(2)


def test_climbing_every_second_step_leaves_ordinary_ones_between():
    model = line(2.0)
    trainer = SharpnessAware(model, RHO, every=2)
    trainer.compile(keras.optimizers.SGD(RATE), "mean_squared_error")
    trainer.fit(np.ones((8, 1)), np.zeros((8, 1)), batch_size=4, epochs=1, verbose=0)
    first = 2 - RATE * 2 * (2 + RHO)  # the loss is w²
    assert model.get_weights()[0][0, 0] == pytest.approx(first - RATE * 2 * first, rel=1e-5)
