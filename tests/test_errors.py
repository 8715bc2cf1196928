"""Sentences that many places need."""

import pytest

from fer_kit.errors import InputError, choose, first_few


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
