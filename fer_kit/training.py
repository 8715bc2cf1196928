"""What surrounds `model.fit`: a seed, callbacks, the history as a file, and going on after a kill.

The lessons show the Keras code itself; nothing here replaces `compile` or `fit`.
"""

import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np
import pandas as pd
from tqdm import tqdm

from fer_kit.errors import InputError
from fer_kit.files import beside, write_whole
from fer_kit.recipes import Recipe
from fer_kit.run import check_seed

SCORES = ("loss", "accuracy", "val_loss", "val_accuracy")  # as many as fit into one line


def set_seed(seed: int) -> None:
    """Seed Python, NumPy and the Keras backend, so that a training can be repeated.

    The same seed gives the same start and the same order of batches. Sums of floats may still be
    taken in another order on another machine, and results then differ slightly.
    """
    check_seed(seed)
    keras.utils.set_random_seed(seed)


def execution(profile: str) -> dict[str, Any]:
    """How `compile` should let Keras run a deep network: `model.compile(…, **execution(profile))`.

    JAX and GPUs gain from compiling a network with XLA. With TensorFlow on a CPU this takes longer
    than a short training does, and for the few steps of "smoke" even tracing the network does.
    Lesson 06.
    """
    if keras.backend.backend() == "jax" or keras.distribution.list_devices("gpu"):
        return {"jit_compile": "auto"}
    return {"run_eagerly": True} if profile == "smoke" else {"jit_compile": False}


@contextmanager
def multiplying_in(precision: str) -> Iterator[None]:
    """Within this block, convolutions and dense layers multiply in "float32" or "bfloat16".

    bfloat16 keeps the range of float32 and 8 of its 24 digits of precision, which is enough for the
    products within a training; sums and weights stay float32, and so does the model that is saved.
    Processors and GPUs with units for it (Intel's AMX, NVIDIA's tensor cores) are faster this way,
    others slower. Sources: Kalamkar et al. 2019; TensorFlow's automatic mixed precision for oneDNN.
    """
    if precision == "float32":
        yield
    elif keras.backend.backend() == "jax":
        import jax

        with jax.default_matmul_precision("bfloat16"):
            yield
    else:
        import tensorflow as tf

        option = "auto_mixed_precision_onednn_bfloat16"
        tf.config.optimizer.set_experimental_options({option: True})
        try:
            yield
        finally:
            tf.config.optimizer.set_experimental_options({option: False})


@contextmanager
def fused_normalisation() -> Iterator[None]:
    """Within this block, batch normalisation learns in one operation of TensorFlow's.

    Keras composes it of a dozen, each of which walks through the whole map in memory. XLA fuses
    them on GPUs; on a processor nothing does, and ResNet-18 at half width sees 1.4 to 1.8 times as
    many faces a second this way. Other backends and dense layers stay as they are. The means and
    variances differ by no more than rounding; the running variance is that of a sample (n − 1).
    """
    usual = keras.layers.BatchNormalization.call
    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    def call(layer, inputs, training=None, mask=None):
        if not training or not layer.trainable or len(inputs.shape) != 4:
            return usual(layer, inputs, training=training, mask=mask)
        none = tf.zeros(0)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs, scale=layer.gamma, offset=layer.beta, mean=none, variance=none,
            epsilon=layer.epsilon, is_training=True,
        )  # fmt: skip
        for running, now in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
            running.assign(running * layer.momentum + now * (1 - layer.momentum))
        return outputs

    keras.layers.BatchNormalization.call = call
    try:
        yield
    finally:
        keras.layers.BatchNormalization.call = usual


def optimizer(recipe: Recipe) -> keras.optimizers.Optimizer:
    """SGD with Nesterov momentum, or Adam; weight decay, running mean of weights (lesson 07)."""
    options: dict[str, Any] = {"learning_rate": recipe.learning_rate}
    if recipe.weight_decay:
        options["weight_decay"] = recipe.weight_decay
    if recipe.averaging:
        options |= {"use_ema": True, "ema_momentum": recipe.averaging}
    if recipe.optimizer == "adam":
        made = keras.optimizers.AdamW if recipe.weight_decay else keras.optimizers.Adam
        chosen = made(**options)
    else:
        chosen = keras.optimizers.SGD(momentum=0.9, nesterov=True, **options)
    if recipe.weight_decay:
        chosen.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return chosen


def learning_rate(recipe: Recipe, epoch: int) -> float:
    """The learning rate of an epoch, counted from 0, for all schedules but the plateau's."""
    if epoch < recipe.warmup:
        return recipe.learning_rate * (epoch + 1) / (recipe.warmup + 1)
    if recipe.schedule == "constant":
        return recipe.learning_rate
    if recipe.schedule == "steps":
        return recipe.learning_rate * recipe.decay ** (epoch // recipe.every)
    done = (epoch - recipe.warmup) / max(1, recipe.epochs - recipe.warmup)
    return recipe.learning_rate * (1 + math.cos(math.pi * done)) / 2


def schedule(recipe: Recipe) -> keras.callbacks.Callback:
    """The callback that sets the learning rate as a recipe says (lesson 07)."""
    if recipe.schedule == "plateau":
        return keras.callbacks.ReduceLROnPlateau(
            monitor="val_accuracy", mode="max", factor=0.75, patience=5, min_lr=1e-6
        )
    return keras.callbacks.LearningRateScheduler(lambda epoch: learning_rate(recipe, epoch))


def callbacks(
    model_path: str | Path,
    batches: Any = None,
    patience: int = 32,
    plateau: int | None = 8,
    rate: keras.callbacks.Callback | None = None,
    before: Sequence[keras.callbacks.Callback] = (),
    forget: bool = True,
) -> list[keras.callbacks.Callback]:
    """What a long training needs, in the order that it needs it (lesson 05).

    Stops early and goes back to the best weights, lowers the learning rate to a tenth on a plateau
    (down to 1e-6), keeps the best model and the history on disk, shows a progress bar, and goes on
    where a killed training was. Everything looks at the validation accuracy. A training whose loss
    is no number any more ends with an InputError.

    Args:
        model_path: models/NAME.keras for the best model. The history is beside it in
            NAME-history.csv, and the state of a training that is not finished in
            NAME-unfinished.npz.
        batches: the `augment.Batches` that the model is trained on, if it is.
        patience: epochs without improvement after which the training stops.
        plateau: epochs without improvement after which the learning rate is lowered.
        rate: what sets the learning rate instead; see `schedule` and `annealing`.
        before: what has to come before all these, such as what changes the weights.
        forget: see `Resume`.
    """
    path = Path(model_path)
    watched = {"monitor": "val_accuracy", "mode": "max"}
    stopping = keras.callbacks.EarlyStopping(
        **watched, patience=patience, restore_best_weights=True
    )
    rate = rate or keras.callbacks.ReduceLROnPlateau(
        **watched, factor=0.1, patience=plateau, min_lr=1e-6
    )
    best = BestModel(path)
    keep = [*before, rate, stopping, best] + ([] if batches is None else [batches])
    return [
        *before,
        Finite(),
        rate,
        stopping,
        best,
        HistoryFile(beside(path, "history.csv")),
        ProgressBar(),
        Resume(beside(path, "unfinished.npz"), keep, forget),
    ]


class Finite(keras.callbacks.Callback):
    """End a training whose loss is no number any more: it never recovers.

    Each batch of the first epoch is looked at, where trainings diverge, and later each epoch: on a
    GPU, asking for the loss means waiting for it.
    """

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == 0:
            self._check(logs, f"in batch {batch + 1} of the first epoch")

    def on_epoch_end(self, epoch, logs=None):
        self._check(logs, f"in epoch {epoch + 1}")

    def _check(self, logs: dict[str, Any] | None, where: str) -> None:
        check_finite(float((logs or {}).get("loss", 0)), where)


def check_finite(loss: float, where: str) -> None:
    """Raise an InputError that says where, such as "in epoch 3", if a loss is no number."""
    if not math.isfinite(loss):
        raise InputError(
            f"Expected a loss that is a number. Received: {loss} {where}: the training has "
            "diverged. Lower the learning rate."
        )


class Seconds(keras.callbacks.Callback):
    """The seconds of each epoch, for the history: they add up over interruptions."""

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        logs["seconds"] = time.perf_counter() - self.start


def annealing(learning_rate: float, epochs: int) -> keras.callbacks.Callback:
    """Cosine annealing: in epoch e of T, learning_rate / 2 · (1 + cos(π e / T)).

    Source: Loshchilov & Hutter 2017. Lesson 06.
    """
    return schedule(Recipe(learning_rate=learning_rate, epochs=epochs, warmup=0))


def cosine(learning_rate: float, epochs: int) -> list[keras.callbacks.Callback]:
    """`annealing`, with a bar."""
    return [annealing(learning_rate, epochs), Finite(), ProgressBar()]


def annealed(
    model_path: str | Path, batches: Any, learning_rate: float, epochs: int
) -> list[keras.callbacks.Callback]:
    """What a training of fixed length needs: cosine annealing, and the best weights at its end.

    The history goes to NAME-history.csv beside `model_path`; the model itself is not written.
    Lesson 06.
    """
    path = Path(model_path)
    best = keras.callbacks.EarlyStopping(
        "val_accuracy", mode="max", patience=epochs, restore_best_weights=True
    )
    return [
        *cosine(learning_rate, epochs),
        best,
        HistoryFile(beside(path, "history.csv")),
        Resume(beside(path, "unfinished.npz"), [best, batches]),
    ]


class ProgressBar(keras.callbacks.Callback):
    """One line with the epoch, the time left and the latest scores, in notebooks and in logs."""

    def on_train_begin(self, logs=None):
        self.bar = progress_bar(self.params["epochs"])

    def on_epoch_begin(self, epoch, logs=None):
        if epoch > self.bar.n:  # a training that goes on: the epochs before took no time now
            self.bar.initial = self.bar.n = epoch

    def on_epoch_end(self, epoch, logs=None):
        shown = {name: f"{logs[name]:.3g}" for name in SCORES if name in (logs or {})}
        self.bar.set_postfix(shown)
        self.bar.update()

    def on_train_end(self, logs=None):
        self.bar.close()


def progress_bar(epochs: int, done: int = 0) -> tqdm:
    """The bar of a training, of which some epochs may be done already."""
    # Headless runs keep what is printed: at most one update a second stays readable.
    return tqdm(
        total=epochs, initial=done, desc="Training", unit="epoch", mininterval=1, file=sys.stdout
    )


class EachEpoch(keras.callbacks.Callback):
    """Keep what the network answers after each epoch: `answers`, (N, K) each (lesson 04).

    Args:
        images: (N, H, W, C), as the network takes them. Nothing is learned from them.
    """

    def __init__(self, images: np.ndarray):
        super().__init__()
        self.images, self.answers = images, []

    def on_epoch_end(self, epoch, logs=None):
        self.answers.append(self.model.predict(self.images, batch_size=512, verbose=0))


class BestModel(keras.callbacks.Callback):
    """Keep the model with the best validation accuracy in a file that is always whole.

    Keras's ModelCheckpoint writes into the file itself, and a kill at that moment leaves half of
    one.
    """

    def __init__(self, path: str | Path):
        super().__init__()
        self.path, self.best = Path(path), None

    def on_train_begin(self, logs=None):
        self.best = None
        self.path.with_suffix(".json").unlink(missing_ok=True)  # the card of another training

    def on_epoch_end(self, epoch, logs=None):
        value = logs["val_accuracy"]
        if math.isfinite(logs.get("loss", 0)) and (self.best is None or value > self.best):
            self.best = value
            write_whole(self.path, self.model.save)


class HistoryFile(keras.callbacks.Callback):
    """Write the history as CSV after each epoch, one line an epoch, to be read while it grows.

    A training that goes on continues the file: lines from its first epoch on are written anew.
    """

    def __init__(self, path: str | Path):
        super().__init__()
        self.path = Path(path)

    def on_epoch_end(self, epoch, logs=None):
        lines = [pd.DataFrame(logs, index=[epoch + 1])]
        if epoch > 0:
            lines.insert(0, read_history(self.path).loc[:epoch])
        write_whole(self.path, pd.concat(lines).rename_axis("epoch").to_csv)


class Resume(keras.callbacks.Callback):
    """Let a training that was killed go on after its last whole epoch, as if nothing had been.

    After each epoch everything that the next one depends on goes into one file: weights, the
    optimizer, the random numbers of dropout, and the state of the other callbacks. Keras's
    BackupAndRestore forgets these, so that patience would start anew. Lesson 05.

    Args:
        path: where to keep the state, an .npz file.
        keep: the callbacks and the `augment.Batches` whose state counts. This callback comes after
            them in the list for `fit`.
        forget: delete the file when the training ends. Whoever has more to do then, and would lose
            the training if that were interrupted, deletes it later.

    Raises:
        InputError: the file holds the state of another network or of other compile settings.
    """

    def __init__(self, path: str | Path, keep: Sequence[Any] = (), forget: bool = True):
        super().__init__()
        self.path, self.keep, self.forget = Path(path), list(keep), forget
        self.recipe = ""

    def on_train_begin(self, logs=None):
        # A second `fit` meets another learning rate than was compiled: a schedule has changed it.
        self.recipe = self.recipe or _recipe(self.model)
        if self.path.exists():
            self._restore(*self._read())

    def on_epoch_end(self, epoch, logs=None):
        about = {
            "recipe": self.recipe,
            "epochs_done": epoch + 1,
            "stopped": bool(self.model.stop_training),
            "kept": [
                {n: getattr(item, n) for n in _KEPT if hasattr(item, n)} for item in self.keep
            ],
        }
        arrays = {"about": np.array(json.dumps(about))}
        for index, variable in enumerate(_variables(self.model)):
            arrays[f"variable{index}"] = keras.ops.convert_to_numpy(variable)
        for number, item in enumerate(self.keep):
            for index, weight in enumerate(getattr(item, "best_weights", None) or ()):
                arrays[f"best{number}_{index}"] = weight
        write_whole(self.path, lambda temporary: np.savez(temporary, **arrays))

    def on_train_end(self, logs=None):
        if self.forget:
            self.path.unlink(missing_ok=True)
        self.model._initial_epoch = None

    def _read(self) -> tuple[dict, dict[str, np.ndarray]]:
        try:
            with np.load(self.path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            about = json.loads(str(arrays.pop("about")))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise InputError(
                f"Expected an unfinished training. Received: {self.path} ({error}). "
                "To start anew, give that file another name."
            ) from error
        if about.get("recipe") != self.recipe or len(about["kept"]) != len(self.keep):
            raise InputError(
                "Expected an unfinished training of this network with these compile settings. "
                f"Received: {self.path} of another one. To start anew, give that file another name."
            )
        return about, arrays

    def _restore(self, about: dict, arrays: dict[str, np.ndarray]) -> None:
        for index, variable in enumerate(_variables(self.model)):
            variable.assign(arrays[f"variable{index}"])
        for number, (item, state) in enumerate(zip(self.keep, about["kept"], strict=True)):
            for name, value in state.items():
                setattr(item, name, value)
            best = [name for name in arrays if name.startswith(f"best{number}_")]
            if best:
                item.best_weights = [arrays[f"best{number}_{index}"] for index in range(len(best))]
        done = self.params["epochs"] if about["stopped"] else about["epochs_done"]
        self.model._initial_epoch = done  # Keras's own way for callbacks to set the first epoch
        print(f"Going on after epoch {about['epochs_done']}.")


def snapshot(model: keras.Model) -> list[np.ndarray]:
    """Copies of a model's weights and of its optimizer's memory, of any shape, for `restore`."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in _variables(model)]


def restore(model: keras.Model, state: list[np.ndarray]) -> None:
    """Make a model what it was when `snapshot` was taken: to train it again, from the same start.

    Building and compiling it anew, to the same shapes, would take longer than a short training.
    Lesson 10.
    """
    for variable, value in zip(_variables(model), state, strict=True):
        variable.assign(value)


def _variables(model: keras.Model) -> list[keras.Variable]:
    """All that a training changes: the weights, and the optimizer's memory."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def save_history(history: keras.callbacks.History, path: str | Path) -> pd.DataFrame:
    """Write a `fit` history as CSV, one line an epoch, and return it as a table (lesson 04)."""
    epochs = pd.Index([epoch + 1 for epoch in history.epoch], name="epoch")
    table = pd.DataFrame(history.history, index=epochs)
    write_whole(path, table.to_csv)
    return table


def read_history(path: str | Path) -> pd.DataFrame:
    """Read what `save_history` or `HistoryFile` wrote.

    Raises:
        InputError: the file is missing or is no history.
    """
    try:
        return pd.read_csv(path, index_col="epoch")
    except (OSError, ValueError) as error:
        raise InputError(f"Expected a training history. Received: {path} ({error}).") from error


# What of a callback, or of `augment.Batches`, the next epoch depends on.
_KEPT = (
    "best", "best_epoch", "wait", "stopped_epoch", "cooldown_counter", "epoch",
    "_ema_weights_in_model",
)  # fmt: skip


def _recipe(model: keras.Model) -> str:
    """What a training goes on with only if it is the same: layers and optimizer, without names."""
    network = getattr(model, "network", model)  # a trainer such as `sharpness.SharpnessAware`
    parts = [*network.layers, model.optimizer]
    return json.dumps([[type(part).__name__, part.get_config() | {"name": ""}] for part in parts])
