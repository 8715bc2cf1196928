"""Model cards: a JSON file beside each saved model that says what it is and where it comes from."""

import logging
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer_kit.card import Card, said
from fer_kit.checked import fitted
from fer_kit.errors import InputError
from fer_kit.files import beside, read_json, sha256, write_json, write_whole
from fer_kit.run import DATASET, PROFILE, course_folder, default_name, runs_folder
from fer_kit.version import __version__

if TYPE_CHECKING:
    from fer_kit.faces import Faces

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parents[1] / "models"

FAST = 200_000_000  # multiplications for a face: about 5 milliseconds of one processor core
LIMITS = (
    "Classifies the expression on a face into a few words; it does not read feelings. "
    "Not for decisions about people. In the EU, emotion recognition of people at school or at work "
    "is prohibited, with narrow medical and safety exceptions (AI Act, Art. 5(1)(f))."
)
SYNTHETIC_LIMITS = "Trained on drawn faces: says nothing about real ones. "


def write_card(model_path: str | Path, model, faces: "Faces", **details) -> dict:
    """Describe a saved model in `<model_path without suffix>.json` (lesson 04).

    Args:
        model_path: the saved .keras file; its sha256 goes into the card.
        model: the `keras.Model` itself.
        faces: what it was trained on.
        details: what only the lesson knows: protocol, seed, epochs, results, ….
    """
    train = faces.split == "train"
    about = {
        "source": faces.source,
        "synthetic": faces.is_synthetic,
        "faces": int(train.sum()),
        "shares": shares_of(faces),
        "fingerprint": faces.fingerprint(),
    }
    return write_card_of(model_path, model, faces.emotions, about, **details)


def write_card_of(
    model_path: str | Path,
    model,
    emotions: Sequence[str],
    trained_on: dict[str, Any],
    input_range: Sequence[float] = (0, 1),
    **details,
) -> dict:
    """`write_card` for faces that are not at hand: what they were, as the card has it."""
    import keras

    model_path = Path(model_path)
    card = {
        "name": model_path.stem,
        "network": model.name,
        "parameters": model.count_params(),
        "input": {"shape": list(model.inputs[0].shape[1:]), "range": list(input_range)},
        "emotions": list(emotions),
        "trained_on": trained_on,
        **details,
        "limits": (SYNTHETIC_LIMITS if trained_on["synthetic"] else "") + LIMITS,
        "versions": {
            "fer_kit": __version__,
            "keras": keras.__version__,
            "backend": keras.backend.backend(),
        },
        "sha256": sha256(model_path),
    }
    write_json(card_path(model_path), card)
    return card


def shares_of(faces: "Faces") -> dict[str, float]:
    """How often each emotion occurs in the training part: the habits of whoever learns from it."""
    targets = faces.targets[faces.split == "train"]
    shares = targets.sum(axis=0, dtype=float) / max(1, len(targets))
    return dict(zip(faces.emotions, shares.tolist(), strict=True))


def add_to_card(model_path: str | Path, values: dict[str, Any]) -> dict[str, Any]:
    """Put more into the card of a model, or other values in place of old ones; returns the card."""
    card = read_card(model_path) | values
    write_json(card_path(model_path), card)
    return card


def read_card(model_path: str | Path) -> dict:
    """The card of a saved model, after checking that it belongs to this very file.

    Raises:
        InputError: model or card is missing, or the model file is not the one described.
    """
    path = card_path(model_path)
    if not path.exists():
        raise InputError(
            f"Expected beside {model_path} its card, {path.name}. Received: no such file. Copy it "
            "along with the model, or train the model to the end: it says what the answers mean."
        )
    card, found = read_json(path), sha256(model_path)
    then = "Copy the card from where the model came from, or get it from somebody you trust."
    fitted(Card, card, path, "the card of a model", then)
    if card.get("sha256") != found:
        raise InputError(
            f"Expected {model_path} to be the file that its card describes. Received: a file with "
            f"sha256 {found[:12]}… instead of {str(card.get('sha256'))[:12]}…. "
            "One of them was changed: copy both from where they came from, or train another, under "
            "another name."
        )
    return card


def card_path(model_path: str | Path) -> Path:
    """Where the card of a model is."""
    return Path(model_path).with_suffix(".json")


def shipped(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """The models in a folder: name → card, each checked to belong to its file.

    Raises:
        InputError: a card is missing, or a file is not the one that its card describes.
    """
    return {path.stem: read_card(path) for path in sorted(folder.glob("[!.]*.keras"))}


def not_for_photographs(card: dict[str, Any]) -> str:
    """Why a model cannot name the expression on one photograph, as far as its card says, or ""."""
    pictures = said(card, "pictures")
    if pictures != ["visible"]:
        kinds = " and ".join(map(str, pictures)) if isinstance(pictures, list) else pictures
        return f"looks at {kinds} pictures"
    return f"answers with {card['answers']}" if "answers" in card else ""


def fast_copy(path: Path, card: dict[str, Any]) -> Path | None:
    """The ONNX copy beside a model that its card names, if there is one.

    Raises:
        InputError: there is one, and it is another file than the card names.
    """
    copy, noted = path.with_suffix(".onnx"), card.get("onnx")
    if not noted or not copy.exists():
        return None
    if sha256(copy) != noted["sha256"]:
        raise InputError(
            f"Expected {copy} to be the copy that {path.stem}.json names. Received: another file. "
            "Copy both from where they came from. Without a copy Keras answers, more slowly."
        )
    return copy


def best_shipped(folder: Path = FOLDER) -> str:
    """The name of the shipped model that does best on photographs of real faces, or "".

    One that is damaged keeps nobody from asking the others: it is named in a warning.
    """
    found = {}
    for path in sorted(folder.glob("[!.]*.keras")):
        try:
            found[path.stem] = read_card(path)
        except InputError as error:
            log.warning("%s is passed over. %s", path.stem, error)
    return best_among(found)


def best_among(known: dict[str, Any]) -> str:
    """The name of the card with the best balanced accuracy on photographs of real faces, or "".

    That is of validation faces that were pasted into pictures, found and cut out again. Cards
    without it, or of drawn faces, are passed over, and so are networks of more than `FAST`
    multiplications; where a card does not say how many there are, it is taken for fast.
    """
    balanced = {}
    for name, card in known.items():
        with suppress(KeyError, TypeError, ValueError):
            is_fast = card.get("multiplications", 0) <= FAST
            if is_fast and not card["trained_on"]["synthetic"]:
                balanced[name] = float(card["photographs"]["balanced_accuracy"])
    return max(balanced, key=balanced.get, default="")


def find_model(model: str | Path, run: str = "") -> Path:
    """The file of a model, given by path or by name.

    Raises:
        InputError: there is none.
    """
    if not isinstance(model, str | Path):
        raise InputError(f"Expected the path or the name of a model. Received: {model!r}.")
    path = Path(model).expanduser()
    if path.suffix == ".keras" or (str(model).strip() and path.exists()):
        if path.is_file():
            return path
        raise InputError(f"Expected a saved model. Received: {path}, which is no file.")
    folder = run or default_name(DATASET, PROFILE)
    places = (runs_folder() / folder / "models", course_folder() / "models", FOLDER)
    for place in places:
        if (place / f"{model}.keras").is_file():
            return place / f"{model}.keras"
    there = sorted(
        f"{path.stem} (in {path.parent.parent.name})"
        for path in runs_folder().glob("*/models/[!.]*.keras")
    )
    there += sorted(path.stem for path in FOLDER.glob("[!.]*.keras"))
    raise InputError(
        f"Expected the path of a .keras file, or the name of a model in the run {folder}. "
        f"Received: {str(model)!r}. There are: {', '.join(there) or 'no models yet; make run-all'}."
    )


def default_model(run: str = "") -> str:
    """Which model answers where none is named.

    Of a run, its "cnn", or else its "lenet5". Without one, the best that comes with the course: it
    has seen real faces, which those of the usual run have not.
    """
    if not run and (name := best_shipped()):
        return name
    folder = runs_folder() / (run or default_name(DATASET, PROFILE)) / "models"
    return "cnn" if (folder / "cnn.keras").is_file() else "lenet5"


def pretrained(name: str, path: Path) -> tuple[Any, Any, dict[str, Any]]:
    """Take a model that comes with the course for one that a lesson would train itself (lesson 05).

    Args:
        name: of the model, such as "cnn-fer2013".
        path: where the lesson would save its own; model and history are copied there.

    Returns:
        The model, its history (see `read_history`), and for the lesson's card: where the
        model comes from, its seed, its width and the seconds that its training took.

    Raises:
        InputError: no model of that name comes with the course.
    """
    import keras

    from fer_kit.training import read_history

    source = FOLDER / f"{name}.keras"
    if not source.exists():
        raise InputError(
            f"Expected {name} among the models that come with the course: "
            f"{', '.join(shipped()) or 'none yet'}. Set pretrained = False, or train it with "
            "fer-kit train and put it there with fer-kit ship."
        )
    card = read_card(source)
    for origin, copy in ((source, path), (history_file(source), history_file(path))):
        write_whole(copy, lambda temporary, origin=origin: shutil.copy(origin, temporary))
    about = {"pretrained": name, "width": card["plan"]["recipe"]["width"]}
    about |= {key: card[key] for key in ("seed", "seconds")}
    model = keras.saving.load_model(path, compile=False)
    return model, read_history(history_file(path)), about


def history_file(path: Path) -> Path:
    """Where the training curves of the model in a file are: NAME-history.csv."""
    return beside(path, "history.csv")
