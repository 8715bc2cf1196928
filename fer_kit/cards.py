"""Model cards: a JSON file beside each saved model that says what it is and where it comes from."""

import hashlib
from pathlib import Path

from fer_kit.errors import InputError
from fer_kit.faces import Faces
from fer_kit.files import read_json, write_json
from fer_kit.version import __version__

LIMITS = (
    "Classifies the expression on a face into a few words; it does not read feelings. "
    "Not for decisions about people. In the EU, emotion recognition of people at school or at work "
    "is prohibited, with narrow medical and safety exceptions (AI Act, Art. 5(1)(f))."
)
SYNTHETIC_LIMITS = "Trained on drawn faces: says nothing about real ones. "


def write_card(model_path: str | Path, model, faces: Faces, **details) -> dict:
    """Describe a saved model in `<model_path without suffix>.json`.

    Args:
        model_path: the saved .keras file; its sha256 goes into the card.
        model: the `keras.Model` itself.
        faces: what it was trained on.
        details: what only the lesson knows: protocol, seed, epochs, results, ….

    Introduced in notebooks/04_lenet5.ipynb.
    """
    import keras

    model_path = Path(model_path)
    card = {
        "name": model_path.stem,
        "network": model.name,
        "parameters": model.count_params(),
        "input": {"shape": list(model.inputs[0].shape[1:]), "range": [0, 1]},
        "emotions": list(faces.emotions),
        "trained_on": {
            "source": faces.source,
            "synthetic": faces.is_synthetic,
            "faces": int((faces.split == "train").sum()),
            "fingerprint": faces.fingerprint(),
        },
        **details,
        "limits": (SYNTHETIC_LIMITS if faces.is_synthetic else "") + LIMITS,
        "versions": {
            "fer_kit": __version__,
            "keras": keras.__version__,
            "backend": keras.backend.backend(),
        },
        "sha256": sha256(model_path),
    }
    write_json(_card_path(model_path), card)
    return card


def read_card(model_path: str | Path) -> dict:
    """The card of a saved model, after checking that it belongs to this very file.

    Raises:
        InputError: model or card is missing, or the model file is not the one described.
    """
    path = _card_path(model_path)
    if not path.exists():
        raise InputError(
            f"Expected beside {model_path} its card, {path.name}. Received: no such file. Copy it "
            "along with the model: it says what the model's answers mean."
        )
    card, found = read_json(path), sha256(model_path)
    if not isinstance(card, dict) or not {"name", "trained_on", "limits"} <= card.keys():
        raise InputError(
            f"Expected in {path} the card of a model, with name, trained_on and limits. Received: "
            "something else. Get it again, or train the model again."
        )
    if card.get("sha256") != found:
        raise InputError(
            f"Expected {model_path} to be the file that its card describes. Received: a file with "
            f"sha256 {found[:12]}… instead of {str(card.get('sha256'))[:12]}…. "
            "It was changed or damaged; train it again."
        )
    return card


def sha256(path: str | Path) -> str:
    """The sha256 of a file, as 64 hexadecimal digits.

    Raises:
        InputError: the file is missing or cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"Expected a file. Received: {path} ({error.strerror}). Check the path."
        ) from error


def _card_path(model_path: str | Path) -> Path:
    return Path(model_path).with_suffix(".json")
