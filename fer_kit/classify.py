"""Name the expression on new faces: load a saved model with its card, and ask it.

    classifier = fk.load_model("runs/synthetic-quick/models/lenet5.keras")
    fk.predict_emotion(classifier, "holiday.jpg")

A model that comes with the course has a copy in ONNX, which OpenCV computes: Keras and TensorFlow,
whose import takes seconds, are loaded only where somebody asks for them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer_kit import cards, emotions
from fer_kit.card import Input, said
from fer_kit.cards import find_model
from fer_kit.detect import Box, cut_out, draw_box, find_upright
from fer_kit.errors import InputError, choose
from fer_kit.pictures import VIEWS, read_picture, ten_views
from fer_kit.prior import Expectation, Prior, corrected, expectation, tempered

if TYPE_CHECKING:
    import keras

BATCH = 256  # faces at a time: on a CPU larger batches are no faster
FACE_SIDE = 64  # pixels; a picture that is no larger is taken as a face
SQUARE_SIDE = 128  # so is a square up to this size in which no face was found
TINY = 20  # pixels; in a face this small there is little to see

Runtime = Callable[[np.ndarray], np.ndarray]  # from pictures (N, H, W, C) to probabilities (N, K)


@dataclass(frozen=True, eq=False)
class Network:
    """What computes the answers: Keras, or something that needs no Keras.

    Attributes:
        shape: (H, W, 1 or 3) of the faces that it takes.
        load: gives the `keras.Model`, from pictures in [0, 1] to probabilities.
        fast: answers in its place, if not None, about uint8 pictures.
    """

    shape: tuple[int, int, int]
    load: "Callable[[], keras.Model]"
    fast: Runtime | None = None

    @cached_property
    def model(self) -> "keras.Model":
        """The model, loaded when it is first asked for."""
        return self.load()

    @cached_property
    def ask(self) -> Runtime:
        """The function that answers about uint8 pictures, compiled once."""
        return self.fast or _compiled(self.model)


@dataclass(frozen=True, eq=False)
class Classifier:
    """A trained model, ready to answer.

    Attributes:
        emotions: the K names, in the order of the model's outputs.
        card: what the model is and where it comes from; see `fer_kit.cards`.
        network: what computes its answers.
        prior: how often each emotion is expected; see `prior.expectation`.
        views: in how many views it looks at each face, 1 or 10; see `pictures.ten_views`.
    """

    emotions: tuple[str, ...]
    card: dict[str, Any]
    network: Network
    prior: Prior = None
    views: int = 1

    @classmethod
    def of(
        cls, model: "keras.Model", emotions: tuple[str, ...], card: dict[str, Any]
    ) -> "Classifier":
        """A model that is loaded already."""
        return cls(emotions, card, Network(tuple(model.input_shape[1:]), lambda: model))

    @property
    def model(self) -> "keras.Model":
        """The model itself; Keras loads it when it is first asked for."""
        return self.network.model

    @property
    def name(self) -> str:
        """The model's name."""
        return self.card["name"]

    @property
    def is_synthetic(self) -> bool:
        """Whether the model was trained on drawn faces; it then says nothing about real ones."""
        return self.card["trained_on"]["synthetic"]

    @property
    def about(self) -> str:
        """What belongs under every answer: what was learned from, what is expected, the limits."""
        seen = f"It saw each face in {self.views} views. " if self.views > 1 else ""
        return (
            f"{self.name} was trained on {self.card['trained_on']['source']}. "
            f"It expects each emotion {self.expects.text}. {seen}{self.card['limits']}"
        )

    @property
    def size(self) -> int:
        """The height and width of the faces that the model takes, in pixels."""
        return self.network.shape[0]

    @property
    def runtime(self) -> str:
        """What computes the answers: OpenCV or Keras."""
        return "OpenCV" if self.network.fast else "Keras"

    @cached_property
    def expects(self) -> Expectation:
        """How far the habits of the training are taken back."""
        return expectation(self.prior, self.card, self.emotions)

    def expecting(self, prior: Prior) -> "Classifier":
        """The same model with another prior: None (the card's), "even", "training" or shares.

        Raises:
            InputError: see `prior.expectation`.
        """
        expectation(prior, self.card, self.emotions)
        return replace(self, prior=prior)

    def in_views(self, views: int) -> "Classifier":
        """The same model, answering with the mean over as many views of each face: 1 or 10.

        Raises:
            InputError: another number.
        """
        choose(views, VIEWS, "a number of views")
        return replace(self, views=views)

    def through_keras(self) -> "Classifier":
        """The same model, computed by Keras: with many faces at a time that is faster."""
        return replace(self, network=Network(self.network.shape, lambda: self.model))

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """The model's answers, float32 (N, K), rows summing to 1.

        They are as sure as the card's temperature says, if it has one (see
        `evaluation.fit_temperature`), and expect each emotion as often as `prior` says.

        Args:
            images: uint8 (N, H, W, 1) of the model's size; a model that takes three channels gets
                the grey one three times.

        Raises:
            InputError: pictures of another type or shape.
        """
        expected = self.network.shape
        if images.dtype != np.uint8 or images.shape[1:] not in (expected, (*expected[:2], 1)):
            raise InputError(
                f"Expected faces as uint8 (N, {', '.join(map(str, expected))}). "
                f"Received: {images.dtype} of shape {images.shape}."
            )
        if self.views > 1:
            one = self.in_views(1)
            return np.mean([one.probabilities(view) for view in ten_views(images)], axis=0)
        images, ask = np.broadcast_to(images, (len(images), *expected)), self.network.ask
        answers = [ask(images[start : start + BATCH]) for start in range(0, len(images), BATCH)]
        rows = np.concatenate([np.zeros((0, len(self.emotions)), np.float32), *answers])
        if not np.isfinite(rows).all():
            raise InputError(
                f"Expected numbers from {self.name}. Received: answers that are none; its training "
                "has diverged. Train it again with a lower learning rate."
            )
        temperature = said(self.card, "temperature")
        return self.corrected(rows if temperature == 1 else tempered(rows, temperature))

    def corrected(self, rows: np.ndarray) -> np.ndarray:
        """Answers (N, K) that expect each emotion as often as `prior` says."""
        expects = self.expects
        if not expects.strength and expects.expected is None:
            return rows
        shares = [self.card["trained_on"]["shares"][name] for name in self.emotions]
        return corrected(rows, shares, expects.strength, expects.expected)


@dataclass(frozen=True)
class Answer:
    """What a model says about one face.

    Attributes:
        box: where the face is.
        emotion: the name with the highest probability.
        probabilities: a probability for each name; together they are 1.
        note: what to know about this answer, or "".
    """

    box: Box
    emotion: str
    probabilities: dict[str, float]
    note: str = ""

    @property
    def caption(self) -> str:
        """The emotion and its probability: "happy 62 %"."""
        return f"{self.emotion} {100 * self.probabilities[self.emotion]:.0f} %"

    @property
    def values(self) -> dict[str, Any]:
        """Plain values, ready for JSON: emotion, probability, box, probabilities, note."""
        return {
            "emotion": self.emotion,
            "probability": self.probabilities[self.emotion],
            "box": self.box._asdict(),
            "probabilities": self.probabilities,
            "note": self.note,
        }


def load_model(model: str | Path, run: str = "") -> Classifier:
    """Load a model that a lesson saved (lesson 11).

    Args:
        model: the path of a .keras file with its card beside it; or the name of a model in a run,
            such as "lenet5", or of one that comes with the course, such as "lenet5-fer2013".
        run: the run to look for a name in; "" is the run that `make run-all` makes.

    One with an ONNX copy beside it that its card names is computed by OpenCV, without Keras.

    Raises:
        InputError: there is no such model; the file is damaged, is not the one that its card
            describes, or holds code (a Lambda layer); the card does not fit the model.
    """
    path = find_model(model, run)
    card = cards.read_card(path)
    if copy := cards.fast_copy(path, card):
        ask = opencv(copy)
        network = Network(
            tuple(card["input"]["shape"]),
            lambda: load_keras(path, card),
            lambda images: ask(images.astype(np.float32) / 255),
        )
        return Classifier(_named(path, card), card, network)
    loaded = load_keras(path, card)
    return Classifier.of(loaded, checked_emotions(path, loaded, card), card)


def predict_emotion(
    classifier: Classifier, picture, prior: Prior = None, views: int | None = None
) -> list[Answer]:
    """Find the faces in a picture and name the expression on each, the largest face first.

    A picture of at most 64 pixels is taken as a face, as a whole, and so is a square of at most 128
    pixels in which no face is found; the answer's `note` says so. A picture without faces gives no
    answers. Lesson 11.

    Args:
        classifier: what `load_model` returns.
        picture: a path, an array or a Pillow image; see `fer_kit.pictures.read_picture`.
        prior: how often each emotion is expected. A network expects it as often as in training;
            the card says how far that is taken back. "even" takes it back wholly, "training" not
            at all, and {"happy": 0.5, …} puts shares of your own in its place.
        views: 10 takes the mean of the answers to ten views of each face. With most models it is
            more often right; the network takes ten times as long. None is as many as `in_views`
            has set: usually 1.

    Raises:
        InputError: no classifier, no picture, a prior that the card does not allow, or another
            number of views.

    >>> predict_emotion(classifier, "holiday.jpg")[0].emotion
    'happy'
    """
    if not isinstance(classifier, Classifier):
        raise InputError(
            "Expected a classifier from fer_kit.load_model. "
            f"Received: {type(classifier).__name__}. Load it: fk.load_model('lenet5')."
        )
    if prior is not None:
        classifier = classifier.expecting(prior)
    if views is not None:
        classifier = classifier.in_views(views)
    pixels = read_picture(picture)
    return answer(classifier, pixels, locate(pixels))


def locate(picture: np.ndarray) -> list[Box]:
    """Where the faces are in a picture, uint8 (H, W, 3): found, or the picture as a whole."""
    height, width = picture.shape[:2]
    if max(height, width) <= FACE_SIDE:
        return [_whole(picture)]
    found = find_upright(picture)
    if not found and height == width <= SQUARE_SIDE:
        return [_whole(picture)]
    return found


def answer(classifier: Classifier, picture: np.ndarray, boxes: list[Box]) -> list[Answer]:
    """Name the expression in each box of a picture, uint8 (H, W, 3)."""
    if not boxes:
        return []
    faces = np.stack([cut_out(picture, box, classifier.size) for box in boxes])
    rows = classifier.probabilities(faces[..., None])
    return [_answer(classifier, box, row) for box, row in zip(boxes, rows, strict=True)]


def annotate(picture: np.ndarray, answers: list[Answer], captions: list[str] = ()) -> np.ndarray:
    """A copy of a picture, uint8 (H, W, 3), with a box and a caption for each answer."""
    annotated = picture.copy()
    names = captions or [found.caption for found in answers]
    for found, caption in zip(answers, names, strict=True):
        draw_box(annotated, found.box, caption)
    return annotated


def opencv(path: Path) -> Runtime:
    """A function that lets OpenCV compute an ONNX model: from float32 pictures in [0, 1].

    One face after the other: it mixes up the faces of a batch where a network ends in dense layers,
    and would gain nothing by it.
    """
    import cv2

    net = cv2.dnn.readNetFromONNX(str(path))

    def ask(pictures: np.ndarray) -> np.ndarray:
        answers = []
        for picture in pictures:
            net.setInput(np.ascontiguousarray(picture[None]))
            answers.append(net.forward().ravel().copy())
        return np.stack(answers)

    return ask


def load_keras(path: Path, card: dict[str, Any]) -> "keras.Model":
    """The model in a file, for pictures in [0, 1] whatever it was trained for.

    Raises:
        InputError: Keras cannot load it, or it looks at more than one picture.
    """
    import keras

    try:
        loaded = keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras lets through whatever its parts raise
        raise InputError(
            f"Expected a model that Keras can load. Received: {path} ({_reason(error)}). "
            "Train it again, or get the file again from somebody you trust."
        ) from error
    if len(loaded.inputs) > 1:
        raise InputError(
            f"Expected a model that looks at one picture. Received: {path}, which needs "
            f"{len(loaded.inputs)} of the same moment. Lesson 06 shows how to ask it."
        )
    low, high = said(card.get("input", {}), "range", Input)
    if (low, high) == (0, 1):
        return loaded
    inputs = keras.Input(loaded.input_shape[1:])
    scaled = keras.layers.Rescaling(high - low, low)(inputs)
    return keras.Model(inputs, loaded(scaled), name=loaded.name)


def _named(path: Path, card: dict[str, Any]) -> tuple[str, ...]:
    """The card's emotions, each once and by the course's name."""
    names = card.get("emotions")
    names = [str(name) for name in names] if isinstance(names, list | tuple) else []
    known = [emotions.canonical(name) for name in names if emotions.is_emotion(name)]
    if not names or len(set(known)) < len(names):
        raise InputError(
            f"Expected the card of {path} to name an emotion for each of the model's outputs. "
            f"Received: {', '.join(names) or 'none'}. Model and card do not belong together."
        )
    return tuple(known)


def checked_emotions(path: Path, model: "keras.Model", card: dict[str, Any]) -> tuple[str, ...]:
    """The card's emotions, after comparing them with the model's outputs.

    Raises:
        InputError: they do not fit, or the model takes or answers something else.
    """
    import keras

    names, shape = _named(path, card), model.input_shape
    if model.output_shape[1:] != (len(names),):
        raise InputError(
            f"Expected the card of {path} to name an emotion for each of the model's outputs, "
            f"{model.output_shape[1:]}. Received: {', '.join(names)}. "
            "Model and card do not belong together."
        )
    if getattr(model.layers[-1], "activation", None) is keras.activations.sigmoid:
        raise InputError(
            "Expected a model that names one emotion, with probabilities that sum to 1. Received: "
            f"{path}, which answers yes or no for each. Its own lesson shows how to ask it."
        )
    if len(shape) != 4 or not shape[1] or shape[1] != shape[2] or shape[3] not in (1, 3):
        raise InputError(
            "Expected a model that takes one square picture, grey or in colour. "
            f"Received: {path}, which takes {shape}. Its own lesson shows how to ask it."
        )
    return names


def _reason(error: Exception) -> str:
    text = str(error).strip()
    if "safe_mode" in text or "Lambda" in text:
        return "it has a Lambda layer, which is code from whoever saved it and could do anything"
    return text.splitlines()[0] if text else type(error).__name__


def _compiled(model: "keras.Model") -> Runtime:
    """A function from uint8 pictures to probabilities, compiled once.

    `model.predict` sets up a data pipeline for each call, which takes far longer than a small
    network does for one face.
    """
    import keras

    if keras.backend.backend() == "jax":
        return _compiled_for_jax(model)
    import tensorflow as tf

    def compute(images):
        return model(tf.cast(images, tf.float32) / 255, training=False)

    def function_of(count: int | None, jit: bool):
        shape = (count, *model.input_shape[1:])
        return tf.function(compute, [tf.TensorSpec(shape, tf.uint8)], jit_compile=jit)

    # XLA, where Keras would use it too, halves the time of a large network for one face. It
    # compiles anew for each number of faces, so that several faces do without.
    one, many = function_of(1, model.jit_compile), function_of(None, False)
    return lambda images: (one if len(images) == 1 else many)(images).numpy()


def _compiled_for_jax(model: "keras.Model") -> Runtime:
    import jax

    @jax.jit
    def compute(weights, state, images):
        scaled = images.astype("float32") / 255
        return model.stateless_call(weights, state, scaled, training=False)[0]

    def answer_padded(images: np.ndarray) -> np.ndarray:
        # Asked for each time: predict and fit replace the arrays that hold the weights.
        weights = [variable.value for variable in model.trainable_variables]
        state = [variable.value for variable in model.non_trainable_variables]
        # JAX compiles for each number of faces: filled up to 1, 2, 4, 8, … there are few of them.
        full = 1 << (len(images) - 1).bit_length()
        padded = np.zeros((full, *images.shape[1:]), np.uint8)
        padded[: len(images)] = images
        return np.asarray(compute(weights, state, padded))[: len(images)]

    return answer_padded


def _whole(picture: np.ndarray) -> Box:
    """The largest square in the middle of a picture."""
    height, width = picture.shape[:2]
    side = min(height, width)
    return Box((width - side) // 2, (height - side) // 2, side, side)


def _answer(classifier: Classifier, box: Box, row: np.ndarray) -> Answer:
    shares = {name: float(share) for name, share in zip(classifier.emotions, row, strict=True)}
    notes = []
    if box.score is None:
        notes.append("the whole picture is taken as a face")
    if box.width < TINY:
        notes.append(f"only {box.width} pixels wide: there is little to see")
    if box.turned:
        notes.append(f"turned upright by {box.turned}°")
    if row.max() < said(classifier.card, "unsure_below"):
        notes.append("unsure")
    return Answer(box, classifier.emotions[int(row.argmax())], shares, "; ".join(notes))
