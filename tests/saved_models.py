"""A saved model with its card, for tests of everything that loads one."""

from pathlib import Path

from fer_kit import cards
from fer_kit.faces import Faces
from fer_kit.networks import build


def save_lenet5(folder: Path, faces: Faces, name: str = "lenet5") -> Path:
    """An untrained LeNet-5 with the card of one trained on `faces`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.keras"
    model = build("lenet5", classes=len(faces.emotions))
    model.save(path)
    cards.write_card(path, model, faces)
    return path
