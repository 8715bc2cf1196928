import numpy as np

from fer_kit.audit import audit_faces
from fer_kit.preprocess import clean, normalise


def test_normalise_maps_bytes_to_the_unit_interval():
    x = normalise(np.array([0, 51, 255], np.uint8))
    assert x.dtype == np.float32
    np.testing.assert_allclose(x, [0, 0.2, 1], rtol=1e-6)


def test_clean_faces_stay_as_they_are(make_faces):
    faces = make_faces()
    cleaned, removed = clean(faces)
    assert cleaned.fingerprint() == faces.fingerprint()
    assert len(removed) == 0


def test_cleaning_takes_only_training_faces_and_says_why(make_faces):
    faces = make_faces(56)
    # Rows 4k and 4k+1 are train, 4k+2 validation, 4k+3 test; the emotion is the row modulo 7.
    faces.images[[0, 2]] = 0  # blank: one train, one validation
    faces.images[5] = faces.images[7]  # leaked from test
    faces.images[9] = faces.images[16]  # both train, both emotion 2
    faces.images[12] = faces.images[20]  # both train, emotions 5 and 6
    cleaned, removed = clean(faces)

    reasons = dict(zip(removed["row"], removed["reason"], strict=True))
    assert reasons == {
        0: "blank",
        5: "also in validation or test",
        12: "copies with other labels",
        16: "copy of a training picture",
        20: "copies with other labels",
    }
    assert (cleaned.split != "train").sum() == (faces.split != "train").sum()
    assert set(cleaned.ids) == set(faces.ids) - set(removed["id"])
    assert "train" not in set(audit_faces(cleaned).copies["split"])


def test_cleaning_twice_changes_nothing(make_faces):
    faces = make_faces(28)
    faces.images[1] = faces.images[3]
    once, _ = clean(faces)
    twice, removed = clean(once)
    assert len(removed) == 0
    assert twice.fingerprint() == once.fingerprint()
