"""Submissions that are too alike."""

import random

import pytest

from fer_kit.grading.alike import Work, find_pairs, plain


def work(name: str, *written: str, **more) -> Work:
    return Work(name, {f"{k:02}-a": text for k, text in enumerate(written)}, {}, **more)


def pairs(works, alike=0.3, released=None):
    found = find_pairs({one.whose: one for one in works}, alike, released)
    return {(pair.first, pair.second): pair.reason for pair in found}


def words(name: str, count: int) -> str:
    return " ".join(f"{name}{number}" for number in range(count))


ANSWER = """The mean and the deviation belong to the model. They are computed on the training part
and then stay the same, like the weights do. If I computed them on the test part, every prediction
would depend on the other test faces, and a single face would have no statistics at all. Also a bit
of information about the test part would leak into the preparation."""
OTHERS = (
    """You must use the training statistics because at test time you do not know the test set. When
    a new face comes alone you cannot compute a mean over the test part. Using test statistics is
    data leakage, since the score then depends on which faces happen to be in the test part.""",
    """Because normalisation is part of what was learned. The network has seen inputs that were
    shifted by the training mean and scaled by the training deviation, so new inputs have to be
    treated in the same way. With other numbers the inputs would be on a different scale.""",
    """If we standardise the test faces with their own mean, we cheat a little: we look at the test
    part before the test. In practice only one picture arrives at a time, so there is no such mean.
    It should be zero only for the training part, and that is fine.""",
)


def changed(text: str, share: float, seed: int = 0) -> str:
    """With a share of the words replaced by others."""
    told = text.split()
    generator = random.Random(seed)
    for place in generator.sample(range(len(told)), round(share * len(told))):
        told[place] = f"other{generator.randrange(1000)}"
    return " ".join(told)


@pytest.mark.parametrize("share", [0, 0.05, 0.1, 0.2])
@pytest.mark.parametrize("seed", range(5))
def test_a_copy_is_found_with_up_to_a_fifth_of_its_words_changed(share, seed):
    works = [work("ada", ANSWER), work("eve", changed(ANSWER, share, seed))]
    works += [work(f"s{k}", text) for k, text in enumerate(OTHERS)]
    assert set(pairs(works)) == {("ada", "eve")}


@pytest.mark.parametrize("text", [ANSWER, *OTHERS])
@pytest.mark.parametrize("way", ["changed", "dropped", "added"])
def test_every_fifth_word_changed_is_found(text, way):
    one = {"changed": "{new}", "dropped": "", "added": "{word} {new}"}[way]
    told = [
        word if k % 5 else one.format(word=word, new=f"word{k}")
        for k, word in enumerate(text.split())
    ]
    assert pairs([work("ada", text), work("eve", " ".join(told))])


@pytest.mark.parametrize(
    "disguise",
    [
        lambda text: "\u200b".join(text),
        lambda text: text.replace("e", "e\u00ad"),
        lambda text: text.replace("e", "\u0435").replace("o", "\u043e").replace("a", "\u0430"),
        lambda text: text.replace("o", "\u03bf"),
        lambda text: text.replace("t", "\U0001d42d"),  # a mathematical letter
        lambda text: text.replace("e", "e\u0301"),
        lambda text: text.replace("h", "h\u3164"),
        lambda text: text.replace(" ", "\u00a0").upper(),
        lambda text: text.replace("the", "t\u2060he").replace(".", "\u3002"),
        lambda text: "\u200a".join(text),  # a thin space after every letter
        lambda text: text.title().replace(" ", ""),
        lambda text: text.replace("e", "<!-- -->e").replace("a", "<i></i>a"),
        lambda text: text.replace("e", "&#101;"),
        lambda text: text.replace("o", "\u0585").replace("n", "\u0578"),  # Armenian
        lambda text: text.upper().translate(str.maketrans("AEO", "\ua4ee\ua4f0\ua4f3")),  # Lisu
        lambda text: text.replace("e", "\u1d07").replace("i", "\u0131"),  # small capitals, no dot
        lambda text: changed(text, 0.2).replace("a", "\u0430"),
    ],
)
def test_a_copy_is_found_whatever_its_characters(disguise):
    assert disguise(ANSWER) != ANSWER
    assert pairs([work("ada", ANSWER), work("eve", disguise(ANSWER))])


def test_a_copy_in_a_language_without_spaces_is_found():
    text = (
        "平均と標準偏差はモデルの一部であり訓練データから計算されその後は固定される重みと同じである"
    )
    other = (
        "テストの顔を自分の平均で標準化すると少しずるをしたことになる実際には一枚しか来ないからだ"
    )
    works = [work("ada", text), work("eve", text[:30] + "と思う"), work("bob", other)]
    assert set(pairs(works)) == {("ada", "eve")}


def test_short_answers_are_added_up():
    short, others = (
        [" ".join(text.split()[9 * k : 9 * k + 9]) for k in range(5)]
        for text in (ANSWER, OTHERS[0])
    )
    works = [work("ada", *short), work("eve", *(changed(text, 0.2) for text in short))]
    works += [work("bob", *others)]
    assert "all answers together" in pairs(works)["ada", "eve"]


def test_a_group_of_eight_is_found_in_a_class_of_sixty():
    works = [work(f"c{k}", words("copied", 60)) for k in range(8)]
    works += [work(f"s{k:02}", words(f"s{k}-", 60)) for k in range(52)]
    assert len(pairs(works)) == 8 * 7 / 2


def test_the_same_execution_and_the_same_words_are_listed_in_pairs():
    everybody = " ".join(f"what everybody wrote {k} because the task asks for it" for k in range(9))
    mine = "an unusual explanation of why a mean of seven kernels cannot decide about faces at all"
    started = ["2026-11-20T09:00:00.123456+00:00"]
    works = [work(f"s{k}", everybody) for k in range(30)]
    works += [
        work("ada", f"{everybody} {mine} surely", started=started),
        work("bob", f"{everybody} {mine}"),
        work("eve", everybody, started=started),
    ]
    found = pairs(works)
    assert set(found) == {("ada", "bob"), ("ada", "eve")}
    assert "00-a" in found["ada", "bob"]
    assert "same execution" in found["ada", "eve"]


def test_the_same_predictions_are_listed_unless_many_computers_give_them():
    answers = [("cnn", "abc"), ("lenet5", "def")]
    two = [work("ada", answers=answers), work("eve", answers=answers[:1])]
    others = [work(f"s{k}", answers=[("cnn", str(k))]) for k in range(9)]
    assert pairs(two + others) == {("ada", "eve"): "the same answer of cnn to every face"}
    assert pairs([work(f"s{k}", answers=answers) for k in range(9)]) == {}


@pytest.mark.parametrize("students", [3, 12, 29])
def test_three_who_hand_in_the_same_words_are_found_in_a_class_of_any_size(students):
    works = [work(f"s{k:02}", words(f"s{k}-", 120)) for k in range(students)]
    works[:3] = [work(f"s{k:02}", words("copied", 120)) for k in range(3)]
    assert set(pairs(works)) == {("s00", "s01"), ("s00", "s02"), ("s01", "s02")}


def test_what_many_of_a_small_class_wrote_is_common():
    assert pairs([work(f"s{k}", words("obvious", 120)) for k in range(6)]) == {}


def test_what_was_given_out_is_nobodys_own():
    given = words("task", 60)
    ada, bob, eve = (f"{given} {words(name, 30)}" for name in ("ada", "bob", "ada"))
    works = [work("ada", ada), work("bob", bob), work("eve", eve)]
    assert set(pairs(works, released={"00-a": given})) == {("ada", "eve")}


def test_two_attempts_of_one_student_are_not_compared():
    works = {name: work("ada", ANSWER) for name in ("first.zip", "second.zip")}
    assert find_pairs(works, 0.3) == []


def test_short_programs_for_one_task_are_alike_by_themselves():
    code = "def f(kernel, channels, filters):\n    return (kernel**2 * channels + 1) * filters"
    assert find_pairs({name: Work(name, {}, {"04-a": code}) for name in "ab"}, 0.3) == []
    longer = "\n".join(f"x{k} = first_{k}(second_{k}) + {k}" for k in range(20))
    found = find_pairs({name: Work(name, {}, {"04-a": longer}) for name in "ab"}, 0.3)
    assert found[0].reason == "the code of 04-a (100 %)"


def test_nobody_is_alike_to_nobody():
    assert find_pairs({}, 0.3) == []
    assert find_pairs({"ada": work("ada", ANSWER)}, 0.3) == []


def test_plain_text_stays_as_it_is():
    assert plain("Größe: Straße") == "große: strasse".replace("ß", "ss")
