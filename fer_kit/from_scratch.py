"""Train a network from scratch by a recipe, test it once, and write its card: `fer-kit train`.

A training that was killed goes on when the same command is given again; one that is finished is not
repeated.
"""

import math
import shlex
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from fer_kit import (
    augment,
    cards,
    environment,
    evaluation,
    networks,
    plots,
    robustness,
    training,
)
from fer_kit.classify import Classifier, load_model, predict_faces
from fer_kit.datasets import load
from fer_kit.errors import InputError
from fer_kit.faces import Faces
from fer_kit.files import read_json, save_figure, write_json, write_whole
from fer_kit.predict import scores_on, scores_text
from fer_kit.preprocess import clean, normalise
from fer_kit.recipes import Recipe, as_changes
from fer_kit.run import Run
from fer_kit.shipping import FOLDER, shipped, store_lean

ANSWERED = 0.8  # the share of the faces that a model should be sure enough about to answer
NOISE = (0.05, 0.1, 0.2)
STATISTICS = 2560  # training faces from which batch normalisation takes its statistics
PROTOCOL = "training part {}; epoch and temperature chosen on validation; test part used once"
CLEANED = (
    "without blank pictures, second copies, pictures labelled in two ways, and any that are also "
    "validation or test pictures"
)
KEPT_SCORES = (
    "faces", "accuracy", "accuracy_95", "majority_baseline", "majority_emotion", "macro_f1",
    "macro_f1_95", "calibration_error", "without_copies", "ten_views",
)  # fmt: skip


def train_from_scratch(network: str, recipe: Recipe, lab: Run, name: str = "") -> dict[str, Any]:
    """Train a network on a run's data set, choose the epoch on validation, test once.

    Into the run go models/NAME.keras with its card and history, predictions/NAME.csv for lesson 08,
    and two figures: the training curves, and how far accuracy rises where the model may refuse.

    Args:
        network: a name that `fk.build` knows.
        recipe: see `recipe_for`.
        lab: names the data set, the profile (how many faces) and the seed.
        name: of the model; "" is the network and the data set, such as "small-fer2013".

    Returns:
        The card.

    Raises:
        InputError: no such network, or an unfinished training of that name by another recipe.
    """
    name = name or f"{network}-{lab.dataset}"
    path = lab.file(f"models/{name}.keras")
    original = load(lab.dataset, lab.data or None, size=lab.settings["size"], seed=lab.seed)
    faces = clean(original)[0] if recipe.clean else original
    start = load_model(recipe.start, lab.run) if recipe.start else None
    plan = _plan(network, recipe, lab.seed, faces, start)
    if card := finished(path, plan):
        print(f"{path.name} is trained already. Delete it to train it again.")
        return card
    _begin(path, plan)
    fit(network, recipe, faces, path, lab.seed, start)
    card = finish(path, original, faces, recipe, _details(plan, lab, path))
    _beside(path, "unfinished.npz").unlink(missing_ok=True)
    _draw(lab, name, faces.source)
    return card


def pretrained(name: str, path: Path) -> tuple[keras.Model, pd.DataFrame, dict[str, Any]]:
    """Take a model that comes with the course for one that a lesson would train itself.

    Args:
        name: of the model, such as "cnn-fer2013".
        path: where the lesson would save its own; model and history are copied there.

    Returns:
        The model, its history (see `training.read_history`), and for the lesson's card: where the
        model comes from, its seed, its width and the seconds that its training took.

    Raises:
        InputError: no model of that name comes with the course.

    Introduced in notebooks/05_cnn.ipynb.
    """
    source = FOLDER / f"{name}.keras"
    if not source.exists():
        raise InputError(
            f"Expected {name} among the models that come with the course: "
            f"{', '.join(shipped()) or 'none yet'}. Set pretrained = False, or train it with "
            "fer-kit train and put it there with fer-kit ship."
        )
    card = cards.read_card(source)
    for origin, copy in ((source, path), (_history(source), _history(path))):
        write_whole(copy, lambda temporary, origin=origin: shutil.copy(origin, temporary))
    about = {"pretrained": name, "width": card["plan"]["recipe"]["width"]}
    about |= {key: card[key] for key in ("seed", "seconds")}
    model = keras.saving.load_model(path, compile=False)
    return model, training.read_history(_history(path)), about


def card_text(card: dict[str, Any]) -> str:
    """The results of a card, for people."""
    about = card["trained_on"]
    scores = card["results"] | {
        "source": about["source"], "synthetic": about["synthetic"], "split": "test",
    }  # fmt: skip
    calibration, refusal = card["calibration"], card["refusal"]
    kept = f"epoch {card['kept_epoch']} of " if "kept_epoch" in card else ""
    return (
        f"{card['name']}: {card['parameters']:,} parameters, {kept}{card['epochs']} epochs, "
        f"{card['seconds']:,} seconds\n"
        f"{scores_text(scores)}\n"
        f"temperature {card['temperature']:.2f}: calibration error {calibration['before']:.3f} "
        f"before, {calibration['after']:.3f} after\n"
        f"answering the surest {refusal['coverage']:.0%}: accuracy "
        f"{evaluation.percent(refusal['accuracy'], refusal['accuracy_95'])}"
    )


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


def _plan(
    network: str, recipe: Recipe, seed: int, faces: Faces, start: Classifier | None
) -> dict[str, Any]:
    """All that a training depends on but for versions."""
    plan = {
        "network": network,
        "recipe": asdict(recipe),
        "seed": seed,
        "fingerprint": faces.fingerprint(),
    }
    return plan | ({"start": start.card["sha256"]} if start else {})


def finished(path: Path, plan: dict[str, Any]) -> dict[str, Any] | None:
    """The card of a training by this very plan, if there is one and its model is there."""
    if not (path.exists() and path.with_suffix(".json").exists()):
        return None
    card = cards.read_card(path)
    if card.get("plan") == plan:
        return card
    raise InputError(
        f"Expected no model of another training in {path}. Received: one by another recipe, seed "
        "or data set. Give this one another name (--name), or delete that one."
    )


def _begin(path: Path, plan: dict[str, Any]) -> None:
    """Note the plan, so that an unfinished training by another one is never continued."""
    noted = _beside(path, "plan.json")
    if _beside(path, "unfinished.npz").exists() and read_json(noted) != plan:
        raise InputError(
            f"Expected to go on with the training of {path.name} by the same recipe, seed and "
            f"faces. Received: others. Give this one another name (--name), or delete {noted} and "
            "the files beside it."
        )
    write_json(noted, plan)


def finish(
    path: Path, original: Faces, faces: Faces, recipe: Recipe, details: dict[str, Any]
) -> dict[str, Any]:
    """Everything after the last epoch: float16, temperature, the one look at the test part.

    Args:
        path: the saved model, in the folder `models` of a run; it becomes smaller.
        original: all faces, the test part whole.
        faces: those that the model was trained on.
        recipe: says whether the test part is seen in ten views, and with noise.
        details: what else the card says; "protocol" is among it.

    Returns:
        The card.
    """
    validation = faces.subset("validation")
    half = store_lean(path, normalise(validation.images), validation.targets)
    model = keras.saving.load_model(path, compile=False)
    classifier = Classifier(model, faces.emotions, {"name": path.stem})
    held_out = original.subset(original.split != "train")
    raw = predict_faces(classifier, held_out)
    calibration = calibrate(raw.subset("validation"), raw.subset("test"))
    classifier.card.update(calibration)
    results = {
        part: {key: value for key, value in found.items() if key in KEPT_SCORES}
        for part in ("validation", "test")
        if (found := scores_on(classifier, original, part, recipe.views))
    }
    if recipe.noise:
        results["test"]["noise"] = _under_noise(model, original.subset("test"))
    evaluation.save_predictions(
        path.parents[1] / "predictions" / f"{path.stem}.csv",
        held_out, raw.probabilities, path.stem, details["protocol"],
    )  # fmt: skip
    return cards.write_card(
        path, model, faces, **details, weights="float16" if half else "float32", **calibration,
        results=results["test"], validation=results["validation"],
    )  # fmt: skip


def calibrate(validation: evaluation.Predictions, test: evaluation.Predictions) -> dict[str, Any]:
    """Temperature and threshold, both fitted on validation, and what they give on test.

    Returns:
        temperature: see `evaluation.fit_temperature`.
        unsure_below: the confidence that 80 % of the validation faces reach.
        refusal: the share of the test faces that reach it (coverage), and accuracy on them; and
            the curve of both for other thresholds, see `evaluation.risk_coverage`.
        calibration_error: the test part's before and after.
    """
    temperature = evaluation.fit_temperature(validation)
    sure = evaluation.with_temperature(validation, temperature)
    threshold = float(np.quantile(sure.confidence, 1 - ANSWERED))
    calibrated = evaluation.with_temperature(test, temperature)
    return {
        "temperature": temperature,
        "unsure_below": threshold,
        "refusal": evaluation.refuse_below(calibrated, threshold) | {"curve": _curve(calibrated)},
        "calibration": {
            "before": evaluation.calibration_error(test),
            "after": evaluation.calibration_error(calibrated),
        },
    }


def _curve(predictions: evaluation.Predictions) -> list[dict[str, float]]:
    """The risk-coverage curve for a card: coverage, and accuracy with its interval."""
    table = evaluation.risk_coverage(predictions)[["accuracy", "low", "high"]]
    return table.reset_index().to_dict("records")


def _under_noise(model: keras.Model, faces: Faces) -> dict[str, Any]:
    """Accuracy under Gaussian noise, for each standard deviation in `NOISE`."""
    table = robustness.summarise(robustness.sweep(model, faces, "noise", NOISE))
    return {
        str(sigma): {"accuracy": row["accuracy"], "accuracy_95": [row["low"], row["high"]]}
        for sigma, row in table.iterrows()
    }


def _details(plan: dict[str, Any], lab: Run, path: Path) -> dict[str, Any]:
    """What the card says about the training itself."""
    history = training.read_history(_history(path))
    is_clean = plan["recipe"]["clean"]
    leaving = CLEANED if is_clean else "as is"
    noisy = "; the epoch on faces with noise" if plan["recipe"]["noise"] else ""
    return {
        "protocol": PROTOCOL.format(leaving) + noisy,
        "command": _command(plan, lab, path.stem),
        "seed": lab.seed,
        "epochs": len(history),
        "kept_epoch": int(history["val_accuracy"].idxmax()),
        "seconds": round(float(history["seconds"].sum())),
        "hardware": environment.device(),
        "plan": plan,
    }


def _command(plan: dict[str, Any], lab: Run, name: str) -> str:
    """What trains this model again; of the data's path only the last part."""
    network = plan["network"]
    words = ["fer-kit", "train", network, "--dataset", lab.dataset]
    if lab.data:
        words += ["--data", Path(lab.data).name]
    words += ["--profile", lab.profile, "--seed", str(lab.seed)]
    if name != f"{network}-{lab.dataset}":
        words += ["--name", name]
    changes = as_changes(Recipe(**plan["recipe"]), network, lab.profile)
    for switch, value in changes.items():
        words += ["--set", f"{switch}={value}"]
    return shlex.join(words)


def _draw(lab: Run, name: str, source: str) -> None:
    """The training curves, and accuracy over the share of faces that are answered."""
    path = lab.file(f"models/{name}.keras")
    history = training.read_history(_history(path))
    kept = int(history["val_accuracy"].idxmax())
    ax = plots.history(history, mark=kept, title=f"{name}: accuracy ({source})")
    save_figure(ax.figure, lab.file(f"figures/{name}-training.png"))
    test = evaluation.read_predictions(lab.need(f"predictions/{name}.csv")).subset("test")
    ax = plots.risk_coverage(
        {name: evaluation.risk_coverage(test)}, title=f"Refusing the least sure ({source})"
    )
    save_figure(ax.figure, lab.file(f"figures/{name}-refusal.png"))


def _history(path: Path) -> Path:
    return _beside(path, "history.csv")


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.stem}-{ending}")
