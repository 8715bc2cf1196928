"""What each trick of a recipe is worth: the network trained without it, over several seeds.

    python benchmarks/ablation.py --dataset fer2013 --data fer2013.csv [--network small]
        [--profile full] [--seeds 42 1 2] [--set epochs=60] [--only all mixup]

The first row is the network's recipe as it is, the last has no trick at all; each row between lacks
one trick, adds one, or changes one, and a row that would change nothing is left out. A row's number
is the accuracy on the *validation* part (FER2013: PublicTest), the mean over the seeds: the table
is there to choose a recipe, and nothing is chosen on the test part. The difference to the first row
is taken seed by seed.

Trainings that are done are not repeated, one that was stopped goes on: give the same command again.
"""

import argparse
import sys

import numpy as np
import pandas as pd

from fer_kit.cli import _name_and_value
from fer_kit.errors import InputError
from fer_kit.recipes import NO_TRICKS, Recipe, changed, recipe_for
from fer_kit.run import Run, runs_folder

# The name of a row, in files as well → what it changes in the recipe.
ROWS = {
    "all": {},
    "no-mixup": {"mixup": 0.0},
    "with-mixup": {"mixup": 0.2},
    "no-label-smoothing": {"label_smoothing": 0.0},
    "no-crops": {"crop": 1.0},
    "no-erasing": {"erasing": 0.0},
    "with-erasing": {"erasing": 0.5},
    "no-geometry": {"rotation": 0.0, "shift": 0.0, "shear": 0.0, "zoom": 0.0},
    "no-mirror": {"flip": 0.0},
    "no-averaging": {"averaging": 0.0},
    "no-weight-decay": {"weight_decay": 0.0},
    "plateau": {"schedule": "plateau"},
    "adam": {"optimizer": "adam", "learning_rate": 1e-3},
    "sam": {"sam": 0.05},
    "with-copies": {"clean": False},
    "none": NO_TRICKS,
}


def recipes(options: argparse.Namespace) -> dict[str, Recipe]:
    """Row → recipe, without the rows that would only repeat another."""
    base = recipe_for(options.network, options.profile, dict(map(_name_and_value, options.set)))
    found = {"all": base}
    for row in options.only:
        if (recipe := changed(base, ROWS[row])) not in found.values():
            found[row] = recipe
    return found


def train(options: argparse.Namespace, row: str, recipe: Recipe, seed: int) -> dict:
    """The card of one training."""
    from fer_kit.from_scratch import train_from_scratch

    run = f"ablation-{options.dataset}-{options.profile}-seed{seed}"
    lab = Run.open(run, options.dataset, options.data, options.profile, seed)
    print(f"\n{row}, seed {seed}", flush=True)
    return train_from_scratch(options.network, recipe, lab, f"{options.network}-{row}")


def table(accuracies: dict[str, dict[int, float]]) -> pd.DataFrame:
    """A line for each row: mean and spread of the accuracy over the seeds, and what is lost.

    Args:
        accuracies: row → seed → validation accuracy.
    """
    lines = {}
    for row, found in accuracies.items():
        shared = [seed for seed in found if seed in accuracies["all"]]
        lost = [found[seed] - accuracies["all"][seed] for seed in shared]
        values = list(found.values())
        lines[row] = {
            "seeds": len(values),
            "accuracy": np.mean(values),
            "sd": np.std(values, ddof=1) if len(values) > 1 else np.nan,
            "difference": np.mean(lost) if lost else np.nan,
            "sd of difference": np.std(lost, ddof=1) if len(lost) > 1 else np.nan,
        }
    return pd.DataFrame.from_dict(lines, orient="index").rename_axis("row")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="small")
    parser.add_argument("--dataset", default="fer2013")
    parser.add_argument("--data", default="")
    parser.add_argument("--profile", default="full")
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 1, 2])
    parser.add_argument("--only", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--set", action="append", default=[], metavar="SWITCH=VALUE")
    options = parser.parse_args()
    accuracies: dict[str, dict[int, float]] = {"all": {}}
    try:
        for seed in options.seeds:
            for row, recipe in recipes(options).items():
                card = train(options, row, recipe, seed)
                accuracies.setdefault(row, {})[seed] = card["validation"]["accuracy"]
            found = table(accuracies)
            shown = found.drop(columns="seeds").mul(100).round(2).assign(seeds=found["seeds"])
            print(f"\n{options.network}, validation accuracy in percent\n{shown}", flush=True)
            found.to_csv(runs_folder() / f"ablation-{options.network}-{options.dataset}.csv")
    except InputError as error:
        sys.exit(f"ablation: {error}")


if __name__ == "__main__":
    main()
