"""The command: tries causes in turn for some time, then prints how often each was named."""

import itertools
import os
import platform
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from hotloop import cli
from hotloop.base.errors import MeasurementError, UsageError
from hotloop.gate import measure as gate_measure
from hotloop.gate import options as gate_options
from hotloop.gate.explain.explain import explain
from hotloop.gate.explanation import Explanation, Ground
from hotloop.gate.options import Options
from hotloop.gate.result import BenchmarkResult, conclude
from hotloop.gate.verdicts import Verdict
from hotloop.report.progress import progress_on
from scripts import frame, records
from scripts.attempts import SECONDS_PER_HOUR, Attempts, parse_names, say
from scripts.explain_rates.causes import CAUSES, Cause, base
from scripts.explain_rates.record import Trial
from scripts.explain_rates.report import SMALLEST_RATIO, render
from scripts.repositories import commit, git

SCRIPT = "scripts/explain-error-rates"
USAGE = """
Each trial is a commit of a small shop that differs from base by one made cause, of a strength that
is drawn. The gate judges it for some seconds, and explains it as it was measured, flagged or not:
on a busy machine these seconds may not suffice. Controls (nothing changed, words, unused code) are
explained as if they were slower by 2 %.

scripts/explain-error-rates FOLDER --hours 1     try causes in turn; FOLDER keeps them
scripts/explain-error-rates FOLDER --report      the table of all trials so far, or of a file
"""
RECORD = "trials.jsonl"
BASE, HEAD = "base", "head"
# What a control is taken to be slower by.
CONTROL_RATIO = 1.02
BUDGET_S = "8"


def main(arguments: Sequence[str]) -> int:
    """Try and report; returns the exit code."""
    parser = frame.parser(SCRIPT, "How often --explain names the right cause.", USAGE)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--hours", type=float, default=0.0, help="how long to try")
    parser.add_argument("--causes", default=",".join(CAUSES), help="some of them, by name")
    parser.add_argument("--seed", type=int, default=1)
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
            _try(asked.folder, names, asked.hours, random.Random(asked.seed))
        print(render(records.read(file, Trial)))
        return 0

    return frame.exit_code(SCRIPT, run)


def _try(folder: Path, names: Sequence[str], hours: float, chance: random.Random) -> None:
    """Each cause in turn, at least one, until the time is over."""
    attempts = Attempts()
    end_s = time.monotonic() + hours * SECONDS_PER_HOUR
    shop = _shop(folder)
    for name in itertools.cycle(names):
        trial = attempts.make(name, partial(_trial, shop, name, chance))
        if trial is not None:
            records.append(folder / RECORD, trial)
            said = ", ".join(trial.named) or trial.reason
            say(f"{name}: {trial.ratio - 1:+.1%} {trial.ground} {said}")
        if time.monotonic() > end_s:
            return


def _shop(folder: Path) -> Path:
    """The repository, with base committed; an earlier one goes on."""
    shop = folder.resolve() / "shop"
    if not shop.is_dir():
        shop.mkdir()
        git(shop, "init", "--quiet", "--initial-branch", BASE)
        _write(shop, base())
        commit(shop, BASE)
    return shop


def _trial(shop: Path, name: str, chance: random.Random) -> Trial:
    cause = CAUSES[name]
    git(shop, "checkout", "--quiet", "-B", HEAD, BASE)
    # A commit of its own, even if nothing changed.
    _write(shop, {**cause.files(chance), "trial.txt": f"{chance.getrandbits(64)}\n"})
    commit(shop, cause.words)
    return _judged(shop, name, cause, chance.getrandbits(32))


def _write(shop: Path, files: Mapping[str, str]) -> None:
    for path, content in files.items():
        place = shop / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, encoding="utf-8")


def _judged(shop: Path, name: str, cause: Cause, seed: int) -> Trial:
    words = (BASE, HEAD, "--config", str(shop / "asv.conf.json"), "--budget", BUDGET_S)
    options = _options(*words, "--seed", str(seed))
    assert options.request is not None
    load = os.getloadavg()[0]
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,  # noqa: PTH123
        progress_on(nowhere, quiet=True) as progress,
        gate_measure.ready(options.request, None, progress) as (prepared, pairs, beginning),
    ):
        result = gate_measure.compare(prepared, pairs, options, beginning, progress)
        (row,) = result.benchmarks
        is_flagged = row.verdict is Verdict.SLOWER
        ratio = CONTROL_RATIO if cause.is_control else row.ratio
        if ratio is None:
            raise MeasurementError(f"{row.label}: {row.reason}")
        row = replace(row, ratio=ratio, low=None, high=None)
        if ratio >= SMALLEST_RATIO or cause.is_control:
            row = replace(row, verdict=Verdict.SLOWER)
            result = replace(result, benchmarks=(row,), verdict=conclude((row,)))
            result = explain(result, prepared, pairs.lanes, lambda *_: None)
    (row,) = result.benchmarks
    return _of(name, row, row.explanation, is_flagged, load)


def _of(
    name: str, row: BenchmarkResult, told: Explanation | None, is_flagged: bool, load: float
) -> Trial:
    return Trial(
        cause=name,
        ratio=row.ratio or 1.0,
        is_flagged=is_flagged,
        ground=told.ground.value if told else Ground.NOTHING.value,
        named=tuple(f"{each.file}:{each.name}" for each in told.named) if told else (),
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
