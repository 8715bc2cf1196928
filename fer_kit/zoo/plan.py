"""The plan of the models, models/plan.toml: what is trained, in order of worth."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from fer_kit import cards
from fer_kit.errors import InputError
from fer_kit.evaluation import percent
from fer_kit.files import beside, read_json
from fer_kit.recipes import Recipe, recipe_for
from fer_kit.run import runs_folder

FILE = "plan.toml"


@dataclass(frozen=True)
class Planned:
    """One model of the plan.

    Attributes:
        name, title: of the model; title is for the table of results.
        dataset, seed: what it is trained on, and where chance starts.
        network: a name that `fk.build` knows, or "" for an ensemble.
        members: of an ensemble, the names of its models.
        set: switches of the recipe.
        gpu: it would take days without one, and is left out then.
        ships: False for what others learn from alone: it stays in its run.
        published, goal, why: for the table: what others reached, what is aimed at, and why it is
            not reached.
        aim, noise: the accuracies on the test part that are aimed at, also under noise.
        views: 10 if it is aimed at with ten views of each face.
    """

    name: str
    title: str
    dataset: str
    network: str = ""
    members: list[str] = field(default_factory=list)
    seed: int = 42
    set: dict[str, Any] = field(default_factory=dict)
    gpu: bool = False
    ships: bool = True
    published: str = "–"
    goal: str = "–"
    aim: float = 0.0
    noise: dict[str, float] = field(default_factory=dict)
    views: int = 1
    why: str = ""

    @property
    def recipe(self) -> Recipe:
        """The recipe of a network."""
        return recipe_for(self.network, "full", self.set)

    @property
    def needs(self) -> list[str]:
        """The names of the models that have to be there before."""
        return [*self.members, *filter(None, (self.set.get("start"), self.set.get("teacher")))]


@dataclass(frozen=True)
class Published:
    """What others have reached on FER2013.

    Attributes:
        name: the network, and the year.
        accuracy: in [0, 1].
        petaflop: what its training cost, counted as for our own (`fer_kit.zoo.cost`).
        protocol: how it was trained and scored, and where that is told.
    """

    name: str
    accuracy: float
    petaflop: float
    protocol: str


def read_plan(folder: Path = cards.FOLDER) -> tuple[list[Planned], list[Published]]:
    """The models of a plan, and what others have published; both empty without a plan.

    Raises:
        InputError: the file is no plan.
    """
    path = folder / FILE
    if not path.exists():
        return [], []
    known = {one.name for one in fields(Planned)}
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
        strange = {key for entry in read["model"] for key in entry} - known
        if strange:
            raise KeyError(f"unknown {', '.join(sorted(strange))}")
        others = [Published(**entry) for entry in read.get("published", [])]
        return [Planned(**entry) for entry in read["model"]], others
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"Expected in {path} models, each with {', '.join(sorted(known))}. Received: {error}."
        ) from error


def state(planned: Planned, folder: Path = cards.FOLDER) -> str:
    """How far a planned model is: "shipped", "trained", "unfinished", "waits for …" or "to do"."""
    if _is_made(planned, folder / f"{planned.name}.json"):
        return "shipped"
    made = trained_file(planned).with_suffix(".json")
    if _is_made(planned, made):
        return "trained"
    if beside(made, "unfinished.npz").exists():
        return "unfinished"
    plan = {one.name: one for one in read_plan(folder)[0]}
    missing = [name for name in planned.needs if not _is_there(name, plan.get(name), folder)]
    return f"waits for {' and '.join(missing)}" if missing else "to do"


def run_folder(planned: Planned) -> Path:
    """The run that a model is trained in: one for each data set and seed."""
    return runs_folder() / f"zoo-{planned.dataset}-{planned.seed}"


def _is_there(name: str, planned: Planned | None, folder: Path) -> bool:
    """Whether others can learn from a model."""
    if planned and not planned.ships:
        return _is_made(planned, trained_file(planned).with_suffix(".json"))
    return (folder / f"{name}.keras").exists()


def trained_file(planned: Planned) -> Path:
    """Where a model is until it is shipped."""
    return run_folder(planned) / "models" / f"{planned.name}.keras"


def status(folder: Path = cards.FOLDER) -> pd.DataFrame:
    """A row for each planned model: its state, and what it reached and cost."""
    rows = {}
    for planned in read_plan(folder)[0]:
        card = read_json(folder / f"{planned.name}.json", None)
        rows[planned.name] = {
            "state": state(planned, folder),
            "accuracy": percent(card["results"]["accuracy"]) if card else "",
            "minutes": f"{card['seconds'] / 60:.0f}" if card else "",
            "petaflop": f"{card.get('petaflop', 0):.2f}" if card else "",
            "hardware": card["hardware"] if card else "",
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")


def _is_made(planned: Planned, path: Path) -> bool:
    """Whether a model is there that was trained as planned; switches that came later are off."""
    card = read_json(path, None)
    if card is None or "results" not in card or not path.with_suffix(".keras").exists():
        return False
    if planned.members:
        return list(card["plan"].get("members", ())) == planned.members
    made = (card["plan"].get("network"), card["seed"], Recipe(**card["plan"]["recipe"]))
    return made == (planned.network, planned.seed, planned.recipe)
