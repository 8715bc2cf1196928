"""How fast the built-in faces are drawn, on one core and on all.

    python benchmarks/synthetic.py [--faces 1000]

Each face counts with its thermal picture and its ten votes. The start of the worker processes is
part of the time on all cores.
"""

import argparse
import time

from fer_kit import synthetic
from fer_kit.processes import cores

WAYS = {
    "visible only, one core": {"infrared": False, "workers": 1},
    "visible and thermal, one core": {"workers": 1},
    "visible and thermal, all cores": {},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, default=1000, help="how many to draw each way")
    count = parser.parse_args().faces
    synthetic.generate(50, 0, 0, progress=False)  # the first faces also fill the tables of noise
    print(f"{count:,} faces, 48×48; {cores()} cores\n")
    print(f"{'way':<32}{'seconds':>9}{'processor':>11}{'faces/s':>9}")
    for name, options in WAYS.items():
        clock, processor = time.perf_counter(), time.process_time()
        synthetic.generate(count, 0, 0, progress=False, **options)
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        busy = f"{processor:.1f}" if options else ""  # of this process, not of the workers
        print(f"{name:<32}{clock:>9.1f}{busy:>11}{count / clock:>9.0f}")


if __name__ == "__main__":
    main()
