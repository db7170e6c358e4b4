"""One comparison: what is asked for, found, measured and summarised."""

import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hotloop.base.busy import Watch
from hotloop.base.clock import SystemClock
from hotloop.base.conditions import read_conditions
from hotloop.base.machine import Conditions, doubts, read_machine
from hotloop.base.units import duration
from hotloop.base.values import seed_or_new
from hotloop.compare.assistant import Assistant
from hotloop.compare.check import Answers, Checker
from hotloop.compare.commands import CommandExecutor, judge_outputs
from hotloop.compare.contenders import Entrant, Input, contender, named
from hotloop.compare.looks import LOOKS, added_sets, comparisons, confidence_of_each, fewest_sets
from hotloop.compare.options import Options
from hotloop.compare.result import Check, Comparison, Task
from hotloop.compare.rule import Rule
from hotloop.compare.summary import UNAVAILABLE, Entry, RunFacts, summarise
from hotloop.report.progress import Progress
from hotloop.timing.measure import MoreSets, Plan, measure, no_more_sets
from hotloop.timing.memory_layout import unequal_doubts
from hotloop.timing.processes import ProcessExecutor
from hotloop.timing.record import Contender, Failure, Measurement, Run, Stage

# What decides how fast the contenders are; the versions are stored with the result.
DISTRIBUTIONS = ("hotloop", "numpy", "numba", "cython")
# More processes make the intervals narrower, fewer leave more of the time to the calls. 12 sets
# tell apart at the first look unless one is wild; with the 20 of the second, two may be.
SETS = 12
# A run of a command has no unrecorded call before it, and takes long: twice the usual budget.
COMMAND_BUDGETS = 2
# At a new size a call may take this long, whatever the patience is: compilers need some time.
HUNG_S = 30.0


@dataclass(frozen=True, slots=True)
class Request:
    """What to compare, however it was asked for. ``label``: the input in a few words."""

    entrants: tuple[Entrant, ...]
    given: Input
    label: str
    rule: Rule
    fresh: bool
    budget_s: float
    patience_s: float
    seed: int
    sizes: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()


def compare(
    request: Request,
    conditions: Conditions,
    folder: Path,
    assistant: Assistant,
    progress: Progress,
    start_s: float,
) -> Comparison:
    """Check and time the contenders; ``start_s``: when the user began to wait (perf_counter)."""
    machine = read_machine(DISTRIBUTIONS)
    checker = Checker(request.rule, assistant, asked(request.given, request.seed))
    parts = list(_measure_all(request, conditions, folder, checker, progress))
    facts = RunFacts(
        machine=machine,
        task=_task(request),
        check=Check(checker.reference, checker.sentence()),
        doubts=(*doubts(conditions), *unequal_doubts()),
        remarks=(*request.notes, *checker.remarks()),
        elapsed_s=time.perf_counter() - start_s,
        size_name=request.given.size_name,
        looks=_looks(request),
    )
    return summarise(parts, facts)


def compare_commands(
    options: Options, watch: Watch, progress: Progress, start_s: float
) -> Comparison:
    """Time whole commands in turns."""
    assert options.commands is not None
    conditions, machine = read_conditions(watch), read_machine(DISTRIBUTIONS)
    entrants = named(options.sources)
    fewest = fewest_sets(comparisons(len(entrants)), LOOKS)
    wrong: dict[str, str] = {}

    def judge(answers: Mapping[str, object]) -> dict[str, str]:
        found = judge_outputs(options.rule.name, answers)
        wrong.update(found)
        return found

    how = options.commands
    measurement = measure(
        [Contender(e.name, "command:run", {"command": e.source.command}) for e in entrants],
        CommandExecutor(options.patience_s, how.prepare, how.warm_up, how.ignore_failure),
        Plan(seed_or_new(options.seed), COMMAND_BUDGETS * options.budget_s, SETS, fewest),
        judge,
        SystemClock(),
        progress.report,
        _second_look(lambda: entrants[0].name, len(entrants), progress),
    )
    names = ", ".join(wrong)
    said = f"not all print the same: {names}" if names else "all print the same"
    facts = RunFacts(
        machine=machine,
        task=Task("commands", "whole commands", "", False, options.rule.name),
        check=Check(entrants[0].name, "output not compared" if options.rule.is_none else said),
        doubts=doubts(conditions),
        remarks=(),
        elapsed_s=time.perf_counter() - start_s,
        looks=LOOKS,
    )
    return summarise([(measurement, entries(entrants))], facts)


def asked(given: Input, seed: int) -> Mapping[str, object]:
    """What the judge needs to make the input."""
    return {"problem": given.described(), "setup": given.setup, "seed": seed}


def entries(entrants: Sequence[Entrant], size: float | None = None) -> list[Entry]:
    """What is known of each before it is measured."""
    return [
        Entry(entrant.name, entrant.source.code, entrant.source.python, size, entrant.failure)
        for entrant in entrants
    ]


def _measure_all(
    request: Request, conditions: Conditions, folder: Path, checker: Checker, progress: Progress
) -> Iterator[tuple[Measurement, list[Entry]]]:
    """One measurement for each size, or one; who is too slow takes no part in larger ones."""
    if not request.sizes:
        yield _measure(request, conditions, folder, checker, progress), entries(request.entrants)
        return
    known: dict[str, list[tuple[float, float]]] = {}
    for number, size in enumerate(request.sizes):
        checker.next_input()
        at_size = replace(
            request,
            entrants=tuple(_not_too_slow(e, size, known, request) for e in request.entrants),
            given=replace(request.given, size=size),
            budget_s=request.budget_s / len(request.sizes),
        )
        told = _Part(progress, f"{request.given.size_name} = {size:g}", number, len(request.sizes))
        measurement = _measure(at_size, conditions, folder, checker, told)
        for entrant in at_size.entrants:
            runs = measurement.runs_of(entrant.name)
            samples = [sample for run in runs for sample in run.samples_s]
            if samples:
                known.setdefault(entrant.name, []).append((size, statistics.median(samples)))
        yield measurement, entries(at_size.entrants, size)


@dataclass(frozen=True, slots=True)
class _Part:
    """The progress of one size among several."""

    whole: Progress
    what: str
    number: int
    of: int

    def report(self, what: str, done: float) -> None:
        self.whole.report(f"{self.what}: {what}", (self.number + done) / self.of)

    def note(self, text: str) -> None:
        self.whole.note(text)


def _not_too_slow(
    entrant: Entrant, size: float, known: dict[str, list[tuple[float, float]]], request: Request
) -> Entrant:
    """The entrant, or why a call of it at this size would take too long."""
    times = known.get(entrant.name, [])
    if entrant.failure is not None or not times:
        return entrant
    expected_s = _expected_s(times, size)
    if expected_s <= request.patience_s:
        return entrant
    reason = (
        f"not tried: a call would take about {duration(expected_s)}, longer than --patience "
        f"{request.patience_s:g}"
    )
    return replace(entrant, failure=Failure(Stage.SET_UP, UNAVAILABLE, reason))


def _expected_s(times: Sequence[tuple[float, float]], size: float) -> float:
    """A straight line through the last two points, in logarithms; never less than the last."""
    n, seconds = times[-1]
    if len(times) < 2:
        return seconds
    n_before, before_s = times[-2]
    exponent = math.log(seconds / before_s) / math.log(n / n_before)
    return float(seconds * (size / n) ** max(0.0, exponent))


def _measure(
    request: Request, conditions: Conditions, folder: Path, checker: Checker, progress: Progress
) -> Measurement:
    able = [entrant for entrant in request.entrants if entrant.failure is None]
    factors = comparisons(len(request.entrants)) * max(1, len(request.sizes))
    fewest = fewest_sets(factors, _looks(request))
    # With sizes, the intervals of each are narrow enough with the fewest.
    sets = fewest if request.sizes else max(SETS, fewest)
    hung_s = max(request.patience_s, HUNG_S) if request.sizes else request.patience_s
    is_checked = not request.rule.is_none
    return measure(
        [contender(e, request.given, request.seed, request.fresh, is_checked) for e in able],
        ProcessExecutor(
            call_limit_s=lambda _name: hung_s,
            cpu=conditions.idlest_cpu,
            read_answer=Answers(folder).read,
        ),
        Plan(request.seed, request.budget_s, sets, fewest),
        checker.judge,
        SystemClock(),
        progress.report,
        no_more_sets
        if _looks(request) == 1
        else _second_look(lambda: checker.reference, len(request.entrants), progress),
    )


def _looks(request: Request) -> int:
    return 1 if request.sizes else LOOKS


def _second_look(reference: Callable[[], str], contenders: int, progress: Progress) -> MoreSets:
    """How many sets to add; says so. The reference is known once something was measured."""

    def more_sets(runs: Sequence[Run]) -> int:
        added = added_sets(runs, reference(), confidence_of_each(comparisons(contenders)))
        if added:
            progress.note(f"nearly told apart: {added} more sets of processes are measured")
        return added

    return more_sets


def _task(request: Request) -> Task:
    are_statements = all(entrant.source.statement for entrant in request.entrants)
    return Task(
        kind="statements" if are_statements else "functions",
        input=request.label,
        setup=request.given.setup,
        fresh=request.fresh,
        check=request.rule.name,
    )
