"""What the page asks: networks that answer, faces that are followed, frames as they come."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fer_kit import cards
from fer_kit.card import said
from fer_kit.classify import Classifier, answer, load_model, locate
from fer_kit.errors import InputError, choose
from fer_kit.files import read_json
from fer_kit.pictures import read_picture
from fer_kit.run import DATASET, PROFILE, default_name, runs_folder
from fer_kit.video import Watcher

SIDE_BY_SIDE = 3  # networks that may be asked about one face
LONG_SIDE = 1920  # pixels of a frame
KINDS = ("film", "picture")


def offers(model: str, run: str) -> tuple[dict[str, Path], str]:
    """The models at hand, by name, and the one that answers first.

    They are those of the run, which say so in their names, and those that come with the course.

    Raises:
        InputError: there is no such model, or it cannot be asked about one photograph.
    """
    folder = run or default_name(DATASET, PROFILE)
    paths = sorted((runs_folder() / folder / "models").glob("[!.]*.keras"))
    offered = {f"{path.stem} ({folder})": path for path in paths}
    offered |= {path.stem: path for path in sorted(cards.FOLDER.glob("[!.]*.keras"))}
    wanted = cards.find_model(model or cards.default_model(run), run).resolve()
    offered |= {} if wanted in offered.values() else {wanted.stem: wanted}
    first = next(name for name, path in offered.items() if path == wanted)
    if why := cards.not_for_photographs(_card(wanted)):
        raise InputError(
            "Expected a model that names the expression on one photograph. "
            f"Received: {first}, which {why}. Leave it out, or name another."
        )
    return offered, first


class Session:
    """The networks that are asked and the faces that are followed.

    Args:
        models: those at hand, by name; what cannot be asked about one photograph is left out.
        first: the one that answers until another is chosen; it is loaded at once.
    """

    def __init__(self, models: dict[str, Path], first: str):
        told = {name: cards.not_for_photographs(_card(path)) for name, path in models.items()}
        self.left_out = {name: why for name, why in told.items() if why}
        self.offered = {name: models[name] for name, why in told.items() if not why}
        self._loaded: dict[str, Classifier] = {}
        self.choose([first])

    def about(self) -> dict[str, Any]:
        """What the page has to know: which models there are, which are asked, and why some not."""
        return {
            "offered": {name: _learned_from(path) for name, path in self.offered.items()},
            "left_out": self.left_out,
            "side_by_side": SIDE_BY_SIDE,
            "chosen": [_described(name, self._loaded[name]) for name in self._chosen],
        }

    def choose(self, names: list[str]) -> dict[str, Any]:
        """Ask these models from now on; the ones before stay where one cannot be loaded.

        Raises:
            InputError: none or too many; one that is not offered; see `load_model`.
        """
        if not isinstance(names, list) or not 1 <= len(names) <= SIDE_BY_SIDE:
            raise InputError(
                f"Expected one to {SIDE_BY_SIDE} models. Received: {names!r}. Choose as many."
            )
        for name in names:
            path = self.offered[choose(name, self.offered, "a model")]
            self._loaded[name] = self._loaded.get(name) or load_model(path)
        self._chosen = tuple(names)
        self.begin("film")
        return self.about()

    def begin(self, kind: str) -> dict[str, Any]:
        """Forget the faces so far: another film begins, or a single picture comes."""
        self._kind = choose(kind, KINDS, "something to look at")
        self._watcher = Watcher(*(self._loaded[name] for name in self._chosen))
        return {"begun": kind}

    def look(self, frame: bytes) -> dict[str, Any]:
        """The faces in a frame, as JPEG: number, box (x, y, width, height), a model's answers each.

        Raises:
            InputError: it is none, or too large; a model gives no numbers.
        """
        picture = _decoded(frame)
        if self._kind == "film":
            faces = self._watcher.look(picture)
        else:
            boxes = locate(picture)
            answers = [answer(one, picture, boxes) for one in self._watcher.classifiers]
            faces = dict(enumerate(zip(*answers, strict=True), start=1))
        return {"faces": [_face(number, said) for number, said in faces.items()]}


def _face(number: int, answers) -> dict[str, Any]:
    return {
        "number": number,
        "box": answers[0].box[:4],
        "answers": [answer.values for answer in answers],
    }


def _described(name: str, classifier: Classifier) -> dict[str, Any]:
    return {
        "name": name,
        "emotions": classifier.emotions,
        "about": classifier.about,
        "limits": classifier.card["limits"],
        "unsure_below": said(classifier.card, "unsure_below"),
    }


def _learned_from(path: Path) -> str:
    """What a model was trained on, as its card says; the file is checked when it is chosen."""
    try:
        return _card(path)["trained_on"]["source"]
    except (KeyError, TypeError):
        return "no card"


def _card(path: Path) -> dict[str, Any]:
    """The card of a model as it is, or nothing; it is checked when the model is chosen."""
    try:
        card = read_json(cards.card_path(path))
    except InputError:
        return {}
    return card if isinstance(card, dict) else {}


def _decoded(frame: bytes) -> np.ndarray:
    """A frame's pixels, uint8 (H, W, 3)."""
    try:
        picture = Image.open(BytesIO(frame), formats=["JPEG"])  # reads no more than its head
        if max(picture.size) <= LONG_SIDE:
            return read_picture(picture)
        received = "×".join(map(str, picture.size))
    except (OSError, SyntaxError, ValueError) as error:
        received = "something else" if isinstance(error, Image.UnidentifiedImageError) else error
    raise InputError(
        f"Expected a frame as JPEG, at most {LONG_SIDE} pixels wide and high. Received: "
        f"{received}. Reload the page."
    )
