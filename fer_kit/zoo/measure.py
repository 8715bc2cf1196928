"""Measure the shipped models anew from the data, and write it into their cards.

Validation (PublicTest) chooses temperature, prior and threshold; test (PrivateTest) is looked at
once with what was chosen. A model itself is never changed.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from fer_kit import cards
from fer_kit.classify import Classifier, load_model
from fer_kit.errors import InputError, choose
from fer_kit.faces import Faces
from fer_kit.preprocess import clean
from fer_kit.recipes import Recipe
from fer_kit.zoo import cost
from fer_kit.zoo.export import copy_beside, drawn_faces
from fer_kit.zoo.finish import measured
from fer_kit.zoo.photographs import on_photographs, photographed
from fer_kit.zoo.scores import load_for, predict_faces
from fer_kit.zoo.ship import DATASETS, write_table


class Bench:
    """The faces that models are measured on, each loaded once."""

    def __init__(self, data: str | Path):
        self.data = data
        self.load = cache(lambda dataset: load_for(dataset, self.data))
        self.fingerprints = cache(self._fingerprints)
        self.photographs = cache(self._photographs)
        self.drawn = cache(drawn_faces)

    def dataset(self, card: dict[str, Any]) -> str:
        """The data set that a model was trained on.

        Raises:
            InputError: none of these, or by other faces than are there now.
        """
        for dataset in DATASETS:
            if card["trained_on"]["fingerprint"] in self.fingerprints(dataset):
                return dataset
        raise InputError(
            f"Expected a model that was trained on {' or '.join(DATASETS)} as it is in "
            f"{self.data}. Received: {card['name']}, trained on {card['trained_on']['source']} "
            "otherwise."
        )

    def _fingerprints(self, dataset: str) -> tuple[str, str]:
        faces = self.load(dataset)
        return clean(faces)[0].fingerprint(), faces.fingerprint()

    def _photographs(self, size: int) -> tuple:
        faces = self.load("fer2013").subset("validation")
        return *photographed(faces, size), faces.ids

    def truths(self) -> dict[str, Faces]:
        """The validation faces with the labels of each data set."""
        return {name: self.load(name).subset("validation") for name in DATASETS}


def measure(path: Path, bench: Bench) -> dict[str, Any]:
    """Measure one model and write its card; see the module.

    Returns:
        The card.
    """
    card = cards.read_card(path)
    original = bench.load(bench.dataset(card))
    recipe = Recipe(**card["plan"]["recipe"])
    faces = clean(original)[0] if recipe.clean else original
    # The card knows better than the labels what a student has learned from.
    about = {"shares": cards.shares_of(faces)} | card["trained_on"]
    plain = {key: card[key] for key in card if key not in ("temperature", "correction", "onnx")}
    model = load_model(path).model
    classifier = Classifier.of(model, faces.emotions, plain | {"trained_on": about})
    raw = predict_faces(classifier, original.subset(original.split != "train"))
    found = measured(classifier, original, recipe, raw)
    classifier = replace(classifier, card=classifier.card | found)
    pasted = *bench.photographs(classifier.size), bench.truths()
    found["photographs"] = on_photographs(classifier, *pasted) | {
        "ten_views": on_photographs(classifier.in_views(10), *pasted)
    }
    found["petaflop"] = _petaflop(card, classifier, path.parent)
    found["multiplications"] = cost.multiplications(model)
    cards.add_to_card(path, {"trained_on": about} | found)
    return copy_beside(path, bench.drawn(classifier.size))


def _petaflop(card: dict[str, Any], classifier: Classifier, folder: Path) -> float:
    """What the training cost; of an ensemble, those of its members."""
    plan, faces = card["plan"], card["trained_on"]["faces"]
    if "members" not in plan:
        return cost.petaflop(classifier.model, faces, card["epochs"], Recipe(**plan["recipe"]))
    parts = (
        (
            classifier.model.get_layer(name.replace(".", "_")),
            cards.read_card(folder / f"{name}.keras"),
        )
        for name in plan["members"]
    )
    return sum(
        cost.petaflop(model, faces, member["epochs"], Recipe(**member["plan"]["recipe"]))
        for model, member in parts
    )


def measure_all(names: Sequence[str], data: str | Path, folder: Path = cards.FOLDER) -> Path:
    """Measure the models of a folder, or those of some names, and renew its table.

    Raises:
        InputError: there is no model of that name, or it does not belong to the data.
    """
    there = cards.shipped(folder)
    bench = Bench(data)
    for name in names or there:
        choose(name, there, "a shipped model")
        measure(folder / f"{name}.keras", bench)
        print(f"{name} is measured.")
    return write_table(folder)
