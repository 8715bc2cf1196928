"""Many trainings side by side: networks, data sets and switches, each with several seeds.

`fer-kit sweep small cnn --seeds 42 1 2 --set mixup=0,0.2 --workers 2`. Each training is what
`fer-kit train` does: one that is done is not repeated, one that was stopped goes on.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from os.path import commonprefix
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from tqdm import tqdm

from fer_kit import cards
from fer_kit.course.environment import check_backend, describe
from fer_kit.course.workers import check_workers, each, fitting, side_by_side, why_not
from fer_kit.datasets import SOURCES, check_dataset
from fer_kit.errors import InputError, choose, first_few
from fer_kit.evaluation import Predictions, mean_interval, read_predictions, spread
from fer_kit.faces import DRAWN, are_drawn
from fer_kit.files import save_figure, write_text, write_whole
from fer_kit.networks import TRAINABLE
from fer_kit.processes import speaking_as
from fer_kit.recipes import Recipe, recipe_for
from fer_kit.run import Run, runs_folder

PAGE = """\
# {title}

```sh
{command}
```

{done} of {all} trainings are done, in the profile {profile}, on {hardware}. *Accuracy* is that on \
the validation part, where the best epoch was kept as well: this table is there to choose, and \
nothing is chosen on the test part. It is the mean over the seeds; its 95 % interval says what \
other faces would change, and *spread*, the standard deviation over the seeds, what other seeds \
would. *Difference* is to the first row on the same data set, on the same faces and seeds, in \
points, with its 95 % interval.{shared}

![Accuracy of each recipe: the mean with its interval, and each seed]({picture})

| {head} |
|{rule}
{lines}
{remark}"""


@dataclass(frozen=True)
class Row:
    """A recipe on a data set, and a line of the table.

    Attributes:
        name: of its models, one for each seed.
        network, dataset, data: as in `fer-kit train`.
        changes: switches of the recipe.
    """

    name: str
    network: str
    dataset: str
    data: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)

    def recipe(self, profile: str) -> Recipe:
        """How it is trained."""
        return recipe_for(self.network, profile, dict(self.changes))

    def lab(self, profile: str, seed: int) -> Run:
        """The run that its model with this seed is in; sweeps share them."""
        name = f"sweep-{self.dataset}-{profile}-seed{seed}"
        return Run.open(name, self.dataset, self.data, profile, seed)


def grid(
    networks: Sequence[str],
    datasets: Mapping[str, str],
    switches: Mapping[str, Sequence[Any]] | None = None,
) -> list[Row]:
    """A row for every network on every data set with every combination of the switches' values.

    Args:
        datasets: name → path; "" where none is needed.
        switches: switch → values, such as {"mixup": [0.0, 0.2]}.
    """
    switches, rows = switches or {}, []
    for dataset, network, values in product(datasets, networks, product(*switches.values())):
        changes = dict(zip(switches, values, strict=True))
        name = "-".join([network, *(f"{switch}{value}" for switch, value in changes.items())])
        name = re.sub(r"[^A-Za-z0-9._-]", "_", name)
        rows.append(Row(name, network, dataset, datasets[dataset], changes))
    return rows


def asked(
    networks: Sequence[str],
    datasets: Sequence[str],
    data: Sequence[str],
    switches: Mapping[str, Sequence[Any]],
    profile: str,
) -> list[Row]:
    """The rows that somebody has asked for; see `with_data` and `grid`.

    Raises:
        InputError: something of it cannot be used.
    """
    for name in networks or [""]:
        choose(name, TRAINABLE, "a network that can be trained on faces")
    for name in datasets:
        check_dataset(name)
    rows = grid(list(dict.fromkeys(networks)), with_data(datasets, data), switches)
    for row in rows:
        row.recipe(profile)
    return rows


def with_data(datasets: Sequence[str], data: Sequence[str]) -> dict[str, str]:
    """Data set → path: the paths belong, in their order, to those data sets that need one.

    Raises:
        InputError: there are more or fewer of them.
    """
    needing = [name for name in datasets if SOURCES[name].path]
    if len(needing) != len(data):
        raise InputError(
            f"Expected a path for each of {', '.join(needing) or 'no data set'}. "
            f"Received: {len(data)}. Give --data once for each, in the same order."
        )
    return dict.fromkeys(datasets, "") | dict(zip(needing, data, strict=True))


def sweep(
    rows: Sequence[Row],
    seeds: Sequence[int],
    profile: str,
    out: str | Path,
    workers: int | None = None,
    command: str = "",
    cluster: str = "",
) -> pd.DataFrame:
    """Train every row with every seed, and write the table anew after each training.

    Args:
        out: the table's files, without an ending: OUT.csv, OUT.md and OUT.png.
        workers: trainings at a time; by default, as many as fit this computer.
        command: what the page says it was made with.
        cluster: a Dask scheduler whose workers train instead: its address, or its scheduler file.

    Returns:
        What `table` returns.

    Raises:
        InputError: something given cannot be used (then nothing was trained), or some trainings
            failed (the others are done then).
    """
    workers = check_workers(workers) or fitting()
    if not cluster:  # whose workers have their own
        check_backend()
    seeds = list(dict.fromkeys(seeds))
    tasks = [(row, profile, seed) for seed, row in product(seeds, rows)]
    for row, _, seed in tasks:
        row.recipe(profile), row.lab(profile, seed)  # refused before anything is trained
    waiting = [task for task in tasks if not is_done(*task)]
    print(f"{len(tasks) - len(waiting)} of {len(tasks)} trainings are done already.")
    labs = [row.lab(profile, seed) for row, _, seed in waiting]
    shared = [runs_folder(), *{Path(lab.data) for lab in labs if lab.data}]
    found, failed = table(rows, profile, seeds), []
    with (
        tqdm(total=len(waiting), unit="training", leave=False, disable=None) as bar,
        side_by_side(max(1, min(workers, len(waiting))), None, tqdm.write, cluster, shared) as pool,
    ):
        for (row, _, seed), future in each(pool, train, waiting):
            bar.update()
            if reason := why_not(future):
                failed.append(f"{row.name} with seed {seed} on {row.dataset}: {reason}")
            found = table(rows, profile, seeds)
            write(found, profile, len(tasks), Path(out), command)
    write(found, profile, len(tasks), Path(out), command)
    if failed:
        raise InputError(f"{len(failed)} of {len(tasks)} trainings failed. {first_few(failed)}")
    return found


def train(row: Row, profile: str, seed: int) -> None:
    """Train one row with one seed, as `fer-kit train` does."""
    import keras

    from fer_kit.zoo.train import train_from_scratch

    keras.utils.clear_session()  # of what this process has trained before
    lab = row.lab(profile, seed)
    with speaking_as(f"{row.name}, seed {seed}"), lab.locked(f"model-{row.name}"):
        train_from_scratch(row.network, row.recipe(profile), lab, row.name)


def is_done(row: Row, profile: str, seed: int) -> bool:
    """Whether the model is there, whole, and made by this recipe."""
    path = row.lab(profile, seed).folder / "models" / f"{row.name}.keras"
    try:
        card = cards.read_card(path)
        return "results" in card and Recipe(**card["plan"]["recipe"]) == row.recipe(profile)
    except (InputError, KeyError, TypeError):
        return False


# The table


def table(rows: Sequence[Row], profile: str, seeds: Sequence[int]) -> pd.DataFrame:
    """A line for each row that was trained with at least one seed.

    Returns:
        Columns: row, dataset, changes; accuracy (the mean over the seeds), low and high (its 95 %
        interval over faces), spread (over the seeds); difference, with difference_low and _high, to
        the first row on that data set; seed S for each seed; minutes of a training.
    """
    lines, first = [], {}
    for row in rows:
        done = {seed: _answers(row, profile, seed) for seed in seeds if is_done(row, profile, seed)}
        if not done:
            continue
        right = np.array([answers.correct for answers in done.values()])
        value, low, high = mean_interval(right.mean(axis=0))
        changes = ", ".join(f"{switch} {value}" for switch, value in row.changes.items())
        line = {"row": row.name, "dataset": row.dataset, "changes": changes}
        line |= {"accuracy": value, "low": low, "high": high}
        line["spread"] = spread(right.mean(axis=1))
        line |= _difference(done, first.setdefault(row.dataset, done))
        line |= {f"seed {seed}": np.nan for seed in seeds}
        line |= {f"seed {seed}": answers.correct.mean() for seed, answers in done.items()}
        models = [row.lab(profile, seed).need(f"models/{row.name}.keras") for seed in done]
        line["minutes"] = np.mean([cards.read_card(path)["seconds"] / 60 for path in models])
        lines.append(line)
    return pd.DataFrame(lines)


def _answers(row: Row, profile: str, seed: int) -> Predictions:
    path = row.lab(profile, seed).need(f"predictions/{row.name}.csv")
    return read_predictions(path).subset("validation")


def _difference(done: dict[int, Predictions], first: dict[int, Predictions]) -> dict[str, float]:
    """How many more faces are right than in the first row, on the same faces and seeds."""
    names = ("difference", "difference_low", "difference_high")
    gained = [
        done[seed].correct * 1.0 - first[seed].correct
        for seed in done.keys() & first.keys()
        if done is not first and list(done[seed].ids) == list(first[seed].ids)
    ]
    if not gained:
        return dict.fromkeys(names, np.nan)
    return dict(zip(names, mean_interval(np.mean(gained, axis=0)), strict=True))


def write(found: pd.DataFrame, profile: str, trainings: int, out: Path, command: str) -> None:
    """The table as OUT.csv, the page OUT.md, and its picture OUT.png."""
    if found.empty:
        return
    seeds = [column for column in found if column.startswith("seed ")]
    write_whole(out.with_name(f"{out.name}.csv"), lambda path: found.to_csv(path, index=False))
    found, shared = shortened(found)
    save_figure(draw(found, seeds), out.with_name(f"{out.name}.png"))
    head = ["row", "data set", "changes", "accuracy", "spread", *seeds, "difference", "minutes"]
    page = PAGE.format(
        title=out.name,
        command=command,
        done=int(found[seeds].notna().sum().sum()),
        all=trainings,
        profile=profile,
        hardware=describe()["device"],
        shared=f" All rows: {shared}." if shared else "",
        picture=f"{out.name}.png",
        head=" | ".join(head),
        rule=" --- |" * len(head),
        lines="\n".join(_line(numbers, seeds) for _, numbers in found.iterrows()),
        remark=f"\n{DRAWN}\n" if any(map(are_drawn, found["dataset"])) else "",
    )
    write_text(out.with_name(f"{out.name}.md"), page)


def shortened(found: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The table without what all rows have in common, and the changes that all of them make."""
    if len(found) < 2:
        return found, ""
    begin = commonprefix(list(found["row"]))
    begin = begin[: begin.rfind("-") + 1]
    changes = [row.split(", ") for row in found["changes"]]
    shared = [one for one in changes[0] if all(one in row for row in changes)]
    own = [", ".join(one for one in row if one not in shared) for row in changes]
    rows = found["row"].str.removeprefix(begin)
    return found.assign(row=rows, changes=own), ", ".join(filter(None, shared))


def _line(of: pd.Series, seeds: Sequence[str]) -> str:
    """One line of the page's table, in percent."""
    accuracy = f"{_percent(of.accuracy)} ({_percent(of.low)} to {_percent(of.high)})"
    difference = [of.difference, of.difference_low, of.difference_high]
    value, low, high = (_percent(one, sign="+") for one in difference)
    cells = [of.row, of.dataset, of.changes or "nothing", accuracy, _percent(of.spread)]
    cells += [_percent(of[seed]) for seed in seeds]
    cells += [f"{value} ({low} to {high})" if value else "", f"{of.minutes:.1f}"]
    return f"| {' | '.join(cells)} |"


def as_text(found: pd.DataFrame) -> str:
    """The table for a terminal: each row's accuracy with its interval, and its difference."""
    width = max(map(len, found["row"]), default=0)
    return "\n".join(
        f"{of.row:<{width}}  {of.dataset}  {_percent(of.accuracy)} % "
        f"({_percent(of.low)} to {_percent(of.high)})  {_percent(of.difference, sign='+')}".rstrip()
        for of in found.itertuples()
    )


def _percent(share: float, sign: str = "") -> str:
    return "" if np.isnan(share) else f"{100 * share:{sign}.1f}"


def draw(found: pd.DataFrame, seeds: Sequence[str]) -> Any:
    """For each row the mean accuracy with its interval, and a small dot for each seed."""
    names = found["row"]
    if found["dataset"].nunique() > 1:
        names = names + " on " + found["dataset"]
    figure, ax = plt.subplots(figsize=(7, 0.4 * len(found) + 1.5), layout="constrained")
    value, low, high = (100 * found[name] for name in ("accuracy", "low", "high"))
    ax.errorbar(value, names, xerr=[value - low, high - value], fmt="o", capsize=4)
    for seed in seeds:
        ax.plot(100 * found[seed], names, "x", color="grey")
    ax.set(
        xlabel="mean in %, with its 95 % interval; × each seed",
        ylim=(len(found) - 0.5, -0.5),
        title=f"Validation accuracy on {', '.join(found['dataset'].unique())} faces",
    )
    ax.spines[["top", "right"]].set_visible(False)
    return figure
