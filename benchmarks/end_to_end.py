"""From the picture to the answer: faces pasted into pictures, found again, cut out and named.

    python benchmarks/end_to_end.py data/fer2013.csv [--part validation] [--faces 600]

Faces of FER2013 are pasted into soft grey pictures of 640 × 480 pixels, at several sizes. The table
says how many are found, and how many of all are named rightly beside the same faces as they come,
cut out. A face that is not found counts as wrong. Under it are other ways to cut: a square of
another side, turned until the eyes are level, or with its histogram equalised. Choose among them by
the validation part, and look at the test part once.
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

import fer_kit as fk
from fer_kit import detect
from fer_kit.classify import locate
from fer_kit.detect import Box, cut_out, find_landmarks
from fer_kit.evaluation import accuracy_interval, percent

HEIGHT, WIDTH = 480, 640
SIDES = (240, 144, 96, 64)  # pixels, of the pasted face
SQUARES = (0.9, 1.1, 1.2)  # beside what `detect.SQUARE` says
FRAMES = 100  # for which the time is taken


def pasted(face: np.ndarray, side: int, generator: np.random.Generator) -> np.ndarray:
    """A picture uint8 (480, 640, 3) of a soft grey with the face, uint8 (48, 48), somewhere."""
    shades = generator.uniform(60, 200, (3, 4)).astype(np.float32)
    picture = cv2.resize(shades, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    top, left = generator.integers(0, (HEIGHT - side + 1, WIDTH - side + 1))
    large = cv2.resize(face, (side, side), interpolation=cv2.INTER_CUBIC)
    picture[top : top + side, left : left + side] = large
    return np.repeat(picture[..., None], 3, axis=2)


def in_a_square_of(share: float):
    """A way to cut out a face, with another side than usual."""

    def cut(picture: np.ndarray, box: Box, size: int) -> np.ndarray:
        usual, detect.SQUARE = detect.SQUARE, share
        try:
            return cut_out(picture, box, size)
        finally:
            detect.SQUARE = usual

    return cut


def with_level_eyes(picture: np.ndarray, box: Box, size: int) -> np.ndarray:
    """Turned around the middle of the box until the eyes are level."""
    points = find_landmarks(picture)
    if points is not None:
        across, down = points[1] - points[0]
        middle = (box.x + box.width / 2, box.y + box.height / 2)
        turned = cv2.getRotationMatrix2D(middle, np.degrees(np.arctan2(down, across)), 1)
        picture = cv2.warpAffine(picture, turned, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    return cut_out(picture, box, size)


def equalised(picture: np.ndarray, box: Box, size: int) -> np.ndarray:
    """With every grey value equally often."""
    return cv2.equalizeHist(cut_out(picture, box, size))


WAYS = {
    "as predict does": cut_out,
    **{f"square of {share}": in_a_square_of(share) for share in SQUARES},
    "eyes level": with_level_eyes,
    "equalised": equalised,
}


def answers(classifier, faces: fk.Faces, side: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """bool (N,), which faces are found; and for each way, which are named rightly."""
    generator, size = np.random.default_rng(side), classifier.size
    found = np.zeros(len(faces), bool)
    cuts = {way: np.zeros((len(faces), size, size, 1), np.uint8) for way in WAYS}
    for row, image in enumerate(faces.images[..., 0]):
        picture = pasted(image, side, generator)
        if boxes := locate(picture):
            found[row] = True
            for way, cut in WAYS.items():
                cuts[way][row, ..., 0] = cut(picture, boxes[0], size)
    named = {way: found & is_right(classifier, shown, faces) for way, shown in cuts.items()}
    return found, named


def is_right(classifier, images: np.ndarray, faces: fk.Faces) -> np.ndarray:
    """bool (N,): whether the answer is the label."""
    names = np.array(classifier.emotions)[classifier.probabilities(images).argmax(axis=1)]
    return names == np.array(faces.emotions)[faces.labels]


def frames_a_second(classifier, faces: fk.Faces) -> float:
    """Pictures of 640 × 480 with a face of 144 pixels, from the array to the answer."""
    generator = np.random.default_rng(0)
    pictures = [pasted(image, 144, generator) for image in faces.images[:FRAMES, ..., 0]]
    fk.predict_emotion(classifier, pictures[0])
    start = time.perf_counter()
    for picture in pictures:
        fk.predict_emotion(classifier, picture)
    return len(pictures) / (time.perf_counter() - start)


def told(right: np.ndarray) -> str:
    return percent(right.mean(), accuracy_interval(int(right.sum()), len(right)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="FER2013, as fk.load takes it")
    parser.add_argument("--part", default="validation", choices=("validation", "test"))
    parser.add_argument("--faces", type=int, default=600, help="so many of the part, or fewer")
    parser.add_argument("--model", default="small-fer2013")
    options = parser.parse_args()
    classifier = fk.load_model(options.model)
    faces = fk.load("fer2013", options.data, size=(1, options.faces, options.faces))
    faces = faces.subset(options.part)
    ready = is_right(classifier, faces.images, faces)
    print(f"{classifier.name}, {len(faces)} faces of {faces.source}, {options.part} part, seed 42")
    print(f"as they come, cut out: {told(ready)}\n")
    print(f"{'pasted at':24}" + "".join(f"{side:>22} px" for side in SIDES))
    results = {side: answers(classifier, faces, side) for side in SIDES}
    shares = "".join(f"{percent(found.mean()):>25}" for found, _ in results.values())
    print(f"{'found':24}{shares}")
    for way in WAYS:
        row = "".join(f"{told(named[way]):>25}" for _, named in results.values())
        print(f"{way:24}{row}", flush=True)
    print(f"\n{frames_a_second(classifier, faces):.0f} pictures of 640 × 480 a second")


if __name__ == "__main__":
    main()
