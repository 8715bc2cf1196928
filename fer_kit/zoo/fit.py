"""Train one network by its recipe, keeping the epoch that is best on validation."""

import math
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fer_kit import augment, networks, robustness, training
from fer_kit.cards import _beside, _history
from fer_kit.classify import Classifier
from fer_kit.errors import InputError
from fer_kit.faces import Faces
from fer_kit.preprocess import normalise
from fer_kit.recipes import Recipe

STATISTICS = 2560  # training faces from which batch normalisation takes its statistics


def fit(
    network: str,
    recipe: Recipe,
    faces: Faces,
    path: Path,
    seed: int,
    start: Classifier | None = None,
) -> None:
    """Train, keeping the best model by validation accuracy in `path`.

    The state after the last epoch stays beside it, `…-unfinished.npz`: what comes after the
    training may be interrupted as well.

    Args:
        start: a trained model of the same shape, whose weights the training starts from.
    """
    training.set_seed(seed)
    model = build_by(recipe, network, faces)
    if start:
        start_from(model, start, faces)
    trainer = _trainer(model, recipe)
    trainer.compile(
        optimizer=optimizer(recipe),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
    )
    train, validation = faces.subset("train"), faces.subset("validation")
    batches = RecipeBatches(train.images, train.targets, recipe, seed)
    with training.multiplying_in(recipe.precision):
        trainer.fit(
            batches,
            validation_data=(shown(validation.images, recipe, seed), validation.targets),
            epochs=recipe.epochs,
            callbacks=callbacks(recipe, path, batches, model),
            shuffle=False,
            verbose=0,
        )


def shown(images: np.ndarray, recipe: Recipe, seed: int) -> np.ndarray:
    """Faces as the network will meet them: in [0, 1], and with noise if it is trained for that.

    Of a training with noise, clean validation faces would choose the epoch that has learned least
    of it, and clean training faces would give batch normalisation the wrong statistics.
    """
    images = normalise(images)
    if recipe.noise:
        images = augment.add_noise(images, np.random.default_rng(seed), recipe.noise)
    return images


def build_by(recipe: Recipe, network: str, faces: Faces) -> keras.Model:
    """The network for these faces, as wide as the recipe says."""
    options = {"input_shape": faces.images.shape[1:], "classes": len(faces.emotions)}
    if recipe.width != 1:
        options["width"] = recipe.width
    try:
        return networks.build(network, **options)
    except TypeError as error:
        raise InputError(
            f"Expected width = 1: {network} comes in one width. Received: {recipe.width}."
        ) from error


def start_from(model: keras.Model, start: Classifier, faces: Faces) -> None:
    """Give a model the weights of a trained one of the same shape.

    Raises:
        InputError: another shape, other emotions, or trained on other pictures of this data set:
            those may be among the test pictures here.
    """
    shapes = [[weight.shape for weight in of.weights] for of in (model, start.model)]
    if shapes[0] != shapes[1]:
        raise InputError(
            f"Expected start as a {model.name} of {model.count_params():,} parameters, like the "
            f"new one. Received: {start.name}, a {start.model.name} of "
            f"{start.model.count_params():,}. Set the same width."
        )
    learned = start.card["trained_on"]
    is_same_source = learned["source"] == faces.source
    if start.emotions != tuple(faces.emotions) or (
        is_same_source and learned["fingerprint"] != faces.fingerprint()
    ):
        raise InputError(
            f"Expected start as a model of the same emotions, and trained on the same part of "
            f"{faces.source} if on that at all. Received: {start.name}, trained on "
            f"{learned['source']} otherwise. Choose another, or set the same clean."
        )
    model.set_weights(start.model.get_weights())


def optimizer(recipe: Recipe) -> keras.optimizers.Optimizer:
    """SGD with Nesterov momentum or Adam, with weight decay and the running mean of the weights."""
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


def callbacks(
    recipe: Recipe, path: Path, batches: augment.Batches, model: keras.Model
) -> list[keras.callbacks.Callback]:
    """Those of lesson 05, with this recipe's schedule, running mean of the weights, and statistics
    that fit these weights."""
    watched = {"monitor": "val_accuracy", "mode": "max"}
    stopping = keras.callbacks.EarlyStopping(**watched, patience=recipe.patience)
    best = training.BestModel(path)
    kept = [stopping, best, batches]
    rate = _schedule(recipe)
    if isinstance(rate, keras.callbacks.ReduceLROnPlateau):
        kept.append(rate)
    # First in line: what is tested and kept are the averaged weights.
    averaged = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if recipe.averaging else []
    kept += averaged
    return [
        *averaged,
        FreshStatistics(model, shown(batches.images[:STATISTICS], recipe, batches.seed)),
        rate,
        stopping,
        best,
        _Seconds(),
        training.HistoryFile(_history(path)),
        training.ProgressBar(),
        training.Resume(_beside(path, "unfinished.npz"), kept, forget=False),
    ]


def learning_rate(recipe: Recipe, epoch: int) -> float:
    """The learning rate of an epoch, counted from 0, for all schedules but the plateau's."""
    if epoch < recipe.warmup:
        return recipe.learning_rate * (epoch + 1) / (recipe.warmup + 1)
    if recipe.schedule == "constant":
        return recipe.learning_rate
    done = (epoch - recipe.warmup) / max(1, recipe.epochs - recipe.warmup)
    return recipe.learning_rate * (1 + math.cos(math.pi * done)) / 2


class RecipeBatches(augment.Batches):
    """Batches of faces, changed as a recipe says; everything follows from the seed."""

    def __init__(self, images: np.ndarray, targets: np.ndarray, recipe: Recipe, seed: int):
        super().__init__(images, targets, recipe.batch_size, seed, **recipe.geometry)
        self.recipe = recipe

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        generator = np.random.default_rng([self.seed, self.epoch, index])
        images = normalise(self._moved(self.images[rows], generator))
        targets, recipe = self.targets[rows], self.recipe
        if recipe.noise:
            images = augment.add_noise(images, generator, recipe.noise)
        if recipe.erasing:
            images = augment.erase(images, generator, recipe.erasing)
        if recipe.mixup:
            images, targets = augment.mix(images, targets, generator, recipe.mixup)
        return images, targets

    def _moved(self, images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        size = images.shape[1:3]
        matrices = augment.draw_matrices(len(images), size, generator, **self.geometry)
        if self.recipe.crop < 1:
            matrices = augment.crop(matrices, size, generator, self.recipe.crop)
        return augment.warp(images, matrices)


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


class _Seconds(keras.callbacks.Callback):
    """The seconds of each epoch, for the history: they add up over interruptions."""

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        logs["seconds"] = time.perf_counter() - self.start


def _schedule(recipe: Recipe) -> keras.callbacks.Callback:
    if recipe.schedule == "plateau":
        return keras.callbacks.ReduceLROnPlateau(
            monitor="val_accuracy", mode="max", factor=0.75, patience=5, min_lr=1e-6
        )
    return keras.callbacks.LearningRateScheduler(lambda epoch: learning_rate(recipe, epoch))


def _trainer(model: keras.Model, recipe: Recipe) -> keras.Model:
    """The model itself, or what trains it by sharpness-aware steps."""
    if not recipe.sam:
        return model
    from fer_kit.sharpness import SharpnessAware

    return SharpnessAware(model, recipe.sam)
