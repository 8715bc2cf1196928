import json
import shutil

import pytest
from saved_models import save_lenet5

from fer_kit import cards
from fer_kit.card import Input, TrainedOn, said
from fer_kit.errors import InputError
from fer_kit.networks import build
from fer_kit.run import runs_folder


@pytest.fixture
def saved(make_faces, tmp_path):
    model, path = build("lenet5"), tmp_path / "lenet5.keras"
    model.save(path)
    cards.write_card(path, model, make_faces(28), protocol="honest", seed=1)
    return path


def test_the_card_says_what_the_model_is(saved):
    card = cards.read_card(saved)
    assert card["network"] == "lenet5"
    assert card["parameters"] == 168_971
    assert card["emotions"][3] == "happy"
    assert card["trained_on"]["faces"] == 14
    assert card["protocol"] == "honest"


def test_what_a_card_says_counts_and_what_it_does_not_say_has_one_meaning():
    assert said({"temperature": 1.7}, "temperature") == 1.7
    assert [said({}, name) for name in ("temperature", "correction", "unsure_below")] == [1, 0, 0]
    assert said({}, "pictures") == ["visible"]
    assert said({}, "range", Input) == [0, 1]
    assert said({"balanced": 0.5}, "balanced", TrainedOn) == 0.5
    assert said({}, "balanced", TrainedOn) == 0


def test_a_model_of_drawn_faces_says_so(saved):
    card = cards.read_card(saved)
    assert card["trained_on"]["synthetic"] is True
    assert card["limits"].startswith("Trained on drawn faces")


def test_one_changed_byte_is_noticed(saved):
    content = bytearray(saved.read_bytes())
    content[100] ^= 1
    saved.write_bytes(content)
    with pytest.raises(InputError, match="One of them was changed"):
        cards.read_card(saved)


def test_a_missing_model_or_card_is_a_sentence(saved):
    card = saved.with_suffix(".json")
    content = card.read_text()
    card.unlink()
    with pytest.raises(InputError, match="its card, lenet5.json. Received: no such file. Copy it"):
        cards.read_card(saved)
    for other in ("[]", '{"name": "lenet5"}', '{"trained_on": "x"}'):
        card.write_text(other)
        with pytest.raises(InputError, match="the card of a model, .*Received: "):
            cards.read_card(saved)
    card.write_text(content)
    saved.unlink()
    with pytest.raises(InputError, match=r"lenet5\.keras"):
        cards.read_card(saved)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("name", 5), ("name", "red\x1b[31m"), ("name", ""), ("limits", None),
        ("trained_on.source", 7), ("trained_on.source", "one\ntwo"), ("trained_on.synthetic", "no"),
        ("trained_on.shares", [1]), ("trained_on.shares", {"happy": "x"}),
        ("trained_on.shares", {"happy": -1}), ("trained_on.balanced", 7),
        ("input", "x"), ("input.shape", "48"), ("input.shape", [48, 48]),
        ("input.shape", [48, 48, 10**9]), ("input.range", [1, 0]), ("input.range", [0]),
        ("temperature", 1e-300), ("temperature", float("nan")), ("temperature", True),
        ("correction", None), ("unsure_below", "x"), ("unsure_below", 1.5),
    ],
)  # fmt: skip
def test_a_card_that_makes_no_sense_is_refused(saved, place, value):
    path = saved.with_suffix(".json")
    card = json.loads(path.read_text())
    *above, name = place.split(".")
    (card[above[0]] if above else card)[name] = value
    path.write_text(json.dumps(card))
    with pytest.raises(InputError, match=f"of a model, {place}.*Received: "):
        cards.read_card(saved)


def test_a_card_that_is_endlessly_deep_is_a_sentence(saved):
    saved.with_suffix(".json").write_text("[" * 100_000)
    with pytest.raises(InputError, match="Expected a JSON file"):
        cards.read_card(saved)


def test_a_damaged_model_is_named_and_the_others_are_asked(tmp_path, caplog):
    for name in ("small-fer2013", "lenet5-fer2013"):
        for ending in ("keras", "json"):
            shutil.copy(cards.FOLDER / f"{name}.{ending}", tmp_path)
    assert cards.best_shipped(tmp_path) == "small-fer2013"
    assert caplog.text == ""
    for damage in ("{", "[" * 9999, (tmp_path / "lenet5-fer2013.json").read_text()):
        (tmp_path / "small-fer2013.json").write_text(damage)
        caplog.clear()
        assert cards.best_shipped(tmp_path) == "lenet5-fer2013"
        assert "small-fer2013 is passed over" in caplog.text


def test_a_slow_network_does_not_answer_where_none_is_named():
    def card(balanced: float, multiplications: int) -> dict:
        return {
            "trained_on": {"synthetic": False},
            "photographs": {"balanced_accuracy": balanced},
            "multiplications": multiplications,
        }

    known = {"slow": card(0.7, 3 * cards.FAST), "fast": card(0.6, cards.FAST), "bad": card(0.5, 1)}
    assert cards.best_among(known) == "fast"


def test_the_default_model_is_the_cnn_where_there_is_one(make_faces):
    assert cards.default_model("mine") == "lenet5"
    save_lenet5(runs_folder() / "mine" / "models", make_faces(), "cnn")
    assert cards.default_model("mine") == "cnn"
