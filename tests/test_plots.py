import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

from fer_kit import plots

EMOTIONS = ["angry", "happy"]
MATRIX = pd.DataFrame([[8, 2], [1, 9]], index=EMOTIONS, columns=EMOTIONS)
HISTORY = pd.DataFrame(
    {"accuracy": [0.2, 0.4], "val_accuracy": [0.2, 0.3]}, index=pd.Index([1, 2], name="epoch")
)
RELIABILITY = pd.DataFrame(
    {"faces": [0, 4], "confidence": [np.nan, 0.9], "accuracy": [np.nan, 0.75]}
)
NOISE = pd.DataFrame(
    {"accuracy": [0.6, 0.3], "low": [0.5, 0.2], "high": [0.7, 0.4]},
    index=pd.Index([0, 0.1], name="amount"),
)
SHARES = pd.DataFrame({"angry": [0.5, 0.03], "happy": [0.5, 0.97]}, index=[0, 0.1])
GREY = np.random.default_rng(0).integers(0, 256, (5, 48, 48, 1), dtype=np.uint8)
DRAWINGS = {
    "sheet": lambda ax: plots.sheet([GREY, GREY[:2]], EMOTIONS, ax=ax),
    "captioned": lambda ax: plots.captioned(GREY, list("abcde"), columns=3, ax=ax),
    "pixels": lambda ax: plots.pixels(GREY[0, :8, :8, 0], ax=ax),
    "counts": lambda ax: plots.counts(
        pd.DataFrame({"train": [3, 4], "test": [1, 2]}, index=pd.Index(EMOTIONS, name="emotion")),
        ax=ax,
    ),
    "heatmap": lambda ax: plots.heatmap(MATRIX / 10, ax=ax),
    "confusion": lambda ax: plots.confusion(MATRIX, normalise=True, ax=ax),
    "history": lambda ax: plots.history(HISTORY, mark=2, ax=ax),
    "intervals": lambda ax: plots.intervals(
        pd.DataFrame({"value": [0.5], "low": [0.4], "high": [0.6]}, index=["lenet5"]), 0.25, ax=ax
    ),
    "reliability": lambda ax: plots.reliability({"before": RELIABILITY}, ax=ax),
    "curves": lambda ax: plots.curves({"cnn": NOISE, "other": NOISE / 2}, baseline=0.2, ax=ax),
    "shares": lambda ax: plots.shares(SHARES, ax=ax),
    "steadiness": lambda ax: plots.steadiness(SHARES, ax=ax),
    "distributions": lambda ax: plots.distributions(
        pd.DataFrame({"emotion": EMOTIONS * 4, "brightness": range(8)}),
        "brightness",
        "emotion",
        ax=ax,
    ),
}


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.mark.parametrize("name", DRAWINGS)
def test_plots_draw_where_they_are_told_and_change_no_settings(name):
    settings, state = dict(mpl.rcParams), np.random.get_state()[1].copy()  # noqa: NPY002
    _, ax = plt.subplots()
    assert DRAWINGS[name](ax) is ax
    assert DRAWINGS[name](None) is not ax
    assert dict(mpl.rcParams) == settings
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_confusion_has_true_in_rows_and_predicted_in_columns():
    ax = plots.confusion(MATRIX)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
    assert [text.get_text() for text in ax.texts] == ["8", "2", "1", "9"]


def test_a_line_of_steadiness_names_every_stretch_once():
    rows = [[0.9, 0.1]] * 10 + [[0.4, 0.6]] * 10 + [[0.8, 0.2]]
    ax = plots.steadiness(pd.DataFrame(rows, columns=EMOTIONS))
    assert [text.get_text() for text in ax.texts] == ["angry", "happy", "an"]
    assert ax.lines[0].get_ydata().tolist() == [max(row) for row in rows]


def test_normalised_rows_sum_to_one():
    numbers = [float(text.get_text()) for text in plots.confusion(MATRIX, normalise=True).texts]
    assert sum(numbers[:2]) == pytest.approx(1)
    assert sum(numbers[2:]) == pytest.approx(1)


def test_sheet_holds_every_picture_unchanged():
    page = plots.sheet([GREY, GREY[:2]], EMOTIONS).images[0].get_array()
    assert page.shape == (96, 240, 3)
    np.testing.assert_array_equal(page[:48, 48:96, 0], GREY[1, :, :, 0])
    assert (page[48:, 96:] == 255).all()


def test_captions_are_beside_the_picture_not_in_it():
    ax = plots.captioned(GREY, list("abcde"), columns=3)
    assert [text.get_text() for text in ax.texts] == list("abcde")
    np.testing.assert_array_equal(ax.images[4].get_array()[..., 0], GREY[4, :, :, 0])


def test_reliability_leaves_empty_bins_out():
    ax = plots.reliability({"before": RELIABILITY})
    assert ax.lines[1].get_xydata().tolist() == [[0.9, 0.75]]


def test_curves_have_a_band_where_there_are_intervals():
    assert len(plots.curves({"cnn": NOISE}).collections) == 1
    assert len(plots.curves({"cnn": NOISE[["accuracy"]]}).collections) == 0


def test_differences_are_labelled_in_points_and_shares_in_per_cent():
    table = pd.DataFrame({"value": [0.02], "low": [-0.01], "high": [0.05]}, index=["seed 42"])
    for one in (table, table.abs()):  # a difference may lie above 0 with all of its interval
        texts = plots.intervals(one, differences=True).texts
        assert [text.get_text() for text in texts] == ["+2.0 points"]
    assert [text.get_text() for text in plots.intervals(table.abs()).texts] == ["2.0 %"]


def test_curves_over_epochs_have_no_half_epochs():
    epochs = pd.DataFrame({"accuracy": [0.4, 0.5, 0.6, 0.7]}, index=[1, 2, 3, 4])
    for shorter in (epochs[:3], epochs[:1]):
        ticks = plots.curves({"cnn": shorter}).get_xticks()
        assert all(tick == round(tick) for tick in ticks)
    assert any(tick != round(tick) for tick in plots.curves({"cnn": NOISE}).get_xticks())


def test_stacked_shares_reach_one_and_only_wide_ones_are_labelled():
    ax = plots.shares(SHARES)
    assert sum(bars[1].get_height() for bars in ax.containers) == pytest.approx(1)
    texts = [text.get_text() for text in ax.texts if text.get_text()]
    assert texts == ["angry 50 %", "happy 50 %", "happy 97 %"]


def test_stages_are_as_high_as_their_maps_and_named():
    table = pd.DataFrame(
        {"height": [24, 12], "width": [24, 12], "filters": [16, 64]}, index=["conv1", "conv2"]
    )
    ax = plots.stages(table, title="network")
    heights = [bar.get_height() for bar in ax.patches]
    assert heights == [1, 0.5]
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["24×24\n× 16", "conv1", "12×12\n× 64", "conv2"]
