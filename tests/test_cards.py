import pytest
from saved_models import save_lenet5

from fer_kit import cards
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
    for other in ("[]", '{"name": "lenet5"}'):
        card.write_text(other)
        with pytest.raises(InputError, match="with name, trained_on and limits"):
            cards.read_card(saved)
    card.write_text(content)
    saved.unlink()
    with pytest.raises(InputError, match=r"lenet5\.keras"):
        cards.read_card(saved)


def test_the_default_model_is_the_cnn_where_there_is_one(make_faces):
    assert cards.default_model("mine") == "lenet5"
    save_lenet5(runs_folder() / "mine" / "models", make_faces(), "cnn")
    assert cards.default_model("mine") == "cnn"
