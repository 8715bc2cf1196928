"""Work through the plan of the models: `fer-kit zoo run --minutes 60`.

It trains what is missing, one after the other, stops in time, ships what is finished, and goes on
where it stopped when it is called again.
"""

import time
from pathlib import Path

from fer_kit import cards
from fer_kit.course import environment
from fer_kit.run import Run
from fer_kit.zoo.ensemble import make_ensemble
from fer_kit.zoo.fit import OutOfTime
from fer_kit.zoo.measure import Bench, measure
from fer_kit.zoo.plan import Planned, read_plan, run_folder, run_name, state
from fer_kit.zoo.ship import ship, write_table
from fer_kit.zoo.train import train_from_scratch


def work(minutes: float, data: str | Path, folder: Path = cards.FOLDER) -> list[str]:
    """Train what is missing, in order, until the time is up; ship what is finished.

    Returns:
        A line for each model that something was done for.
    """
    until, bench, told = time.time() + 60 * minutes, Bench(data), []
    has_gpu = "cores" not in environment.device()
    for planned in read_plan(folder)[0]:
        now = state(planned, folder)
        if now == "shipped" or now.startswith("waits") or (planned.gpu and not has_gpu):
            continue
        if time.time() > until:
            break
        try:
            _train(planned, data, until)
        except OutOfTime:
            told.append(f"{planned.name}: the time is up; it goes on the next time")
            break
        ship(run_folder(planned) / "models" / f"{planned.name}.keras", folder)
        measure(folder / f"{planned.name}.keras", bench)
        told.append(f"{planned.name}: trained and shipped")
    write_table(folder)
    return told


def _train(planned: Planned, data: str | Path, until: float) -> None:
    lab = Run.open(run_name(planned), planned.dataset, data, "full", planned.seed)
    if planned.members:
        make_ensemble(planned.members, lab, planned.name)
    else:
        train_from_scratch(planned.network, planned.recipe, lab, planned.name, until)
