"""The loss that keeps heads apart, and the training that adds it."""

import keras
import numpy as np
import pytest
from keras import layers

from fer_kit import attention
from fer_kit.attention import WithAttentionLoss, attention_loss, attention_maps
from fer_kit.errors import InputError
from fer_kit.networks import build


def tiny(heads: int = 2) -> keras.Model:
    """A network with heads, but without all that makes DDAMFN slow."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 1))
    maps = layers.Conv2D(4, 3, strides=2)(inputs)
    attended = [
        layers.Conv2D(4, 1, activation="sigmoid", name=f"head{number}")(maps)
        for number in range(1, heads + 1)
    ]
    strongest = layers.Maximum()(attended) if heads > 1 else attended[0]
    x = layers.Flatten()(layers.Multiply()([maps, strongest]))
    return keras.Model(inputs, layers.Dense(3, activation="softmax", dtype="float32")(x))


@pytest.fixture
def data():
    x = np.random.default_rng(0).random((12, 8, 8, 1), np.float32)
    return x, np.eye(3, dtype=np.float32)[np.arange(12) % 3]


def distance(model, x) -> float:
    inside = keras.Model(model.input, attention.head_maps(model))
    first, second = inside.predict(x, verbose=0)
    return float(np.mean((first - second) ** 2))


def test_two_heads_cost_one_over_their_distance():
    first = np.full((2, 7, 7, 5), 0.2, np.float32)
    assert float(attention_loss([first, first + 0.5])) == pytest.approx(4, rel=1e-4)


def test_three_heads_cost_the_pairs_over_the_sum_of_the_distances():
    maps = [np.full((2, 7, 7, 5), value, np.float32) for value in (0, 0.5, 1)]
    assert float(attention_loss(maps)) == pytest.approx(3 / (0.25 + 0.25 + 1), rel=1e-4)


def test_one_head_costs_nothing():
    assert float(attention_loss([np.ones((2, 7, 7, 5), np.float32)])) == 0


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_equal_heads_cost_a_finite_number(dtype):
    same = np.full((2, 7, 7, 5), 0.5, dtype)
    loss = attention_loss([same, same])
    assert keras.backend.standardize_dtype(loss.dtype) == "float32"
    assert np.isfinite(float(loss))


def test_the_total_is_the_loss_of_the_answers_and_a_tenth_of_the_heads(data):
    model = tiny()
    trainer = WithAttentionLoss(model, weight=0.1)
    trainer.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    logs = trainer.evaluate(*data, batch_size=12, return_dict=True, verbose=0)
    answers = model.predict(data[0], verbose=0)
    entropy = -np.log((answers * data[1]).sum(axis=1)).mean()
    assert logs["attention_loss"] == pytest.approx(1 / distance(model, data[0]), rel=1e-3)
    assert logs["loss"] == pytest.approx(entropy + 0.1 * logs["attention_loss"], rel=1e-3)


@pytest.mark.parametrize("rho", [0.0, 0.05])
def test_training_drives_the_heads_apart_and_tells_it(data, rho):
    model = tiny()
    before = distance(model, data[0])
    trainer = WithAttentionLoss(model, rho=rho)
    trainer.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy")
    history = trainer.fit(*data, validation_data=data, epochs=8, batch_size=6, verbose=0).history
    assert {"loss", "attention_loss", "val_loss", "val_attention_loss"} <= set(history)
    assert history["attention_loss"][-1] < history["attention_loss"][0]
    assert distance(model, data[0]) > before


def test_training_stays_finite_in_mixed_precision_with_equal_heads(data):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = tiny()
    finally:
        keras.config.set_dtype_policy(policy)
    model.get_layer("head2").set_weights(model.get_layer("head1").get_weights())
    trainer = WithAttentionLoss(model)
    trainer.compile("sgd", "categorical_crossentropy")
    history = trainer.fit(*data, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_what_is_saved_is_the_network(data, tmp_path):
    trainer = WithAttentionLoss(tiny())
    trainer.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded).__name__ == "Functional"
    np.testing.assert_allclose(
        loaded.predict(data[0], verbose=0), trainer.network.predict(data[0], verbose=0), rtol=1e-5
    )


def test_maps_of_each_head_are_means_over_the_filters():
    model = build("ddamfn", input_shape=(48, 48, 1), width=0.125, depth=0)
    faces = np.random.default_rng(0).random((4, 48, 48, 1), np.float32)
    maps = attention_maps(model, faces)
    assert maps.shape == (2, 4, 3, 3)
    head = keras.Model(model.input, model.get_layer("head2").output)
    expected = keras.ops.convert_to_numpy(head(faces)).mean(axis=-1)
    np.testing.assert_allclose(maps[1], expected, rtol=1e-4)


def test_a_network_without_heads_is_a_sentence():
    with pytest.raises(InputError, match="head1.*Received: lenet5"):
        WithAttentionLoss(build("lenet5"))


@pytest.mark.parametrize("weight", [0, -1])
def test_a_weight_of_nothing_is_a_sentence(weight):
    with pytest.raises(InputError, match="above 0.*fit the network itself"):
        WithAttentionLoss(tiny(), weight=weight)
