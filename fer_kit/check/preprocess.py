"""Checks of notebooks/03_preprocess.ipynb."""

from collections.abc import Callable

import numpy as np

from fer_kit.check.answers import ask, check, expect, expect_array


@check
def standardise(function: Callable) -> None:
    """`standardise(train, other)` → both, with the mean and standard deviation of `train`."""
    generator = np.random.default_rng(3)
    train = generator.normal(0.5, 0.2, (40, 8, 8, 1)).astype(np.float32)
    other = generator.normal(0.7, 0.1, (20, 8, 8, 1)).astype(np.float32)
    answer = ask(function, train, other)
    expect(
        isinstance(answer, tuple) and len(answer) == 2,
        "two arrays: train and other",
        type(answer).__name__,
        "Write return train, other, each standardised.",
    )
    first = expect_array(answer[0], train.shape, "the training part")
    second = expect_array(answer[1], other.shape, "the other part")
    expect(
        abs(first.mean()) < 1e-3,
        "a training part of mean 0",
        f"mean {first.mean():.3f}",
        "Subtract the mean of the training part.",
    )
    expect(
        abs(first.std() - 1) < 0.05,
        "a training part of standard deviation 1",
        f"{first.std():.3f}",
        "Divide by the standard deviation (not by the variance).",
    )
    expect(
        abs(second.mean()) > 0.1,
        "the other part moved by the mean of the training part",
        "an other part of mean 0",
        "It was given its own mean. Test faces may not decide how they are prepared: that is a "
        "leak, and one face alone has no mean to speak of.",
    )
    whole = np.allclose(second, (other - train.mean()) / train.std(), atol=1e-3)
    each = np.allclose(second, (other - train.mean(0)) / train.std(0), atol=1e-3)
    expect(
        whole or each,
        "the other part less the training mean, over the training deviation",
        f"mean {second.mean():.3f}, standard deviation {second.std():.3f}",
        "The same two numbers (or two pictures) that the training part was given.",
    )


@check
def split_by_person(function: Callable) -> None:
    """`split_by_person(subject, share, seed)` → bool (N,), True for test; no person in both."""
    subject = np.repeat([f"s{k:02d}" for k in range(40)], 5)
    subject = subject[np.random.default_rng(4).permutation(len(subject))]
    mask = expect_array(ask(function, subject, 0.25, 7), subject.shape, "a mask")
    expect(
        mask.dtype == bool,
        "a mask of True and False",
        str(mask.dtype),
        "np.isin(subject, chosen_people) is one.",
    )
    both = np.intersect1d(subject[mask], subject[~mask])
    expect(
        not len(both),
        "nobody in both parts",
        f"{len(both)} people in both",
        "Draw people, not faces: shuffle np.unique(subject), and take all faces of those chosen.",
    )
    expect(mask.any() and not mask.all(), "faces in both parts", "an empty part")
    share = mask.mean()
    expect(
        0.2 <= share <= 0.3,
        "about a quarter of the faces in the test part",
        f"{share:.0%}",
        "The share says how much is test; True stands for test.",
    )
    again, other = ask(function, subject, 0.25, 7), ask(function, subject, 0.25, 8)
    expect(
        np.array_equal(mask, again),
        "the same split for the same seed",
        "another one",
        "Use np.random.default_rng(seed) inside of the function.",
    )
    expect(
        not np.array_equal(mask, other),
        "another split for another seed",
        "the same one",
        "np.unique sorts: shuffle the people with the seed before you choose.",
    )
