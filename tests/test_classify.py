"""Loading models with care, and answers that do not depend on how a face is given."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest
from saved_models import save_lenet5

import fer_kit as fk
from fer_kit import cards, classify
from fer_kit.emotions import FER2013
from fer_kit.errors import InputError
from fer_kit.files import sha256
from fer_kit.pictures import PHOTOGRAPH, read_picture, ten_views
from fer_kit.run import runs_folder


@pytest.fixture
def saved(make_faces, tmp_path):
    return save_lenet5(tmp_path / "models", make_faces())


@pytest.fixture
def classifier(saved):
    return fk.load_model(saved)


def change_card(saved, **values):
    path = saved.with_suffix(".json")
    card = json.loads(path.read_text())
    path.write_text(json.dumps(card | values))


# Loading


def test_a_loaded_model_answers_as_the_model_that_was_saved(saved, classifier, make_faces):
    images = make_faces(300).images
    expected = keras.saving.load_model(saved).predict(fk.normalise(images), verbose=0)
    np.testing.assert_allclose(classifier.probabilities(images), expected, atol=1e-5)
    assert classifier.emotions == FER2013
    assert classifier.is_synthetic


def test_a_model_that_goes_on_learning_answers_with_its_new_weights(classifier, make_faces):
    faces = make_faces()
    before = classifier.probabilities(faces.images)
    classifier.model.compile("sgd", "categorical_crossentropy")
    classifier.model.fit(fk.normalise(faces.images), faces.targets, verbose=0)
    expected = classifier.model.predict(fk.normalise(faces.images), verbose=0)
    after = classifier.probabilities(faces.images)
    assert np.abs(after - before).max() > 1e-4
    np.testing.assert_allclose(after, expected, atol=1e-5)


def test_a_model_is_found_by_its_name_in_a_run(make_faces):
    save_lenet5(runs_folder() / "mine" / "models", make_faces())
    assert fk.load_model("lenet5", run="mine").name == "lenet5"
    with pytest.raises(InputError, match=r"Received: 'cnn'\. There are: lenet5 \(in mine\)"):
        fk.load_model("cnn", run="mine")
    with pytest.raises(InputError, match=r"Received: ''\. There are: lenet5 \(in mine\)"):
        fk.load_model("", run="mine")
    with pytest.raises(InputError, match="name of a model. Received: None"):
        fk.load_model(None)


def test_a_missing_model_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.keras"):
        fk.load_model(tmp_path / "nothing.keras")


def test_a_model_without_a_card_is_refused(saved):
    saved.with_suffix(".json").unlink()
    with pytest.raises(InputError, match=r"lenet5\.json"):
        fk.load_model(saved)


def test_a_truncated_model_is_refused_even_with_a_card_that_fits(saved):
    saved.write_bytes(saved.read_bytes()[:5000])
    with pytest.raises(InputError, match=r"lenet5\.keras.*One of them was ch"):
        fk.load_model(saved)
    change_card(saved, sha256=sha256(saved))
    with pytest.raises(InputError, match=r"Keras can load\. Received: .*lenet5\.keras"):
        fk.load_model(saved)


def test_a_model_that_carries_code_is_refused(make_faces, tmp_path):
    inputs = keras.Input((48, 48, 1))
    x = keras.layers.Lambda(lambda x: x * 2)(inputs)
    outputs = keras.layers.Dense(7, activation="softmax")(keras.layers.Flatten()(x))
    model, path = keras.Model(inputs, outputs), tmp_path / "strange.keras"
    model.save(path)
    cards.write_card(path, model, make_faces())
    with pytest.raises(InputError, match=r"strange\.keras.*Lambda layer, which is code"):
        fk.load_model(path)


@pytest.mark.parametrize(
    "names", [FER2013[:5], (*FER2013, "contempt"), (*FER2013[:6], "bored"), ()]
)
def test_a_card_that_names_other_emotions_than_the_model_has_is_refused(saved, names):
    change_card(saved, emotions=list(names))
    with pytest.raises(InputError, match=r"card of .*lenet5\.keras"):
        fk.load_model(saved)


# Answers


def test_a_small_face_is_the_same_face_however_it_is_given(classifier, make_faces, tmp_path):
    from PIL import Image

    grey = make_faces(4).images[0]
    expected = classifier.probabilities(grey[None])[0]
    path = tmp_path / "face.png"
    Image.fromarray(grey[..., 0]).save(path)
    for given in (grey, grey[..., 0], grey / 255, np.repeat(grey, 3, axis=2), path):
        (answer,) = fk.predict_emotion(classifier, given)
        assert tuple(answer.probabilities) == FER2013
        np.testing.assert_allclose(list(answer.probabilities.values()), expected, atol=1e-6)
        assert answer.emotion == FER2013[expected.argmax()]
        assert "whole picture" in answer.note
        assert answer.box == (0, 0, 48, 48, None, 0)


def test_the_face_in_a_photograph_is_cut_out_before_it_is_classified(classifier):
    (answer,) = fk.predict_emotion(classifier, PHOTOGRAPH)
    assert answer.note == ""
    assert answer.box.height < 200
    face = fk.detect.cut_out(read_picture(PHOTOGRAPH), answer.box)
    expected = classifier.probabilities(face[None, ..., None])[0]
    np.testing.assert_allclose(list(answer.probabilities.values()), expected, atol=1e-6)


def test_no_face_gives_no_answer(classifier):
    assert fk.predict_emotion(classifier, np.full((300, 400), 90, np.uint8)) == []


def test_a_small_square_without_a_face_is_taken_as_one_but_no_other_shape(classifier):
    (answer,) = fk.predict_emotion(classifier, np.full((100, 100), 90, np.uint8))
    assert "whole picture" in answer.note
    assert fk.predict_emotion(classifier, np.full((100, 90), 90, np.uint8)) == []
    (answer,) = fk.predict_emotion(classifier, np.full((40, 60), 90, np.uint8))
    assert answer.box[:4] == (10, 0, 40, 40)
    unsure = replace(classifier, card=classifier.card | {"unsure_below": 1.0})
    (answer,) = fk.predict_emotion(unsure, np.full((40, 60), 90, np.uint8))
    assert answer.note == "the whole picture is taken as a face; unsure"


def test_a_model_that_needs_two_pictures_is_refused(make_faces, tmp_path):
    inputs = [keras.Input((48, 48, 1)) for _ in range(2)]
    both = keras.layers.Flatten()(keras.layers.Average()(inputs))
    model = keras.Model(inputs, keras.layers.Dense(7, activation="softmax")(both))
    model.save(tmp_path / "pairs.keras")
    cards.write_card(tmp_path / "pairs.keras", model, make_faces())
    with pytest.raises(InputError, match="which needs 2 of the same moment"):
        fk.load_model(tmp_path / "pairs.keras")


def test_answers_are_as_sure_as_the_temperature_of_the_card_says(classifier, make_faces):
    images, plain = make_faces(9).images, replace(classifier, card=classifier.card)
    cooler = replace(classifier, card=classifier.card | {"temperature": 0.5})
    squared = plain.probabilities(images) ** 2
    expected = squared / squared.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(cooler.probabilities(images), expected, atol=1e-5)
    assert np.abs(cooler.probabilities(images) - plain.probabilities(images)).max() > 1e-3


def test_only_what_is_small_on_both_sides_is_a_face_as_a_whole(classifier):
    for shape in ((60, 300), (300, 60)):
        assert fk.predict_emotion(classifier, np.full(shape, 90, np.uint8)) == []


def test_a_tiny_picture_says_that_there_is_little_to_see(classifier):
    (answer,) = fk.predict_emotion(classifier, np.full((1, 1), 90, np.uint8))
    assert "whole picture is taken as a face; only 1 pixels wide" in answer.note


def test_an_answer_as_sure_as_it_has_to_be_is_not_unsure(classifier):
    row = np.array([[0.5, 0.25, 0.25, 0, 0, 0, 0]], np.float32)
    told = replace(
        classifier,
        card=classifier.card | {"unsure_below": 0.5},
        network=classify.Network((48, 48, 1), None, lambda images: row),
    )
    (answer,) = fk.predict_emotion(told, np.full((40, 40), 90, np.uint8))
    assert "unsure" not in answer.note


def test_a_model_with_a_yes_or_no_for_each_emotion_is_refused(make_faces, tmp_path):
    path = tmp_path / "mixed.keras"
    inputs = keras.Input((48, 48, 1))
    outputs = keras.layers.Dense(7, activation="sigmoid")(keras.layers.Flatten()(inputs))
    model = keras.Model(inputs, outputs)
    model.save(path)
    cards.write_card(path, model, make_faces())
    with pytest.raises(InputError, match="answers yes or no for each"):
        fk.load_model(path)


def test_several_faces_give_an_answer_each(classifier):
    page = np.hstack([read_picture(PHOTOGRAPH)] * 3)
    answers = fk.predict_emotion(classifier, page)
    assert len(answers) == 3
    probabilities = [list(answer.probabilities.values()) for answer in answers]
    np.testing.assert_allclose(probabilities, [probabilities[0]] * 3, atol=0.05)


def test_a_tiny_face_is_found_and_its_answer_says_that_it_is_tiny(classifier):
    from PIL import Image

    page = np.full((200, 300, 3), 128, np.uint8)
    page[50:150, 50:150] = np.asarray(Image.open(PHOTOGRAPH).resize((100, 100)))
    (answer,) = fk.predict_emotion(classifier, page)
    assert "pixels wide" in answer.note


def test_annotating_leaves_the_picture_itself_alone(classifier):
    picture = read_picture(PHOTOGRAPH)
    before = picture.copy()
    annotated = classify.annotate(picture, fk.predict_emotion(classifier, picture))
    np.testing.assert_array_equal(picture, before)
    assert annotated.shape == picture.shape
    assert 0 < (annotated != picture).any(axis=2).mean() < 0.1


def test_faces_of_another_size_or_type_are_a_sentence(classifier):
    for images in (np.zeros((2, 64, 64, 1), np.uint8), np.zeros((2, 48, 48, 1))):
        with pytest.raises(InputError, match="Expected faces as uint8"):
            classifier.probabilities(images)


def test_no_faces_give_no_rows(classifier):
    assert classifier.probabilities(np.zeros((0, 48, 48, 1), np.uint8)).shape == (0, 7)


def test_the_answers_to_ten_views_are_averaged(classifier, make_faces):
    images = make_faces(3).images
    many = classifier.in_views(10)
    rows = many.probabilities(images)
    apart = [classifier.probabilities(view) for view in ten_views(images)]
    np.testing.assert_allclose(rows, np.mean(apart, axis=0), atol=1e-6)
    assert "in 10 views" in many.about
    (answer,) = fk.predict_emotion(classifier, images[0], views=10)
    np.testing.assert_allclose(list(answer.probabilities.values()), rows[0], atol=1e-5)
    with pytest.raises(InputError, match="a number of views"):
        classifier.in_views(5)


def test_something_else_than_a_classifier_is_a_sentence():
    with pytest.raises(InputError, match=r"fer_kit\.load_model"):
        fk.predict_emotion("lenet5", np.zeros((48, 48)))


def test_a_model_for_colour_gets_the_grey_picture_three_times(make_faces, tmp_path):
    model = fk.build("lenet5", input_shape=(64, 64, 3))
    path = tmp_path / "colour.keras"
    model.save(path)
    cards.write_card(path, model, make_faces())
    (answer,) = fk.predict_emotion(fk.load_model(path), make_faces(4).images[0])
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
