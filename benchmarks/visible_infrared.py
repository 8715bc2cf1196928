"""Lesson 06 over several seeds: what either camera and their fusions get right.

    fer-kit run 06 --run synthetic-quick            # and other runs with other seeds
    python benchmarks/visible_infrared.py synthetic-quick synthetic-quick-seed1

Prints the test accuracies of each run, their mean, and whether the fusion beat either camera.
"""

import sys

import pandas as pd

from fer_kit.errors import InputError
from fer_kit.evaluation import percent
from fer_kit.files import read_json
from fer_kit.run import read_config, runs_folder


def accuracies(found: dict[str, dict]) -> pd.DataFrame:
    """A row for each network, a column for each seed, and their mean."""
    columns = {
        seed: {of["title"]: of["accuracy"] for of in numbers["models"].values()}
        for seed, numbers in found.items()
    }
    table = pd.DataFrame(columns)
    table["mean"] = table.mean(axis=1)
    return table.map(percent)


def comparison(numbers: dict) -> str:
    """McNemar's test of the fused network against each camera, in words."""
    parts = [
        f"against {name}: won {test['only_second']}, lost {test['only_first']}, p = {test['p']:.2g}"
        for name, test in numbers["fused_against"].items()
    ]
    return f"fused, {numbers['faces']:,} test pairs, " + "; ".join(parts)


def main(names: list[str]) -> None:
    found = {}
    for name in names:
        run = read_config(runs_folder() / name)
        if run is None:
            raise InputError(f"Expected the name of a run. Received: {name!r}, and there is none.")
        found[f"seed {run.seed}"] = read_json(run.need("results/visible_infrared.json"))
    print(accuracies(found).to_string())
    for seed, numbers in found.items():
        print(f"{seed}: {comparison(numbers)}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:] or ["synthetic-quick"])
    except InputError as error:
        sys.exit(str(error))
