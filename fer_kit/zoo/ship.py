"""The models that come with the course: weights in half the space, and the table of their results.

models/NAME.keras has its card beside it (NAME.json), and a copy for OpenCV (NAME.onnx).
models/README.md is written from the cards and from models/plan.toml, which also says what others
have published and what the course aims at.
"""

import io
import math
import shutil
import zipfile
from itertools import cycle
from pathlib import Path
from typing import Any

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import MultipleLocator

from fer_kit import plots
from fer_kit.cards import FAST, FOLDER, LIMITS, best_among, history_file, read_card, shipped
from fer_kit.errors import InputError
from fer_kit.evaluation import percent, with_interval
from fer_kit.files import MEGABYTE, save_figure, write_text, write_whole
from fer_kit.training import read_history
from fer_kit.zoo.plan import Planned, Published, read_plan

LARGEST_FILE, LARGEST_FOLDER = 16 * MEGABYTE, 80 * MEGABYTE
DATASETS = ("fer2013", "ferplus")  # by whose labels models are measured
WEIGHTS = "model.weights.h5"
TEMPLATE = Path(__file__).parents[1] / "templates" / "models.md"


def ship(path: str | Path, folder: Path = FOLDER) -> Path:
    """Copy a trained model with its card and history to the shipped ones, and renew the table.

    Raises:
        InputError: the model has no card with results from `fer-kit train`, or is too large; or the
            folder is not there.
    """
    _check_there(folder)
    path = Path(path)
    card = read_card(path)
    if not {"plan", "results"} <= card.keys():
        raise InputError(
            "Expected a model that fer-kit train has trained and tested: its card says how it is "
            f"made again, and what it reached. Received: {path}. Train it, or let it go on."
        )
    others = sum(file.stat().st_size for file in folder.glob("*") if file.stem != path.stem)
    size = path.stat().st_size
    if size > LARGEST_FILE or size + others > LARGEST_FOLDER:
        raise InputError(
            f"Expected at most {LARGEST_FILE // MEGABYTE} MB for a model and "
            f"{LARGEST_FOLDER // MEGABYTE} MB for all. Received: {path} with "
            f"{size / MEGABYTE:.1f} MB, beside {others / MEGABYTE:.1f} MB. Train a narrower one "
            "(--set width=0.75), or take another model out."
        )
    # The card comes last: until then it does not fit the model, and nobody loads half of it.
    files = [path, history_file(path), path.with_suffix(".onnx"), path.with_suffix(".json")]
    for file in filter(Path.exists, files):
        write_whole(folder / file.name, lambda temporary, file=file: shutil.copy(file, temporary))
    write_table(folder)
    return folder / path.name


def write_table(folder: Path = FOLDER) -> Path:
    """Write README.md of the shipped models from their cards and the plan, and its pictures.

    Raises:
        InputError: the folder is not there, or a card or the plan is damaged.
    """
    _check_there(folder)
    cards, (plan, published) = shipped(folder), read_plan(folder)
    draw_training(cards, folder)
    draw_refusal(cards, folder)
    draw_cost(cards, published, folder)
    return write_text(folder / "README.md", table_text(cards, plan, published))


def _check_there(folder: Path) -> None:
    """The models belong to the course: a wheel of the library has no place for them."""
    if not folder.is_dir():
        raise InputError(
            f"Expected the course's models in {folder}. Received: no such folder, because FER Kit "
            "was installed without the course. Clone the repository, and run make setup in it."
        )


def draw_training(cards: dict[str, dict[str, Any]], folder: Path) -> None:
    """Draw the training curves of the models in a folder: NAME-history.csv → training.png."""
    files = {name: history_file(folder / f"{name}.keras") for name in cards}
    files = {name: file for name, file in files.items() if file.exists()}
    if not files:
        return
    columns = min(3, len(files))
    rows = math.ceil(len(files) / columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(3.4 * columns, 3 * rows), sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for ax in axes.flat[len(files) :]:
        ax.remove()
    for (name, file), ax in zip(files.items(), axes.flat, strict=False):
        plots.history(read_history(file), mark=cards[name]["kept_epoch"], title=name, ax=ax)
    for ax in axes[:, 1:].flat:
        ax.set_ylabel("")
    save_figure(figure, folder / "training.png")


def draw_refusal(cards: dict[str, dict[str, Any]], folder: Path) -> None:
    """Draw accuracy over the share of test faces that are answered → refusal.png."""
    curves = {
        name: pd.DataFrame(card["refusal"]["curve"]).set_index("coverage")
        for name, card in cards.items()
    }
    if curves:
        save_figure(plots.risk_coverage(curves).figure, folder / "refusal.png")


def draw_cost(cards: dict[str, dict[str, Any]], published: list[Published], folder: Path) -> None:
    """Draw accuracy on FER2013's test part over what the training cost → cost.png."""
    ours = {
        name: card
        for name, card in cards.items()
        if "petaflop" in card and card["trained_on"]["source"] == "FER2013"
    }
    if not ours:
        return
    figure, ax = plt.subplots(figsize=(8, 4), layout="constrained")
    for (name, card), marker in zip(ours.items(), cycle(plots.MARKERS), strict=False):
        low, high = card["results"]["accuracy_95"]
        middle = card["results"]["accuracy"]
        around = [[middle - low], [high - middle]]
        ax.errorbar(card["petaflop"], middle, around, fmt=marker, label=name)
    for other, marker in zip(published, cycle(plots.MARKERS), strict=False):
        style = {"color": "black", "fillstyle": "none", "linestyle": ""}
        ax.plot(other.petaflop, other.accuracy, marker=marker, label=other.name, **style)
    ax.set(xscale="log", xlabel="cost of the training (PFLOP)", ylabel="accuracy on the test part")
    ax.yaxis.set_major_locator(MultipleLocator(0.05))
    ax.yaxis.set_major_formatter(lambda value, _: percent(value, digits=0))
    figure.legend(loc="outside right upper", fontsize=8)
    save_figure(figure, folder / "cost.png")


def table_text(
    cards: dict[str, dict[str, Any]], plan: list[Planned], published: list[Published]
) -> str:
    """The page of the shipped models as Markdown: reached, published, aimed at, not reached yet."""
    planned = {one.name for one in plan}
    plan = plan + [
        Planned(name, f"{card['network']} besides", "")
        for name, card in cards.items()
        if name not in planned
    ]
    pairs = [(one, cards[one.name]) for one in plan if one.name in cards]
    missing = [_missing(one, cards.get(one.name)) for one in plan]
    return TEMPLATE.read_text(encoding="utf-8").format(
        table="\n".join(_row(*pair) for pair in pairs),
        missing="\n".join(filter(None, missing)) or "None.",
        costs="\n".join(_costs(card) for _, card in pairs),
        priors="\n".join(map(_priors, cards.values())),
        photographs="\n".join(map(_photographs, cards.values())),
        others="\n".join(f"- {other.name}: {other.protocol}." for other in published),
        default=best_among(cards) or "none",
        commands="\n".join(card["command"] for card in cards.values()) or "# none is shipped yet",
        example=next(iter(cards), "NAME"),
        file=LARGEST_FILE // MEGABYTE,
        folder=LARGEST_FOLDER // MEGABYTE,
        fast=FAST // 1_000_000,
        limits=LIMITS,
    )


def store_lean(path: str | Path, images: np.ndarray, targets: np.ndarray) -> bool:
    """Store a saved model without its optimizer, and with float16 weights if that costs nothing.

    It costs nothing if as many of the given faces are classified correctly as before. Keras reads
    such a file like any other and computes in float32.

    Args:
        path: a .keras file; it is replaced.
        images: float32 (N, H, W, C) in [0, 1], validation faces: the test part has no say.
        targets: (N, K).

    Returns:
        Whether the file now holds float16.
    """
    path = Path(path)

    def load(file: Path) -> keras.Model:
        return keras.saving.load_model(file, compile=False)

    def correct(model: keras.Model) -> int:
        answers = model.predict(images, batch_size=512, verbose=0)
        return int((answers.argmax(axis=1) == targets.argmax(axis=1)).sum())

    model = load(path)
    half = path.with_name(f".{path.stem}-half.keras")
    try:
        model.save(half)
        half.replace(path)
        if not _write_half(path, half) or correct(load(half)) < correct(model):
            return False
        half.replace(path)
        return True
    finally:
        half.unlink(missing_ok=True)


def _row(planned: Planned, card: dict[str, Any]) -> str:
    """One line of the table: what a model reached, what was aimed at, what others published."""
    results = card["results"]
    careless = "" if card["plan"]["recipe"]["clean"] else ", not cleaned"
    return _line(
        [
            f"`{card['name']}`, {planned.title}{careless}",
            f"**{_percent(results)}**{_noise(results)}",
            with_interval(results, "macro_recall"),
            _percent(results["ten_views"]) if _gains_by_views(card) else "–",
            _percent(results["without_copies"]),
            f"{results['macro_f1']:.3f}",
            f"{results['calibration_error']:.3f}",
            planned.goal,
            planned.published,
        ]
    )


def _gains_by_views(card: dict[str, Any]) -> bool:
    """Whether more validation faces are answered rightly in ten views than in one."""
    scores = card["validation"]
    return "ten_views" in scores and scores["ten_views"]["accuracy"] > scores["accuracy"]


def _missing(planned: Planned, card: dict[str, Any] | None) -> str:
    """A line about what a model was to reach and did not, and why; "" if it did."""
    if not planned.ships:
        return ""
    if card is None:
        return f"- {planned.title}, goal {planned.goal}: not trained; {planned.why}."
    results = card["results"]
    scores = results["ten_views"] if planned.views > 1 else results
    is_reached = scores["accuracy"] >= planned.aim and all(
        results["noise"][sigma]["accuracy"] >= aim for sigma, aim in planned.noise.items()
    )
    return "" if is_reached else f"- `{card['name']}`, goal {planned.goal}: {planned.why}."


def _costs(card: dict[str, Any]) -> str:
    """A line of the table of costs."""
    return _line(
        [
            f"`{card['name']}`",
            f"{card['parameters']:,}",
            f"{card['trained_on']['source']}, seed {card['seed']}",
            f"{card['epochs']}",
            f"{card['seconds'] / 60:.0f}",
            card["hardware"],
            f"{card['petaflop']:.2g}" if "petaflop" in card else "–",
        ]
    )


def _priors(card: dict[str, Any]) -> str:
    """A line of the table of priors: accuracy and balanced accuracy for each."""
    found = card["results"].get("priors", {})
    cells = [
        f"{with_interval(under)}; {with_interval(under, 'macro_recall')}"
        for under in (found[prior] for prior in ("training", "default", "even") if found)
    ]
    return _line([f"`{card['name']}`", *(cells or [""] * 3)])


def _photographs(card: dict[str, Any]) -> str:
    """A line of the table of photographs: balanced accuracy by the labels of each data set."""
    seen = card.get("photographs", {})
    cells = [
        with_interval(scores[name], "balanced_accuracy") if name in scores else "–"
        for scores in (seen, seen.get("ten_views", {}))
        for name in DATASETS
    ]
    return _line([f"`{card['name']}`", *cells])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _percent(found: dict[str, Any] | None) -> str:
    return with_interval(found) if found and found["faces"] else "–"


def _noise(results: dict[str, Any]) -> str:
    """Accuracy under noise, for a model that was trained with it."""
    told = [with_interval(found) for found in results.get("noise", {}).values()]
    return f"; under noise {' / '.join(told)}" if told else ""


def _write_half(path: Path, target: Path) -> bool:
    """Copy a .keras file with float16 weights; False where a weight is too large for that."""
    with zipfile.ZipFile(path) as source:
        members = {name: source.read(name) for name in source.namelist()}
    weights = _halved(members[WEIGHTS])
    if weights is None:
        return False

    def write(temporary: Path) -> None:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in (members | {WEIGHTS: weights}).items():
                # A fixed time: the same weights make the same file, and the same sha256.
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)

    write_whole(target, write)
    return True


def _halved(content: bytes) -> bytes | None:
    halved = io.BytesIO()
    with h5py.File(io.BytesIO(content)) as source, h5py.File(halved, "w") as copy:
        values = []

        def visit(name: str, item: Any) -> None:
            if isinstance(item, h5py.Group):
                made = copy.require_group(name)
            else:
                value = item[()]
                value = value.astype(np.float16) if value.dtype == np.float32 else value
                values.append(value)
                made = copy.create_dataset(name, data=value)
            for key, attribute in item.attrs.items():
                made.attrs[key] = attribute

        with np.errstate(over="ignore"):
            source.visititems(visit)
        is_finite = all(np.isfinite(value).all() for value in values if value.dtype.kind == "f")
    return halved.getvalue() if is_finite else None
