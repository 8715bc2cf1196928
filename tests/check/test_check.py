"""Every check, with the notebooks' own solutions and with the wrong answers that students give."""

import hashlib
from itertools import combinations, pairwise
from math import comb
from pathlib import Path

import cv2
import nbformat
import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

import fer_kit as fk
from fer_kit import check
from fer_kit.check.answers import Wrong, ask, expect_number
from fer_kit.course.executed import is_solution
from fer_kit.detect import Box

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
ORDER = sorted(fk.emotions.FER2013)
NAMES = fk.emotions.FER2013


def solutions() -> dict[str, str]:
    """The source of every filled-in code cell of the notebooks, by the function it defines."""
    found = {}
    for path in NOTEBOOKS.glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if is_solution(cell) and cell.cell_type == "code":
                found[cell.source.split("def ")[1].split("(")[0]] = cell.source
    return found


def solution(name: str):
    """A solution as a function, in the place that its notebook offers it."""
    from fer_kit import detect

    # The exercise's function is called as its check, but for the network that can be sure.
    name = {"single_softmax": "can_be_sure"}.get(name, name)
    place = {"np": np, "pd": pd, "fk": fk, "detect": detect, "classes": 7}
    if name == "can_be_sure":
        import keras
        from keras import layers

        place |= {"keras": keras, "layers": layers}
    exec(solutions()[name], place)
    return place[name]


def network(*activations: str, forget: bool = False):
    """A function that builds a dense network with these softmaxes."""
    import keras
    from keras import layers

    def build():
        inputs = keras.Input((48, 48, 1))
        x = layers.Dense(7)(layers.Flatten()(inputs))
        for activation in activations:
            x = layers.Activation(activation)(x)
        return None if forget else keras.Model(inputs, x)

    return build


def row(line):
    emotion, pixels, usage = line.split(",")
    return emotion, np.array(pixels.split(), np.uint8), usage


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


def overlap_without_zero(a, b):
    wide = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    high = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    both = a.width * a.height + b.width * b.height
    return wide * high / (both - wide * high)


def overlap_counted_twice(a, b):
    wide = max(0, min(a.x + a.width, b.x + b.width) - max(a.x, b.x))
    high = max(0, min(a.y + a.height, b.y + b.height) - max(a.y, b.y))
    return 2 * wide * high / (a.width * a.height + b.width * b.height)


def paired(visible, infrared, fits):
    return [(one, other) for one in visible for other in infrared if fits(one[:-8], other[:-7])]


def paired_without_ir(visible, infrared):
    partners = {name.replace("ir", ""): name for name in infrared}
    keys = {name: name.replace("vis", "") for name in visible}
    return [(name, partners[key]) for name, key in keys.items() if key in partners]


def paired_with_none(visible, infrared):
    partners = {name[:-7]: name for name in infrared}
    return [(name, partners.get(name[:-8])) for name in visible]


def tail_of_coins(one, other, ends_before=0, sides=2):
    """The sum in McNemar's test, which may exceed 1."""
    n, m = one + other, min(one, other)
    return sides * sum(comb(n, k) for k in range(m + 1 - ends_before)) / 2**n


def mcnemar_by_chi_square(one, other):
    return float(chi2.sf((one - other) ** 2 / max(one + other, 1), 1))


def distances(maps):
    return [np.mean((a - b) ** 2) for a, b in combinations(maps, 2)]


def majority(counts, unnamed, least=2, at_least_half=False, cut=False):
    """FER+'s rule, with the slips that it invites."""
    left = np.where(counts < least, 0, counts)
    if cut:
        left = left[:, : left.shape[1] - unnamed]
    most, half = left.max(axis=1), left.sum(axis=1) / 2
    found = np.where((most >= half) if at_least_half else (most > half), left.argmax(axis=1), -1)
    return np.where(found < counts.shape[1] - unnamed, found, -1)


def majority_from_the_right(counts, unnamed):
    named = counts[:, :-unnamed]
    return np.where(named.any(axis=1), majority(counts, unnamed), named.argmax(axis=1))


def pca(first, second, column=1, power=1, size=np.abs, equal=lambda low, high: False):
    """The weights of two pictures, with the slips that they invite."""
    values, vectors = np.linalg.eigh(np.cov(first.ravel(), second.ravel()))
    if equal(*values):
        return np.array([0.5, 0.5])
    v = size(vectors[:, column]) ** power
    return v / v.sum()


def both_halves(learned, asked, count=np.isin):
    """How many halves are known, with another meaning of "known"."""
    return count(asked[:, 0], learned[:, 0]).astype(int) + count(asked[:, 1], learned[:, 1])


def how_often(sought, known):
    return np.array([(known == one).sum() for one in sought])


def best_of_those_left(probabilities, margin):
    best = max(probabilities, key=probabilities.get)
    first = probabilities.pop(best)
    return best if first - max(probabilities.values()) >= margin else "unsure"


def half_in_place(weights):
    for weight in weights:
        weight[:] = weight.astype(np.float16)
    return weights


# For each check: wrong answers, and a part of what the check has to say about each.
WRONG = {
    "read_row": [
        (row, "number 3"),
        (lambda line: int(line[0]), "three values"),
        (lambda line: (3, row(line)[1], "PublicTest"), "shape (48, 48)"),
        (lambda line: (3, row(line)[1].reshape(48, 48).astype(float), "PublicTest"), "uint8"),
        (lambda line: (3, row(line)[1].reshape(48, 48).T, "PublicTest"), "diagonal"),
        (lambda line: (3, np.resize(row(line)[1], (48, 48)), "PublicTest"), "2,303"),
        (lambda line: (3, np.resize(row(line)[1], (48, 48)), "Training"), "usage"),
    ],
    "folder_labels": [
        (lambda labels: labels, "as they came"),
        (lambda labels: np.array([ORDER.index(NAMES[k]) for k in labels]), "the way back"),
        (lambda labels: [0] * len(labels), "array"),
        (lambda labels: labels * 1.0, "integer"),
        (lambda labels: 6 - labels, "Look each name up"),
    ],
    "mirrored_copies": [
        (lambda a, b: [], "none"),
        (lambda a, b: [0, 5, 9], "rows of the test images"),
        (lambda a, b: [i for i, x in enumerate(a) if any((x == y[::-1]).all() for y in b)],
         "on its head"),
        (lambda a, b: list(range(len(a))), "Every training row"),
        (lambda a, b: 3, "as a list"),
        (lambda a, b: (3, 11, 26), "Put list(…) around"),
        (lambda a, b: ["3", "11", "26"], "a list of numbers"),
        (lambda a, b: [[3, 11], [26]], "a list of numbers"),
    ],
    "entropy": [
        (lambda p: -(p * np.log(p)).sum(axis=1), "0 · log 0"),
        (lambda p: -(p * np.log2(np.where(p > 0, p, 1))).sum(axis=1), "bits"),
        (lambda p: -(p * np.log(np.where(p > 0, p, 1))).sum(), "axis=1"),
        (lambda p: -(p * np.log(np.where(p > 0, p, 1))).sum(axis=0), "not over the faces"),
        (lambda p: (p * np.log(np.where(p > 0, p, 1))).sum(axis=1), "minus"),
        (lambda p: -(p * np.log(p + 1e-5)).sum(axis=1), "replace the zeros"),
        (lambda p: -(p * np.log(p + 1e-6)).sum(axis=1), "adds to the entropy"),
    ],
    "standardise": [
        (lambda a, b: (a - a.mean()) / a.std(), "two arrays"),
        (lambda a, b: (a, b), "mean 0"),
        (lambda a, b: ((a - a.mean()) / a.var(), (b - a.mean()) / a.var()), "variance"),
        (lambda a, b: ((a - a.mean()) / a.std(), (b - b.mean()) / b.std()), "leak"),
        (lambda a, b: ((a - a.mean()) / a.std(), b - a.mean()), "same two numbers"),
    ],
    "split_by_person": [
        (lambda s, share, seed: np.random.default_rng(seed).random(len(s)) < share, "Draw people"),
        (lambda s, share, seed: np.isin(s, np.unique(s)[:10]), "shuffle"),
        (lambda s, share, seed: ~np.isin(s, np.unique(s)[:10]), "True stands for test"),
        (lambda s, share, seed: np.ones(len(s), bool), "empty part"),
        (lambda s, share, seed: np.zeros(len(s)), "True and False"),
    ],
    "convolution_parameters": [
        (lambda k, c, f: k * k * c * f, "biases are missing"),
        (lambda k, c, f: k * k * c * f + 1, "bias of its own"),
        (lambda k, c, f: k * k * f + f, "channels"),
        (lambda k, c, f: k * c * f + f, "Each filter"),
        (lambda k, c, f: "156", "as one number"),
        (lambda k, c, f: np.array([156, 2416, 73856]), "Received: ndarray of shape (3,)"),
    ],
    "single_softmax": [
        (network("softmax", "softmax"), "softmax of a softmax"),
        (network(), "One softmax has to stay"),
        (network("sigmoid"), "sum to 1"),
        (network("softmax", forget=True), "return"),
    ],
    "counts_that_round_to": [
        (lambda p, n: [k for k in range(n + 1) if 100 * k / n == p], "Round"),
        (lambda p, n: [k for k in range(n) if round(100 * k / n, 2) == p], "ends before"),
        (lambda p, n: [round(p * n / 100)], "Several"),
        (lambda p, n: 1, "a list"),
        (lambda p, n: tuple(k for k in range(n + 1) if round(100 * k / n, 2) == p), "as a list"),
    ],
    "batch_normalise": [
        (lambda x, g, b: (x - x.mean()) / np.sqrt(x.var() + 0.001), "One mean for each channel"),
        (lambda x, g, b: g * (x - x.mean((0, 1, 2))) + b, "standard deviation 1"),
        (lambda x, g, b: (x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2)) + 1e-3), "Scale first"),
        (lambda x, g, b: g * (x - x.mean((1, 2), keepdims=True))
         / np.sqrt(x.var((1, 2), keepdims=True) + 1e-3) + b, "layer normalisation"),
    ],
    "mirror_matrix": [
        (lambda w: np.array([[-1.0, 0, w], [0, 1, 0]]), "column 48"),
        (lambda w: np.array([[-1.0, 0, 0], [0, 1, 0]]), "width − 1"),
        (lambda w: np.array([[1.0, 0, 0], [0, -1, w - 1]]), "y' = y"),
        (lambda w: np.array([[-1.0, 0, 47], [0, 1, 0]]), "not 48"),
        (lambda w: np.eye(3), "shape (2, 3)"),
    ],
    "match_pairs": [
        (lambda v, i: list(zip(v, i, strict=False)), "Only the names tell"),
        (lambda v, i: [(b, a) for a, b in paired(v, i, str.__eq__)], "visible picture first"),
        (lambda v, i: sorted(paired(v, i, str.__eq__)), "order of the visible"),
        (lambda v, i: paired(v, i, lambda a, b: b.startswith(a)), "not only to begin alike"),
        (paired_without_ir, "removesuffix"),
        (paired_with_none, "Neither list"),
        (lambda v, i: paired(v, i, str.__eq__)[:1], "what is left has to be equal"),
        (lambda v, i: dict(paired(v, i, str.__eq__)), "a list of pairs"),
        (lambda v, i: [list(pair) for pair in paired(v, i, str.__eq__)], "round brackets"),
        (lambda v, i: [("one", "two"), ("three",)], "each a tuple"),
        (lambda v, i: paired(v, i, str.__eq__) or [("", "")], "no two names agree"),
    ],
    "mcnemar_p": [
        (lambda a, b: tail_of_coins(a, b, sides=1), "either direction"),
        (lambda a, b: tail_of_coins(a, b), "at most 1"),
        (lambda a, b: min(1, tail_of_coins(a, b) if a <= b else 1), "the smaller"),
        (lambda a, b: min(1, tail_of_coins(a, b)) if a + b else 0, "n is 0"),
        (lambda a, b: tail_of_coins(a, b, ends_before=1), "both included"),
        (mcnemar_by_chi_square, "too rough"),
        (lambda a, b: 0.5 if a + b == 2 else 1.0, "divide by 2**n"),
        (lambda a, b: (a, b), "as one number"),
    ],
    "attention_loss": [
        (lambda maps: sum(distances(maps)), "one over it"),
        (lambda maps: 1 / np.mean(np.abs(maps[0] - maps[1])), "Square"),
        (lambda maps: 1 / np.sum((maps[0] - maps[1]) ** 2), "take the mean"),
        (lambda maps: (len(maps) - 1) / sum(distances([a, b])[0] for a, b in pairwise(maps)),
         "only against the next"),
        (lambda maps: np.mean([1 / one for one in distances(maps)]), "then divide"),
        (lambda maps: len(distances(maps)) / (2 * sum(distances(maps))), "i < j"),
        (lambda maps: len(maps) / sum(distances(maps)), "not of heads"),
        (lambda maps: 1 / (sum(distances(maps)) + 1e-6), "3 for three heads"),
        (lambda maps: len(distances(maps)) / sum(distances(maps)), "before you divide"),
        (lambda maps: len(distances(maps)) / max(sum(distances(maps)), 1e-9), "denominator"),
        (lambda maps: (maps[0] - maps[1]) ** 2, "as one number"),
        (lambda maps: "much", "as one number"),
    ],
    "label_by_majority": [
        (lambda c, u: c[:, : c.shape[1] - u].argmax(axis=1), "more than half"),
        (lambda c, u: majority(c, u, at_least_half=True), ">, not >="),
        (lambda c, u: majority(c, u, least=0), "one person alone"),
        (lambda c, u: majority(c, 0), "has named an emotion"),
        (lambda c, u: majority(c, u, cut=True), "“unknown”"),
        (majority_from_the_right, "Count from the left"),
        (lambda c, u: majority(c, u).astype(float), "whole numbers"),
        (lambda c, u: majority(c, u)[:, None] == range(3), "for each face"),
    ],
    "principal_weights": [
        (lambda a, b: pca(a, b, column=0), "sorts upwards"),
        (lambda a, b: pca(a, b, power=2), "squares"),
        (lambda a, b: np.array([0.5, 0.5]), "np.cov"),
        (lambda a, b: pca(a, b, size=np.array), "absolute values"),
        (pca, "arbitrary"),
        (lambda a, b: pca(a, b, equal=lambda low, high: high == 0), "with each other"),
        (lambda a, b: pca(a, b, equal=lambda low, high: high - low < 10), "their sum"),
        (lambda a, b: pca(a, b, equal=lambda *_: not a.std() or not b.std()), "no special case"),
        (lambda a, b: pca(a, b) * np.array([1, 1.5]), "sum to 1"),
        (lambda a, b: pca(a, b)[1], "two weights"),
        (lambda a, b: pca(a, b) / bool(a.std()), "divided by zero"),
    ],
    "known_halves": [
        (lambda learned, asked: both_halves(learned, asked[:2]), "rows of `asked`"),
        (lambda learned, asked: 2 * (asked[:, None] == learned).all(axis=2).any(axis=1),
         "column by column"),
        (lambda learned, asked: np.isin(asked, learned).sum(axis=1), "upper halves with upper"),
        (lambda learned, asked: 2 - both_halves(learned, asked), "0 stands for none"),
        (lambda learned, asked: both_halves(learned, asked, how_often), "not how often"),
        (lambda learned, asked: both_halves(learned, asked) / 2, "Add the two up"),
        (lambda learned, asked: both_halves(learned, asked).clip(max=1), "both halves are known"),
    ],
    "f1_from_matrix": [
        (lambda m, e: m.loc[e, e] / m[e].sum(), "precision"),
        (lambda m, e: m.loc[e, e] / m.loc[e].sum(), "recall"),
        (lambda m, e: 0.5 * (m.loc[e, e] / m[e].sum() + m.loc[e, e] / m.loc[e].sum()), "harmonic"),
        (lambda m, e: 0.6 if e == "fear" else np.float64("nan"), "0 / 0"),
        (lambda m, e: 0.7, "diagonal"),
        (lambda m, e: m[e] / m[e].sum(), "Received: Series of shape (3,)"),
    ],
    "top_k_accuracy": [
        (lambda p, t, k: (np.argsort(p, 1)[:, :k] == t[:, None]).any(1).mean(), "best is last"),
        (lambda p, t, k: (p.argmax(1) == t).mean(), "two largest"),
        (lambda p, t, k: p.argmax(1) == t, "one number"),
    ],
    "black_square": [
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
    "overlap": [
        (overlap_without_zero, "max(0"),
        (overlap_counted_twice, "counted twice"),
        (lambda a, b: 1.0, "upper half"),
    ],
    "decide": [
        (lambda p, margin: max(p, key=p.get), "unsure"),
        (lambda p, margin: max(p.values()), "a name"),
        (lambda p, margin: max(p, key=p.get) if max(p.values()) >= margin else "unsure", "equal"),
        (lambda p, margin: "unsure", "second best"),
        (best_of_those_left, "a changed dict"),
    ],
    "as_half": [
        (lambda w: [x.astype(np.float16) for x in w], "float32 again"),
        (lambda w: w, "as they came"),
        (lambda w: w[0], "a list"),
        (lambda w: [x.round(3) for x in w], "nearest number"),
        (half_in_place, "a changed list"),
    ],
    "is_untouched": [
        (lambda path, card: True, "one bit"),
        (lambda path, card: False, "hexdigest"),
        (lambda path, card: np.bool_(True), "Received: np.True_"),
        (lambda path, card: card.pop("sha256") is not None, "a changed dict"),
        (lambda path, card: path.stat().st_size == 3000, "one bit"),
        (lambda path, card: hashlib.sha256(path.read_bytes()).digest() == card["sha256"], "text"),
    ],
}  # fmt: skip


def test_there_is_a_solution_and_wrong_answers_for_every_check():
    names = {"single_softmax" if name == "can_be_sure" else name for name in solutions()}
    assert set(check.__all__) == names == set(WRONG)


@pytest.mark.parametrize("name", check.__all__)
def test_the_solution_is_right(name, capsys):
    assert getattr(check, name)(solution(name)) is True
    assert f"✓ {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [(name, *case) for name, cases in WRONG.items() for case in cases],
    ids=[f"{name}-{number}" for name, cases in WRONG.items() for number in range(len(cases))],
)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    with pytest.raises(Wrong, match="Expected .* Received: ") as told:
        getattr(check, name)(answer)
    assert said in str(told.value)


def not_written(*values):
    raise NotImplementedError


@pytest.mark.parametrize("name", check.__all__)
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (not_written, "not written yet"),
        (lambda *values: None, "return"),
        (lambda *values: 1 / 0, "ZeroDivisionError"),
        (3, "Expected a function"),
    ],
)
def test_every_check_says_what_is_wrong_with_no_answer(name, answer, said):
    with pytest.raises(Wrong, match=said):
        getattr(check, name)(answer)


class Strange:
    """What nobody thought of: every comparison ends with an error."""

    def __eq__(self, other):
        raise RuntimeError("strange\nindeed")

    __lt__ = __gt__ = __ge__ = __le__ = __float__ = __len__ = __iter__ = __array__ = __eq__
    __hash__ = None


@pytest.mark.parametrize("name", check.__all__)
@pytest.mark.parametrize(
    "answer",
    [
        Strange(),
        "text",
        [[1], [2, 3]],
        {"a": 1},
        (),
        np.array(["a", "b"]),
        np.zeros((2, 3, 4)),
        pd.Series([0.5, 0.5]),
        pd.DataFrame({"a": [1.0]}),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_an_answer_of_any_type_is_a_failed_check(name, answer, monkeypatch, capsys):
    with pytest.raises(Wrong, match="(?s)Expected .* Received: "):
        getattr(check, name)(lambda *values: answer)
    monkeypatch.setenv("FER_KIT_HEADLESS", "1")
    assert getattr(check, name)(lambda *values: answer) is False
    assert "✗ Expected" in capsys.readouterr().out


def test_what_ends_a_check_is_told_with_what_was_asked_for_and_what_came():
    with pytest.raises(Wrong) as told:
        check.read_row(lambda line: (Strange(), 0, ""))
    assert str(told.value) == (
        "Expected `read_row(line)` → (emotion, face, usage) of one line of FER2013's CSV. "
        "Received: tuple, at which the check ended with RuntimeError: strange indeed. "
        "Is it of the type that the task asks for?"
    )


@pytest.mark.parametrize("small", [1e-12, 1e-9, 1e-8])
def test_an_entropy_that_is_a_little_below_zero_is_right(small):
    assert check.entropy(lambda shares: -(shares * np.log(shares + small)).sum(axis=1))


def test_numbers_that_look_equal_are_told_apart():
    with pytest.raises(Wrong, match="0.500000002. Received: 0.5"):
        expect_number(0.5, 0.500000002, "p", within=1e-9)


def test_a_function_that_changes_what_it_is_given_is_told_so():
    def standardise(train, other):
        train -= train.mean()
        return train, other

    with pytest.raises(Wrong, match="in place"):
        check.standardise(standardise)


def test_what_is_given_stays_as_it_was():
    given = np.zeros(3)
    with pytest.raises(Wrong):
        ask(lambda values: values.fill(1), given)
    assert not given.any()


@pytest.mark.parametrize(
    ("given", "change"),
    [
        ({"a": 1.0}, lambda given: given.pop("a")),
        ({"a": 1.0}, lambda given: given.update(a=2.0)),
        ({"a": 1.0}, lambda given: given.update(b=2.0)),
        ([2, 1], lambda given: given.sort()),
        ([2, 1], lambda given: given.append(3)),
        ([np.zeros(3)], lambda given: given[0].fill(1)),
        (pd.DataFrame({"a": [1]}), lambda given: given.insert(1, "b", 2)),
    ],
)
def test_changed_dictionaries_lists_and_tables_are_noticed(given, change):
    with pytest.raises(Wrong, match="to leave its arguments as they are"):
        ask(lambda values: change(values) or 1, given)
    assert ask(lambda values: "unchanged", given) == "unchanged"


def test_unattended_a_wrong_answer_lets_the_run_go_on(monkeypatch, capsys):
    monkeypatch.setenv("FER_KIT_HEADLESS", "1")
    assert check.entropy(lambda shares: shares) is False
    assert "✗ Expected" in capsys.readouterr().out


def test_an_unknown_check_names_those_that_there_are():
    with pytest.raises(AttributeError, match="overlap"):
        check.nothing  # noqa: B018


def test_the_detectors_boxes_are_what_the_check_uses():
    assert check.overlap(lambda a, b: float(a == b) if a == b else solution("overlap")(a, b))
    assert Box(0, 0, 1, 1).score is None
