"""Predictions, computed anew: what does not fit, what no network answers, what is too large."""

import io

import pandas as pd
import pytest
from submissions import doubts, edit_json, feedback, points

from fer_kit.grading import results
from fer_kit.grading.results import recompute
from fer_kit.lessons import METRICS


def change_table(change):
    """A change to the predictions of the CNN, as a table."""

    def run(files):
        table = pd.read_csv(io.BytesIO(files["predictions/cnn.csv"]))
        files["predictions/cnn.csv"] = change(table).to_csv(index=False).encode()

    return run


def perfect(table):
    for name in [column for column in table if column.startswith("p_")]:
        table[name] = table[name.replace("p_", "target_")]
    return table


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t[:-3], "3 test rows are missing"),
        (lambda t: pd.concat([t, t[-2:]]), "2 test rows are repeated"),
        (
            lambda t: t.assign(id=t["id"].replace({t["id"].iloc[-1]: "x"})),
            "1 test rows are unknown",
        ),
        (perfect, "accuracy is reported as"),
        (lambda t: t.drop(columns="p_happy"), "that sum to 1"),
        (lambda t: t.assign(p_happy="high"), "numbers"),
        (lambda t: t.assign(p_happy=float("inf")), "cnn:"),
        (lambda t: t[:0], "140 test rows are missing"),
    ],
)
def test_predictions_that_do_not_fit_are_seen(hand_in, change, said):
    graded = hand_in(change_table(change))
    assert said in doubts(graded)
    assert points(graded)["results"] == 10  # the other model still holds


def test_labels_that_were_made_to_fit_are_seen(hand_in):
    def fit(table):
        said = table.filter(regex="^p_").to_numpy().argmax(axis=1)
        for index, name in enumerate(column for column in table if column.startswith("target_")):
            table[name] = (said == index).astype(float)
        return table

    def run(files):
        change_table(fit)(files)
        edit_json(
            files,
            METRICS,
            lambda m: m["models"]["cnn"].update(accuracy=1.0),
        )

    graded = hand_in(run)
    assert "carry another label than your instructor" in doubts(graded)
    assert "reported as 1.0000" in doubts(graded)


def test_an_invented_score_is_seen(hand_in):
    def invent(files):
        edit_json(
            files,
            METRICS,
            lambda m: m["models"]["lenet5"].update(macro_f1=0.99),
        )
        edit_json(
            files,
            METRICS,
            lambda m: m["models"].update(resnet={"accuracy": 0.99}),
        )

    graded = hand_in(invent)
    assert "lenet5: macro_f1 is reported as 0.9900" in doubts(graded)
    assert "Results without predictions: resnet." in doubts(graded)


def test_without_labels_the_bundles_own_have_to_do_and_the_overview_says_so(hand_in, tmp_path):
    assert hand_in(labels="").doubts == []
    text = (tmp_path / "grades" / "overview.html").read_text(encoding="utf-8")
    assert "No labels were given" in text


# Points for nothing


def uniform(table):
    columns = [column for column in table if column.startswith("p_")]
    return table.assign(**dict.fromkeys(columns, 1 / len(columns)))


def certain(table):
    columns = table.filter(regex="^p_")
    table[columns.columns] = (columns.to_numpy() == columns.max(axis=1).to_numpy()[:, None]) * 1.0
    return table


def honest_claims(files):
    """Claims that fit, whatever was predicted."""
    told = recompute("cnn", files["predictions/cnn.csv"], {}, None, 1).recomputed
    edit_json(files, METRICS, lambda m: m["models"]["cnn"].update(told))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (perfect, "cnn: An accuracy of 100.0 % is too good to be true."),
        (uniform, "cnn: Every face gets the same probabilities."),
        (certain, "cnn: Every probability is 0 or 1."),
    ],
)
def test_what_no_network_answers_is_doubted_and_not_told_to_the_student(
    hand_in, tmp_path, change, said
):
    def run(files):
        change_table(change)(files)
        honest_claims(files)

    graded = hand_in(run)
    assert said in graded.doubts
    assert points(graded)["results"] == 20
    assert said.split(": ")[1] not in feedback(tmp_path / "grades")


def test_one_file_of_predictions_under_two_names_is_doubted(hand_in):
    def copy(files):
        files["predictions/cnn.csv"] = files["predictions/lenet5.csv"]
        edit_json(
            files,
            METRICS,
            lambda m: m["models"].update(cnn=m["models"]["lenet5"]),
        )

    assert "The very same answers to every face: cnn, lenet5." in doubts(hand_in(copy))

    def nudge(files):
        copy(files)
        change_table(lambda t: t.assign(p_happy=t["p_happy"] + 1e-5))(files)

    assert "The very same answers to every face: cnn, lenet5." in doubts(hand_in(nudge))


def test_two_protocols_of_one_network_may_agree(hand_in):
    def copy(files):
        files["predictions/cnn-as-published.csv"] = files["predictions/cnn.csv"]

    assert "very same answers" not in doubts(hand_in(copy))


def test_without_models_the_points_are_shared_by_all_that_the_course_makes(hand_in, tmp_path):
    rubric = '[[criterion]]\nid = "a"\ntitle = "A"\npoints = 20\nkind = "results"\n'
    (tmp_path / "rubric.toml").write_text(rubric)
    graded = hand_in(rubric=tmp_path / "rubric.toml")
    assert graded.record.scores["a"] == (8, "2 of 5 models have results that hold")


# Sizes


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b",\n" * 1_000_000, "has 1,000,000 rows"),
        (b"\r" * 1_000_000, "has 1,000,000 rows"),
        (b"," * 1000 + b"\n", "has 1,001 columns"),
        (b"x" * 31_000_000, "has 31 MB"),
        (b"id,split\n" + b"," * 6_000_000, "has 6,000,001 cells"),
    ],
)
def test_a_table_that_is_too_large_is_never_parsed(monkeypatch, content, said):
    monkeypatch.setattr(results, "read_predictions", lambda file: pytest.fail("it was read"))
    told = recompute("cnn", content, {}, None, 0.0005)
    assert told.problems == (f"Its table of predictions {said}.",)


@pytest.mark.parametrize("content", [b"", b"\0\1\2", b"a,b\n1,2\n", b'"' * 1001])
def test_what_is_no_table_is_told_without_our_own_words(content):
    told = recompute("cnn", content, {"accuracy": 10**400}, None, 0.0005)
    assert told.problems == ("Its table of predictions is not as the course writes it.",)
    assert told.odd[0].startswith("Expected")
