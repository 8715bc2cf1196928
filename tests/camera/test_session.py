"""Frames come in, answers go out, and they are those that `predict_emotion` gives."""

import json

import numpy as np
import pytest
from saved_models import save_lenet5
from scenes import jpeg, scene

import fer_kit as fk
from fer_kit import cards
from fer_kit.camera.session import LONG_SIDE, SIDE_BY_SIDE, Session, offers
from fer_kit.errors import InputError
from fer_kit.pictures import read_picture

NAME = "lenet5-fer2013"


@pytest.fixture
def session():
    return Session(*offers(NAME, ""))


def as_sent(picture: np.ndarray) -> np.ndarray:
    """A picture after it has been a JPEG."""
    from io import BytesIO

    return read_picture(BytesIO(jpeg(picture)))


@pytest.mark.parametrize("kind", ["film", "picture"])
def test_the_answers_are_those_of_predict_emotion(session, kind):
    picture = scene((3, "happy"), (5, "surprise"))
    session.begin(kind)
    faces = session.look(jpeg(picture))["faces"]
    expected = fk.predict_emotion(fk.load_model(NAME), as_sent(picture))
    assert [face["answers"] for face in faces] == [[answer.values] for answer in expected]
    assert [tuple(face["box"]) for face in faces] == [answer.box[:4] for answer in expected]


def test_what_is_said_is_json(session):
    json.dumps(session.about())
    json.dumps(session.look(jpeg(scene((3, "happy")))))


def test_a_face_keeps_its_number_in_a_film_until_another_begins(session):
    for _ in range(6):
        (face,) = session.look(jpeg(scene((3, "happy"))))["faces"]
        assert face["number"] == 1
    session.look(jpeg(scene()))
    session.begin("film")
    (face,) = session.look(jpeg(scene((5, "sad"))))["faces"]
    assert face["number"] == 1


def test_a_small_picture_is_a_face_as_it_is_for_predict_emotion(session):
    small = np.ascontiguousarray(scene((3, "happy"))[100:300:5, 10:210:5])
    session.begin("picture")
    (face,) = session.look(jpeg(small))["faces"]
    assert face["answers"][0]["note"].startswith("the whole picture is taken as a face")


def test_a_picture_without_a_face_has_no_answer(session):
    assert session.look(jpeg(scene())) == {"faces": []}


def test_several_networks_answer_side_by_side(session):
    names = [NAME, "cnn-fer2013", "small-fer2013"]
    told = session.choose(names)
    assert [network["name"] for network in told["chosen"]] == names
    (face,) = session.look(jpeg(scene((3, "happy"))))["faces"]
    assert len(face["answers"]) == 3


def test_a_network_of_ones_own_run_is_offered_and_answers(make_faces, tmp_path):
    save_lenet5(tmp_path / "runs" / "mine" / "models", make_faces())
    offered, first = offers("lenet5", "mine")
    assert first == "lenet5 (mine)"
    session = Session(offered, first)
    assert session.about()["offered"][first] == "synthetic noise"
    session.choose([first, NAME])
    (face,) = session.look(jpeg(scene((3, "happy"))))["faces"]
    own, shipped = face["answers"]
    assert own["probabilities"] != shipped["probabilities"]


def test_a_model_from_anywhere_is_offered_by_its_path(make_faces, tmp_path):
    path = save_lenet5(tmp_path / "elsewhere", make_faces(), "mine")
    offered, first = offers(str(path), "")
    assert (first, offered[first]) == ("mine", path)


def test_the_best_that_comes_with_the_course_answers_first():
    assert offers("", "")[1] == cards.best_shipped()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"pictures": ["infrared"]}, "looks at infrared pictures"),
        ({"pictures": ["visible", "infrared"]}, "looks at visible and infrared pictures"),
        ({"answers": "a yes or no for each emotion"}, "answers with a yes or no for each emotion"),
    ],
)
def test_what_cannot_be_asked_about_one_photograph_is_left_out(make_faces, tmp_path, said, why):
    folder = tmp_path / "runs" / "mine" / "models"
    cards.add_to_card(save_lenet5(folder, make_faces(), "other"), said)
    cards.add_to_card(save_lenet5(folder, make_faces(), "visible"), {"pictures": ["visible"]})
    session = Session(*offers(NAME, "mine"))
    assert session.about()["left_out"] == {"other (mine)": why}
    assert "visible (mine)" in session.offered
    with pytest.raises(InputError, match="Expected a model among"):
        session.choose(["other (mine)"])
    with pytest.raises(InputError, match=rf"Received: other \(mine\), which {why}\."):
        offers("other", "mine")


def test_a_model_without_a_card_is_a_sentence_and_the_one_before_stays(make_faces, tmp_path):
    path = save_lenet5(tmp_path / "runs" / "mine" / "models", make_faces())
    path.with_suffix(".json").unlink()
    session = Session(*offers(NAME, "mine"))
    assert session.about()["offered"]["lenet5 (mine)"] == "no card"
    with pytest.raises(InputError, match=r"Expected beside .*lenet5\.keras its card"):
        session.choose(["lenet5 (mine)"])
    assert [network["name"] for network in session.about()["chosen"]] == [NAME]
    assert session.look(jpeg(scene((3, "happy"))))["faces"]


@pytest.mark.parametrize(
    "names", [[], ["nobody"], ["/etc/passwd"], NAME, None, [NAME] * (SIDE_BY_SIDE + 1), [[NAME]]]
)
def test_only_what_is_offered_can_be_chosen(session, names):
    with pytest.raises(InputError, match="Expected .* Received: "):
        session.choose(names)


def test_something_else_than_a_film_or_a_picture_is_a_sentence(session):
    with pytest.raises(InputError, match="Expected something to look at among film, picture"):
        session.begin("sound")


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (b"", "something else"),
        (b"no picture", "something else"),
        (jpeg(scene())[:3000], "truncated"),
        (jpeg(np.zeros((8, LONG_SIDE + 1, 3), np.uint8)), f"{LONG_SIDE + 1}×8"),
    ],
    ids=["empty", "text", "half", "wide"],
)
def test_a_frame_that_is_none_is_a_sentence(session, frame, said):
    with pytest.raises(InputError, match=f"Expected a frame as JPEG, .* Received: .*{said}"):
        session.look(frame)
    assert session.look(jpeg(scene((3, "happy"))))["faces"]  # and the next one is looked at


def test_other_kinds_of_pictures_are_no_frames(session):
    from io import BytesIO

    from PIL import Image

    stream = BytesIO()
    Image.fromarray(scene()).save(stream, "PNG")
    with pytest.raises(InputError, match="Received: something else"):
        session.look(stream.getvalue())
