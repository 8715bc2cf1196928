"""Names of one's own pictures: other words stand for them, the same one each time."""

import csv
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from submissions import COURSE

from fer_kit.course.names import own_names, own_places, predictions, without_names
from fer_kit.files import write_json
from fer_kit.lessons import METRICS

PEOPLE = {
    "Anna Müller/happy/IMG_2034.jpg": "picture-1",
    "Anna Müller/sad/Anna beim Zahnarzt.JPG": "picture-2",
    "anna_b/happy/1.png": "picture-3",
    "yūta/angry/Ein sehr langer Name, wie ihn niemand je einer Datei gäbe (2).png": "picture-4",
    "yūta/angry/山田.png": "picture-5",
}


@pytest.fixture
def run(tmp_path):
    (tmp_path / "data").mkdir()
    np.savez(tmp_path / "data" / "faces.npz", ids=np.array(list(PEOPLE)))
    return tmp_path


@pytest.fixture
def words(run):
    return own_names(run, "people", "/srv/Annas Familie")


def test_every_picture_file_and_folder_has_another_word(words):
    assert {name: words[name] for name in PEOPLE} == PEOPLE
    assert words["Anna beim Zahnarzt.JPG"] == words["Anna beim Zahnarzt"] == "picture-2"
    assert words["IMG_2034"] == "picture-1"
    assert len({words["Anna Müller"], words["anna_b"], words["yūta"]}) == 3
    assert words["Annas Familie"] == "[data]"


def test_words_that_everybody_has_are_no_names(words):
    assert not {"happy", "sad", "angry", "1"} & set(words)


@pytest.mark.parametrize("dataset", ["fer2013", "ferplus", "jaffe", "synthetic"])
def test_the_names_in_published_data_sets_are_not_private(run, dataset):
    assert own_names(run, dataset, "/srv/x") == {}


def test_without_the_data_the_predictions_tell_the_names(tmp_path):
    (tmp_path / "predictions").mkdir()
    (tmp_path / "predictions" / "cnn.csv").write_text("id,p_happy\nanna/happy/1.jpg,1\n")
    (tmp_path / "predictions" / "damaged.csv").write_bytes(b"id\n\xff\xfe\n")
    assert own_names(tmp_path, "folder", "")["anna"] == "folder-1"


def test_folders_that_are_called_like_what_results_are_read_by_tell_nothing(tmp_path):
    told = {"source": "own pictures", "models": {"cnn": {"accuracy": 0.5}}}
    write_json(tmp_path / METRICS, told)
    (tmp_path / "data").mkdir()
    ids = [f"{name}/happy/1.jpg" for name in ("models", "cnn", "accuracy", "source", "anna")]
    np.savez(tmp_path / "data" / "faces.npz", ids=np.array(ids))
    words = own_names(tmp_path, "people", "")
    assert words.keys() - set(ids) == {"1.jpg", "anna"}


def test_the_file_of_a_published_data_set_may_be_called_after_somebody(tmp_path):
    assert own_names(tmp_path, "fer2013", "/srv/Anna.csv") == {"Anna.csv": "[data]"}


def test_paths_of_one_s_own_files_are_known_from_what_stands_in_quotes(tmp_path, monkeypatch):
    monkeypatch.chdir(COURSE)
    folder = tmp_path / "Annas Bilder"
    folder.mkdir()
    (folder / "Zoë.jpg").touch()
    there, gone = folder / "Zoë.jpg", folder / "gone.jpg"
    told = [
        f"open('{there}')",
        f'"{gone}"',
        f"'{COURSE / 'rubric.toml'}' '/usr/bin' '/' '/no/such'",
    ]
    told += [f"'{Path.home()}' 'a/b.jpg' 'https://example.org/a' '/x{'y' * 300}/z'"]
    words = own_places([{"cells": [{"source": text} for text in told]}])
    files = dict.fromkeys((str(there), str(gone), "Zoë.jpg", "gone.jpg"), "[file]")
    assert words == {str(folder): "[folder]"} | files


def test_names_are_found_in_every_spelling(words):
    hide = without_names(words)
    shown = ["Anna Müller/happy/IMG_2034.jpg", "anna_b", "yūta/angry/山田.png"]
    for text in (str(shown), ascii(shown), repr(np.array(shown)), "\n".join(shown)):
        told = hide(text)
        assert "picture-1" in told
        assert "picture-5" in told
        for name in ("nna", "IMG", "山", "5c71", "ta/"):
            assert name not in told


def test_names_that_pandas_cuts_are_found(words):
    import pandas as pd

    table = pd.DataFrame({"id": list(PEOPLE), "right": [True] * len(PEOPLE)})
    for text in (repr(table), table._repr_html_()):
        told = without_names(words)(text)
        assert "picture-4" in told
        for name in ("Anna", "anna", "yūta", "langer", "niema"):
            assert name not in told


def test_other_words_stay(words):
    text = "Annabel and Joanna are happy: accuracy 0.1, IMG_20345, 1 of 2"
    assert without_names(words)(text) == text


def test_the_ids_of_predictions_are_renamed_and_their_numbers_stay(words):
    rows = [["id", "split", "label", "target_happy", "p_happy"]]
    rows += [[name, "test", "happy", "1", "0.1234567"] for name in PEOPLE]
    told = list(csv.reader(StringIO(predictions(as_csv(rows), words))))
    assert told == [rows[0], *([PEOPLE[row[0]], *row[1:]] for row in rows[1:])]


def test_predictions_that_hold_no_names_stay_as_they_are():
    table = "id,split,label,target_happy,p_happy\n7,test,happy,1,0.5\n"
    assert predictions(table, {}) == table


def test_columns_that_no_predictions_have_stay_behind():
    table = "id,split,name,pixels,p_happy,p_17\n7,test,Anna,70 80,0.5,99\n"
    assert predictions(table, {}) == "id,split,p_happy\n7,test,0.5\n"


@pytest.mark.parametrize("table", ["", "x\n1\n", '"', 'id,p_happy\n"a'])
def test_what_is_no_table_is_said(table):
    with pytest.raises(ValueError, match=r"\w"):
        predictions(table, {})


def as_csv(rows) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
