"""The built-in faces: what the lessons rely on."""

from dataclasses import replace

import numpy as np
import pytest

from fer_kit import synthetic
from fer_kit.emotions import FER2013, JAFFE
from fer_kit.errors import InputError
from fer_kit.faces import Faces
from fer_kit.synthetic import canvas, dataset, head, thermal

PERSON = synthetic.identity(7)


@pytest.fixture(scope="module")
def faces():
    return synthetic.generate(train=100, validation=30, test=50, seed=3, progress=False)


def same(one, other) -> bool:
    return one.fingerprint() == other.fingerprint()


def landmarks(**units):
    return synthetic.portrait(PERSON, units, infrared=False).landmarks


# A whole set


def test_sizes_shapes_and_names(faces):
    assert [len(faces.subset(name)) for name in ("train", "validation", "test")] == [100, 30, 50]
    assert faces.images.shape == faces.infrared.shape == (180, 48, 48, 1)
    assert faces.images.dtype == faces.infrared.dtype == np.uint8
    assert faces.emotions == FER2013
    assert faces.is_synthetic
    assert len(set(faces.ids)) == 180


def test_every_emotion_is_there_in_known_shares(faces):
    assert faces.counts()["train"].to_dict() == {k: 2 * v for k, v in dataset.SHARES.items()}


def test_identities_never_cross_a_split(faces):
    people = [set(faces.subset(name).subject) for name in ("train", "validation", "test")]
    assert sum(map(len, people)) == len(set().union(*people)) == 10 + 3 + 5


def test_the_same_seed_draws_the_same_bytes_and_another_seed_others(faces):
    again = synthetic.generate(train=100, validation=30, test=50, seed=3, progress=False)
    other = synthetic.generate(train=100, validation=30, test=50, seed=4, progress=False)
    assert same(faces, again)
    assert not np.array_equal(faces.images, other.images)


def test_a_face_does_not_depend_on_how_many_are_drawn(faces):
    fewer = synthetic.generate(train=57, validation=0, test=3, seed=3, progress=False)
    for name, count in (("train", 57), ("test", 3)):
        assert same(faces.subset(name).subset(range(count)), fewer.subset(name))


def test_a_face_does_not_depend_on_the_number_of_workers(faces, monkeypatch):
    monkeypatch.setattr(dataset, "FEW", 0)  # so that worker processes start even for a small set
    parallel = synthetic.generate(
        train=100, validation=30, test=50, seed=3, progress=False, workers=2
    )
    assert same(faces, parallel)


def test_votes_and_intent_agree_mostly_but_not_always():
    faces = synthetic.generate(400, 0, 0, infrared=False, progress=False)
    assert (faces.votes.sum(axis=1) == 10).all()
    agreement = (faces.votes.argmax(axis=1) == faces.labels).mean()
    assert 0.75 < agreement < 1


def test_targets_may_be_votes_and_infrared_may_be_left_out():
    faces = synthetic.generate(20, 0, 0, targets="votes", infrared=False, progress=False)
    np.testing.assert_allclose(faces.targets, faces.votes / 10)
    assert faces.infrared is None


def test_an_empty_set_is_a_set():
    assert len(synthetic.generate(0, 0, 0, progress=False)) == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"train": -1}, "train as a whole number, 0 or more. Received: -1"),
        ({"test": 2.5}, "test as a whole number"),
        ({"seed": -3}, "seed as a whole number"),
        ({"image_size": 4}, "image_size from 16"),
        ({"targets": "guesses"}, "targets among .*'guesses'"),
        ({"darkness": 2}, "darkness between 0 and 1. Received: 2"),
        ({"camera": "phone"}, "camera among .*'phone'"),
        ({"workers": 0}, "workers as a whole number, 1 or more. Received: 0"),
    ],
)
def test_wrong_arguments_of_generate_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        synthetic.generate(**{"train": 1, "validation": 0, "test": 0} | wrong)


# Single faces


def test_render_gives_one_picture_and_repeats_it():
    picture = synthetic.render(PERSON, synthetic.action_units("happy"), seed=1)
    assert picture.shape == (48, 48)
    assert picture.dtype == np.uint8
    assert picture.std() > 10
    again = synthetic.render(PERSON, synthetic.action_units("happy"), seed=1)
    np.testing.assert_array_equal(picture, again)


def test_the_same_seed_gives_the_same_person():
    assert synthetic.identity(7) == PERSON
    assert synthetic.identity(8) != PERSON


def test_every_person_can_show_every_emotion():
    for seed in range(3):
        person = synthetic.identity(seed)
        pictures = {
            synthetic.render(person, synthetic.action_units(name)).tobytes() for name in FER2013
        }
        assert len(pictures) == len(FER2013)


@pytest.mark.parametrize("unit", synthetic.ACTION_UNITS)
def test_every_action_unit_moves_something(unit):
    person = synthetic.identity(2)
    companions = {"AU25": 0.5} if unit == "AU16" else {}
    before = synthetic.render(person, companions).astype(int)
    after = synthetic.render(person, companions | {unit: 1.0}).astype(int)
    assert np.abs(after - before).max() > 10


def test_a_smile_raises_the_corners_of_the_mouth_and_widens_it():
    rest, smile = landmarks(), landmarks(AU12=1.0)
    assert smile["mouth_left"][1] < rest["mouth_left"][1] - 1
    assert smile["mouth_right"][0] - smile["mouth_left"][0] > 1.1 * (
        rest["mouth_right"][0] - rest["mouth_left"][0]
    )


def test_a_frown_lowers_the_corners_of_the_mouth():
    assert landmarks(AU15=1.0)["mouth_left"][1] > landmarks()["mouth_left"][1] + 1


def test_jaw_drop_opens_the_mouth_and_more_so_the_mouth_stretch():
    def opening(points):
        return points["mouth_bottom"][1] - points["mouth_top"][1]

    assert opening(landmarks()) == pytest.approx(0, abs=0.01)
    assert 2 < opening(landmarks(AU26=1.0)) < opening(landmarks(AU27=1.0))


def test_lids_open_and_close():
    def opening(**units):
        points = landmarks(**units)
        return points["left_eye_bottom"][1] - points["left_eye_top"][1]

    assert opening(AU43=1.0) < 0.3 * opening() < opening() < opening(AU5=1.0)


def test_brows_rise_and_fall():
    rest = landmarks()
    assert landmarks(AU1=1.0)["left_brow_inner"][1] < rest["left_brow_inner"][1] - 1
    assert landmarks(AU2=1.0)["left_brow_outer"][1] < rest["left_brow_outer"][1] - 1
    assert landmarks(AU4=1.0)["left_brow_inner"][1] > rest["left_brow_inner"][1] + 1


def test_landmarks_follow_the_camera():
    tilted = synthetic.portrait(PERSON, camera=synthetic.Camera(roll=0.3)).landmarks
    (left_x, left_y), (right_x, right_y) = tilted["left_eye"], tilted["right_eye"]
    assert np.arctan2(right_y - left_y, right_x - left_x) == pytest.approx(0.3, abs=0.05)
    turned = synthetic.portrait(PERSON, camera=synthetic.Camera(yaw=0.4)).landmarks
    assert turned["nose_tip"][0] > landmarks()["nose_tip"][0] + 2


def test_blend_ends_in_the_pure_emotions():
    pure = [synthetic.action_units(name) for name in ("happy", "surprise")]
    assert synthetic.blend("happy", "surprise", weight=0) == pytest.approx(pure[0])
    assert synthetic.blend("happy", "surprise", weight=1) == pytest.approx(pure[1])
    middle = synthetic.blend("happy", "surprise", weight=0.5)
    assert middle["AU1"] == pytest.approx(0.5 * pure[1]["AU1"])
    assert set(middle) == set(pure[0]) | set(pure[1])


def test_intensity_scales_and_synonyms_are_understood():
    assert synthetic.action_units("Happiness", intensity=0.5)["AU12"] == pytest.approx(0.5)
    assert synthetic.action_units("fear", intensity=0) == dict.fromkeys(
        synthetic.PROTOTYPES["fear"][0], 0
    )


def test_prototypes_use_known_action_units_and_every_emotion_has_some():
    assert tuple(synthetic.PROTOTYPES) == FER2013
    for variants in synthetic.PROTOTYPES.values():
        for variant in variants:
            assert set(variant) <= set(synthetic.ACTION_UNITS)
            assert all(0 < value <= 1 for value in variant.values())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: synthetic.action_units("hungry"), "name of an emotion.*'hungry'"),
        (lambda: synthetic.action_units("contempt"), "emotion among angry.*'contempt'"),
        (lambda: synthetic.action_units("happy", variant=9), "variant from 0 to 3.*9"),
        (lambda: synthetic.action_units("happy", intensity=1.5), "intensity between 0 and 1.*1.5"),
        (lambda: synthetic.blend("happy", "sad", weight=2), "weight between 0 and 1.*2"),
        (lambda: synthetic.render(PERSON, {"AU99": 1.0}), "action units among AU1,.*'AU99'"),
        (lambda: synthetic.render(PERSON, {"AU12": -0.1}), "AU12 between 0 and 1.*-0.1"),
        (lambda: synthetic.render(PERSON, {"AU12": "big"}), "AU12 between 0 and 1.*'big'"),
        (lambda: synthetic.render(PERSON, camera="phone"), "camera among.*'phone'"),
        (lambda: synthetic.render(PERSON, seed=-1), "seed.*-1"),
        (lambda: synthetic.identity("Ada"), "seed.*'Ada'"),
    ],
)
def test_wrong_arguments_of_single_faces_are_named(call, message):
    with pytest.raises(InputError, match=message):
        call()


# The thermal camera and the annotators


def test_both_cameras_see_the_same_geometry():
    """Where a bald head meets a dark background, both pictures change at the same columns."""
    seed = next(i for i in range(200) if synthetic.identity(i).hair == "bald")
    camera = synthetic.Camera(shift=(0.2, 0.0), zoom=0.85)
    moment = synthetic.portrait(synthetic.identity(seed), camera=camera)
    warm = np.flatnonzero(moment.infrared[24] > 120)
    middle = (moment.landmarks["left_eye"][0] + moment.landmarks["right_eye"][0]) / 2
    assert (warm[0] + warm[-1]) / 2 == pytest.approx(middle, abs=1.5)


def test_temperatures_follow_the_action_units():
    def warmth(**units):
        sculpted = head.sculpt(PERSON, units, units, np.random.default_rng(0))
        return thermal.skin_temperature(sculpted, PERSON, units, np.random.default_rng(0))

    nose = canvas.window(0.1, 0.28, 0.1, 0.08)
    assert warmth(AU5=1.0, AU20=1.0, AU4=1.0)[nose].mean() < warmth()[nose].mean() - 0.3
    assert warmth(AU27=1.0).max() > warmth().max() + 0.3  # the open mouth is the warmest place


def test_annotators_agree_on_clear_faces_and_divide_on_mixed_ones():
    rng = np.random.default_rng(0)
    clear = sum(synthetic.vote(synthetic.action_units("happy"), rng) for _ in range(30)) / 300
    mixed = sum(synthetic.vote(synthetic.blend("fear", "surprise"), rng) for _ in range(30)) / 300
    assert clear[FER2013.index("happy")] > 0.8
    assert mixed.max() < clear.max()
    assert mixed[[FER2013.index("fear"), FER2013.index("surprise")]].sum() > 0.7


def test_the_visible_picture_is_the_same_with_and_without_the_thermal_one():
    arguments = (PERSON, {"AU12": 1.0}, 5, "wild")
    with_heat = synthetic.portrait(*arguments, infrared=True)
    without = synthetic.portrait(*arguments, infrared=False)
    np.testing.assert_array_equal(with_heat.visible, without.visible)
    assert without.infrared is None


def test_in_the_dark_only_the_visible_picture_changes():
    light = synthetic.generate(30, 0, 0, seed=1, progress=False)
    half = synthetic.generate(30, 0, 0, seed=1, progress=False, darkness=0.5)
    np.testing.assert_array_equal(light.infrared, half.infrared)
    darkened = half.images.mean(axis=(1, 2, 3)) < 0.5 * light.images.mean(axis=(1, 2, 3))
    assert 5 < darkened.sum() < 25
    np.testing.assert_array_equal(light.images[~darkened], half.images[~darkened])


@pytest.fixture(scope="module")
def sitters() -> Faces:
    return synthetic.sittings(2, 1, 1, seed=3, progress=False)


def test_sitters_are_the_same_for_the_same_seed_and_more_leave_the_first(sitters):
    again = synthetic.sittings(1, 0, 0, seed=3, progress=False)
    np.testing.assert_array_equal(again.images, sitters.images[:7])
    other = synthetic.sittings(1, 0, 0, seed=4, progress=False)
    assert not np.array_equal(again.images, other.images)
    assert again.is_synthetic
    with pytest.raises(InputError, match="Expected test as a whole number.*Received: -1"):
        synthetic.sittings(1, 1, -1)


def test_the_blend_lies_between_its_sources(sitters):
    who = str(sitters.subject[0])
    happy, sad = (sitters.images[JAFFE.index(name), ..., 0] for name in ("happy", "sad"))
    at = {w: synthetic.sitting_blend(who, "happy", "sad", w, seed=3) for w in (0.0, 0.5)}
    np.testing.assert_array_equal(at[0.0], happy)
    assert not np.array_equal(at[0.5], happy)
    assert not np.array_equal(at[0.5], sad)
    with pytest.raises(InputError, match="p0-0003. Received: 'anna'"):
        synthetic.sitting_blend("anna", "happy", "sad")
    with pytest.raises(InputError, match="p0-0003. Received: 'p9-0003'"):
        synthetic.sitting_blend("p9-0003", "happiness", "sad")


# People who differ more


@pytest.fixture(scope="module")
def varied():
    faces = synthetic.generate(200, 0, 20, seed=2, people="varied", infrared=False, progress=False)
    return faces, synthetic.traits(faces, 2)


def test_varied_people_have_all_that_the_usual_ones_lack(varied):
    _, traits = varied
    for trait, values in synthetic.TRAITS.items():
        assert set(traits[trait]) == set(values)
    assert len(traits) == 220


def test_traits_are_those_of_the_person_and_only_the_light_changes(varied):
    faces, traits = varied
    assert (traits["person"] == faces.subject).all()
    constant = traits.drop(columns="light").groupby("person").nunique()
    assert (constant == 1).all(axis=None)
    assert traits.groupby("person")["light"].nunique().max() > 1


def test_dark_skin_stays_darker_though_the_camera_lets_in_more_light():
    dark = next(i for i in range(200) if synthetic.varied(i).skin < 0.2)
    light = next(i for i in range(200) if synthetic.varied(i).skin > 0.8)
    one, other = (synthetic.render(synthetic.varied(i)) for i in (dark, light))
    assert one[20:40, 12:36].mean() < other[20:40, 12:36].mean()


def test_a_scarf_covers_the_neck_and_leaves_the_face():
    with_scarf = replace(PERSON, scarf=True, hat=False)
    without = replace(PERSON, hat=False)
    change = synthetic.render(with_scarf).astype(int) - synthetic.render(without)
    assert np.abs(change[:, :8]).mean() > 10
    assert np.abs(change[20:34, 18:30]).mean() < 5


def test_the_usual_people_are_as_they_were():
    """All that the course measured depends on it; the same as before there were varied ones."""
    faces = synthetic.generate(60, 10, 10, seed=5, progress=False)
    again = synthetic.generate(60, 10, 10, seed=5, people="usual", progress=False)
    assert same(faces, again)
    assert not any(synthetic.identity(seed).scarf for seed in range(100))


def test_other_people_than_there_are_get_a_sentence():
    with pytest.raises(InputError, match="people among usual, varied. Received: 'all'"):
        synthetic.generate(10, 0, 0, people="all", progress=False)
