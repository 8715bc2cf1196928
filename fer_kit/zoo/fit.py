"""Train one network by its recipe, keeping the epoch that is best on validation."""

import math
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from fer_kit import augment, networks, robustness, training
from fer_kit.attention import WithAttentionLoss
from fer_kit.classify import Classifier
from fer_kit.course.workers import gpus
from fer_kit.errors import InputError
from fer_kit.faces import Faces
from fer_kit.pictures import scale
from fer_kit.preprocess import normalise
from fer_kit.prior import RAREST
from fer_kit.processes import cores
from fer_kit.recipes import REDUCED, Recipe
from fer_kit.sharpness import SharpnessAware
from fer_kit.zoo import compiled
from fer_kit.zoo.targets import is_first, maps_by, view_maps

AHEAD = 32  # batches that are made before they are asked for


def fit(
    network: str,
    recipe: Recipe,
    faces: Faces,
    path: Path,
    seed: int,
    start: Classifier | None = None,
    until: float = math.inf,
    view_targets: np.ndarray | None = None,
) -> None:
    """Train, keeping the best model by validation accuracy in `path`.

    The state after the last epoch stays beside it, `…-unfinished.npz`: what comes after the
    training may be interrupted as well.

    Args:
        start: a trained model of the same shape, whose weights the training starts from.
        until: the time (`time.time()`) by which to stop.
        view_targets: what is to be learned in each of `recipe.teaching_views`, see
            `targets.taught_in_views`.

    Raises:
        OutOfTime: the next epoch would not end in time; the state of the last one is kept.
    """
    training.set_seed(seed)
    model = build_by(recipe, network, faces)
    if start:
        start_from(model, start)
    if compiled.can_train(recipe):
        to_lose = loss(recipe, faces.subset("train").targets)
        is_over = compiled.fit(
            model, partial(build_by, recipe, network, faces), recipe, faces,
            partial(shown, recipe=recipe, seed=seed), to_lose, path, seed, view_targets, until,
        )  # fmt: skip
        if not is_over:
            raise OutOfTime
        return
    _fit_by_keras(model, network, recipe, faces, path, seed, until, view_targets)


def _fit_by_keras(
    model: keras.Model,
    network: str,
    recipe: Recipe,
    faces: Faces,
    path: Path,
    seed: int,
    until: float,
    view_targets: np.ndarray | None,
) -> None:
    train, validation = faces.subset("train"), faces.subset("validation")
    trainer = _trainer(model, recipe)
    trainer.compile(
        optimizer=training.optimizer(recipe),
        loss=loss(recipe, train.targets),
        metrics=["accuracy"],
        **training.execution("full"),
    )
    threads = cores() if gpus() else 1
    batches = RecipeBatches(train.images, train.targets, recipe, seed, threads, view_targets)
    watching = [*callbacks(recipe, path, batches, model), StopInTime(until)]
    seen = shown(validation.images, recipe, seed)
    if recipe.early:
        take_any_size(model, recipe, network, faces)
    with training.multiplying_in(recipe.precision), training.fused_normalisation():
        for epochs, is_reduced in ((recipe.early, True), (recipe.epochs, False)):
            if epochs:  # the second `fit` goes on where the first has stopped: see `Resume`
                batches.is_reduced = is_reduced
                trainer.fit(
                    batches,
                    validation_data=(seen, validation.targets),
                    epochs=epochs,
                    callbacks=watching,
                    shuffle=False,
                    verbose=0,
                )


def shown(images: np.ndarray, recipe: Recipe, seed: int) -> np.ndarray:
    """Faces (N, H, W, 1) as the network will meet them: in [0, 1], with noise if trained for that.

    Of a training with noise, clean validation faces would choose the epoch that has learned least
    of it, and clean training faces would give batch normalisation the wrong statistics.
    """
    images = normalise(images)
    if recipe.noise:
        images = augment.add_noise(images, np.random.default_rng(seed), recipe.noise)
    return images


def build_by(recipe: Recipe, network: str, faces: Faces) -> keras.Model:
    """The network for these faces, as wide, and as early small, as the recipe says.

    Raises:
        InputError: the network comes in one width, or has no `downsampling`.
    """
    options = {"input_shape": faces.images.shape[1:], "classes": len(faces.emotions)}
    if recipe.width != 1:
        options["width"] = recipe.width
    if recipe.downsampling:
        options["downsampling"] = recipe.downsampling
    return networks.build(network, **options)


def take_any_size(model: keras.Model, recipe: Recipe, network: str, faces: Faces) -> None:
    """Let a network take reduced faces as well as whole ones.

    Raises:
        InputError: for reduced faces it would have other weights.
    """
    one = faces.subset(np.arange(len(faces)) == 0)
    other = build_by(recipe, network, replace(one, images=reduced(one.images)))
    if [weight.shape for weight in other.weights] != [weight.shape for weight in model.weights]:
        raise InputError(
            f"Expected reduced = 0 for {network}, which has dense layers that fit one size of "
            f"faces. Received: {recipe.reduced}. It works with small and resnet18."
        )
    model.input_spec = keras.InputSpec(shape=(None, None, None, faces.images.shape[-1]))


def reduced(images: np.ndarray) -> np.ndarray:
    """Square pictures uint8 (N, S, S, C) with two thirds of their side."""
    side = round(images.shape[1] * REDUCED)
    small = np.stack([scale(image, side) for image in images])
    return small.reshape(len(images), side, side, -1)  # OpenCV drops a single channel


def start_from(model: keras.Model, start: Classifier) -> None:
    """Give a model the weights of a trained one.

    Raises:
        InputError: that one has another shape.
    """
    shapes = [[weight.shape for weight in of.weights] for of in (model, start.model)]
    if shapes[0] != shapes[1]:
        raise InputError(
            f"Expected start as a {model.name} of {model.count_params():,} parameters, like the "
            f"new one. Received: {start.name}, a {start.model.name} of "
            f"{start.model.count_params():,}. Set the same width."
        )
    model.set_weights(start.model.get_weights())


def callbacks(
    recipe: Recipe, path: Path, batches: augment.Batches, model: keras.Model
) -> list[keras.callbacks.Callback]:
    """Those of lesson 05, with this recipe's schedule, running mean of the weights, and statistics
    that fit these weights."""
    # First in line: what is tested and kept are the averaged weights.
    averaged = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if recipe.averaging else []
    seen = shown(batches.images[: compiled.STATISTICS], recipe, batches.seed)
    return training.callbacks(
        path, batches, recipe.patience, rate=training.schedule(recipe),
        before=[*averaged, FreshStatistics(model, seen), training.Seconds()], forget=False,
    )  # fmt: skip


def loss(recipe: Recipe, targets: np.ndarray) -> Any:
    """The cross-entropy; with `balanced`, of answers that the training's shares are multiplied to.

    Args:
        targets: (N, K), the training part's.
    """
    entropy = keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    if not recipe.balanced:
        return entropy
    habit = targets.mean(axis=0).clip(RAREST, 1) ** recipe.balanced

    def balanced(truth, answers):
        expected = answers * habit
        return entropy(truth, expected / ops.sum(expected, axis=-1, keepdims=True))

    return balanced


class OutOfTime(Exception):
    """A training has used its time up, and goes on when it is started again."""


class StopInTime(keras.callbacks.Callback):
    """Raise OutOfTime where another epoch as long as the last would end too late."""

    def __init__(self, until: float):
        super().__init__()
        self.until = until

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.time()
        if self.start > self.until:
            raise OutOfTime

    def on_epoch_end(self, epoch, logs=None):
        now = time.time()
        if epoch + 1 < self.params["epochs"] and 2 * now - self.start > self.until:
            raise OutOfTime


class RecipeBatches(augment.Batches):
    """Batches of faces, changed as a recipe says; everything follows from the seed.

    Args:
        threads: above 1, so many make the next batches while the network trains: a GPU would wait
            for one. (The `workers` of Keras begin an epoch before they are told of it.)
        view_targets: (V, N, K), for V ways of changing the faces, which the epochs take in turn.
    """

    def __init__(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        recipe: Recipe,
        seed: int,
        threads: int = 1,
        view_targets: np.ndarray | None = None,
    ):
        self.view_targets = view_targets
        self.pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self.recipe, self.is_reduced = recipe, False
        super().__init__(images, targets, recipe.batch_size, seed)
        self.first = is_first(len(images), seed)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        if self.pool is None:
            return self._made(index)
        for ahead in range(index, min(index + AHEAD, len(self))):
            if ahead not in self.coming:
                self.coming[ahead] = self.pool.submit(self._made, ahead)
        return self.coming.pop(index).result()

    def _begin(self, epoch: int) -> None:
        self.coming: dict[int, Future] = {}  # batches that are being made
        super()._begin(epoch)
        if self.view_targets is not None:
            view = (epoch - 1) % len(self.view_targets)  # the first epoch of a training is 1
            size = self.images.shape[1:3]
            self.targets = self.view_targets[view]
            self.maps = view_maps(self.recipe, len(self.images), size, self.seed, view)

    def _made(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows, generator = self._drawn(index)
        images, targets, recipe = self.images[rows], self.targets[rows], self.recipe
        if self.view_targets is not None:
            images = augment.warp(images, self.maps[rows])
        else:
            images = self._moved(self._mirrored(images, rows), generator)
        images = normalise(reduced(images) if self.is_reduced else images)
        if recipe.noise:
            images = augment.add_noise(images, generator, recipe.noise)
        if recipe.erasing:
            images = augment.erase(images, generator, recipe.erasing)
        if recipe.mixup:
            images, targets = augment.mix(images, targets, generator, recipe.mixup)
        return images, targets

    def _mirrored(self, images: np.ndarray, rows: np.ndarray) -> np.ndarray:
        if not self.recipe.alternate:
            return images
        is_mirrored = self.first[rows] ^ bool(self.epoch % 2)
        return np.where(is_mirrored[:, None, None, None], images[:, :, ::-1], images)

    def _moved(self, images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        maps = maps_by(self.recipe, len(images), images.shape[1:3], generator)
        return augment.warp(images, maps)


class FreshStatistics(keras.callbacks.Callback):
    """Before each validation, batch normalisation measures its statistics anew.

    The moving ones belong to other weights than the averaged ones; with bfloat16, the small steps
    in which they move are rounded away; and they were taken with dropout, which prediction has not.

    Args:
        model: a network; without batch normalisation nothing happens.
        images: (N, H, W, C) in [0, 1], training faces as the network will meet them.
    """

    def __init__(self, model: keras.Model, images: np.ndarray):
        super().__init__()
        self.network, self.images = model, images
        norms = [isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers]
        self.is_needed = any(norms)

    def on_test_begin(self, logs=None):
        if self.is_needed:
            fresh = robustness.reestimate_batch_norm(self.network, self.images)
            self.network.set_weights(fresh.get_weights())


def _trainer(model: keras.Model, recipe: Recipe) -> keras.Model:
    """The model itself, or what trains it by sharpness-aware steps or with a loss of its heads."""
    if recipe.attention:
        return WithAttentionLoss(model, recipe.attention, recipe.sam, recipe.sam_every)
    return SharpnessAware(model, recipe.sam, recipe.sam_every) if recipe.sam else model
