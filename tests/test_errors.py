"""Sentences that many places need."""

import pytest

from fer_kit.errors import InputError, check_share, check_whole, choose, first_few


def test_a_value_among_the_choices_is_given_back():
    assert choose("quick", {"smoke": 1, "quick": 2}, "a profile") == "quick"


@pytest.mark.parametrize("value", ["huge", "", None, 3, ["quick"], {"quick"}])
def test_any_other_value_is_a_sentence_with_the_choices_and_what_to_do(value):
    with pytest.raises(InputError) as caught:
        choose(value, ("smoke", "quick"), "a profile", "Take one of them.")
    assert str(caught.value) == (
        f"Expected a profile among smoke, quick. Received: {value!r}. Take one of them."
    )


def test_of_many_problems_the_first_few_are_told_and_the_others_counted():
    assert first_few(["a", "b"]) == "a; b"
    assert first_few([str(i) for i in range(1005)], limit=2) == "0; 1; and 1,003 more"


@pytest.mark.parametrize("value", [0, 2.0, True, "3", None, float("nan")])
def test_what_is_no_whole_number_or_too_small_is_a_sentence(value):
    check_whole("workers", 1, least=1)
    with pytest.raises(InputError) as caught:
        check_whole("workers", value, 1, "Leave it out.")
    assert str(caught.value) == (
        f"Expected workers as a whole number, 1 or more. Received: {value!r}. Leave it out."
    )


@pytest.mark.parametrize("value", [-0.1, 1.01, float("nan"), "0.5", None])
def test_what_is_no_share_is_a_sentence(value):
    check_share("a weight", 0)
    check_share("a weight", 1.0)
    with pytest.raises(InputError, match="Expected a weight between 0 and 1. Received: "):
        check_share("a weight", value)
