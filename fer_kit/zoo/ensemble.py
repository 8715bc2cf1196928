"""Several trained networks that answer together, with the mean of their answers: an ensemble.

Networks that were trained apart make different mistakes, and the mean keeps what they agree on.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from fer_kit.card import TrainedOn, said
from fer_kit.classify import Classifier, load_model
from fer_kit.course import environment
from fer_kit.errors import InputError
from fer_kit.files import write_whole
from fer_kit.preprocess import clean
from fer_kit.recipes import Recipe
from fer_kit.run import Run
from fer_kit.zoo.finish import finish
from fer_kit.zoo.scores import faces_of
from fer_kit.zoo.train import CLEANED, PROTOCOL, command, finished


def make_ensemble(models: list[str], lab: Run, name: str = "") -> dict[str, Any]:
    """Put trained models together, fit the temperature on validation, test once, write the card.

    Args:
        models: names or paths of at least two models that were trained on the same faces.
        lab: names the data set, the profile and the seed.
        name: of the ensemble; "" is "ensemble" and the data set, such as "ensemble-fer2013".

    Returns:
        The card. The model is in the run's models/NAME.keras.

    Raises:
        InputError: fewer than two models, or models that do not belong together.
    """
    members = [load_model(model, lab.name) for model in models]
    original = faces_of(lab)
    faces, _ = clean(original)
    _check(members, faces.fingerprint(), lab.dataset)
    path = lab.file(f"models/{name or _usual_name(lab)}.keras")
    details = _details(members, lab, path)
    if card := finished(path, details["plan"]):
        print(f"{path.name} is there already and stays. For another one: --name.")
        return card
    write_whole(path, average(members).save)
    return finish(path, original, faces, _habits(members), Recipe(), details)


def _usual_name(lab: Run) -> str:
    return f"ensemble-{lab.dataset}"


def average(members: list[Classifier]) -> keras.Model:
    """A model that asks all members and answers with the mean of their probabilities."""
    inputs = keras.Input(members[0].model.input_shape[1:], name="face")
    for member in members:
        member.model.name = member.name.replace(".", "_")  # two members may be the same network
    answers = [member.model(inputs) for member in members]
    return keras.Model(inputs, layers.Average(name="probabilities")(answers), name="ensemble")


def _habits(members: list[Classifier]) -> dict[str, Any]:
    """The mean of the members' habits."""
    known = [member.card["trained_on"] for member in members]
    mean = {
        name: float(np.mean([about["shares"][name] for about in known]))
        for name in members[0].emotions
    }
    balanced = [said(about, "balanced", TrainedOn) for about in known]
    return {"shares": mean, "balanced": float(np.mean(balanced))}


def _check(members: list[Classifier], fingerprint: str, dataset: str) -> None:
    names = [member.name for member in members]
    if len(set(names)) < max(2, len(names)):
        raise InputError(
            f"Expected at least two models, each once. Received: {', '.join(names) or 'none'}. "
            "To train one network twice, give the second a name: fer-kit train … --name."
        )
    first = members[0]
    for member in members:
        about = (member.emotions, member.model.input_shape)
        if about != (first.emotions, first.model.input_shape):
            raise InputError(
                "Expected models with the same emotions and the same size of faces. Received: "
                f"{first.name} and {member.name}, which differ."
            )
        if member.card["trained_on"]["fingerprint"] != fingerprint:
            raise InputError(
                f"Expected models that were trained on the cleaned training part of {dataset}, so "
                f"that its other parts are new to all of them. Received: {member.name}, which was "
                f"trained on {member.card['trained_on']['source']} otherwise."
            )


def _details(members: list[Classifier], lab: Run, path: Path) -> dict[str, Any]:
    """What the card says about how the ensemble was made."""
    cards = [member.card for member in members]
    words = ["ensemble", *(member.name for member in members)]
    name = [] if path.stem == _usual_name(lab) else ["--name", path.stem]
    return {
        "protocol": PROTOCOL.format(CLEANED),
        "command": command(words, lab, name),
        "seed": lab.seed,
        "epochs": sum(card["epochs"] for card in cards),
        "seconds": sum(card["seconds"] for card in cards),
        "hardware": environment.device(),
        "plan": {
            "members": {card["name"]: card["sha256"] for card in cards},
            "recipe": {"clean": True},
        },
    }
