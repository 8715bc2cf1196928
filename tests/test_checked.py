"""Values that people write: what does not fit is a sentence, whatever it is."""

from dataclasses import dataclass
from typing import Annotated

import pytest

from fer_kit.checked import Share, among, between, checked, read_as, that
from fer_kit.errors import InputError
from fer_kit.files import write_json


@checked
class Tea:
    """A kind, minutes, and whether there is sugar in it."""

    kind: Annotated[str, among(("green", "black"))] = "green"
    minutes: Annotated[float, between(1, 5)] = 3.0
    cups: Annotated[int, that("as an even number", lambda value: value % 2 == 0)] = 2
    sugar: bool = False


def test_what_fits_is_kept_and_a_whole_number_is_a_number():
    assert Tea("black", 4, sugar=True) == Tea(kind="black", minutes=4.0, cups=2, sugar=True)


def test_what_was_checked_stays():
    with pytest.raises(AttributeError):
        Tea().minutes = 99


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "mint"}, "Expected kind among green, black. Received: 'mint'."),
        ({"kind": 3}, "Expected kind as a word. Received: 3."),
        ({"minutes": 7}, "Expected minutes as a number from 1 to 5. Received: 7"),
        ({"minutes": "3"}, "Expected minutes as a number. Received: '3'."),
        ({"minutes": float("nan")}, "Expected minutes as a number from 1 to 5. Received: nan."),
        ({"cups": 3}, "Expected cups as an even number. Received: 3."),
        ({"cups": True}, "Expected cups as a whole number. Received: True."),
        ({"sugar": 1}, "Expected sugar as True or False. Received: 1."),
        ({"milk": True}, "Expected milk .*Received: True."),
    ],
)
def test_what_does_not_fit_is_a_sentence(values, said):
    with pytest.raises(InputError, match=said):
        Tea(**values)


@dataclass
class Pot:
    """What a file may say of a pot."""

    litres: Share
    teas: list[str]


def test_a_file_that_fits_is_a_record(tmp_path):
    write_json(tmp_path / "pot.json", {"litres": 1, "teas": ["green"], "colour": "red"})
    assert read_as(Pot, tmp_path / "pot.json", "a pot", "") == Pot(litres=1.0, teas=["green"])
    assert read_as(dict, tmp_path / "none.json", "a pot", "", missing={}) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"litres": 2, "teas": []}', "litres as a number from 0 to 1. Received: 2"),
        ('{"litres": "1", "teas": []}', "litres as a number. Received: '1'"),
        ('{"litres": 1, "teas": [3]}', "teas.0 as a word. Received: 3"),
        ('{"litres": 1}', "with teas. Received: none"),
        ("[]", "all of it as values with names. Received: \\[\\]"),
        ("", "a JSON file. Received: .*pot.json"),
    ],
)
def test_a_file_that_does_not_fit_is_named_with_the_entry(tmp_path, content, said):
    (tmp_path / "pot.json").write_text(content)
    with pytest.raises(InputError, match=said) as caught:
        read_as(Pot, tmp_path / "pot.json", "a pot", "Buy another.")
    assert "pot.json" in str(caught.value)
    assert str(caught.value).endswith("Buy another.")
