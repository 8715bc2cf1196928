import importlib.util

import numpy as np

from fer_kit.audit import audit_faces
from fer_kit.emotions import FER2013
from fer_kit.faces import Faces, one_hot


def test_clean_faces_have_no_faults(make_faces):
    audit = audit_faces(make_faces())
    assert audit.summary()["count"].sum() == 0


def test_planted_faults_are_found(make_faces):
    faces = make_faces(28)
    faces.images[0] = 0  # blank
    faces.images[1] = 255  # blank, but not identical to the other
    faces.images[8] = faces.images[15] = faces.images[22]  # same emotion? 8 % 7 = 1, 15 and 22 too
    faces.images[3] = faces.images[4]  # row 3 is test and row 4 train; emotions 3 and 4
    audit = audit_faces(faces)
    assert audit.blank.tolist() == [0, 1]
    assert audit.groups == 2
    assert audit.redundant == 3
    assert set(audit.leaked["row"]) == {3, 4, 8, 15, 22}
    assert set(audit.conflicting["row"]) == {3, 4}
    assert audit.summary().index.is_unique
    assert audit.summary().loc["pictures across splits", "count"] == 5


def test_identical_blank_pictures_are_no_copies(make_faces):
    faces = make_faces(28)
    faces.images[:5] = 0
    audit = audit_faces(faces)
    assert len(audit.blank) == 5
    assert audit.groups == 0


def test_the_faults_of_fer2013(fer2013_folder):
    spec = importlib.util.spec_from_file_location("materialize", fer2013_folder / "materialize.py")
    materialize = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(materialize)
    images, emotion, usage, *_ = materialize.load()
    split = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
    faces = Faces(
        images[..., None],
        one_hot(emotion, 7),
        FER2013,
        np.array([split[name] for name in usage]),
        np.arange(len(images)).astype(str),
        "FER2013",
    )
    audit = audit_faces(faces)
    assert len(audit.blank) == 13
    # Counted independently on another copy of the data: 1,516 groups, 557 across splits and 57
    # conflicting, with the blank pictures as one group of them.
    assert abs(audit.groups - 1515) <= 10
    assert abs(audit.leaked["group"].nunique() - 556) <= 3
    assert abs(audit.conflicting["group"].nunique() - 57) <= 3
