import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest

from fer_kit import augment, networks, training
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
    shown = capsys.readouterr().out
    assert "Training: 100%" in shown
    assert "3/3" in shown


# Going on after a kill


def small(seed: int = 1, units: int = 8) -> keras.Model:
    """A network with everything that has a state: dropout, batch normalisation, Adam."""
    training.set_seed(seed)
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    for layer in (
        keras.layers.Dense(units),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(2, activation="softmax"),
    ):
        model.add(layer)
    model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    return model


def long_fit(folder: Path, epochs: int = 6, extra=(), model=None, **settings) -> keras.Model:
    """A training with all callbacks, on batches that change in every epoch."""
    model = model or small()
    generator = np.random.default_rng(0)
    x, y = generator.random((60, 8, 8, 1), np.float32), np.eye(2)[generator.integers(0, 2, 60)]
    batches = augment.Batches(x[:40], y[:40], batch_size=8, seed=1)
    callbacks = training.callbacks(folder / "small.keras", batches, **settings)
    model.fit(
        batches,
        validation_data=(x[40:], y[40:]),
        epochs=epochs,
        callbacks=[*callbacks, *extra],
        shuffle=False,
        verbose=0,
    )
    return model


class Interrupt(keras.callbacks.Callback):
    """Ends the training as the stop button of a notebook does, in the middle of an epoch."""

    def __init__(self, epoch: int):
        super().__init__()
        self.wanted = epoch

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == (self.wanted, 2):
            raise KeyboardInterrupt


def interrupted_fit(folder: Path, epoch: int, **options) -> None:
    with pytest.raises(KeyboardInterrupt):
        long_fit(folder, extra=[Interrupt(epoch)], **options)


KILLED = """
import os, signal, sys
from pathlib import Path

import keras
from test_training import long_fit

kill = lambda batch, logs: os.kill(os.getpid(), signal.SIGKILL)
begin = lambda epoch, logs: setattr(last, "on_train_batch_end", kill if epoch == 3 else ignore)
ignore = lambda batch, logs: None
last = keras.callbacks.LambdaCallback(on_epoch_begin=begin)
long_fit(Path(sys.argv[1]), extra=[last])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_training_ends_like_one_that_never_was(tmp_path):
    never, killed = tmp_path / "never", tmp_path / "killed"
    expected = long_fit(never)
    dead = subprocess.run(
        [sys.executable, "-c", KILLED, str(killed)],
        cwd=Path(__file__).parent,
        capture_output=True,
        timeout=300,
    )
    assert dead.returncode == -9, dead.stderr.decode()[-2000:]
    assert list(training.read_history(killed / "small-history.csv").index) == [1, 2, 3]
    assert (killed / "small-unfinished.npz").exists()

    model = long_fit(killed)
    history = training.read_history(killed / "small-history.csv")
    assert list(history.index) == [1, 2, 3, 4, 5, 6]
    pd.testing.assert_frame_equal(
        history, training.read_history(never / "small-history.csv"), atol=1e-4
    )
    for weight, other in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(weight, other, atol=1e-4)
    assert sorted(path.name for path in killed.iterdir()) == ["small-history.csv", "small.keras"]


def test_patience_is_not_given_twice(tmp_path):
    """Early stopping and the learning rate go on counting where they were."""
    patience = {"patience": 3, "plateau": 2, "epochs": 30}
    long_fit(tmp_path / "never", **patience)
    interrupted_fit(tmp_path / "twice", epoch=2, **patience)
    interrupted_fit(tmp_path / "twice", epoch=3, **patience)
    long_fit(tmp_path / "twice", **patience)
    never, twice = (
        training.read_history(tmp_path / name / "small-history.csv") for name in ("never", "twice")
    )
    assert len(never) < 30
    pd.testing.assert_frame_equal(twice, never, atol=1e-4)


def test_a_model_in_training_has_no_card_of_the_one_before(tmp_path):
    (tmp_path / "small.json").write_text("{}")
    interrupted_fit(tmp_path, epoch=1)
    assert (tmp_path / "small.keras").exists()
    assert not (tmp_path / "small.json").exists()


def test_the_best_model_is_on_disk_and_in_memory(tmp_path):
    model = long_fit(tmp_path)
    stored = keras.saving.load_model(tmp_path / "small.keras")
    for weight, other in zip(model.get_weights(), stored.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_a_training_that_ended_starts_anew(tmp_path):
    long_fit(tmp_path, epochs=3)
    first = (tmp_path / "small-history.csv").read_text()
    long_fit(tmp_path, epochs=3)
    assert (tmp_path / "small-history.csv").read_text() == first


def test_the_learning_rate_is_lowered_on_a_plateau(tmp_path):
    long_fit(tmp_path, epochs=30, patience=30, plateau=1)
    rates = training.read_history(tmp_path / "small-history.csv")["learning_rate"]
    assert rates.iloc[0] == pytest.approx(1e-2)
    assert rates.is_monotonic_decreasing
    assert rates.iloc[-1] == pytest.approx(1e-6)


def test_another_network_does_not_go_on(tmp_path):
    interrupted_fit(tmp_path, epoch=1)
    with pytest.raises(InputError, match="this network.*To start anew"):
        long_fit(tmp_path, model=small(units=9))


def test_half_a_state_is_a_sentence(tmp_path):
    interrupted_fit(tmp_path, epoch=1)
    path = tmp_path / "small-unfinished.npz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="unfinished training.*To start anew"):
        long_fit(tmp_path)


def test_the_progress_bar_goes_on(tmp_path, capsys):
    interrupted_fit(tmp_path, epoch=4)
    capsys.readouterr()
    long_fit(tmp_path)
    shown = capsys.readouterr()
    assert "Going on after epoch 4" in shown.out
    assert "6/6" in shown.out


def test_a_restored_model_trains_again_as_before():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("adam", "categorical_crossentropy")
    x, y = np.random.default_rng(0).random((30, 4)), np.eye(3)[np.arange(30) % 3]
    start = training.snapshot(model)
    results = []
    for _ in range(2):
        training.restore(model, start)
        model.fit(x, y, epochs=2, shuffle=False, verbose=0)
        results.append(model.get_weights())
    for one, other, initial in zip(*results, start[:2], strict=True):
        np.testing.assert_array_equal(one, other)
        assert not np.array_equal(one, initial)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_training_that_diverges_ends_with_a_sentence(loss, tmp_path):
    watch = training.Finite()
    watch.on_epoch_begin(0)
    watch.on_train_batch_end(0, {"loss": 1.5})
    with pytest.raises(InputError, match="batch 4 of the first epoch.*Lower the learning rate"):
        watch.on_train_batch_end(3, {"loss": loss})
    with pytest.raises(InputError, match="in epoch 5"):
        watch.on_epoch_end(4, {"loss": loss})
    best = training.BestModel(tmp_path / "never.keras")
    best.on_train_begin()
    best.on_epoch_end(0, {"loss": loss, "val_accuracy": 0.9})
    assert not list(tmp_path.iterdir())


def test_of_equally_good_epochs_the_first_is_kept(tmp_path):
    saved = []
    best = training.BestModel(tmp_path / "best.keras")
    best.set_model(SimpleNamespace(save=lambda path: saved.append(path.write_bytes(b"model"))))
    best.on_train_begin()
    for epoch, accuracy in enumerate((0.5, 0.5, 0.4, 0.6, 0.6)):
        best.on_epoch_end(epoch, {"loss": 1.0, "val_accuracy": accuracy})
    assert (len(saved), best.best) == (2, 0.6)


def test_a_training_that_goes_on_has_waited_as_long_as_before():
    before = keras.callbacks.EarlyStopping("val_accuracy", patience=9)
    before.on_train_begin()
    assert {"wait", "best", "best_epoch"} <= {
        name for name in training._KEPT if hasattr(before, name)
    }


def test_fused_normalisation_learns_the_same():
    x = np.random.default_rng(0).random((32, 48, 48, 1), np.float32)
    y = np.eye(7)[np.arange(32) % 7]

    def learned():
        training.set_seed(1)
        model = networks.build("small", width=0.25, dropout=0.0)
        model.compile("sgd", "categorical_crossentropy", jit_compile=False)
        losses = model.fit(x, y, epochs=2, batch_size=16, shuffle=False, verbose=0).history["loss"]
        return losses, model.predict(x, verbose=0)

    usual = learned()
    with training.fused_normalisation():
        fused = learned()
    for one, other in zip(usual, fused, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)
    np.testing.assert_array_equal(learned()[0], usual[0])  # as before, behind the block
