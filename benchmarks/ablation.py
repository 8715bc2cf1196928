"""What each trick of a recipe is worth: train with all of them, and without one at a time.

    python benchmarks/ablation.py --network small --data path/to/fer2013.csv
        [--seeds 42 1 2] [--set epochs=60] [--only with-mixup] [--workers 2] [--out ablation]

The first row is the network's recipe as it is, the last has no trick at all; each row between lacks
one trick, adds one, or changes one, and a row that would change nothing is left out. It is a sweep:
see `fer_kit/zoo/sweep.py` for what the table says and how a training goes on.
"""

import argparse
import shlex
import sys
from pathlib import Path

from fer_kit.cli import _name_and_value
from fer_kit.errors import InputError
from fer_kit.recipes import NO_TRICKS, changed, recipe_for
from fer_kit.run import runs_folder
from fer_kit.zoo.sweep import Row, as_text, sweep

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
    "sam-every-fourth": {"sam": 0.05, "sam_every": 4},
    "alternate": {"alternate": True},
    "votes": {"votes": 1.0},
    "votes-mixed": {"votes": 0.5},
    "student": {"teacher": "ensemble-fer2013"},
    "reduced": {"reduced": 0.5},
    "balanced": {"balanced": 1.0},
    "with-copies": {"clean": False},
    "none": NO_TRICKS,
}


def rows(options: argparse.Namespace) -> list[Row]:
    """A row for each recipe, without those that would only repeat another."""
    given = dict(map(_name_and_value, options.set))
    base, found = recipe_for(options.network, options.profile, given), {}
    for name in ("all", *options.only):
        if (recipe := changed(base, ROWS[name])) not in found.values():
            found[name] = recipe
    said = "".join(f"-{switch}{value}" for switch, value in given.items())
    return [
        Row(
            f"{options.network}{said}-{name}",
            options.network,
            options.dataset,
            options.data,
            given | ROWS[name],
        )
        for name in found
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="small")
    parser.add_argument("--dataset", default="fer2013")
    parser.add_argument("--data", default="")
    parser.add_argument("--profile", default="full")
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 1, 2])
    parser.add_argument("--only", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--set", action="append", default=[], metavar="SWITCH=VALUE")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--out", default="", help="the files' name, without an ending")
    options = parser.parse_args()
    out = options.out or runs_folder() / "sweeps" / f"ablation-{options.network}-{options.dataset}"
    words = [Path(word).name if word == options.data else word for word in sys.argv[1:]]
    command = shlex.join(["python", "benchmarks/ablation.py", *words])
    try:
        found = sweep(rows(options), options.seeds, options.profile, out, options.workers, command)
    except InputError as error:
        sys.exit(f"ablation: {error}")
    print(f"{as_text(found)}\n\n{out}.md")


if __name__ == "__main__":
    main()
