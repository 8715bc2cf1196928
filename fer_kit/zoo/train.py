"""Train a network from scratch by a recipe, test it once, and write its card: `fer-kit train`.

A training that was killed goes on when the same command is given again; one that is finished is not
repeated.
"""

import math
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from fer_kit import cards, evaluation, plots, training
from fer_kit.cards import history_file
from fer_kit.classify import Classifier, load_model
from fer_kit.course import environment
from fer_kit.errors import InputError
from fer_kit.faces import Faces
from fer_kit.files import beside, read_json, write_json
from fer_kit.preprocess import clean
from fer_kit.recipes import Recipe, as_changes
from fer_kit.run import Run
from fer_kit.zoo.finish import finish
from fer_kit.zoo.fit import fit
from fer_kit.zoo.scores import faces_of
from fer_kit.zoo.targets import taught, taught_in_views, with_targets

PROTOCOL = (
    "training part {}; epoch, temperature and prior chosen on validation; test part used once"
)
ANSWERS = "answers.npz"  # a teacher's, beside the model that learns from them
CLEANED = (
    "without blank pictures, second copies, pictures labelled in two ways, and any that are also "
    "validation or test pictures"
)


def train_from_scratch(
    network: str, recipe: Recipe, lab: Run, name: str = "", until: float = math.inf
) -> dict[str, Any]:
    """Train a network on a run's data set, choose the epoch on validation, test once.

    Into the run go models/NAME.keras with its card and history, predictions/NAME.csv for lesson 08,
    and two figures: the training curves, and how far accuracy rises where the model may refuse.

    Args:
        network: a name that `fk.build` knows.
        recipe: see `recipe_for`.
        lab: names the data set, the profile (how many faces) and the seed.
        name: of the model; "" is the network and the data set, such as "small-fer2013".
        until: the time (`time.time()`) by which to stop; the training goes on the next time. What
            a teacher answers is asked for before, however long that takes.

    Returns:
        The card.

    Raises:
        InputError: no such network, switches that do not go together, or an unfinished training
            of that name by another recipe.
        OutOfTime: the next epoch would not end in time.
    """
    _check_views(recipe)
    name = name or f"{network}-{lab.dataset}"
    path = lab.file(f"models/{name}.keras")
    others = {
        role: load_model(model, lab.name)
        for role in ("start", "teacher")
        if (model := getattr(recipe, role))
    }
    original = faces_of(lab)
    faces = clean(original)[0] if recipe.clean else original
    if start := others.get("start"):
        _check_start(start, faces)
    plan = _plan(network, recipe, lab.seed, faces, others)
    if card := finished(path, plan):
        print(f"{path.name} is trained already and stays. For another training: --name.")
        return card
    _begin(path, plan)
    lessons, in_views = _lessons(faces, recipe, others.get("teacher"), lab, path)
    fit(network, recipe, lessons, path, lab.seed, start, until, in_views)
    habits = {"shares": cards.shares_of(lessons), "balanced": recipe.balanced}
    card = finish(path, original, faces, habits, recipe, _details(plan, lab, path))
    for ending in ("unfinished.npz", ANSWERS):
        beside(path, ending).unlink(missing_ok=True)
    _draw(lab, name, faces.source)
    return card


def _plan(
    network: str, recipe: Recipe, seed: int, faces: Faces, others: dict[str, Classifier]
) -> dict[str, Any]:
    """All that a training depends on but for versions."""
    plan = {
        "network": network,
        "recipe": asdict(recipe),
        "seed": seed,
        "fingerprint": faces.fingerprint(),
    }
    return plan | {role: model.card["sha256"] for role, model in others.items()}


def _check_views(recipe: Recipe) -> None:
    """What a teacher answers to is fixed: nothing else may change the faces before."""
    if recipe.teaching_views and (not recipe.teacher or recipe.alternate):
        raise InputError(
            "Expected a teacher with teaching_views, and alternate = False: chance mirrors the "
            f"views. Received: teacher = {recipe.teacher!r}, alternate = {recipe.alternate}."
        )


def _check_start(start: Classifier, faces: Faces) -> None:
    """What a training starts from may not have seen what are test pictures here."""
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


def finished(path: Path, plan: dict[str, Any]) -> dict[str, Any] | None:
    """The card of a training by this very plan, if there is one and its model is there.

    Raises:
        InputError: a model of another plan has that name.
    """
    if not (path.exists() and path.with_suffix(".json").exists()):
        return None
    card = cards.read_card(path)
    if _filled(card.get("plan")) == _filled(plan):
        return card if "results" in card else None  # it was stopped before the look at the test
    raise InputError(
        f"Expected no model of another training in {path}. Received: one by another recipe, seed "
        "or data set, which stays. Give this one another name: --name."
    )


def _filled(plan: dict[str, Any] | None) -> dict[str, Any]:
    """A plan with all switches of a recipe, also those that came after it was written."""
    plan = plan or {}
    return plan | {"recipe": asdict(Recipe(**plan.get("recipe", {})))}


def _begin(path: Path, plan: dict[str, Any]) -> None:
    """Note the plan, so that what another one has left unfinished is never gone on with."""
    noted = beside(path, "plan.json")
    is_other = noted.exists() and _filled(read_json(noted)) != _filled(plan)
    if is_other and beside(path, "unfinished.npz").exists():
        raise InputError(
            f"Expected to go on with the training of {path.name} by the same recipe, seed and "
            f"faces. Received: others. Give this one another name (--name): the unfinished one can "
            "then still be finished."
        )
    if is_other:
        beside(path, ANSWERS).unlink(missing_ok=True)
    write_json(noted, plan)


def _lessons(
    faces: Faces, recipe: Recipe, teacher: Classifier | None, lab: Run, path: Path
) -> tuple[Faces, np.ndarray | None]:
    """The faces with what is to be learned, and that for each of the recipe's `teaching_views`."""
    if not recipe.teaching_views:
        return taught(faces, recipe.votes, teacher, recipe.teaching, lab.data), None
    voted = taught(faces, recipe.votes, None, 0.0, lab.data)
    in_views = taught_in_views(voted, teacher, recipe, lab.seed, beside(path, ANSWERS))
    return with_targets(faces, in_views.mean(axis=0)), in_views


def _details(plan: dict[str, Any], lab: Run, path: Path) -> dict[str, Any]:
    """What the card says about the training itself."""
    history = training.read_history(history_file(path))
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
    """What trains this model again."""
    network, words = plan["network"], []
    if name != f"{network}-{lab.dataset}":
        words += ["--name", name]
    for switch, value in as_changes(Recipe(**plan["recipe"]), network, lab.profile).items():
        words += ["--set", f"{switch}={value}"]
    return command(["train", network], lab, words)


def command(begin: list[str], lab: Run, further: list[str]) -> str:
    """A command with the options of a run, to be given again; of the data only the last part."""
    data = ["--data", Path(lab.data).name] if lab.data else []
    options = ["--dataset", lab.dataset, *data, "--profile", lab.profile, "--seed", str(lab.seed)]
    return shlex.join(["fer-kit", *begin, *options, *further])


def _draw(lab: Run, name: str, source: str) -> None:
    """The training curves, and accuracy over the share of faces that are answered."""
    path = lab.file(f"models/{name}.keras")
    history = training.read_history(history_file(path))
    kept = int(history["val_accuracy"].idxmax())
    ax = plots.history(history, mark=kept, title=f"{name}: accuracy ({source})")
    best = evaluation.percent(history["val_accuracy"][kept])
    alt = f"Accuracy over {len(history)} epochs; on validation it is highest in {kept}, {best}."
    lab.keep(ax, f"{name}-training", alt=alt, people=False)
    test = evaluation.read_predictions(lab.need(f"predictions/{name}.csv")).subset("test")
    curve = evaluation.risk_coverage(test)
    ax = plots.risk_coverage({name: curve}, title=f"Refusing the least sure ({source})")
    half, whole = (evaluation.percent(curve["accuracy"][share]) for share in (0.5, 1.0))
    alt = f"Accuracy over the share of answered faces: {whole} of all, {half} of the surest half."
    lab.keep(ax, f"{name}-refusal", alt=alt, people=False)
