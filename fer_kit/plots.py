"""Every figure of the course: arrays in, `ax=None`, Axes out.

A plot never shows, saves, seeds or restyles anything; a lesson does that with `lab.show`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from pandas.api.types import is_integer_dtype

from fer_kit.evaluation import percent

BESIDE = {"loc": "center left", "bbox_to_anchor": (1, 0.5)}  # where a legend takes no room away
# Told apart without colours, too: by how light they are, and by a pattern or a marker beside them.
SPLIT_COLOURS = {"train": "#3F63A0", "validation": "#D27A45", "test": "#123F24"}
SERIES_COLOURS = ("#173B40", "#DF854F", "#097A59", "#C588AE", "#7A3A00", "#4EA8EF", "#54377A")
PATTERNS = ("", "//", "..", "\\\\", "xx", "--", "oo")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")


def sheet(
    rows: Sequence[np.ndarray],
    names: Sequence[str],
    columns: Sequence[str] = (),
    *,
    title: str = "",
    scale: float = 1.0,
    ax: Axes | None = None,
) -> Axes:
    """A contact sheet: one row of pictures for each name (lesson 01).

    Args:
        rows: for each name, pictures (n, H, W), (n, H, W, 1) or (n, H, W, 3), uint8 or 0 to 1.
            Shorter rows are filled with white.
        columns: a name below each column of pictures.
        scale: size of a picture on the page, 1 for about 2 cm.
    """
    rows = [_as_rgb(row) for row in rows]
    height, width = rows[0].shape[1:3]
    longest = max(len(row) for row in rows)
    page = np.full((len(rows) * height, longest * width, 3), 255, np.uint8)
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            page[y * height : (y + 1) * height, x * width : (x + 1) * width] = picture
    ax = ax or _new_axes(
        0.8 * scale * longest + 0.9, 0.8 * scale * len(rows) * height / width + 0.5
    )
    ax.imshow(page, interpolation="nearest")
    ax.set_yticks((np.arange(len(rows)) + 0.5) * height - 0.5, names)
    ax.set_xticks((np.arange(len(columns)) + 0.5) * width - 0.5, columns)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_title(title)
    return ax


def captioned(
    images: np.ndarray,
    captions: Sequence[str],
    colours: Sequence[str] | None = None,
    *,
    columns: int = 6,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Pictures in a grid, each with a caption below, outside of the picture (lesson 08).

    Args:
        images: (N, H, W[, 1 or 3]), uint8 or 0 to 1.
        captions: N texts, of one or two lines.
        colours: N colours for the captions.
    """
    pictures = _as_rgb(images)
    height, width = pictures.shape[1:3]
    step_y, step_x = 1.5 * height, 1.15 * width
    columns = max(1, min(columns, len(pictures)))
    lines = -(-len(pictures) // columns)
    ax = ax or _new_axes(1.15 * columns, 1.5 * lines + 0.4)
    for index, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        x, y = index % columns * step_x, index // columns * step_y
        ax.imshow(picture, extent=(x, x + width, y + height, y), interpolation="nearest")
        colour = colours[index] if colours is not None else "black"
        ax.text(
            x + width / 2, y + 1.06 * height, caption, color=colour, ha="center", va="top", size=8
        )
    ax.set_xlim(-0.05 * width, columns * step_x)
    ax.set_ylim(lines * step_y, -0.05 * height)
    ax.axis("off")
    ax.set_title(title)
    return ax


def pixels(image: np.ndarray, title: str = "", ax: Axes | None = None) -> Axes:
    """One small grey picture with the value of every pixel written on it (lesson 01).

    Args:
        image: uint8 (H, W), at most about 20×20, or the numbers cannot be read.
    """
    ax = ax or _new_axes(6, 6)
    sns.heatmap(
        image, annot=True, fmt="d", cmap="gray", vmin=0, vmax=255, cbar=False, square=True, ax=ax,
        annot_kws={"size": 7}, xticklabels=False, yticklabels=False,
    )  # fmt: skip
    _readable(ax, image.shape)
    ax.set_title(title)
    return ax


def counts(table: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """Bars for `Faces.counts`: faces of each emotion, split by split (lesson 02)."""
    ax = ax or _new_axes(8, 3.6)
    table.plot.bar(color=SPLIT_COLOURS, width=0.8, rot=0, edgecolor="white", ax=ax)
    _pattern(ax)
    return _finished(ax, {"frameon": True}, xlabel="", ylabel="faces", title=title)


def heatmap(
    table: pd.DataFrame,
    fmt: str = ".2f",
    title: str = "",
    vmax: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A table of non-negative numbers as coloured cells with the numbers in them (lesson 02)."""
    ax = ax or _new_axes(0.75 * table.shape[1] + 2, 0.55 * table.shape[0] + 1.4)
    sns.heatmap(table, annot=True, fmt=fmt, cmap="Blues", vmin=0, vmax=vmax, cbar=False, ax=ax)
    _readable(ax, table.shape)
    ax.tick_params(axis="y", rotation=0)
    short = all(len(str(name)) < 4 for name in table.columns)
    ax.tick_params(axis="x", rotation=0 if short else 30)
    ax.set_title(title)
    return ax


def confusion(
    matrix: pd.DataFrame, normalise: bool = False, title: str = "", ax: Axes | None = None
) -> Axes:
    """A confusion matrix: true emotions in rows, predicted ones in columns (lesson 08).

    Args:
        matrix: counts (K, K), as `evaluation.confusion` returns.
        normalise: show each row as shares that sum to 1 (the diagonal is then the recall).
    """
    if normalise:
        matrix = matrix.div(matrix.sum(axis=1).clip(lower=1), axis=0)
    ax = heatmap(matrix, ".2f" if normalise else "d", title, 1 if normalise else None, ax)
    ax.set(xlabel="predicted", ylabel="true")
    return ax


def history(
    table: pd.DataFrame,
    metric: str = "accuracy",
    *,
    held_out: str = "validation",
    mark: int | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Training and held-out curve of one metric over the epochs (lesson 04).

    Args:
        table: a history as `training.save_history` returns.
        held_out: what the second curve was measured on, for the legend.
        mark: an epoch to mark with a vertical line (the one that was kept).
    """
    ax = ax or _new_axes(5, 3.4)
    for column, name, line in ((metric, "train", "o-"), (f"val_{metric}", held_out, "s--")):
        style = {"marker": line[0], "linestyle": line[1:], "color": SPLIT_COLOURS[name]}
        _line(ax, table, column, name, markersize=3, **style)
    if mark is not None:
        ax.axvline(mark, color="grey", linestyle="--", label=f"kept: epoch {mark}")
    ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    return _finished(ax, {"frameon": True}, xlabel="epoch", ylabel=metric, title=title)


def downhill(
    weights: Sequence[float],
    losses: Sequence[float],
    steps: Sequence[float],
    reached: Sequence[float],
    ax: Axes | None = None,
) -> Axes:
    """A loss over one weight, and the steps of a descent on it, numbered (lesson 04).

    Args:
        weights, losses: the curve.
        steps, reached: where each step arrives, and the loss there; the first is the start.
    """
    ax = ax or _new_axes(6.4, 3.6)
    ax.plot(weights, losses, color="grey")
    ax.plot(steps, reached, marker="o", linestyle=":", color="black")
    for number, place in enumerate(zip(steps, reached, strict=True)):
        if number < 4:  # the later ones lie too close together to be told apart
            ax.annotate(str(number), place, (6, 6), textcoords="offset points")
    sns.despine(ax=ax)
    return ax


def intervals(
    table: pd.DataFrame,
    baseline: float | None = None,
    xlabel: str = "accuracy",
    title: str = "",
    against: str = "majority baseline",
    differences: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """A dot with its 95 % interval for each row (lesson 04).

    Args:
        table: columns value, low, high (0 to 1); the index names the rows.
        baseline: a dashed line to compare with, such as the share of the largest class.
        against: what the dashed line is.
        differences: the values are differences (-1 to 1), and labelled in points.
    """
    ax = ax or _new_axes(7, 0.5 * len(table) + 1.6)
    places = np.arange(len(table))[::-1]
    errors = [table["value"] - table["low"], table["high"] - table["value"]]
    ax.errorbar(
        table["value"], places, xerr=errors, fmt="o", color="#4C72B0", capsize=4, clip_on=False
    )
    write = (lambda value: f"{100 * value:+.1f} points") if differences else percent
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 0}  # a line may cross a label
    for place, (value, high) in zip(places, table[["value", "high"]].to_numpy(), strict=True):
        text, beside = write(value), {"xytext": (7, 0), "textcoords": "offset points"}
        ax.annotate(text, (high, place), **beside, va="center", bbox=ground)
    _baseline(ax.axvline, baseline, against)
    ax.set_yticks(places, table.index)
    below = -0.6 if baseline is None else -1.2  # room for the legend
    solid = {"loc": "lower right", "frameon": True, "framealpha": 1, "edgecolor": "white"}
    legend = None if baseline is None else solid  # the dashed line may pass behind it
    limits = {"xlim": (0, 1), "ylim": (below, len(table) - 0.2)}
    return _finished(ax, legend, **limits, xlabel=xlabel, title=title)


def reliability(
    tables: Mapping[str, pd.DataFrame], title: str = "", ax: Axes | None = None
) -> Axes:
    """A reliability diagram: how often an answer is right, over how sure it is (lesson 08).

    Args:
        tables: for each name in the legend, a table as `evaluation.reliability` returns.
    """
    ax = ax or _new_axes(4.8, 4.4)
    ax.plot([0, 1], [0, 1], color="grey", linestyle="--", label="as sure as right")
    for (name, table), colour, marker in zip(tables.items(), SERIES_COLOURS, MARKERS, strict=False):
        filled = table[table["faces"] > 0]
        style = {"color": colour, "marker": marker}
        ax.plot(filled["confidence"], filled["accuracy"], label=name, markersize=3, **style)
        sizes = 150 * filled["faces"] / table["faces"].sum()
        ax.scatter(filled["confidence"], filled["accuracy"], sizes + 8, **style)
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="confidence", ylabel="accuracy")
    return _finished(ax, {"loc": "upper left"}, title=title)


def curves(
    tables: Mapping[str, pd.DataFrame],
    column: str = "accuracy",
    *,
    baseline: float | None = None,
    xlabel: str = "",
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """One line for each table: a column over the index, with the band from low to high (lesson 09).

    Args:
        tables: for each name in the legend, a table whose index is the horizontal axis; columns low
            and high, where there are any, are drawn as a band.
        column: what to draw, a share from 0 to 1; it names the vertical axis.
        baseline: a dashed line to compare with, such as the share of the largest class.
    """
    ax = ax or _new_axes(7.6, 3.8)
    for (name, table), style in zip(tables.items(), _styles(), strict=False):
        _line(ax, table, column, name, markersize=5, **style)
    _baseline(ax.axhline, baseline)
    if all(is_integer_dtype(table.index) for table in tables.values()):  # no half epochs
        ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    return _finished(ax, BESIDE, ylim=(0, 1), xlabel=xlabel, ylabel=column, title=title)


def risk_coverage(
    tables: Mapping[str, pd.DataFrame], title: str = "", ax: Axes | None = None
) -> Axes:
    """How accuracy rises where a model may refuse the faces it is least sure of.

    Args:
        tables: for each name in the legend, a table as `evaluation.risk_coverage` returns.
    """
    ax = ax or _new_axes(5.4, 3.6)
    for (name, table), style in zip(tables.items(), _styles(), strict=False):
        _line(ax, table, "accuracy", name, markersize=3, **style)
    ax.set(xlabel="coverage: share of the faces answered", ylabel="accuracy on them")
    return _finished(ax, {}, xlim=(0, 1.02), ylim=(None, 1), title=title)


def shares(table: pd.DataFrame, xlabel: str = "", title: str = "", ax: Axes | None = None) -> Axes:
    """Stacked bars: how each row, which sums to 1, is divided among the columns (lesson 09)."""
    ax = ax or _new_axes(6.4, 3.8)
    colours = dict(zip(table.columns, cycle(SERIES_COLOURS), strict=False))
    table.plot.bar(stacked=True, width=0.8, color=colours, rot=0, edgecolor="white", ax=ax)
    for bars, name in zip(ax.containers, table.columns, strict=True):
        wide = [bar.get_height() >= 0.08 for bar in bars]
        texts = [
            f"{name} {percent(bar.get_height(), digits=0)}" if is_wide else ""
            for bar, is_wide in zip(bars, wide, strict=True)
        ]
        ink = _ink(bars[0].get_facecolor())
        ax.bar_label(bars, texts, label_type="center", size=8, color=ink)
    ax.set(ylim=(0, 1), xlabel=xlabel, ylabel="share of the answers")
    return _finished(ax, BESIDE | {"reverse": True}, title=title)


def steadiness(table: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """How sure each answer of a film is, and in a band below which answer it is (lesson 11).

    Args:
        table: a row of probabilities for each frame, a column for each emotion; the index is the
            time in seconds.
    """
    ax = ax or _new_axes(9, 2.6)
    best, times = table.idxmax(axis=1), table.index.to_numpy()
    ends = np.append(times[1:], 2 * times[-1] - times[-2])
    colours = dict(zip(table.columns, sns.color_palette("colorblind", table.shape[1]), strict=True))
    ax.plot(table.index, table.max(axis=1), color="black")
    for _, stretch in best.groupby((best != best.shift()).cumsum()):
        name, left = stretch.iloc[0], stretch.index[0]
        right = ends[best.index.get_loc(stretch.index[-1])]
        ax.fill_between([left, right], -0.3, -0.06, color=colours[name], alpha=0.45, linewidth=0)
        ax.vlines(left, -0.3, -0.06, color="black", linewidth=0.8)
        narrow = right - left < 0.06 * (ends[-1] - times[0])
        text = name[:2] if narrow else name
        ax.text((left + right) / 2, -0.18, text, ha="center", va="center", size=8, clip_on=True)
    ax.set(yticks=(0, 0.5, 1), xlabel="seconds", ylabel="probability")
    return _finished(ax, None, ylim=(-0.32, 1.02), xlim=(times[0], ends[-1]), title=title)


def principal_direction(
    points: np.ndarray,
    direction: np.ndarray,
    names: Sequence[str] = ("A", "B"),
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """The pixels of two pictures as points, and the direction of their spread (lesson 10).

    Args:
        points: (2, P), the grey of each pixel in the first and in the second picture, 0 to 255.
        direction: (2,), the principal eigenvector of their covariance.
        names: of the two pictures, for the axes.
    """
    ax = ax or _new_axes(4.6, 4.4)
    ax.scatter(*points, s=3, alpha=0.35, color="#4C72B0", linewidths=0)
    middle, spread = points.mean(axis=1), 2 * points.std()
    ends = np.stack([middle - spread * direction, middle + spread * direction], axis=1)
    ax.plot([0, 255], [0, 255], color="grey", linestyle="--", label="equal in both")
    ax.plot(*ends, color="#C44E52", linewidth=2, label="principal eigenvector")
    ax.set(xlim=(0, 255), ylim=(0, 255), aspect="equal", xlabel=names[0], ylabel=names[1])
    return _finished(ax, {"loc": "upper left"}, title=title)


def stages(table: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """The maps of a network as boxes: as high as the map, wide by its filters (lesson 07).

    Args:
        table: columns height, width and filters of each map; the index names it.
    """
    ax = ax or _new_axes(1.15 * len(table) + 0.6, 3.4)
    heights = table["height"] / table["height"].max()
    widths = 0.25 + 0.55 * table["filters"] / table["filters"].max()
    places = np.arange(len(table))
    colours = sns.color_palette("crest", len(table))
    ax.bar(places, heights, widths, bottom=-heights / 2, color=colours)
    for place, row in zip(places, table.itertuples(), strict=True):
        text = f"{row.height}×{row.width}\n× {row.filters}"
        ax.text(place, -0.56, text, ha="center", va="top", size=9)
        ax.text(place, 0.56, row.Index, ha="center", size=9)
    ax.set(ylim=(-0.8, 0.68), xlim=(-0.6, len(table) - 0.4), title=title)
    ax.axis("off")
    return ax


def distributions(
    values: pd.DataFrame,
    column: str,
    by: str,
    *,
    order: Sequence[str] | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """One box for each group: median, quartiles and outliers of a column (lesson 02).

    Args:
        values: a line for each face, with the column to show and the column `by` that groups it.
        order: the groups from left to right.
    """
    ax = ax or _new_axes(8, 3.6)
    sns.boxplot(
        values, x=by, y=column, order=order, color="#8DA9D6", fliersize=1, linewidth=0.8, ax=ax
    )
    return _finished(ax, None, xlabel="", title=title)


def _styles() -> Iterator[dict[str, str]]:
    """How one line after the other is drawn: a colour and a marker; once all are used, dashed."""
    for dashes in cycle(("-", "--", ":")):
        for colour, marker in zip(SERIES_COLOURS, MARKERS, strict=False):
            yield {"color": colour, "marker": marker, "linestyle": dashes}


def _pattern(ax: Axes) -> None:
    """Give each series of bars a pattern of its own."""
    for bars, pattern in zip(ax.containers, cycle(PATTERNS), strict=False):
        for bar in bars:
            bar.set_hatch(pattern)


def _readable(ax: Axes, shape: tuple[int, int]) -> None:
    """Each number of a heat map of this shape in the ink that reads better on its cell."""
    colours = ax.collections[0].get_facecolors().reshape(*shape, 4)
    for text in ax.texts:  # none in an empty cell
        column, row = map(int, text.get_position())
        text.set_color(_ink(colours[row, column]))


def _ink(colour: Sequence[float] | str) -> str:
    """Black or white, whichever reads better on a colour."""
    parts = np.array(to_rgb(colour))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    light = linear @ [0.2126, 0.7152, 0.0722]
    return "black" if (light + 0.05) / 0.05 > 1.05 / (light + 0.05) else "white"


def _new_axes(width: float, height: float) -> Axes:
    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def _line(ax: Axes, table: pd.DataFrame, column: str, name: str, **style) -> None:
    """A column over the index, with the band from low to high, if the table has these columns."""
    style = {"marker": "o", "label": name} | style
    (line,) = ax.plot(table.index, table[column], **style)
    if {"low", "high"} <= set(table.columns):
        band = {"color": line.get_color(), "alpha": 0.15}
        ax.fill_between(table.index, table["low"], table["high"], **band)


def _baseline(draw: Callable, share: float | None, name: str = "majority baseline") -> None:
    """A dashed line to compare with, by `ax.axhline` or `ax.axvline`, if there is such a share."""
    if share is not None:
        draw(share, color="grey", linestyle="--", label=f"{name} {percent(share)}")


def _finished(ax: Axes, legend: dict | None, **settings) -> Axes:
    """The Axes with these settings, a legend if asked for, and no frame."""
    ax.set(**settings)
    if legend is not None:
        ax.legend(**{"frameon": False} | legend)
    sns.despine(ax=ax)
    return ax


def _as_rgb(images: np.ndarray) -> np.ndarray:
    """Any stack of pictures as uint8 (N, H, W, 3)."""
    images = np.asarray(images)
    if images.dtype != np.uint8:
        images = np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8)
    if images.ndim == 3:
        images = images[..., None]
    return np.broadcast_to(images, (*images.shape[:3], 3))
