"""What each trick of a recipe is worth: the network trained without it, over several seeds.

    python benchmarks/ablation.py --dataset fer2013 --data fer2013.csv [--network small]
        [--profile full] [--seeds 42 1 2] [--set epochs=60] [--only all with-mixup]
        [--out ablation]

The first row is the network's recipe as it is, the last has no trick at all; each row between lacks
one trick, adds one, or changes one, and a row that would change nothing is left out. A row's number
is the accuracy on the *validation* part (FER2013: PublicTest): the table is there to choose a
recipe, and nothing is chosen on the test part. The difference to the first row is taken face by
face and seed by seed.

Written are OUT.md, a page with the table, OUT.csv and OUT.png; usually into the folder of the runs.
Trainings that are done are not repeated, one that was stopped goes on: give the same command again.
"""

import argparse
import shlex
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from fer_kit.cli import _name_and_value
from fer_kit.course import environment
from fer_kit.errors import InputError
from fer_kit.evaluation import read_predictions
from fer_kit.files import save_figure, write_text
from fer_kit.recipes import NO_TRICKS, Recipe, changed, recipe_for
from fer_kit.run import Run, runs_folder

# The name of a row, in files as well → what it changes in the recipe.
ROWS = {
    "all": {},
    "no-mixup": {"mixup": 0.0},
    "with-mixup": {"mixup": 0.2},
    "no-label-smoothing": {"label_smoothing": 0.0},
    "with-label-smoothing": {"label_smoothing": 0.1},
    "no-crops": {"crop": 1.0},
    "no-erasing": {"erasing": 0.0},
    "with-erasing": {"erasing": 0.5},
    "no-geometry": {"rotation": 0.0, "shift": 0.0, "shear": 0.0, "zoom": 0.0},
    "no-mirror": {"flip": 0.0},
    "no-averaging": {"averaging": 0.0},
    "no-weight-decay": {"weight_decay": 0.0},
    "with-weight-decay": {"weight_decay": 0.01},
    "plateau": {"schedule": "plateau"},
    "adam": {"optimizer": "adam", "learning_rate": 1e-3},
    "sgd": {"optimizer": "sgd", "learning_rate": 0.02},
    "sam": {"sam": 0.05},
    "with-copies": {"clean": False},
    "none": NO_TRICKS,
}
PAGE = """\
# What each trick of a recipe is worth

```sh
{command}
```

{network} on {source}: at most {epochs} epochs, seeds {seeds}, on {hardware}. Accuracy is that on \
the validation part ({faces:,} faces), where the best epoch was kept as well; nothing is chosen on \
the test part. *Difference* is to the recipe as it is, on the same faces and seeds; its 95 % \
interval says what other faces would change. How much another seed changes stands in the columns \
of the seeds.

![Differences to the recipe as it is]({picture})

| row | what it changes | accuracy | {seed_columns} | difference |
| --- | --- | --- |{seed_lines} --- |
{table}
"""


def recipes(options: argparse.Namespace) -> dict[str, Recipe]:
    """Row → recipe, without the rows that would only repeat another."""
    base = recipe_for(options.network, options.profile, dict(map(_name_and_value, options.set)))
    found = {"all": base}
    for row in options.only:
        if (recipe := changed(base, ROWS[row])) not in found.values():
            found[row] = recipe
    return found


def train(options: argparse.Namespace, row: str, recipe: Recipe, seed: int) -> np.ndarray:
    """Train one row with one seed: for each validation face, whether it is classified correctly."""
    from fer_kit.zoo.train import train_from_scratch

    run = f"ablation-{options.dataset}-{options.profile}-{recipe.epochs}epochs-seed{seed}"
    lab = Run.open(run, options.dataset, options.data, options.profile, seed)
    print(f"\n{row}, seed {seed}", flush=True)
    name = f"{options.network}-{row}"
    train_from_scratch(options.network, recipe, lab, name)
    return read_predictions(lab.need(f"predictions/{name}.csv")).subset("validation").correct


def table(correct: dict[str, dict[int, np.ndarray]]) -> pd.DataFrame:
    """A line for each row, first that of the whole recipe, then from the worst to the best.

    Args:
        correct: row → seed → bool (N,), one for each validation face.

    Returns:
        Columns: accuracy (the mean over the seeds), seed S for each seed, and value, low and high,
        the difference to the first row with its 95 % interval over faces.
    """
    lines = {}
    for row, found in correct.items():
        gained = np.mean([right * 1.0 - correct["all"][seed] for seed, right in found.items()], 0)
        half = 1.96 * gained.std(ddof=1) / np.sqrt(len(gained))
        lines[row] = {
            "accuracy": np.mean([right.mean() for right in found.values()]),
            **{f"seed {seed}": right.mean() for seed, right in found.items()},
            "value": gained.mean(), "low": gained.mean() - half, "high": gained.mean() + half,
        }  # fmt: skip
    found = pd.DataFrame.from_dict(lines, orient="index").rename_axis("row")
    others = found.drop(index="all").sort_values("value")
    return pd.concat([found.loc[["all"]], others])


def write(options: argparse.Namespace, found: pd.DataFrame, faces: int) -> None:
    """The page, the numbers and the picture."""
    epochs = recipes(options)["all"].epochs
    name = f"ablation-{options.network}-{options.dataset}-{epochs}epochs"
    out = Path(options.out or runs_folder() / name)
    found.to_csv(out.with_suffix(".csv"))
    save_figure(draw(found), out.with_suffix(".png"))
    seeds = [column for column in found if column.startswith("seed")]
    words = ["python", "benchmarks/ablation.py", "--network", options.network]
    words += ["--dataset", options.dataset, "--profile", options.profile]
    words += ["--seeds", *map(str, options.seeds)]
    words += ["--data", Path(options.data).name] if options.data else []
    for switch in options.set:
        words += ["--set", switch]
    if options.only != list(ROWS):
        words += ["--only", *options.only]
    text = PAGE.format(
        command=shlex.join(words),
        network=options.network,
        source=options.dataset,
        epochs=epochs,
        seeds=", ".join(column.removeprefix("seed ") for column in seeds),
        hardware=environment.device(),
        faces=faces,
        picture=out.with_suffix(".png").name,
        seed_columns=" | ".join(seeds),
        seed_lines=" --- |" * len(seeds),
        table="\n".join(line(row, found.loc[row], seeds) for row in found.index),
    )
    print(f"\n{text}\n{write_text(out.with_suffix('.md'), text)}", flush=True)


def line(row: str, numbers: pd.Series, seeds: list[str]) -> str:
    """One line of the page's table, in percent."""
    changes = ", ".join(f"{name} {value}" for name, value in ROWS[row].items())
    changes = "every switch off" if row == "none" else changes
    accuracies = [f"{100 * numbers[column]:.1f}" for column in ("accuracy", *seeds)]
    value, low, high = (100 * numbers[["value", "low", "high"]]).to_numpy()
    difference = "" if row == "all" else f"{value:+.1f} ({low:+.1f} to {high:+.1f})"
    return f"| {' | '.join([row, changes or 'nothing', *accuracies, difference])} |"


def draw(found: pd.DataFrame):
    """A dot with its interval for each row, right of 0 where the change helps."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    shown = 100 * found.drop(index="all")[["value", "low", "high"]]
    figure, ax = plt.subplots(figsize=(7, 0.35 * len(shown) + 1.2), layout="constrained")
    errors = [shown["value"] - shown["low"], shown["high"] - shown["value"]]
    ax.errorbar(shown["value"], shown.index, xerr=errors, fmt="o", color="#4C72B0", capsize=4)
    ax.axvline(0, color="grey", linestyle="--")
    ax.invert_yaxis()
    ax.set(xlabel="difference of validation accuracy, in points, to the recipe as it is")
    sns.despine(ax=ax)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="small")
    parser.add_argument("--dataset", default="fer2013")
    parser.add_argument("--data", default="")
    parser.add_argument("--profile", default="full")
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 1, 2])
    parser.add_argument("--only", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--set", action="append", default=[], metavar="SWITCH=VALUE")
    parser.add_argument("--out", default="", help="the files' name, without an ending")
    options = parser.parse_args()
    correct: dict[str, dict[int, np.ndarray]] = {"all": {}}
    try:
        for seed in options.seeds:
            for row, recipe in recipes(options).items():
                right = train(options, row, recipe, seed)
                correct.setdefault(row, {})[seed] = right
            write(options, table(correct), len(right))
    except InputError as error:
        sys.exit(f"ablation: {error}")


if __name__ == "__main__":
    main()
