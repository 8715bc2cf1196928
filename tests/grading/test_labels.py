"""The instructor's labels: whatever they are called is known, and what is wrong is a sentence."""

import json
from dataclasses import asdict

import pytest

from fer_kit.errors import InputError
from fer_kit.grading.labels import read_labels
from fer_kit.run import Run


@pytest.fixture
def labels(tmp_path):
    """A function that writes a CSV and reads it as labels: the emotion of each id."""

    def run(text, encoding="utf-8"):
        path = tmp_path / "labels.csv"
        path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
        told = read_labels(path)
        return {face: told.emotions[index] for face, index in told.truth.items()}

    return run


def test_labels_come_from_a_run(tmp_path, make_faces):
    faces = make_faces()
    faces.save(tmp_path / "run" / "data" / "prepared.npz")
    told = read_labels(tmp_path / "run", {"profile": "quick"})
    assert len(told.truth) == (faces.split == "test").sum()
    assert told.emotions == faces.emotions


def test_a_run_that_is_not_the_one_asked_for_is_refused(tmp_path, make_faces):
    make_faces().save(tmp_path / "mine" / "data" / "prepared.npz")
    (tmp_path / "mine" / "config.json").write_text(json.dumps(asdict(Run("mine", profile="smoke"))))
    with pytest.raises(InputError, match="profile 'quick'. Received: mine with 'smoke'"):
        read_labels(tmp_path / "mine", {"profile": "quick"})


@pytest.mark.parametrize(
    "text",
    [
        "id,split,label\na,test,happy\nb,test,sad\nc,train,fear\n",
        "id,split,label\na,Test,Happy\nb,test,Sadness\n",
        "ID;Split;Label;;\na;PrivateTest;3;;\nb;private test;4.0;;\nc;Training;9;;\n",
        "emotion\tUsage\tid\n3\tPrivateTest\ta\n4,0\tPrivateTest\tb\n-\tPublicTest\tc\n",
        "sep=;\nid;split;label\na;test; happiness \nb;testing;sad\n\n;;\n",
        "id,split,label\na,test,joy\na,test,happy\nb,test,sad\n",
        "id,split,label,p_happy\na,test,happy,0.5\nb,test,sad,0.1\n",
    ],
)
def test_labels_may_be_called_whatever_the_course_knows(labels, text):
    assert labels(text) == {"a": "happy", "b": "sad"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_labels_may_come_in_any_encoding(labels, encoding):
    assert labels("id,split,label\nMüller,test,happy\n", encoding) == {"Müller": "happy"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "columns id, split and label. Received: .* with a, b"),
        ("", "is empty"),
        ("id,split,label\na,test,hapy\n", "'hapy' is no emotion on line 2"),
        ("id,split,label\na,test,7\n", "'7' is no emotion on line 2"),
        ("id,split,label\na,test,-1\n", "'-1' is no emotion"),
        ("id,split,label\na,test,inf\n", "'inf' is no emotion"),
        ("id,split,label\na,test,\n", "'' is no emotion on line 2"),
        ("id,split,label\na,tset,happy\n", "'tset' is no part on line 2"),
        ("id,split,label\na,test,happy\nb,test,sad\na,test,sad\n", "a is happy, and sad on line 4"),
        ("id,split,label\n,test,happy\n", "no id on line 2"),
        ("id,split,label\na,train,happy\n", "no row of the test part"),
        ("id,split,label,label\na,test,happy,sad\n", "'label' twice"),
        ("id,split,label\na,test,happy,sad\n", "'sad' on line 2"),
        (b"PK\x03\x04 a workbook", "Save the sheet as CSV"),
    ],
)  # fmt: skip
def test_wrong_labels_are_a_sentence_about_the_file(labels, text, said):
    with pytest.raises(InputError, match=said):
        labels(text)


def test_labels_that_are_not_there_are_a_sentence(tmp_path):
    with pytest.raises(InputError, match="Received: .*none.csv"):
        read_labels(tmp_path / "none.csv")
    with pytest.raises(InputError, match="without data/prepared.npz"):
        read_labels(tmp_path)
