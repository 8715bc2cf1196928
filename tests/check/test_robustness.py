"""Wrong answers to the checks of lesson 09, and what they are told."""

import cv2
import numpy as np
from checks import told, wrong_answers


def square_everywhere_the_same(images, size, seed):
    worse = images.copy()
    worse[:, :size, :size] = 0
    return worse


def square_over_the_border(images, size, seed):
    generator, worse = np.random.default_rng(seed), images.copy()
    for image in worse:
        y, x = generator.integers(0, 48, 2)
        image[y : y + size, x : x + size] = 0
    return worse


def square_in_place(images, size, seed):
    images[:, :size, :size] = 0
    return images


def square_on(images, size, seed, draw):
    """Squares whose corners `draw` takes from a generator and the number of places."""
    generator, worse = np.random.default_rng(seed), images.copy()
    for image in worse:
        y, x = draw(generator, images.shape[1] - size)
        image[y : y + size, x : x + size] = 0
    return worse


def on_the_diagonal(images, size, seed):
    return square_on(images, size, seed, lambda g, last: [g.integers(0, last + 1)] * 2)


def never_at_the_end(images, size, seed):
    return square_on(images, size, seed, lambda g, last: g.integers(0, max(last, 1), 2))


WRONG = {
    "black_square": [
        (on_the_diagonal, "two numbers for each picture"),
        (never_at_the_end, "not included"),
        (square_everywhere_the_same, "place of its own"),
        (square_over_the_border, "over the border"),
        (square_in_place, "begin with a copy"),
        (lambda images, size, seed: images, "Black is 0"),
        (lambda images, size, seed: images[..., 0], "shape"),
    ],
    "denoise": [
        (lambda x: x, "mean or their median"),
        (lambda x: 0 * x + x.mean((1, 2), keepdims=True), "mean or their median"),
        (lambda x: np.array([cv2.blur(one, (13, 13)) for one in x])[..., None], "face away"),
        (lambda x: x * 255, "not 0 to 255"),
        (lambda x: x[..., 0], "put it back"),
        (lambda x: np.repeat(x.mean(0, keepdims=True), len(x), 0), "different faces"),
    ],
}  # fmt: skip


@wrong_answers("robustness", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)
