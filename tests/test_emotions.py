import numpy as np
import pytest

from fer_kit import emotions
from fer_kit.emotions import FER2013, FERPLUS, canonical, convert, in_course_order, index_map
from fer_kit.errors import InputError


def test_numbers_of_the_published_data_sets():
    assert [FER2013.index(name) for name in ("angry", "sad", "surprise", "neutral")] == [0, 4, 5, 6]
    assert [FERPLUS.index(name) for name in ("neutral", "happy", "contempt")] == [0, 1, 7]
    assert emotions.CKPLUS[0] == "neutral"
    assert emotions.CKPLUS[6] == "sad"
    assert emotions.VIRI == ("angry", "happy", "neutral", "sad", "surprise")
    assert emotions.NVIE == ("happy", "disgust", "fear")
    assert emotions.JAFFE_CODES["SU"] == "surprise"


@pytest.mark.parametrize(
    "name", ["FER2013", "FERPLUS", "CKPLUS", "CKEXTENDED", "JAFFE", "VIRI", "NVIE", "EMOTIONS"]
)
def test_vocabularies_are_canonical_and_without_repeats(name):
    vocabulary = getattr(emotions, name)
    assert len(set(vocabulary)) == len(vocabulary)
    assert [canonical(name) for name in vocabulary] == list(vocabulary)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Anger", "angry"),
        ("disgusted", "disgust"),
        ("FEARFUL", "fear"),
        ("happiness", "happy"),
        (" sadness ", "sad"),
        ("suprise", "surprise"),
        ("surprised", "surprise"),
        ("Neutral", "neutral"),
        ("contempt", "contempt"),
        ("0_angry", "angry"),
        ("03 - Sad", "sad"),
        ("happy_faces", "happy"),
        ("Fear images", "fear"),
        ("surprise2", "surprise"),
    ],
)
def test_spellings_in_the_wild(spelling, name):
    assert canonical(spelling) == name


def test_unknown_emotion_is_a_sentence():
    with pytest.raises(InputError, match=r"Received: 'bored'"):
        canonical("bored")


def test_a_folders_alphabet_never_decides():
    folders = sorted(["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"])
    assert in_course_order(folders) == FER2013


def test_index_map_between_fer2013_and_ferplus():
    assert index_map(FERPLUS, FER2013).tolist() == [6, 3, 5, 4, 0, 1, 2, -1]
    assert [FERPLUS[place] for place in index_map(FER2013, FERPLUS)] == list(FER2013)


def test_convert_drops_what_is_missing_and_rescales():
    targets = np.array([[0.5, 0, 0, 0, 0, 0, 0, 0.5], [0, 0, 0, 0, 0, 0, 0, 1]])
    converted = convert(targets, FERPLUS, FER2013)
    assert converted[0, FER2013.index("neutral")] == 1
    assert converted[1].sum() == 0


def test_convert_there_and_back_is_the_same():
    targets = np.random.default_rng(0).dirichlet(np.ones(7), 20)
    there = convert(targets, FER2013, FERPLUS)
    np.testing.assert_allclose(convert(there, FERPLUS, FER2013), targets, atol=1e-6)


@pytest.mark.parametrize(
    "name", ["", "1", "_", "faces", "0_faces", "unhappy", "happy or sad", "sad-happy"]
)
def test_what_names_no_emotion_is_none(name):
    assert not emotions.is_emotion(name)
