"""One comparison: what is asked for, found, measured and summarised."""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.clock import SystemClock
from hotloop.base.conditions import read_conditions
from hotloop.base.machine import Conditions, doubts, read_machine
from hotloop.base.values import seed_or_new
from hotloop.compare.assistant import Assistant
from hotloop.compare.check import Answers, Checker, Rule
from hotloop.compare.contenders import Entrant, Input, contender
from hotloop.compare.result import Check, Comparison, Task
from hotloop.compare.summary import Entry, RunFacts, comparisons, fewest_sets, summarise
from hotloop.report.progress import Progress
from hotloop.timing.measure import Plan, measure
from hotloop.timing.processes import ProcessExecutor
from hotloop.timing.record import Measurement

# What decides how fast the contenders are; the versions are stored with the result.
DISTRIBUTIONS = ("hotloop", "numpy", "numba", "cython")
# More processes make the intervals narrower, fewer leave more of the time to the calls.
SETS = 16


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


def conditions_now() -> Conditions:
    """To be read before anything of ours runs."""
    return read_conditions()


@contextmanager
def workplace(python: str | None) -> Iterator[tuple[Path, Assistant]]:
    """A folder for answers, and the process that knows the user's modules."""
    with (
        tempfile.TemporaryDirectory(prefix="hotloop-") as name,
        Assistant(Path(name), python) as assistant,
    ):
        yield Path(name), assistant


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
    measurement = _measure(request, conditions, folder, checker, progress)
    facts = RunFacts(
        machine=machine,
        task=_task(request),
        check=Check(checker.reference, checker.sentence()),
        doubts=doubts(conditions),
        remarks=tuple(checker.remarks()),
        elapsed_s=time.perf_counter() - start_s,
    )
    return summarise([(measurement, entries(request.entrants))], facts)


def asked(given: Input, seed: int) -> Mapping[str, object]:
    """What the judge needs to make the input."""
    return {"problem": given.described(), "setup": given.setup, "seed": seed}


def entries(entrants: Sequence[Entrant], size: float | None = None) -> list[Entry]:
    """What is known of each before it is measured."""
    return [
        Entry(entrant.name, entrant.source.code, entrant.source.python, size, entrant.failure)
        for entrant in entrants
    ]


def _measure(
    request: Request, conditions: Conditions, folder: Path, checker: Checker, progress: Progress
) -> Measurement:
    able = [entrant for entrant in request.entrants if entrant.failure is None]
    fewest = fewest_sets(comparisons(len(able)))
    is_checked = not request.rule.is_none
    return measure(
        [contender(e, request.given, request.seed, request.fresh, is_checked) for e in able],
        ProcessExecutor(
            call_limit_s=lambda _name: request.patience_s,
            cpu=conditions.idlest_cpu,
            read_answer=Answers(folder).read,
        ),
        Plan(request.seed, request.budget_s, max(SETS, fewest), fewest),
        checker.judge,
        SystemClock(),
        progress.report,
    )


def _task(request: Request) -> Task:
    are_statements = all(entrant.source.statement for entrant in request.entrants)
    return Task(
        kind="statements" if are_statements else "functions",
        input=request.label,
        setup=request.given.setup,
        fresh=request.fresh,
        check=request.rule.name,
    )


def new_seed(seed: int | None) -> int:
    """The seed of the order and of the input."""
    return seed_or_new(seed)
