"""What becomes of a model's answers when the pictures get worse, and what helps.

Every distortion has an amount with a unit; 0 leaves the pictures as they are.
"""

from collections.abc import Callable, Sequence
from functools import partial

import cv2
import keras
import numpy as np
import pandas as pd
from keras import layers

from fer_kit.errors import InputError, choose
from fer_kit.evaluation import accuracy_interval
from fer_kit.faces import Faces
from fer_kit.preprocess import normalise

# The published noise test: standard deviation on pixels from 0 to 1.
NOISE = (0.0, 0.05, 0.1, 0.2)

# Five amounts of each distortion, from barely visible to severe; `distort` tells their units.
STRENGTHS: dict[str, tuple[float, ...]] = {}
_DISTORTIONS: dict[str, Callable] = {}

# Where eyes and mouth are in a picture that is cropped to the face: shares of its height.
EYES, MOUTH = (0.24, 0.46), (0.68, 0.92)


def distort(images: np.ndarray, kind: str, amount: float, seed: int = 0) -> np.ndarray:
    """Make pictures worse, all by the same amount (lesson 09).

    Args:
        images: (N, H, W, C), uint8 from 0 to 255 or float from 0 to 1.
        kind: what happens to them, and the unit of `amount`:
            noise: Gaussian, its standard deviation on a scale from 0 to 1;
            blur: Gaussian, its standard deviation in pixels;
            jpeg: stored and read again, 100 minus the quality;
            brightness: what is added, on a scale from 0 to 1;
            contrast: the share of it that is lost;
            rotation: degrees, to the left or to the right;
            downscaling: the share of the resolution that is lost;
            covered eyes, covered mouth: the share of the picture's width that a grey bar covers.
        seed: for noise and for the direction of a rotation; the others are the same every time.

    Returns:
        An array of the same shape, type and range.

    Raises:
        InputError: no such distortion, or an amount below 0.
    """
    choose(kind, _DISTORTIONS, "a distortion")
    if not 0 <= amount < np.inf:
        raise InputError(f"Expected an amount of 0 or more. Received: {amount}.")
    if amount == 0:
        return images.copy()
    generator = np.random.default_rng(seed)
    whole = images.dtype == np.uint8
    pictures = normalise(images) if whole else images
    worse = np.empty_like(pictures)
    for index, picture in enumerate(pictures):
        worse[index] = _DISTORTIONS[kind](picture, amount, generator).reshape(picture.shape)
    worse = np.clip(worse, 0, 1)
    return np.rint(255 * worse).astype(np.uint8) if whole else worse


def sweep(
    model: keras.Model,
    faces: Faces,
    kind: str = "noise",
    amounts: Sequence[float] = NOISE,
    seeds: Sequence[int] = (0, 1, 2),
) -> pd.DataFrame:
    """Ask a model about the same faces, distorted more and more (lesson 09).

    Args:
        model: from pictures (N, H, W, C) in [0, 1] to probabilities (N, K).
        faces: all of them are distorted and classified.
        kind, amounts: as in `distort`.
        seeds: each amount is tried once for each seed; an amount of 0 only once.

    Returns:
        A row for each amount and seed: kind, amount, seed, faces, correct, and for each emotion how
        often the model said it.
    """
    images = normalise(faces.images)
    rows = []
    for amount in amounts:
        for seed in seeds if amount else seeds[:1]:
            worse = distort(images, kind, amount, seed)
            said = _answers(model, worse)
            counts = np.bincount(said, minlength=len(faces.emotions))
            row = {"kind": kind, "amount": amount, "seed": seed, "faces": len(faces)}
            row["correct"] = int((said == faces.labels).sum())
            rows.append(row | dict(zip(faces.emotions, counts.tolist(), strict=True)))
    return pd.DataFrame(rows)


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """One row for each amount of a `sweep`, its seeds taken together (lesson 09).

    Returns:
        Indexed by amount: accuracy, the mean over the seeds, with its 95 % interval low to high;
        seeds_low and seeds_high, the seeds' extremes; commonest, the emotion said most often, and
        share, how often; entropy of the answers in bits, 0 where the model always says the same.

        The interval is Wilson's for the number of faces. The seeds add no faces: they distort the
        same ones again.
    """
    groups = {amount: _summary(rows) for amount, rows in table.groupby("amount")}
    return pd.DataFrame(list(groups.values()), index=pd.Index(list(groups), name="amount"))


def answers(table: pd.DataFrame) -> pd.DataFrame:
    """How often each emotion was said, in shares: a row for each amount of a sweep (lesson 09)."""
    emotions = table.columns[table.columns.get_loc("correct") + 1 :]
    counts = table.groupby("amount")[list(emotions)].sum()
    return counts.div(counts.sum(axis=1), axis=0)


def reestimate_batch_norm(
    model: keras.Model, images: np.ndarray, batch_size: int = 256
) -> keras.Model:
    """A copy of a model whose batch normalisations know the statistics of other pictures.

    The pictures pass in training mode, in whole batches; no weight is trained, and nothing is
    dropped, as in prediction. The moving means and variances become the plain means over the
    batches (Li et al. 2016; Schneider et al. 2020). Lesson 09.

    Args:
        images: (N, H, W, C) in [0, 1], pictures such as will come: some hundreds at least.

    Raises:
        InputError: the model has no batch normalisation.
    """
    again = keras.models.clone_model(model)
    again.set_weights(model.get_weights())
    norms = [layer for layer in again.layers if isinstance(layer, layers.BatchNormalization)]
    if not norms:
        raise InputError(
            f"Expected a model with batch normalisation. Received: {model.name}, which has none."
        )
    momentum = [layer.momentum for layer in norms]
    dropouts = [layer for layer in again.layers if isinstance(layer, layers.Dropout)]
    rates = [layer.rate for layer in dropouts]
    for layer in dropouts:
        layer.rate = 0
    batches = max(1, len(images) // batch_size)  # whole ones: each counts the same
    for number in range(batches):
        for layer in norms:
            layer.momentum = number / (number + 1)  # the running mean of the batches so far
        again(images[number * batch_size : (number + 1) * batch_size], training=True)
    for layer, usual in zip(norms, momentum, strict=True):
        layer.momentum = usual
    for layer, usual in zip(dropouts, rates, strict=True):
        layer.rate = usual
    return again


# One distortion each: a float picture (H, W, C) from 0 to 1, its amount, and a generator.


def distortion(kind: str, *strengths: float) -> Callable[[Callable], Callable]:
    """Offer a function as a distortion, with five amounts of it."""

    def register(function: Callable) -> Callable:
        STRENGTHS[kind], _DISTORTIONS[kind] = strengths, function
        return function

    return register


@distortion("noise", 0.05, 0.1, 0.15, 0.2, 0.25)
def _noise(picture: np.ndarray, sigma: float, generator: np.random.Generator) -> np.ndarray:
    return picture + generator.normal(0, sigma, picture.shape)


@distortion("blur", 0.5, 1.0, 1.5, 2.0, 3.0)
def _blur(picture: np.ndarray, sigma: float, _) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


@distortion("jpeg", 50, 70, 80, 90, 95)
def _jpeg(picture: np.ndarray, lost: float, _) -> np.ndarray:
    whole = np.rint(255 * picture).astype(np.uint8)
    _, stored = cv2.imencode(".jpg", whole, [cv2.IMWRITE_JPEG_QUALITY, int(100 - lost)])
    return cv2.imdecode(stored, cv2.IMREAD_UNCHANGED).astype(np.float32) / 255


@distortion("brightness", 0.1, 0.2, 0.3, 0.4, 0.5)
def _brightness(picture: np.ndarray, added: float, _) -> np.ndarray:
    return picture + added


@distortion("contrast", 0.3, 0.5, 0.7, 0.8, 0.9)
def _contrast(picture: np.ndarray, lost: float, _) -> np.ndarray:
    return picture.mean() + (1 - lost) * (picture - picture.mean())


@distortion("rotation", 5, 10, 20, 30, 45)
def _rotation(picture: np.ndarray, degrees: float, generator: np.random.Generator) -> np.ndarray:
    height, width = picture.shape[:2]
    angle = degrees * generator.choice([-1, 1])
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1)
    return cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)


@distortion("downscaling", 0.25, 0.5, 0.67, 0.75, 0.83)
def _downscaling(picture: np.ndarray, lost: float, _) -> np.ndarray:
    height, width = picture.shape[:2]
    small = (max(1, round(width * (1 - lost))), max(1, round(height * (1 - lost))))
    picture = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)


def _cover(picture: np.ndarray, share: float, _, band: tuple[float, float]) -> np.ndarray:
    """A grey bar over a band of the picture, from the middle outwards."""
    height, width = picture.shape[:2]
    top, bottom = (round(height * edge) for edge in band)
    margin = round(width * (1 - min(share, 1)) / 2)
    covered = picture.copy()
    covered[top:bottom, margin : width - margin] = picture.mean()
    return covered


distortion("covered eyes", 0.2, 0.4, 0.6, 0.8, 1.0)(partial(_cover, band=EYES))
distortion("covered mouth", 0.2, 0.4, 0.6, 0.8, 1.0)(partial(_cover, band=MOUTH))


def _answers(model: keras.Model, images: np.ndarray, batch_size: int = 256) -> np.ndarray:
    """int (N,): the index of the emotion that the model says. For few images `predict` is slow."""
    starts = range(0, len(images), batch_size)
    parts = [model.predict_on_batch(images[start : start + batch_size]) for start in starts]
    return np.concatenate(parts).argmax(axis=1)


def _summary(rows: pd.DataFrame) -> dict:
    """What `summarise` tells about one amount."""
    faces = int(rows["faces"].iloc[0])
    correct = rows["correct"]
    low, high = accuracy_interval(round(correct.mean()), faces)
    shares = answers(rows).iloc[0]
    said = shares[shares > 0]
    return {
        "accuracy": correct.mean() / faces,
        "low": low,
        "high": high,
        "seeds_low": correct.min() / faces,
        "seeds_high": correct.max() / faces,
        "commonest": shares.idxmax(),
        "share": shares.max(),
        "entropy": float(-(said * np.log2(said)).sum()) + 0.0,
    }
