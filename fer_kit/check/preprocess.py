"""Checks of notebooks/03_preprocess.ipynb."""

import numpy as np

from fer_kit.check.answers import Ask, check, expect, expect_array


@check
def standardise(ask: Ask) -> None:
    """`standardise(train, other)` → both, with the mean and standard deviation of `train`."""
    generator = np.random.default_rng(3)
    train = generator.normal(0.5, 0.2, (40, 8, 8, 1)).astype(np.float32)
    other = generator.normal(0.7, 0.1, (20, 8, 8, 1)).astype(np.float32)
    answer = ask(train, other)
    is_pair = isinstance(answer, tuple) and len(answer) == 2
    slip = "Write return train, other, each standardised."
    expect(is_pair, "two arrays: train and other", type(answer), slip)
    first = expect_array(answer[0], train.shape, "the training part")
    second = expect_array(answer[1], other.shape, "the other part")
    mean, deviation = first.mean(), first.std()
    slip = "Subtract the mean of the training part."
    expect(abs(mean) < 1e-3, "a training part of mean 0", f"mean {mean:.3f}", slip)
    slip = "Divide by the standard deviation (not by the variance)."
    expected = "a training part of standard deviation 1"
    expect(abs(deviation - 1) < 0.05, expected, f"{deviation:.3f}", slip)
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
    few = np.array([0.0, 2.0], np.float32).reshape(2, 1, 1, 1)
    third = np.asarray(ask(few, few + 3)[1]).ravel()
    slip = "Of N values np.std divides by N, as the formula does; ddof=1 divides by N - 1."
    expect(np.allclose(third, [2, 4], atol=1e-3), "2 and 4 for 3 and 5 beside 0 and 2", third, slip)


@check
def split_by_person(ask: Ask) -> None:
    """`split_by_person(subject, share, seed)` → bool (N,), True for test; no person in both."""
    subject = np.repeat([f"s{k:02d}" for k in range(39)], 5)
    subject = subject[np.random.default_rng(4).permutation(len(subject))]
    mask = expect_array(ask(subject, 0.25, 7), subject.shape, "a mask")
    slip = "np.isin(subject, chosen_people) is one."
    expect(mask.dtype == bool, "a mask of True and False", mask.dtype, slip)
    both = len(np.intersect1d(subject[mask], subject[~mask]))
    slip = "Draw people, not faces: shuffle np.unique(subject), and take all faces of those chosen."
    expect(not both, "nobody in both parts", f"{both} people in both", slip)
    expect(mask.any() and not mask.all(), "faces in both parts", "an empty part")
    _expect_a_quarter_of_the_people(ask, subject)
    is_same = np.array_equal(mask, ask(subject, 0.25, 7))
    slip = "Use np.random.default_rng(seed) inside of the function."
    expect(is_same, "the same split for the same seed", "another one", slip)
    is_other = not np.array_equal(mask, ask(subject, 0.25, 8))
    slip = "np.unique sorts: shuffle the people with the seed before you choose."
    expect(is_other, "another split for another seed", "the same one", slip)


def _expect_a_quarter_of_the_people(ask: Ask, subject: np.ndarray) -> None:
    """The same number of people for every seed: with ten seeds, chance alone does not get there."""
    masks = (np.asarray(ask(subject, 0.25, seed)) for seed in range(10))
    people = [len(np.unique(subject[mask])) for mask in masks]
    slip = "The share says how many of the people are test; True stands for test."
    if min(people) < 9 and max(people) <= 10:
        slip = "Somebody was drawn twice: say generator.choice(…, replace=False), or shuffle."
    elif min(people) < 10 < max(people):
        slip = "A coin for each person hits the share only on average: shuffle, and take the first."
    expected = "9 or 10 of 39 people in the test part, for each of ten seeds"
    expect(set(people) <= {9, 10}, expected, people, slip)
