"""Whatever a lesson measured becomes tables, without that anybody knows which lesson it was."""

import json

import pytest

from fer_kit.course.results import Metrics, Scores, read_metrics, read_results, tables, text

SCORES = {
    **dict.fromkeys(("accuracy", "macro_f1", "weighted_f1", "majority_baseline"), 0.5),
    **dict.fromkeys(("accuracy_95", "macro_f1_95"), [0.4, 0.6]),
    "faces": 9,
    "per_emotion": {"happy": {"f1": 0.5}},
}


def write(run_folder, name, told):
    path = run_folder / "results" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(told), encoding="utf-8")


def test_the_scores_come_first_then_the_lessons_in_their_order_then_what_nobody_knows(tmp_path):
    for name in ("robustness", "confusion_matrix", "own", "visible_infrared"):
        write(tmp_path, name, {"source": "synthetic faces"})
    titles = [found.title.split(":")[0] for found in read_results(tmp_path)]
    assert titles == ["Confusion matrix", "Visible and infrared", "Robustness", "own"]


def test_what_it_was_measured_on_and_the_models_stand_apart(tmp_path):
    write(tmp_path, "own", {"source": "CK+", "seed": 1, "models": {"cnn": SCORES}, "p": 0.04})
    (found,) = read_results(tmp_path)
    assert found.about == {"source": "CK+", "seed": 1}
    assert found.models == {"cnn": Scores(**SCORES)}
    (table,) = found.tables
    assert table.rows == [("p", {"value": "0.04"})]


def test_a_dictionary_of_rows_is_a_table_and_so_is_a_list_of_them():
    told = {
        "noise": [{"amount": 0.0, "right": 3}, {"amount": 0.1, "left": 2}],
        "kinds": {"a": {"x": 1}},
    }
    noise, kinds = tables(told)
    assert (noise.caption, noise.columns) == ("noise", ["amount", "right", "left"])
    assert noise.rows[1] == ("2", {"amount": "0.1", "left": "2"})
    assert (kinds.caption, kinds.rows) == ("kinds", [("a", {"x": "1"})])


def test_deeper_ones_are_tables_with_the_way_to_them_as_caption():
    told = {"distortions": {"faces": 400, "trained": {"noise": {"1": 0.5}}}}
    assert [table.caption for table in tables(told)] == ["distortions", "distortions: trained"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        ([], "–"),
        (True, "yes"),
        (28709, "28,709"),
        (0.123456, "0.123"),
        ([0.5, 0.4, 0.6], "0.5 (0.4 to 0.6)"),
        ([0, 1, 2], "0, 1, 2"),
        (["a", "b"], "a, b"),
        ("<b>", "<b>"),
    ],
)
def test_values_are_text(value, shown):
    assert text(value) == shown


def test_a_value_and_its_interval_share_a_cell():
    (table,) = tables({"of": {"cnn": {"accuracy": 0.5, "accuracy_95": [0.4, 0.6], "z_95": 1}}})
    assert table.rows == [("cnn", {"accuracy": "0.5 (0.4 to 0.6)", "z 95": "1"})]


def test_names_are_shown_as_words():
    plain, rows = tables({"noise_seeds": [0, 1], "by_skin": {"very_dark": {"f_1": 0.5}}})
    assert plain.rows == [("noise seeds", {"value": "0, 1"})]
    assert (rows.caption, rows.rows) == ("by skin", [("very dark", {"f 1": "0.5"})])


@pytest.mark.parametrize(
    "told", [[], {}, {"a": {}}, {"a": []}, {"a": {"b": [{}]}}, {"a_95": "x", "a": 1}]
)
def test_strange_shapes_break_nothing(told):
    assert list(tables({"it": told})) is not None


def test_a_file_that_is_no_object_is_named_and_the_others_are_read(tmp_path):
    write(tmp_path, "load", [1, 2])
    write(tmp_path, "own", {"p": 1})
    damaged, whole = read_results(tmp_path)
    assert "load.json" in damaged.problem
    assert "Received: [1, 2]" in damaged.problem
    assert (whole.problem, len(whole.tables)) == ("", 1)


def test_damaged_scores_are_as_good_as_none(tmp_path):
    assert read_metrics(tmp_path) is None
    for told, expected in (
        (3, None),
        ({"models": {"cnn": {}}}, None),
        ({"source": "x"}, Metrics(source="x")),
    ):
        write(tmp_path, "confusion_matrix", told)
        assert read_metrics(tmp_path) == expected
