import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from fer_kit import evaluation
from fer_kit.emotions import FER2013
from fer_kit.errors import InputError
from fer_kit.evaluation import Predictions
from fer_kit.faces import one_hot

# Rows of a published confusion matrix (visible pictures of VIRI; 74 of 90 right): true emotion by
# predicted emotion, in the order angry, happy, neutral, sad, surprise.
VIRI_VISIBLE = np.array(
    [[16, 0, 0, 0, 2], [0, 18, 0, 0, 0], [1, 0, 16, 1, 0], [3, 0, 5, 10, 0], [2, 0, 2, 0, 14]]
)


def predictions_from(matrix, emotions) -> Predictions:
    """Predictions that have this confusion matrix."""
    cells = [(i, j) for i, row in enumerate(matrix) for j, n in enumerate(row) for _ in range(n)]
    true, predicted = np.array(cells).T
    return Predictions(
        np.arange(len(cells)).astype(str),
        np.array(["test"] * len(cells)),
        one_hot(true, len(emotions)),
        one_hot(predicted, len(emotions)),
        tuple(emotions),
    )


@pytest.fixture
def viri():
    return predictions_from(VIRI_VISIBLE, ("angry", "happy", "neutral", "sad", "surprise"))


def test_published_figures_of_viri(viri):
    scores = evaluation.score(viri)
    assert scores["accuracy"] == pytest.approx(74 / 90)
    assert scores["weighted_f1"] == pytest.approx(0.82, abs=0.005)
    assert scores["weighted_precision"] == pytest.approx(0.84, abs=0.01)
    assert scores["majority_baseline"] == pytest.approx(18 / 90)
    np.testing.assert_array_equal(evaluation.confusion(viri), VIRI_VISIBLE)


def test_scores_agree_with_scikit_learn(viri):
    scores = evaluation.score(viri)
    expected = f1_score(viri.true, viri.predicted, average="macro")
    assert scores["macro_f1"] == pytest.approx(expected)
    assert scores["macro_recall"] == pytest.approx(scores["accuracy"])  # 18 of each emotion
    for name in ("macro_precision", "macro_recall", "macro_f1"):
        low, high = scores[f"{name}_95"]
        assert low < scores[name] < high
        assert high - low < 0.2


def test_an_emotion_without_faces_does_not_count_in_the_macro_mean():
    matrix = np.zeros((7, 7), int)
    matrix[3, 3], matrix[4, 4] = 8, 2
    scores = evaluation.score(predictions_from(matrix, FER2013))
    assert (scores["majority_baseline"], scores["majority_emotion"]) == (0.8, "happy")
    assert scores["macro_f1"] == 1
    for name in ("macro_precision", "macro_recall", "macro_f1"):
        assert scores[f"{name}_95"] == pytest.approx([1, 1])
    assert scores["majority_emotion"] == "happy"


def test_wilson_interval_of_known_cases():
    assert evaluation.accuracy_interval(0, 10) == pytest.approx([0, 0.2775], abs=1e-4)
    assert evaluation.accuracy_interval(1775, 3589) == pytest.approx([0.4782, 0.5109], abs=1e-4)


def test_collapse_into_one_class_scores_its_share():
    # 1,247 of FER2013's 7,178 test faces are sad: always answering "sad" is 17.4 % right.
    sizes = [958, 111, 1024, 1774, 1247, 831, 1233]
    matrix = np.zeros((7, 7), int)
    matrix[:, 4] = sizes
    scores = evaluation.score(predictions_from(matrix, FER2013))
    assert round(scores["accuracy"], 3) == 0.174
    assert scores["per_emotion"]["happy"]["recall"] == 0


def test_most_confused_lists_mistakes_only(viri):
    table = evaluation.most_confused(viri, 3)
    assert table.loc[0, ["true", "predicted", "faces"]].tolist() == ["sad", "neutral", 5]
    assert table.loc[0, "share"] == pytest.approx(5 / 18)
    assert (table["true"] != table["predicted"]).all()


def test_predictions_round_trip(make_faces, tmp_path):
    faces = make_faces(28)
    probabilities = np.random.default_rng(1).dirichlet(np.ones(7), 28).astype(np.float32)
    path = evaluation.save_predictions(tmp_path / "p.csv", faces, probabilities, "Net", "honest")
    again = evaluation.read_predictions(path)
    np.testing.assert_allclose(again.probabilities, probabilities, rtol=1e-5)
    np.testing.assert_array_equal(again.targets, faces.targets)
    np.testing.assert_array_equal(again.ids, faces.ids)
    assert again.emotions == faces.emotions
    assert len(again.subset("test")) == 7
    assert evaluation.read_about(path) == {"title": "Net", "protocol": "honest"}


def test_probabilities_of_another_shape_are_refused(make_faces, tmp_path):
    with pytest.raises(InputError, match=r"shape \(28, 7\).*Received: \(28, 5\)"):
        evaluation.save_predictions(
            tmp_path / "p.csv", make_faces(28), np.zeros((28, 5)), "Net", "honest"
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "", "Expected a CSV of predictions"),
        (lambda text: text.replace("target_fear", "fear"), "without target_fear"),
        (lambda text: text.replace("p_", "q_"), "without any p_"),
        (lambda text: text.replace(",1,", ",x,", 1), "first on line 2"),
        (lambda text: text.replace(",1,", ",7,", 1), "sum to 1"),
    ],
)
def test_damaged_predictions_are_a_sentence(make_faces, tmp_path, change, message):
    faces = make_faces(7)
    path = evaluation.save_predictions(tmp_path / "p.csv", faces, faces.targets, "Net", "honest")
    path.write_text(change(path.read_text()))
    with pytest.raises(InputError, match=message):
        evaluation.read_predictions(path)


def test_no_faces_no_score(make_faces, tmp_path):
    faces = make_faces(7)
    path = evaluation.save_predictions(tmp_path / "p.csv", faces, faces.targets, "Net", "honest")
    with pytest.raises(InputError, match="at least one face"):
        evaluation.score(evaluation.read_predictions(path).subset("nowhere"))


def test_percent():
    assert evaluation.percent(0.4947) == "49.5 %"
    assert evaluation.percent(0.4947, [0.4784, 0.5111]) == "49.5 % (47.8 to 51.1)"
    assert evaluation.percent(0.4947, np.array([0.4784, 0.5111]), digits=0) == "49 % (48 to 51)"


@pytest.mark.parametrize("folder", ["fer_kit", "notebooks", "docs", "data", "models"])
def test_no_share_is_written_in_another_way(folder):
    """Python's own "{share:.1%}" would write 49.5% beside the 49.5 % of `percent`."""
    written = re.compile(r"\d%[^;\"]|\.\d%")  # "width: 50%;" and "width: 50%" are no shares
    for path in (Path(__file__).parents[1] / folder).rglob("*"):
        if path.suffix in (".py", ".ipynb", ".j2", ".md", ".toml"):
            assert written.findall(path.read_text(encoding="utf-8")) == [], path


def predictions_with(probabilities, true) -> Predictions:
    """Predictions with these probabilities for faces of these true emotions."""
    probabilities = np.asarray(probabilities, np.float32)
    count, classes = probabilities.shape
    return Predictions(
        np.arange(count).astype(str),
        np.array(["validation"] * count),
        one_hot(true, classes),
        probabilities,
        FER2013[:classes],
    )


def as_sure_as_right(count: int = 20_000, seed: int = 0) -> Predictions:
    """Perfectly calibrated answers: the truth is drawn from the probabilities themselves."""
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.full(7, 0.4), count)
    true = [generator.choice(7, p=row) for row in probabilities]
    return predictions_with(probabilities, true)


def test_three_of_four_right_at_75_percent_has_no_calibration_error():
    answers = predictions_with([[0.75, 0.25]] * 4, [0, 0, 0, 1])
    assert evaluation.calibration_error(answers) == pytest.approx(0)


def test_always_sure_and_always_wrong_is_the_largest_calibration_error():
    answers = predictions_with([[1, 0]] * 5, [1] * 5)
    assert evaluation.calibration_error(answers) == pytest.approx(1)


def test_calibration_error_weighs_the_bins_by_their_faces():
    # Three faces at 0.9 and right (gap 0.1), one at 0.6 and wrong (gap 0.6).
    answers = predictions_with([[0.9, 0.1]] * 3 + [[0.6, 0.4]], [0, 0, 0, 1])
    assert evaluation.calibration_error(answers) == pytest.approx((3 * 0.1 + 0.6) / 4)


def test_reliability_counts_every_face_once():
    table = evaluation.reliability(as_sure_as_right(500))
    assert len(table) == 15
    assert table["faces"].sum() == 500
    filled = table[table["faces"] > 0]
    assert (filled["confidence"] > filled["low"]).all()
    assert (filled["confidence"] <= filled["high"] + 1e-6).all()
    assert table.loc[0, "faces"] == 0  # the highest of seven probabilities is at least 1/7
    assert np.isnan(table.loc[0, "accuracy"])


def test_calibrated_answers_keep_their_temperature():
    answers = as_sure_as_right()
    assert evaluation.calibration_error(answers) < 0.02
    assert evaluation.fit_temperature(answers) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("temperature", [0.5, 2])
def test_a_wrong_temperature_is_found_and_undone(temperature):
    answers = as_sure_as_right()
    distorted = evaluation.with_temperature(answers, 1 / temperature)
    assert evaluation.fit_temperature(distorted) == pytest.approx(temperature, rel=0.05)
    undone = evaluation.with_temperature(distorted, temperature)
    np.testing.assert_allclose(undone.probabilities, answers.probabilities, atol=1e-4)


def test_temperature_changes_no_answer_and_keeps_probabilities():
    answers = as_sure_as_right(300)
    softer = evaluation.with_temperature(answers, 2.5)
    np.testing.assert_array_equal(softer.predicted, answers.predicted)
    np.testing.assert_allclose(softer.probabilities.sum(axis=1), 1, atol=1e-5)
    assert softer.confidence.mean() < answers.confidence.mean()


def test_a_probability_of_zero_has_a_finite_temperature():
    answers = predictions_with([[1, 0], [0, 1], [1, 0]], [0, 1, 1])
    assert evaluation.fit_temperature(answers) > 1
    assert np.isfinite(evaluation.log_loss(answers))


def test_mcnemar_of_a_case_counted_by_hand():
    # Ten faces: both right on 1, only the first on 7, only the second on 1, none on 1.
    # Of 8 coins, 0, 1, 7 or 8 heads: (1 + 8 + 8 + 1) / 256.
    true = np.zeros(10, int)
    right, wrong = [1, 0], [0, 1]
    first = predictions_with([right] * 8 + [wrong] * 2, true)
    second = predictions_with([right] + [wrong] * 7 + [right, wrong], true)
    assert evaluation.mcnemar(first, second) == {
        "only_first": 7,
        "only_second": 1,
        "p": pytest.approx(18 / 256),
    }
    assert evaluation.mcnemar(second, first)["p"] == pytest.approx(18 / 256)


def test_mcnemar_of_a_model_with_itself_finds_no_difference(viri):
    assert evaluation.mcnemar(viri, viri) == {"only_first": 0, "only_second": 0, "p": 1.0}


def test_holms_correction_of_a_case_counted_by_hand():
    corrected = evaluation.holm([0.01, 0.6, 0.04, 0.0125, 0.7])
    assert corrected == pytest.approx([0.05, 1, 0.12, 0.05, 1])
    assert evaluation.holm([0.03, 0.02, 0.0249]) == pytest.approx([0.06] * 3)
    assert evaluation.holm([0.04]) == pytest.approx([0.04])


def test_holms_correction_finds_something_in_few_sets_where_there_is_nothing():
    sets = np.random.default_rng(0).random((2000, 10))
    assert (sets.min(axis=1) < 0.05).mean() > 0.3
    found = np.mean([evaluation.holm(values).min() < 0.05 for values in sets])
    assert found == pytest.approx(0.05, abs=0.015)


def test_the_interval_over_trainings_holds_the_mean_as_often_as_it_says():
    draws = np.random.default_rng(0).normal(0.6, 0.02, (2000, 4))
    _, low, high = np.transpose([evaluation.interval_over_trainings(few) for few in draws])
    assert ((low < 0.6) & (high > 0.6)).mean() == pytest.approx(0.95, abs=0.015)


def test_one_training_has_no_spread_and_no_interval():
    assert np.isnan(evaluation.spread([0.6]))
    assert evaluation.spread([0.6, 0.64]) == pytest.approx(0.02 * 2**0.5)
    with pytest.raises(InputError, match="at least two trainings. Received: 1"):
        evaluation.interval_over_trainings([0.6])


def test_mcnemar_needs_the_same_faces(viri):
    with pytest.raises(InputError, match="same faces"):
        evaluation.mcnemar(viri, viri.subset("validation"))


def sure_and_right() -> evaluation.Predictions:
    """Ten answers: the surer, the likelier right; the five surest all are."""
    confidence = np.linspace(0.95, 0.55, 10)
    probabilities = np.stack([confidence, 1 - confidence], axis=1).astype(np.float32)
    wrong = [6, 8, 9]
    targets = np.eye(2, dtype=np.float32)[[int(index in wrong) for index in range(10)]]
    ids = np.array([str(index) for index in range(10)])
    return evaluation.Predictions(ids, np.full(10, "test"), targets, probabilities, ("a", "b"))


def test_refusing_the_least_sure_raises_accuracy():
    table = evaluation.risk_coverage(sure_and_right(), steps=10)
    assert table.loc[0.5, "accuracy"] == 1
    assert table.loc[1.0, "accuracy"] == pytest.approx(0.7)
    assert table.loc[1.0, "risk"] == pytest.approx(0.3)
    assert table["threshold"].is_monotonic_decreasing
    assert (table["low"] <= table["accuracy"]).all()
    assert (table["accuracy"] <= table["high"]).all()


def test_a_threshold_refuses_what_is_below_it():
    kept = evaluation.refuse_below(sure_and_right(), 0.745)
    assert kept["coverage"] == 0.5
    assert kept["accuracy"] == 1
    none = evaluation.refuse_below(sure_and_right(), 0.99)
    assert none == {"coverage": 0, "accuracy": None, "accuracy_95": None}


def test_both_sources_must_be_the_two_highest_in_any_order():
    probabilities = np.array([[0.5, 0.3, 0.2], [0.3, 0.5, 0.2], [0.5, 0.2, 0.3]])
    found = evaluation.names_sources(probabilities, np.zeros(3, int), np.ones(3, int))
    assert found.tolist() == [True, True, False]
    with pytest.raises(InputError, match="one twice"):
        evaluation.names_sources(probabilities, np.zeros(3, int), np.array([1, 0, 2]))


def test_an_interval_of_groups_is_as_wide_as_few_groups_make_it():
    values = np.repeat([0.0, 1.0, 0.0, 1.0], 25)
    people = np.repeat(["a", "b", "c", "d"], 25)
    mean, low, high = evaluation.mean_interval(values, people)
    alone = evaluation.mean_interval(values)
    assert mean == alone[0] == 0.5
    assert (low, high) == (0, 1)
    assert 0.35 < alone[1] < 0.45 < 0.55 < alone[2] < 0.65
    with pytest.raises(InputError, match="Received: none"):
        evaluation.mean_interval(np.zeros(0))


def test_intervals_do_not_change_with_the_names_of_the_groups():
    values = np.random.default_rng(0).random(40)
    first = evaluation.mean_interval(values, np.arange(40) % 8)
    assert first == evaluation.mean_interval(values, pd.Series(np.arange(40) % 8).astype(str))


def two_faces(**changes) -> Predictions:
    values = {
        "ids": np.array(["1", "2"]),
        "split": np.array(["test", "test"]),
        "targets": np.eye(2, dtype=np.float32),
        "probabilities": np.array([[0.9, 0.1], [0.2, 0.8]], np.float32),
        "emotions": ("happy", "sad"),
    }
    return Predictions(**values | changes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"split": np.array(["exam", "test"])}, "Expected splits among"),
        ({"probabilities": np.ones((2, 3), np.float32) / 3}, "of shape"),
        ({"probabilities": np.full((2, 2), np.nan, np.float32)}, "a number for each"),
    ],
)
def test_predictions_that_make_no_sense_are_a_sentence(change, said):
    with pytest.raises(InputError, match=said):
        two_faces(**change)


def test_numbers_that_are_none_are_not_written(make_faces, tmp_path):
    faces = make_faces(28)
    with pytest.raises(InputError, match="a number for each"):
        evaluation.save_predictions(
            tmp_path / "p.csv", faces, np.full((28, 7), np.nan), "mine", "none"
        )
    assert not list(tmp_path.iterdir())


def test_one_face_has_one_row(make_faces, tmp_path):
    faces = make_faces(28).subset([0, 1, 1])
    with pytest.raises(InputError, match="more than one row of 1"):
        evaluation.save_predictions(tmp_path / "p.csv", faces, faces.targets, "mine", "none")


def test_an_id_may_be_called_like_a_missing_value(tmp_path):
    lines = ["id,split,target_happy,target_sad,p_happy,p_sad"]
    lines += [f"{name},test,1,0,0.5,0.5" for name in ("NA", "null", "nan", "07")]
    (tmp_path / "p.csv").write_text("\n".join(lines))
    read = evaluation.read_predictions(tmp_path / "p.csv")
    assert read.ids.tolist() == ["NA", "null", "nan", "07"]
    (tmp_path / "p.csv").write_text("\n".join(lines).replace("0.5", "nan"))
    with pytest.raises(InputError, match="sum to 1 in each row"):
        evaluation.read_predictions(tmp_path / "p.csv")


def test_models_whose_truths_differ_are_not_compared():
    with pytest.raises(InputError, match="other ids or labels"):
        evaluation.mcnemar(two_faces(), two_faces(targets=np.eye(2, dtype=np.float32)[::-1]))


@pytest.mark.parametrize("temperature", [0, -1, float("nan")])
def test_a_temperature_is_above_0(temperature):
    with pytest.raises(InputError, match="temperature above 0"):
        evaluation.with_temperature(two_faces(), temperature)


def test_an_answer_exactly_at_the_threshold_is_given():
    assert evaluation.refuse_below(two_faces(), float(np.float32(0.8)))["coverage"] == 1
    assert evaluation.refuse_below(two_faces(), 0.85)["coverage"] == 0.5


def test_the_bootstrap_interval_of_a_macro_mean_holds_95_percent():
    # The recall of each of two emotions is 0.8 of 400 faces: its standard error is 0.02, that of
    # their mean 0.0141, and 1.96 of these to either side hold 95 %.
    wrong = np.arange(800) % 5 == 0
    true = np.repeat([0, 1], 400)
    said = np.where(wrong, 1 - true, true)
    scores = evaluation.score(predictions_with(one_hot(said, 2), true))
    low, high = scores["macro_recall_95"]
    assert high - low == pytest.approx(2 * 1.96 * 0.02 / np.sqrt(2), rel=0.08)


def test_a_difference_is_written_in_points_with_its_interval():
    assert evaluation.points(0.012, -0.004, 0.028) == "+1.2 points (-0.4 to +2.8)"
