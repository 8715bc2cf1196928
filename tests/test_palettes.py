"""The colours of figures, to readers who see fewer of them, and on paper without any.

Two neighbours of a palette differ in how light they are or in colour, for every kind of colour
vision; where colours cannot carry it, a marker, a pattern or a text beside them does.
"""

from itertools import combinations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

mpl.use("Agg")

from fer_kit import plots

# Machado, Oliveira and Fernandes 2009, severity 1, for linear RGB.
VISION = {
    "all cones": np.eye(3),
    "protanopia": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.052]],
    "deuteranopia": [[0.3673, 0.8606, -0.2280], [0.2801, 0.6727, 0.0473], [-0.0118, 0.043, 0.9689]],
    "tritanopia": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}  # fmt: skip
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)
APART = 20  # CIE76: colours of thin lines that are told apart at a glance
LIGHTER = 10  # the same for L* alone, of things that nothing but colour tells apart
GRAPHICS = 3  # WCAG's contrast for lines and dots; of texts 4.5


def linear(colour):
    parts = np.array(to_rgb(colour))
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(colour, vision="all cones"):
    """L*, a*, b* of a colour as somebody sees it."""
    ratio = TO_XYZ @ np.clip(np.array(VISION[vision]) @ linear(colour), 0, 1) / WHITE
    root = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def contrast(one, other):
    light = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


def test_the_distance_knows_what_is_alike_and_what_is_not():
    assert np.linalg.norm(lab("red") - lab("#0f0")) > 100
    red, green = (lab(colour, "deuteranopia") for colour in ("#c44e52", "#64803c"))
    assert np.linalg.norm((red - green)[1:]) < np.linalg.norm((lab("#c44e52") - lab("#64803c"))[1:])
    assert contrast("white", "black") == pytest.approx(21)


@pytest.mark.parametrize("vision", VISION)
def test_two_lines_of_a_figure_differ_to_everybody(vision):
    for palette in (plots.SPLIT_COLOURS.values(), plots.SERIES_COLOURS):
        for one, other in combinations(palette, 2):
            far = np.linalg.norm(lab(one, vision) - lab(other, vision))
            assert far > APART, f"{one} and {other}: {far:.0f}"


def test_the_parts_of_a_data_set_differ_without_any_colour():
    for one, other in combinations(plots.SPLIT_COLOURS.values(), 2):
        assert abs(lab(one)[0] - lab(other)[0]) > LIGHTER, (one, other)
    for one, other in zip(plots.SERIES_COLOURS, plots.SERIES_COLOURS[1:], strict=False):
        assert abs(lab(one)[0] - lab(other)[0]) > LIGHTER, (one, other)


def test_every_series_has_a_marker_and_a_pattern_of_its_own():
    for marks in (plots.MARKERS, plots.PATTERNS):
        assert len(set(marks)) >= len(plots.SERIES_COLOURS)


def test_the_ground_of_a_figure_does_not_swallow_its_lines():
    for colour in plots.SPLIT_COLOURS.values():
        assert contrast(colour, "white") >= GRAPHICS, colour


def test_numbers_on_a_heat_map_read_well_on_every_blue():
    cells = np.linspace(0, 1, 40).reshape(4, 10)
    cells[0, 0] = np.nan  # an empty one
    ax = plots.heatmap(pd.DataFrame(cells), vmax=1)
    faces = ax.collections[0].get_facecolors()[1:]
    for text, face in zip(ax.texts, faces, strict=True):
        assert contrast(text.get_color(), face) >= 4.5
    plt.close("all")


def test_the_values_of_pixels_read_well_on_every_grey():
    ax = plots.pixels(np.arange(256, dtype=np.uint8).reshape(16, 16))
    for text, face in zip(ax.texts, ax.collections[0].get_facecolors(), strict=True):
        assert contrast(text.get_color(), face) >= 4.5, text.get_text()
    plt.close("all")


def test_shares_are_named_where_they_are_and_bars_have_patterns():
    shares = pd.DataFrame({"angry": [0.5, 0.03], "happy": [0.5, 0.97]}, index=[0, 0.1])
    ax = plots.shares(shares)
    for bars, name in zip(ax.containers, shares, strict=True):
        for text in ax.texts:
            if text.get_text().startswith(name):
                assert contrast(text.get_color(), bars[0].get_facecolor()) >= 4.5
    counted = pd.DataFrame({"train": [3], "validation": [2], "test": [1]}, index=["angry"])
    bars = plots.counts(counted).containers
    assert len({some[0].get_hatch() for some in bars}) == 3
    plt.close("all")
