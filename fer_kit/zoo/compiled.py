"""Each step as one program, changes to the faces included: how JAX trains a network.

A GPU is through with a batch of small faces before Python has made the next one. So faces, targets
and weights stay in its memory, it changes the faces itself, and the processor only draws by chance:
an order, an affine map for each face, and shares for mixup. What is learned is that of
`fer_kit.zoo.fit`: the same recipe, the same optimizer of Keras, other chance.
"""

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np
import pandas as pd

from fer_kit import augment, training
from fer_kit.cards import history_file
from fer_kit.errors import InputError
from fer_kit.faces import Faces
from fer_kit.files import beside, write_whole
from fer_kit.recipes import Recipe
from fer_kit.zoo.targets import is_first, maps_by, view_maps

STATISTICS = 2560  # training faces from which batch normalisation takes its statistics
BATCH = 256  # faces at a time where nothing is learned
KEEP_EVERY = 15.0  # seconds, after which an unfinished training is written down


def can_train(recipe: Recipe) -> bool:
    """Whether a recipe can be compiled: on JAX, and without SAM, DDAMFN's loss and the like."""
    has_more = recipe.sam or recipe.attention or recipe.reduced or recipe.schedule == "plateau"
    return keras.backend.backend() == "jax" and not has_more


@dataclass
class Progress:
    """What a training goes on from.

    Attributes:
        state: weights, other variables and the optimizer's memory, a list of arrays each.
        best: weights and other variables of the epoch that is best on validation.
        history: a row for each epoch that is done.
    """

    state: list[list[Any]]
    best: list[list[Any]] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def best_epoch(self) -> int:
        """Counted from 0."""
        return int(np.argmax([row["val_accuracy"] for row in self.history]))

    def is_over(self, recipe: Recipe) -> bool:
        """Whether all epochs are done, or `patience` of them have brought nothing."""
        done = len(self.history)
        return done >= recipe.epochs or (done > 0 and done - 1 - self.best_epoch >= recipe.patience)

    def save(self, path: Path) -> None:
        """Write everything into one file."""
        lists = {"state": self.state, "best": self.best}
        arrays = {
            f"{name}-{part}-{index}": np.asarray(array)
            for name, parts in lists.items()
            for part, some in enumerate(parts)
            for index, array in enumerate(some)
        }
        about = json.dumps({"history": self.history, "sizes": [len(part) for part in self.state]})
        write_whole(path, lambda there: np.savez(there, about=np.array(about), **arrays))

    def restore(self, path: Path) -> None:
        """Read what `save` wrote.

        Raises:
            InputError: it is of another training, or of one that Keras' own `fit` had begun.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                about = json.loads(str(stored["about"]))
                sizes = about["sizes"]
                if sizes != [len(part) for part in self.state]:
                    raise ValueError("another network")
                self.state = [_listed(stored, f"state-{part}", n) for part, n in enumerate(sizes)]
                self.best = [_listed(stored, f"best-{part}", n) for part, n in enumerate(sizes[:2])]
                self.history = about["history"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise InputError(
                f"Expected an unfinished training that JAX has begun. Received: {path} ({error}). "
                "Finish it with the backend that began it, or give this one another name."
            ) from error


def _listed(stored: Any, name: str, count: int) -> list[np.ndarray]:
    return [stored[f"{name}-{index}"] for index in range(count)]


def fit(
    model: keras.Model,
    build: Callable[[], keras.Model],
    recipe: Recipe,
    faces: Faces,
    shown: Callable[[np.ndarray], np.ndarray],
    loss: Callable,
    path: Path,
    seed: int,
    view_targets: np.ndarray | None = None,
    until: float = math.inf,
) -> bool:
    """Train, keeping the best model by validation accuracy in `path`, and the history beside it.

    Args:
        model: the network, with the weights to start from.
        build: makes another one like it.
        shown: makes pictures uint8 what the network will meet: see `fer_kit.zoo.fit.shown`.
        loss: of targets and answers.
        view_targets: (V, N, K), for V ways of changing the N training faces, which the epochs take
            in turn; None changes them otherwise in each epoch, and takes their own targets.
        until: the time (`time.time()`) by which to stop.

    Returns:
        False where it was stopped in time.
    """
    program = Program(model, build, recipe, loss, seed)
    train, validation = faces.subset("train"), faces.subset("validation")
    program.load(train, shown(train.images[:STATISTICS]), shown(validation.images), view_targets)
    progress = Progress(program.first_state())
    unfinished = beside(path, "unfinished.npz")
    if unfinished.exists():
        progress.restore(unfinished)
    path.with_suffix(".json").unlink(missing_ok=True)  # the card of another training
    _go_on(program, progress, recipe, validation.targets, unfinished, until)
    if progress.history:
        progress.save(unfinished)
        _write(model, progress, path)
    return progress.is_over(recipe)


def _go_on(
    program: "Program",
    progress: Progress,
    recipe: Recipe,
    targets: np.ndarray,
    unfinished: Path,
    until: float,
) -> None:
    """Epoch after epoch, until the training is over or its time is up."""
    done, kept = len(progress.history), time.time()
    with training.progress_bar(recipe.epochs, done) as bar:
        while not progress.is_over(recipe) and _is_time_for_one_more(progress, until):
            _one_epoch(program, progress, recipe, targets)
            bar.set_postfix(val_accuracy=f"{progress.history[-1]['val_accuracy']:.3f}")
            bar.update()
            if time.time() - kept > KEEP_EVERY:
                progress.save(unfinished)
                kept = time.time()


def _is_time_for_one_more(progress: Progress, until: float) -> bool:
    """Whether another epoch as long as the shortest ends in time; the first had to be compiled."""
    known = [row["seconds"] for row in progress.history[1:]]
    return time.time() + min(known, default=0.0) <= until


def _one_epoch(program: "Program", progress: Progress, recipe: Recipe, targets: np.ndarray) -> None:
    began, epoch = time.perf_counter(), len(progress.history)
    rate = training.learning_rate(recipe, epoch)
    progress.state, losses, right = program.epoch(progress.state, epoch, rate)
    kept, answers = program.validate(progress.state)
    row = {"accuracy": float(right), "loss": float(losses)}
    training.check_finite(row["loss"], f"in epoch {epoch + 1}")
    hits = answers.argmax(axis=1) == targets.argmax(axis=1)
    row |= {"val_accuracy": float(hits.mean()), "val_loss": float(program.loss(targets, answers))}
    row |= {"learning_rate": rate, "seconds": time.perf_counter() - began}
    progress.history.append(row)
    if progress.best_epoch == epoch:
        progress.best = kept


def _write(model: keras.Model, progress: Progress, path: Path) -> None:
    """The model with its best weights, and the history."""
    for variables, values in zip(
        (model.trainable_variables, model.non_trainable_variables), progress.best, strict=True
    ):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
    write_whole(path, model.save)
    epochs = pd.RangeIndex(1, len(progress.history) + 1, name="epoch")
    write_whole(history_file(path), pd.DataFrame(progress.history, index=epochs).to_csv)


class Program:
    """One network's training, compiled: `load` the faces, then `epoch` and `validate` by turns.

    Args:
        model: the network in float32, with the weights to start from.
        build: makes another one like it.
        recipe, loss, seed: as in `fit`.
    """

    def __init__(
        self,
        model: keras.Model,
        build: Callable[[], keras.Model],
        recipe: Recipe,
        loss: Callable,
        seed: int,
    ):
        import jax

        self.recipe, self.loss, self.seed, self.model = recipe, loss, seed, model
        self.learning = _computing_in(recipe.precision, build)
        self.measuring = _without_memory(_computing_in(recipe.precision, build))
        self.optimizer = training.optimizer(recipe)
        self.optimizer.build(model.trainable_variables)
        names = [variable.path.split("/")[-1] for variable in model.non_trainable_variables]
        self.is_statistic = [name.startswith("moving_") for name in names]
        self.place_of = {id(one): at for at, one in enumerate(self.optimizer.variables)}
        self._step = jax.jit(self._stepped, donate_argnums=0)
        self._measure = jax.jit(self._statistics)
        self._ask = jax.jit(self._asked)

    def load(
        self, train: Faces, first: np.ndarray, held_out: np.ndarray, view_targets: np.ndarray | None
    ) -> None:
        """Put everything into the GPU's memory.

        Args:
            first: the first training faces, as the network will meet them, for its statistics.
            held_out: validation faces, likewise.
            view_targets: as in `fit`.
        """
        import jax.numpy as jnp

        self.size, self.count = train.images.shape[1:3], len(train)
        self.in_views = view_targets is not None
        targets = view_targets if self.in_views else train.targets[None]
        self.train_data = jnp.asarray(train.images), jnp.asarray(targets, jnp.float32)
        self.first_faces = [jnp.asarray(batch) for batch in _batches(first)]
        self.validation_faces = [jnp.asarray(batch) for batch in _batches(held_out)]

    def first_state(self) -> list[list[Any]]:
        """Weights, other variables, the optimizer's memory: copies, since an epoch uses them up."""
        groups = (self.model.trainable_variables, self.model.non_trainable_variables,
                  self.optimizer.variables)  # fmt: skip
        return [[np.array(variable.value) for variable in group] for group in groups]

    def epoch(self, state: list[list[Any]], epoch: int, rate: float) -> tuple[Any, Any, Any]:
        """Learn from all faces once.

        Args:
            epoch: counted from 0.

        Returns:
            The new state, the mean loss, and the share of right answers.
        """
        import jax

        draw = np.random.default_rng([self.seed, epoch])
        view = epoch % len(self.train_data[1])
        size = min(self.recipe.batch_size, self.count)
        steps = self.count // size  # what is left over comes in another epoch
        order = draw.permutation(self.count)[: steps * size].reshape(steps, size)
        if self.in_views:
            maps = view_maps(self.recipe, self.count, self.size, self.seed, view)
        else:
            maps = epoch_maps(self.recipe, self.count, self.size, self.seed, epoch)
        alpha = self.recipe.mixup
        shares = draw.beta(alpha, alpha, order.shape) if alpha else np.ones(order.shape)
        keys = jax.random.split(jax.random.key(int(draw.integers(2**31))), steps)
        drawn = jax.device_put((view, backwards(maps), order, shares.astype(np.float32), keys))
        rate, losses, right = np.float32(rate), [], []
        for step in range(steps):  # the GPU is told the next step before it is through with this
            state, loss, hits = self._step(state, self.train_data, drawn, step, rate)
            losses.append(loss)
            right.append(hits)
        return state, np.mean(jax.device_get(losses)), np.mean(jax.device_get(right))

    def validate(self, state: list[list[Any]]) -> tuple[list[list[Any]], np.ndarray]:
        """What would be kept (weights, other variables), and its answers to the validation faces.

        With a running mean of the weights it is that one which is asked and kept; and statistics of
        batch normalisation are those of these weights, without dropout.
        """
        weights, others, memory = state
        if self.recipe.averaging:
            averages = self.optimizer._model_variables_moving_average
            weights = [memory[self.place_of[id(average)]] for average in averages]
        if any(self.is_statistic):
            each = [self._measure([weights, others], faces) for faces in self.first_faces]
            others = [
                sum(values) / len(values) if is_statistic else other
                for *values, other, is_statistic in zip(
                    *each, others, self.is_statistic, strict=True
                )
            ]
        # Copies: the next step takes the memory of the state for its own.
        kept = [[values.copy() for values in part] for part in (weights, others)]
        answers = [np.asarray(self._ask(kept, faces)) for faces in self.validation_faces]
        return kept, np.concatenate(answers)

    def _stepped(self, state, train_data, drawn, step, rate):
        """Learn from one batch.

        Args:
            drawn: what chance has drawn for the whole epoch; step is the batch's number in it.
        """
        import jax

        weights, others, memory = state
        memory = list(memory)
        memory[self.place_of[id(self.optimizer._learning_rate)]] = rate
        (images, targets), (view, maps, order, shares, keys) = train_data, drawn
        rows = order[step]
        faces, targets = self._changed(
            images[rows], targets[view, rows], maps[rows], shares[step], keys[step]
        )

        def objective(weights):
            answers, after = self.learning.stateless_call(weights, others, faces, training=True)
            return self.loss(targets, answers), (answers, after)

        (loss, (answers, others)), slope = jax.value_and_grad(objective, has_aux=True)(weights)
        weights, memory = self.optimizer.stateless_apply(memory, slope, weights)
        right = answers.argmax(axis=1) == targets.argmax(axis=1)
        return [list(weights), list(others), list(memory)], loss, right.mean()

    def _changed(self, images, targets, maps, shares, key):
        """A batch of faces, changed as the recipe says: what `RecipeBatches` does."""
        import jax
        import jax.numpy as jnp

        recipe, keys = self.recipe, jax.random.split(key, 3)
        faces = warped(images, maps) / 255
        if recipe.noise:
            faces = _noisy(faces, recipe.noise, keys[0])
        if recipe.erasing:
            faces = _erased(faces, recipe.erasing, keys[1])
        if recipe.mixup:
            share = shares[:, None]
            targets = share * targets + (1 - share) * targets[::-1]  # rows come in random order
            share = share[:, :, None, None]
            faces = share * faces + (1 - share) * faces[::-1]
        return jnp.asarray(faces, jnp.float32), targets

    def _statistics(self, kept, faces):
        """The other variables of what would be kept, after one batch in training."""
        return self.measuring.stateless_call(*kept, faces, training=True)[1]

    def _asked(self, kept, faces):
        """The answers of what would be kept."""
        return self.model.stateless_call(*kept, faces, training=False)[0]


def _batches(faces: np.ndarray) -> list[np.ndarray]:
    return np.array_split(faces, max(1, len(faces) // BATCH))


def epoch_maps(
    recipe: Recipe, count: int, size: tuple[int, int], seed: int, epoch: int
) -> np.ndarray:
    """The affine map of each training face in an epoch, counted from 0: float64 (count, 2, 3)."""
    maps = maps_by(recipe, count, size, np.random.default_rng([seed, epoch, 1]))
    if not recipe.alternate:
        return maps
    is_mirrored = is_first(count, seed) ^ bool(epoch % 2)
    return np.where(is_mirrored[:, None, None], maps @ _mirror(size[1]), maps)


def _mirror(width: int) -> np.ndarray:
    return np.array([[-1.0, 0.0, width - 1], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def backwards(maps: np.ndarray) -> np.ndarray:
    """The inverse maps, float32 (N, 2, 3): from a place in the new picture to one in the old."""
    linear = np.linalg.inv(maps[:, :, :2])
    return np.concatenate([linear, -linear @ maps[:, :, 2:]], axis=2).astype(np.float32)


def warped(images, maps):
    """`pictures.warp` on JAX: bilinear, and what comes into view repeats the edge.

    Args:
        images: (N, H, W, C).
        maps: inverse ones, (N, 2, 3); see `backwards`.

    Returns:
        float32 (N, H, W, C).
    """
    import jax.numpy as jnp

    count, height, width, channels = images.shape
    y, x = jnp.meshgrid(jnp.arange(height), jnp.arange(width), indexing="ij")
    places = jnp.stack([x.ravel(), y.ravel(), jnp.ones(height * width)]).astype(jnp.float32)
    x, y = jnp.moveaxis(jnp.matmul(maps, places, precision="highest"), 1, 0)
    x, y = jnp.clip(x, 0, width - 1), jnp.clip(y, 0, height - 1)
    left, top = jnp.floor(x), jnp.floor(y)
    flat = images.reshape(count, height * width, channels)

    def at(row, column):
        index = jnp.clip(row, 0, height - 1) * width + jnp.clip(column, 0, width - 1)
        found = jnp.take_along_axis(flat, index.astype(jnp.int32)[:, :, None], axis=1)
        return found.astype(jnp.float32)

    right, below = (x - left)[:, :, None], (y - top)[:, :, None]
    upper = (1 - right) * at(top, left) + right * at(top, left + 1)
    lower = (1 - right) * at(top + 1, left) + right * at(top + 1, left + 1)
    return ((1 - below) * upper + below * lower).reshape(images.shape)


def _noisy(faces, noise: float, key):
    """`augment.add_noise` on JAX, which disturbs about half of the faces."""
    import jax
    import jax.numpy as jnp

    strength, which, pixels = jax.random.split(key, 3)
    one_each = (len(faces), 1, 1, 1)
    sigma = jax.random.uniform(strength, one_each, maxval=noise)
    sigma = sigma * jax.random.bernoulli(which, 0.5, one_each)
    return jnp.clip(faces + sigma * jax.random.normal(pixels, faces.shape), 0, 1)


def _erased(faces, chance: float, key):
    """`augment.erase` on JAX."""
    import jax
    import jax.numpy as jnp

    count, height, width, _ = faces.shape
    which, area, shape, top, left, pixels = jax.random.split(key, 6)
    share = jax.random.uniform(area, (count,), minval=augment.ERASED[0], maxval=augment.ERASED[1])
    ratio = 3 ** jax.random.uniform(shape, (count,), minval=-0.5, maxval=0.5)

    def band(length, part, key):
        """Which of so many places the rectangle covers, (N, length)."""
        side = jnp.clip(jnp.round(jnp.sqrt(part) * length), 1, length)
        start = jnp.floor(jax.random.uniform(key, (count,)) * (length - side + 1))
        places = jnp.arange(length)
        return (places >= start[:, None]) & (places < (start + side)[:, None])

    rows = band(height, share * ratio, top)[:, :, None, None]
    columns = band(width, share / ratio, left)[:, None, :, None]
    erased = rows & columns & jax.random.bernoulli(which, chance, (count, 1, 1, 1))
    return jnp.where(erased, jax.random.uniform(pixels, faces.shape), faces)


def _computing_in(precision: str, build: Callable[[], keras.Model]) -> keras.Model:
    """A network whose variables are float32, and which computes in "float32" or "bfloat16".

    Its answers are float32 in either case: as bfloat16, a probability has two digits.
    """
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        network = build()
    finally:
        keras.config.set_dtype_policy(usual)
    network.layers[-1].dtype_policy = keras.DTypePolicy("float32")
    return network


def _without_memory(model: keras.Model) -> keras.Model:
    """A network whose batch normalisation notes the statistics of the last batch alone, and which
    drops nothing."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    return model
