"""The command: tries causes in turn for some time, then prints how often each was named."""

import os
import platform
import random
import time
from collections.abc import Sequence
from enum import Enum
from functools import partial
from pathlib import Path

from hotloop.base.errors import UsageError
from hotloop.gate.explanation import Explanation, Ground
from hotloop.gate.model import PytestRequest
from hotloop.gate.verdicts import Verdict
from scripts import frame, records
from scripts.attempts import SECONDS_PER_HOUR, Attempts, parse_names, say
from scripts.explain_rates import simulated
from scripts.explain_rates.batch import BASE, HEAD, Case, cases, repository
from scripts.explain_rates.causes import CAUSES
from scripts.explain_rates.record import Trial
from scripts.explain_rates.report import SMALLEST_RATIO, render
from scripts.judged import Judge, judging

SCRIPT = "scripts/explain-error-rates"
USAGE = """
Each trial is a package that differs from base by one made cause, of a strength that is drawn; all
of a batch are committed and built together. The gate judges a trial for some seconds, and it is
explained as it was measured, flagged or not: on a busy machine these seconds may not suffice.
Controls (nothing changed, words, unused code, edits that cost nothing) are explained as if they
were slower by 2 %, without being measured. Where an earlier run ended, the next goes on.

scripts/explain-error-rates FOLDER --hours 1                  try causes in turn
scripts/explain-error-rates FOLDER --hours 1 --suite pytest   the same, timed by tests
scripts/explain-error-rates FOLDER --report                   the table of all trials so far
scripts/explain-error-rates FILE --report                     the same of a file of trials
scripts/explain-error-rates FOLDER --simulate                 how often the rule itself errs
"""
RECORD = "trials.jsonl"
# What a control is taken to be slower by.
CONTROL_RATIO = 1.02
# All calls are about as long.
CALL_S = 0.5e-3
BUDGET_S = "8"


class Suite(Enum):
    """What times a trial."""

    ASV = "asv"
    PYTEST = "pytest"


def main(arguments: Sequence[str]) -> int:
    """Try and report; returns the exit code."""
    parser = frame.parser(SCRIPT, "How often --explain names the right cause.", USAGE)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--hours", type=float, default=0.0, help="how long to try")
    parser.add_argument("--causes", default=",".join(CAUSES), help="some of them, by name")
    parser.add_argument("--suite", type=Suite, default=Suite.ASV, help="asv (default) or pytest")
    parser.add_argument("--seed", type=int, default=1, help="of the first batch (default: 1)")
    parser.add_argument("--report", action="store_true", help="print the table only")
    parser.add_argument("--simulate", action="store_true", help="simulate the rule, try nothing")
    asked = parser.parse_args(arguments)

    def run() -> int:
        if asked.simulate:
            print(simulated.render(random.Random(asked.seed)))
            return 0
        file = asked.folder
        if file.is_file() and not asked.report:
            raise UsageError(f"{file} is a file: name a folder to try causes in, or add --report")
        if not file.is_file():
            file.mkdir(parents=True, exist_ok=True)
            file /= RECORD
        if not asked.report:
            names = parse_names("--causes", asked.causes, CAUSES)
            _try(asked.folder, file, names, asked.hours, asked.suite, asked.seed)
        print(render(records.read(file, Trial)))
        return 0

    return frame.exit_code(SCRIPT, run)


def _try(
    folder: Path, file: Path, names: Sequence[str], hours: float, suite: Suite, seed: int
) -> None:
    """Batch after batch, at least one trial, until the time is over."""
    attempts = Attempts()
    end_s = time.monotonic() + hours * SECONDS_PER_HOUR
    while True:
        made = cases(seed)
        tried = {
            (trial.number, trial.cause, trial.strength)
            for trial in _known(file)
            if (trial.seed, trial.suite) == (seed, suite.value)
        }
        left = [
            case
            for case in made
            if case.name in names and (case.number, case.name, case.strength) not in tried
        ]
        if left:
            place = repository(folder, made)
            # Of pytest's, asv's configuration counts for nothing.
            words = (BASE, HEAD, "--config", str(place / "asv.conf.json"), "--budget", BUDGET_S)
            tests = PytestRequest(place, ("tests",)) if suite is Suite.PYTEST else None
            with judging(tests, *words) as judge:
                for case in left:
                    trial = attempts.make(case.name, partial(_trial, judge, case, suite, seed))
                    if trial is not None:
                        records.append(file, trial)
                        said = ", ".join(trial.named) or trial.reason
                        say(f"{case.name}: {trial.ratio - 1:+.1%} {trial.ground} {said}")
                    if time.monotonic() > end_s:
                        return
        seed += 1


def _known(file: Path) -> list[Trial]:
    return records.read(file, Trial) if file.exists() else []


def _trial(judge: Judge, case: Case, suite: Suite, seed: int) -> Trial:
    """Raises MeasurementError if it cannot be measured or profiled."""
    load = os.getloadavg()[0]
    benchmark = judge.benchmark(case.test if suite is Suite.PYTEST else case.asv_id)
    ratio, is_flagged = CONTROL_RATIO, False
    if not case.cause.is_control:
        row = judge.row(benchmark)
        ratio, is_flagged = row.ratio or 1.0, row.verdict is Verdict.SLOWER
    told: Explanation | None = None
    if ratio >= SMALLEST_RATIO or case.cause.is_control:
        told = judge.explanation(benchmark, ratio, CALL_S, case.number)
    return _of(seed, case, suite, ratio, is_flagged, told, load)


def _of(
    seed: int,
    case: Case,
    suite: Suite,
    ratio: float,
    is_flagged: bool,
    told: Explanation | None,
    load: float,
) -> Trial:
    named = told.named if told else ()
    return Trial(
        seed=seed,
        number=case.number,
        suite=suite.value,
        cause=case.name,
        strength=case.strength,
        ratio=ratio,
        is_flagged=is_flagged,
        ground=told.ground.value if told else Ground.NOTHING.value,
        named=tuple(f"{case.as_in_cause(each.file or '')}:{each.name}" for each in named),
        attributed=told.attributed if told else None,
        reason=told.reason if told else None,
        seconds=told.seconds if told else 0.0,
        python=platform.python_version(),
        load=load,
        differs=told is not None and case.is_told(told.differences),
    )
