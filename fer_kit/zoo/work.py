"""Work through the plan of the models: `fer-kit zoo run --minutes 60`.

It trains what is missing, side by side where there is room, stops in time, ships what is finished,
and goes on where it stopped when it is called again.
"""

import shutil
import time
from concurrent.futures import FIRST_COMPLETED, wait
from functools import partial
from pathlib import Path

from fer_kit import cards
from fer_kit.course.workers import fitting, gpus, side_by_side
from fer_kit.errors import InputError
from fer_kit.files import write_whole
from fer_kit.run import Run
from fer_kit.zoo.ensemble import make_ensemble
from fer_kit.zoo.fit import OutOfTime
from fer_kit.zoo.measure import Bench, measure
from fer_kit.zoo.plan import Planned, read_plan, run_folder, state, trained_file
from fer_kit.zoo.ship import ship, write_table
from fer_kit.zoo.train import train_from_scratch

LATER = "the time is up; it goes on the next time"


def work(
    minutes: float, data: str | Path, folder: Path = cards.FOLDER, workers: int | None = None
) -> dict[str, str]:
    """Train what is missing, in order, until the time is up; ship what is finished.

    A model that cannot be trained does not keep the others from it.

    Args:
        data: fer2013.csv, with FER+'s table beside it.
        workers: trainings at a time; None takes one a GPU, or as many as fit the processor.

    Returns:
        For each model that something was done for, what.
    """
    until, bench = time.time() + 60 * minutes, Bench(data)
    workers, told, running = workers or len(gpus()) or fitting(), {}, {}
    with side_by_side(workers) as executor:
        while True:
            busy = {one.name for one in running.values()}
            waiting = [one for one in startable(folder) if one.name not in busy | told.keys()]
            for one in waiting[: workers - len(running)]:
                running[executor.submit(trained, one, data, until, folder)] = one
            if not running:
                break
            # A model is shipped before the next one starts: others may be waiting for it.
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                one = running.pop(future)
                try:
                    told[one.name] = _shipped(one, bench, folder) if future.result() else LATER
                except InputError as error:
                    told[one.name] = str(error)
    write_table(folder)
    return told


def startable(folder: Path) -> list[Planned]:
    """The models of the plan that are missing, and for whose training everything is there.

    One that does not ship is missing where another that is missing learns from it.
    """
    plan, wanted, lacking = read_plan(folder)[0], set(), set()
    for one in reversed(plan):  # what others learn from comes before them
        now = state(one, folder)
        is_wanted = now != "shipped" if one.ships else one.name in wanted and now != "trained"
        if is_wanted:
            wanted.update(one.needs)
        if is_wanted and not now.startswith("waits"):
            lacking.add(one.name)
    return [one for one in plan if one.name in lacking and (not one.gpu or gpus())]


def trained(planned: Planned, data: str | Path, until: float, folder: Path = cards.FOLDER) -> bool:
    """Train a model, or go on with it; False if it could not be finished in time."""
    lab = Run.open(run_folder(planned).name, planned.dataset, data, "full", planned.seed)
    _bring(planned, folder)
    try:
        if planned.members:
            make_ensemble(planned.members, lab, planned.name)
        else:
            train_from_scratch(planned.network, planned.recipe, lab, planned.name, until)
    except OutOfTime:
        return False
    return True


def _bring(planned: Planned, folder: Path) -> None:
    """Copy what a model learns from, and what does not ship, into its own run, where it is found.

    A run belongs to one data set and one seed.
    """
    for other in read_plan(folder)[0]:
        source, target = trained_file(other), trained_file(planned).with_name(f"{other.name}.keras")
        if other.name in planned.needs and not other.ships and source != target:
            for ending in (".keras", ".json"):  # the card last: without it nobody takes the model
                copy = partial(shutil.copy, source.with_suffix(ending))
                write_whole(target.with_suffix(ending), copy)


def _shipped(planned: Planned, bench: Bench, folder: Path) -> str:
    if not planned.ships:
        return "trained"
    ship(trained_file(planned), folder)
    measure(folder / f"{planned.name}.keras", bench)
    return "trained and shipped"
