"""What every check does with an answer; the wrong answers to each are in its lesson's file."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from checks import Strange, solution, solutions

from fer_kit import check
from fer_kit.check.answers import Ask, Wrong, expect_number


def test_there_is_a_solution_and_a_file_of_wrong_answers_for_every_check():
    names = {"single_softmax" if name == "can_be_sure" else name for name in solutions()}
    assert set(check.__all__) == names
    files = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert files == {*check._CHECKS.values(), "answers"}


@pytest.mark.parametrize("name", check.__all__)
def test_the_solution_is_right(name, capsys):
    assert getattr(check, name)(solution(name)) is True
    assert f"✓ {name}" in capsys.readouterr().out


def not_written(*values):
    raise NotImplementedError


@pytest.mark.parametrize("name", check.__all__)
def test_an_exercise_that_is_not_written_yet_stops_nothing(name, capsys):
    assert getattr(check, name)(not_written) is False
    assert "✗ not_written is not written yet." in capsys.readouterr().out


@pytest.mark.parametrize("name", check.__all__)
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda *values: None, "return"),
        (lambda *values: 1 / 0, "ZeroDivisionError"),
        (3, "Expected a function"),
    ],
)
def test_every_check_says_what_is_wrong_with_no_answer(name, answer, said):
    with pytest.raises(Wrong, match=said):
        getattr(check, name)(answer)


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
        Ask(lambda values: values.fill(1))(given)
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
        Ask(lambda values: change(values) or 1)(given)
    assert Ask(lambda values: "unchanged")(given) == "unchanged"


def test_unattended_a_wrong_answer_lets_the_run_go_on(monkeypatch, capsys):
    monkeypatch.setenv("FER_KIT_HEADLESS", "1")
    assert check.entropy(lambda shares: shares) is False
    assert "✗ Expected" in capsys.readouterr().out


def test_an_unknown_check_names_those_that_there_are():
    with pytest.raises(AttributeError, match="overlap"):
        check.nothing  # noqa: B018
