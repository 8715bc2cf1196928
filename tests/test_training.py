import keras
import numpy as np
import pytest

from fer_kit import training
from fer_kit.errors import InputError


def fit(epochs: int, callbacks=()):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    x, y = np.random.default_rng(0).random((16, 4)), np.eye(2)[np.arange(16) % 2]
    history = model.fit(x, y, epochs=epochs, verbose=0, callbacks=list(callbacks))
    return model, history


def test_the_seed_repeats_a_training():
    def weights(seed):
        training.set_seed(seed)
        return fit(2)[0].get_weights()

    first, same, other = weights(1), weights(1), weights(2)
    np.testing.assert_array_equal(first[0], same[0])
    assert not np.array_equal(first[0], other[0])


def test_history_round_trip(tmp_path):
    _, history = fit(3)
    table = training.save_history(history, tmp_path / "h.csv")
    assert list(table.index) == [1, 2, 3]
    assert set(table.columns) == {"accuracy", "loss"}
    again = training.read_history(tmp_path / "h.csv")
    np.testing.assert_allclose(again.to_numpy(), table.to_numpy())


def test_missing_history_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="Expected a training history"):
        training.read_history(tmp_path / "none.csv")


def test_the_progress_bar_counts_epochs(capsys):
    fit(3, [training.ProgressBar()])
    shown = capsys.readouterr().err
    assert "Training: 100%" in shown
    assert "3/3" in shown
