"""A model from elsewhere gets a card, and everything takes it; what holds code does not."""

import keras
import numpy as np
import pytest

import fer_kit as fk
from fer_kit.emotions import FER2013
from fer_kit.errors import InputError
from fer_kit.pictures import PHOTOGRAPH
from fer_kit.zoo.own import write_own_card


def network(last="softmax", size=32, first=lambda x: x):
    inputs = keras.Input((size, size, 1))
    x = keras.layers.Flatten()(keras.layers.AveragePooling2D(4)(first(inputs)))
    return keras.Model(inputs, keras.layers.Dense(7, activation=last)(x))


@pytest.mark.parametrize("ending", ["keras", "h5", "hdf5"])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (0, 255)])
def test_it_answers_about_pictures_in_the_range_that_it_was_trained_for(
    tmp_path, make_faces, ending, low, high
):
    model, path = network(), tmp_path / f"mine.{ending}"
    model.save(path)
    card = write_own_card(path, ["anger", *FER2013[1:]], "pictures of mine", low, high)
    assert card["emotions"] == list(FER2013)
    classifier = fk.load_model(path)
    images = make_faces(7).images[:, :32, :32]
    expected = model.predict(low + (high - low) * fk.normalise(images), verbose=0)
    np.testing.assert_allclose(classifier.probabilities(images), expected, atol=1e-5)
    assert "trained on pictures of mine" in classifier.about
    (answer,) = fk.predict_emotion(classifier, PHOTOGRAPH)
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_one_that_holds_code_is_refused(tmp_path, ending):
    path = tmp_path / f"code.{ending}"
    network(first=keras.layers.Lambda(lambda x: x + 1)).save(path)
    with pytest.raises(InputError, match="Lambda layer, which is code"):
        write_own_card(path, FER2013, "", 0, 1)
    assert not path.with_suffix(".json").exists()


@pytest.mark.parametrize(
    ("model", "names", "said"),
    [
        (network, FER2013[:6], "an emotion for each of the model's outputs"),
        (network, (*FER2013[:6], "bored"), "an emotion for each of the model's outputs"),
        (lambda: network(None), FER2013, "save it with a softmax"),
        (lambda: network("sigmoid"), FER2013, "answers yes or no for each"),
        (lambda: network(size=None, first=lambda x: keras.layers.Resizing(8, 8)(x)), FER2013,
         "one square picture"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_a_sentence(tmp_path, model, names, said):
    path = tmp_path / "mine.keras"
    model().save(path)
    with pytest.raises(InputError, match=said):
        write_own_card(path, names, "", 0, 1)
    assert not path.with_suffix(".json").exists()


def test_a_card_that_is_there_stays_and_black_is_below_white(tmp_path):
    path = tmp_path / "mine.keras"
    network().save(path)
    for low, high in ((1, 0), (0, float("nan")), (0, float("inf"))):
        with pytest.raises(InputError, match="black below white"):
            write_own_card(path, FER2013, "", low, high)
    write_own_card(path, FER2013, "", 0, 1)
    with pytest.raises(InputError, match="beside which there is mine.json. It stays"):
        write_own_card(path, FER2013, "", 0, 1)


def test_a_file_that_is_no_model_is_a_sentence(tmp_path):
    (tmp_path / "mine.h5").write_bytes(b"no model")
    with pytest.raises(InputError, match=r"Keras can load. Received: .*mine\.h5"):
        write_own_card(tmp_path / "mine.h5", FER2013, "", 0, 1)
    for name in ("mine.jpg", "mine"):
        (tmp_path / name).write_bytes(b"no model")
        with pytest.raises(InputError, match=r"ends with \.keras, \.h5, \.hdf5"):
            write_own_card(tmp_path / name, FER2013, "", 0, 1)
