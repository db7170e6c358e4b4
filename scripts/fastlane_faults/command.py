"""``scripts/fastlane-faults``: schedule after schedule, every variant of one at the same time.

Exit codes: 0 no promise was broken, 1 one was (its seed is printed), 2 usage, 4 nothing could be
run, 130 interrupted.
"""

import argparse
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from hotloop.base.errors import HotloopError, MeasurementError, UsageError
from scripts import frame, records
from scripts.fastlane_faults.record import Run
from scripts.fastlane_faults.schedule import rate_per_s, schedule
from scripts.tables import table
from stream.broker import start
from stream.cluster.place import Place
from stream.faults.run import run
from stream.kafka.running import Broker

VARIANTS = ("faust", "faust_event", "faust_bulk")
EXIT_BROKEN = 1
USAGE = """
  .venv/bin/python scripts/fastlane-faults --schedules 20
  .venv/bin/python scripts/fastlane-faults --schedules 1 --seed 417    one of them again
  .venv/bin/python scripts/fastlane-faults --sum runs.jsonl            the table of earlier runs
"""


def main(arguments: Sequence[str]) -> int:
    """Run the schedules and print the table; returns the exit code."""
    parser = frame.parser(
        "fastlane-faults", "Random fault schedules for stock Faust and its lanes.", USAGE
    )
    parser.add_argument("--schedules", type=int, default=10, help="(default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the first (default: %(default)s)")
    parser.add_argument("--runs", type=Path, help="append each run to this file as a line of JSON")
    parser.add_argument("--sum", type=Path, help="run nothing, sum up this file")
    namespace = parser.parse_args(arguments)
    return frame.exit_code("fastlane-faults", lambda: _run(namespace))


def _run(namespace: argparse.Namespace) -> int:
    if namespace.sum is not None:
        runs = records.read(namespace.sum, Run)
    else:
        if namespace.schedules < 1:
            raise UsageError(f"--schedules {namespace.schedules}: give at least 1")
        runs = _all(namespace.schedules, namespace.seed, namespace.runs)
    print(*summed(runs), sep="\n")
    if any(one.verdict == "broken" for one in runs):
        return EXIT_BROKEN
    if all(one.verdict == "untested" for one in runs):
        raise MeasurementError("no schedule could be carried out")
    return 0


def _all(schedules: int, first: int, file: Path | None) -> list[Run]:
    runs: list[Run] = []
    with (
        tempfile.TemporaryDirectory(prefix="fastlane-faults-") as folder,
        start() as broker,
        ThreadPoolExecutor(len(VARIANTS)) as pool,
    ):
        for seed in range(first, first + schedules):
            for one in list(pool.map(partial(_one, broker, Path(folder), seed), VARIANTS)):
                runs.append(one)
                if file is not None:
                    records.append(file, one)
                print(f"{one.seed}  {one.variant:<12} {one.verdict:<9} {_told(one)}", flush=True)
    return runs


def _one(broker: Broker, folder: Path, seed: int, variant: str) -> Run:
    fault = schedule(seed)
    own = folder / f"{seed}-{variant}"
    own.mkdir()
    place = Place(broker.bootstrap, broker.nodes, None, own, None)
    try:
        went = run(place, broker, fault, variant, rate_per_s(seed), seed)
    except HotloopError as error:
        return Run(seed, variant, fault.idea, "untested", str(error), None, None)
    finally:
        place.tidy()
    told = went.verdict
    verdict = "broken" if told.broken else "untested" if told.untested else "kept"
    reason = told.broken or told.untested
    return Run(seed, variant, fault.idea, verdict, reason, went.account, went.repeated.longest_s)


def _told(one: Run) -> str:
    if one.account is None:
        return f"{one.reason}"
    counts = f"{one.account.sent} sent, {one.account.lost} lost, {one.account.duplicated} twice"
    return counts if one.reason is None else f"{counts}: {one.reason}"


def summed(runs: Sequence[Run]) -> list[str]:
    """A row for each variant."""
    rows = []
    for variant in VARIANTS:
        mine = [one for one in runs if one.variant == variant]
        accounts = [one.account for one in mine if one.account is not None]
        if not accounts:
            continue
        total = sum(accounts[1:], accounts[0])
        rows.append(
            [
                f"`{variant}`",
                f"{sum(one.verdict == 'kept' for one in mine)}",
                f"{sum(one.verdict == 'broken' for one in mine)}",
                f"{sum(one.verdict == 'untested' for one in mine)}",
                f"{total.acknowledged:,}",
                f"{total.lost:,}",
                f"{total.duplicated:,}",
                f"{max(one.longest_s or 0.0 for one in mine):.1f} s",
                f"{total.bad:,}",
            ]
        )
    head = ["variant", "kept", "broken", "untested", "records", "lost", "twice", "longest", "bad"]
    return table(head, rows)
