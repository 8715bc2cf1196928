"""Folded answers, and the table of numbers that were measured elsewhere."""

import pytest

import fer_kit as fk
from fer_kit.tell import everything_measured

TABLES = everything_measured()["table"]


@pytest.mark.parametrize("name", TABLES)
def test_every_table_says_what_it_depends_on(name):
    found, entry = fk.measured(name), TABLES[name]
    assert list(found.table.columns) == entry["columns"]
    assert list(found.table.index) == list(entry["rows"])
    for part in ("data", "protocol", "profile", "fer_kit", "hardware", "interval"):
        assert entry[part] in found.about
    assert all(str(seed) in found.about for seed in entry["seeds"])


def test_a_table_is_shown_with_where_it_comes_from():
    shown = fk.measured("lenet5-protocols")._repr_markdown_()
    assert "| last epoch (as published) | 43.8 % | 49.1 % | 48.7 % |" in shown
    assert "*FER2013, PrivateTest" in shown
    assert shown.endswith(TABLES["lenet5-protocols"]["reading"])


def test_an_unknown_table_is_a_sentence():
    with pytest.raises(fk.InputError, match="lenet5-protocols.*Received: 'lenet5'"):
        fk.measured("lenet5")


def test_an_answer_is_folded_and_stays_markdown(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    fk.reveal("It is **3 of 4** faces, $p = 0.5$.", "What do you see?")
    assert shown[0].data.splitlines() == [
        "<details><summary>What do you see?</summary>",
        "",
        "It is **3 of 4** faces, $p = 0.5$.",
        "",
        "</details>",
    ]
