"""The command: tries causes in turn for some time, then prints how often each was named."""

import contextlib
import os
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path

from hotloop import cli
from hotloop.base.errors import MeasurementError, UsageError
from hotloop.gate import measure as gate_measure
from hotloop.gate import options as gate_options
from hotloop.gate.build.here import HERE
from hotloop.gate.explain.explain import explanation_of
from hotloop.gate.explain.watched import NotWatched
from hotloop.gate.explanation import Explanation, Ground
from hotloop.gate.measure import Beginning
from hotloop.gate.model import Benchmark, PytestRequest
from hotloop.gate.options import Options
from hotloop.gate.preparation import Prepared
from hotloop.gate.verdicts import Verdict
from hotloop.report.progress import Progress, progress_on
from scripts import frame, records
from scripts.attempts import SECONDS_PER_HOUR, Attempts, parse_names, say
from scripts.explain_rates.batch import BASE, HEAD, Case, cases, repository
from scripts.explain_rates.causes import CAUSES
from scripts.explain_rates.record import Trial
from scripts.explain_rates.report import SMALLEST_RATIO, render

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
    asked = parser.parse_args(arguments)

    def run() -> int:
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
            with _judge(place, suite, seed) as judge:
                for case in left:
                    trial = attempts.make(case.name, partial(judge.trial, case))
                    if trial is not None:
                        records.append(file, trial)
                        said = ", ".join(trial.named) or trial.reason
                        say(f"{case.name}: {trial.ratio - 1:+.1%} {trial.ground} {said}")
                    if time.monotonic() > end_s:
                        return
        seed += 1


def _known(file: Path) -> list[Trial]:
    return records.read(file, Trial) if file.exists() else []


@dataclass(frozen=True, slots=True)
class _Judge:
    """Both sides of a batch, built; says of one case after another what is said of it."""

    seed: int
    suite: Suite
    options: Options
    prepared: Prepared
    lanes: int
    beginning: Beginning
    progress: Progress

    def trial(self, case: Case) -> Trial:
        """Raises MeasurementError if it cannot be measured or profiled."""
        load = os.getloadavg()[0]
        benchmark = self._benchmark(case)
        ratio, is_flagged = CONTROL_RATIO, False
        if not case.cause.is_control:
            ratio, is_flagged = self._judged(benchmark)
        told: Explanation | None = None
        if ratio >= SMALLEST_RATIO or case.cause.is_control:
            try:
                told = explanation_of(
                    benchmark, ratio, CALL_S, self.prepared, self.lanes, case.number, _say_nothing
                )
            except (NotWatched, OSError) as error:
                raise MeasurementError(str(error)) from error
        return _of(self.seed, case, self.suite, ratio, is_flagged, told, load)

    def _benchmark(self, case: Case) -> Benchmark:
        name = case.test if self.suite is Suite.PYTEST else case.asv_id
        return next(each for each in self.prepared.suite.benchmarks if each.name == name)

    def _judged(self, benchmark: Benchmark) -> tuple[float, bool]:
        """Head over base, and whether it is called slower."""
        one = replace(self.prepared.suite, benchmarks=(benchmark,))
        prepared = replace(self.prepared, suite=one)
        pairs = gate_measure.new_executor(prepared, self.lanes)
        result = gate_measure.compare(prepared, pairs, self.options, self.beginning, self.progress)
        (row,) = result.benchmarks
        if row.ratio is None:
            raise MeasurementError(f"{row.label}: {row.reason}")
        return row.ratio, row.verdict is Verdict.SLOWER


@contextlib.contextmanager
def _judge(place: Path, suite: Suite, seed: int) -> Iterator[_Judge]:
    """Of the repository of a batch, whose sides are built."""
    options = _options(BASE, HEAD, "--config", str(place / "asv.conf.json"), "--budget", BUDGET_S)
    request = options.request
    assert request is not None
    if suite is Suite.PYTEST:
        tests = PytestRequest(place, ("tests",))
        request = replace(request, environments=(HERE, HERE), pytest=tests)
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,  # noqa: PTH123
        progress_on(nowhere, quiet=True) as progress,
        gate_measure.ready(request, None, progress) as (prepared, pairs, beginning),
    ):
        yield _Judge(seed, suite, options, prepared, pairs.lanes, beginning, progress)


def _say_nothing(_what: str, _part: float) -> None:
    pass


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
    )


def _options(*words: str) -> Options:
    parser = cli.Parser(prog="hotloop gate", allow_abbrev=False)
    gate_options.add_arguments(parser)
    return gate_options.parse_options(parser.parse_intermixed_args(words))
