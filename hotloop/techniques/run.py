"""One attempt: examined, built, tried one by one, then timed together in turns by ``compare``."""

import statistics
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hotloop.base.clock import SystemClock
from hotloop.base.conditions import read_conditions
from hotloop.base.errors import MeasurementError
from hotloop.base.machine import Conditions
from hotloop.base.outcome import Status
from hotloop.base.units import duration, factor
from hotloop.base.values import seed_or_new
from hotloop.compare.assistant import Assistant, workplace
from hotloop.compare.check import Answers, Checker
from hotloop.compare.contenders import Entrant, Input, Source, contender
from hotloop.compare.result import Check, Comparison
from hotloop.compare.run import Request, asked, compare
from hotloop.compare.summary import SENTENCES, UNAVAILABLE, ending, said
from hotloop.report.progress import Progress
from hotloop.techniques.advice import advice
from hotloop.techniques.builds import Builds, Built, Recipe, module_name
from hotloop.techniques.examine import Examined, examine
from hotloop.techniques.hints import hints
from hotloop.techniques.ladder import (
    ASKED_FOR,
    CONVERTED,
    CYTHON,
    MYPYC,
    NUMBA,
    PYTHRAN,
    REFERENCE,
    RUNGS,
    TYPED,
    Rung,
)
from hotloop.techniques.options import Options
from hotloop.techniques.pythons import interpreters
from hotloop.techniques.result import AS_IT_IS, Attempt, LineLeft, Technique
from hotloop.techniques.write import Ready, write
from hotloop.timing.children import DIED, HUNG, Lost
from hotloop.timing.measure import Plan, measure
from hotloop.timing.processes import ProcessExecutor
from hotloop.timing.record import Failure, Stage

TARGET = "hotloop.techniques.inside.workload:prepare"
# A compiler at work in the first call may take so much longer than the call.
COMPILING_S = 90.0
# Long enough for a first figure, which the table does not use.
TRIAL_BUDGET_S = 0.02
# What is built and tried takes about as long as what is timed.
TRIED_PART = 0.5
# How a process makes the function that it calls; see ``inside.workload``.
HOW = {NUMBA: "numba", CONVERTED: "numba converted", PYTHRAN: "pythran"}
BUILT = (CYTHON, TYPED, MYPYC, PYTHRAN)


@dataclass(frozen=True, slots=True)
class Tried:
    """A technique after its trial; ``entrant.failure``: why it is not timed."""

    rung: Rung
    entrant: Entrant
    seconds: float | None = None
    first_call_s: float | None = None
    built: Built | None = None


@dataclass(frozen=True, slots=True)
class _Phase:
    """A part of the progress."""

    whole: Progress
    start: float
    part: float

    def report(self, what: str, done: float) -> None:
        self.whole.report(what, self.start + self.part * done)

    def note(self, text: str) -> None:
        self.whole.note(text)


@dataclass(frozen=True, slots=True)
class _Trials:
    """What all trials have in common."""

    options: Options
    source: Source
    given: Input
    seed: int
    examined: Examined
    builds: Builds
    folder: Path
    checker: Checker
    conditions: Conditions

    def run(self, rung: Rung, progress: Progress, reference_s: float | None) -> Tried:
        """Build it and call it, in processes of its own; says on ``progress`` how that went."""
        progress.report(f"trying {rung.name}", 0.0)
        tried = self._prepared(rung)
        if tried.entrant.failure is None:
            tried = self._measured(tried)
        progress.note(_told(tried, reference_s))
        return tried

    def _prepared(self, rung: Rung) -> Tried:
        """The contender, or why there is none."""
        how = {"how": HOW.get(rung.name, "as it is"), "cache": str(self.folder / "numba")}
        entrant = Entrant(rung.name, self.source, None, TARGET, {"technique": how})
        refused = refusal(rung, self.examined)
        if refused is not None:
            return Tried(rung, replace(entrant, failure=refused))
        if rung.python is not None:
            return Tried(rung, replace(entrant, source=replace(self.source, python=rung.python)))
        if rung.name not in BUILT:
            return Tried(rung, entrant)
        built = self.builds.finish(rung.name)
        if isinstance(built, Lost):
            return Tried(rung, replace(entrant, failure=_unavailable(_said(built))))
        if rung.name == PYTHRAN:
            # It has the function, and nothing else of the file.
            settings = {"technique": {**how, "extension": str(built.extension)}}
            return Tried(rung, replace(entrant, settings=settings), built=built)
        compiled = replace(self.source, extension=built.extension)
        return Tried(rung, replace(entrant, source=compiled), built=built)

    def _measured(self, tried: Tried) -> Tried:
        """After a first call, the check of its answers, and a few samples."""
        entrant = tried.entrant
        fresh = self.examined.changes_arguments
        measurement = measure(
            [contender(entrant, self.given, self.seed, fresh, is_checked=True)],
            ProcessExecutor(
                call_limit_s=lambda _name: self.options.patience_s + COMPILING_S,
                cpu=self.conditions.idlest_cpu,
                read_answer=Answers(self.folder).read,
            ),
            Plan(self.seed, TRIAL_BUDGET_S, 1),
            self.checker.judge,
            SystemClock(),
            lambda _what, _done: None,
        )
        runs = measurement.runs_of(entrant.name)
        if not runs:
            failure = measurement.failures[entrant.name]
            # What another interpreter lacks is no fault of the function's.
            if tried.rung.python is not None and failure.stage is Stage.SET_UP:
                failure = _unavailable(said(failure.error, failure.message))
            return replace(tried, entrant=replace(entrant, failure=_as_answer(failure)))
        samples = [sample for run in runs for sample in run.samples_s]
        return replace(tried, seconds=statistics.median(samples), first_call_s=runs[0].first_call_s)


def attempt(options: Options, progress: Progress, start_s: float) -> Attempt:
    """The whole ladder of one function; ``start_s``: when the user began to wait."""
    source = options.source
    assert source is not None
    assert source.path is not None
    # Who is busy is to be known before anything of ours runs.
    conditions, seed = read_conditions(), seed_or_new(options.seed)
    named = None if options.pythons is None else interpreters(options.pythons)
    home = None if options.args is not None else source.whole
    given = Input(options.setup, options.args, home)
    with workplace(None) as (folder, assistant), Builds(folder) as builds:
        assistant.know([source.described()])
        if "cython" in options.techniques:
            builds.add(_recipe(CYTHON, "cython", source, watched=None))
        progress.report("looking at the function", 0.0)
        question = {"source": source.described(), **asked(given, seed)}
        examined = examine(question, options.patience_s, folder)
        _add_builds(builds, options, source, examined)
        # Those that are found are asked meanwhile: each may take a while to start.
        others = [
            Rung("python", each.label, "none: another Python", 0, python=each.program)
            for each in (interpreters(None) if named is None else named)
        ]
        checker = Checker(options.rule, assistant, asked(given, seed))
        trials = _Trials(
            options, source, given, seed, examined, builds, folder, checker, conditions
        )
        tried = list(_tried(trials, others, progress))
        comparison = _together(trials, tried, assistant, progress, start_s)
        if options.write is not None:
            ready = [
                Ready(one.rung.name, one.built)
                for one, row in zip(tried, comparison.contenders, strict=True)
                if row.status is Status.OK
            ]
            names = write(options.write, source, ready, options.args, options.setup)
            progress.note(f"written to {options.write}: {', '.join(names) or 'nothing'}")
    return _attempt(source, examined, tried, comparison)


def _add_builds(builds: Builds, options: Options, source: Source, examined: Examined) -> None:
    """All that can be built once types are known."""
    if examined.watched is not None:
        if "typed" in options.techniques:
            builds.add(_recipe(TYPED, "cython", source, watched=examined.watched))
        if "mypyc" in options.techniques:
            builds.add(_recipe(MYPYC, "mypyc", source, watched=examined.watched))
    (pythran,) = ASKED_FOR
    if "pythran" in options.techniques and refusal(pythran, examined) is None:
        types = list(examined.pythran)
        builds.add(_recipe(PYTHRAN, "pythran", source, function=source.function, types=types))


def _recipe(name: str, command: str, source: Source, **arguments: object) -> Recipe:
    assert source.path is not None
    return Recipe(name, command, source.path, module_name(source.path), arguments)


def _tried(trials: _Trials, others: list[Rung], progress: Progress) -> Iterator[Tried]:
    """The function as it is, then each technique, in the order of the ladder.

    What is still being built is tried after what is ready. Raises MeasurementError if the function
    cannot be timed.
    """
    reference = trials.run(REFERENCE, _Phase(progress, 0.0, TRIED_PART), None)
    failure = reference.entrant.failure
    if failure is not None:
        raise MeasurementError(f"{trials.source.code}: {ending(failure)[1]}")
    yield reference
    rungs = [rung for rung in RUNGS if _is_asked(rung, trials)]
    rungs += [*others, *(rung for rung in ASKED_FOR if _is_asked(rung, trials))]
    waiting = list(rungs)
    tried: dict[Rung, Tried] = {}
    while waiting:
        trials.builds.look()
        rung = next_of(waiting, trials.builds.done, trials.examined)
        waiting.remove(rung)
        start = TRIED_PART * (len(tried) + 1) / (len(rungs) + 1)
        tried[rung] = trials.run(rung, _Phase(progress, start, 0.0), reference.seconds)
    yield from (tried[rung] for rung in rungs)


def next_of(waiting: Sequence[Rung], built: Container[str], examined: Examined) -> Rung:
    """The first for which nothing needs to be waited for; if there is none, the first."""
    for rung in waiting:
        if rung.name not in BUILT or rung.name in built or refusal(rung, examined) is not None:
            return rung
    return waiting[0]


def _is_asked(rung: Rung, trials: _Trials) -> bool:
    # With nothing to convert, it would be the same thing twice.
    is_other = rung.name != CONVERTED or trials.examined.converts
    return rung.key in trials.options.techniques and is_other


def refusal(rung: Rung, examined: Examined) -> Failure | None:
    """Why a technique is not even tried."""
    seen = examined.seen
    if rung.name in (TYPED, MYPYC) and seen.unwatched is not None:
        return _unavailable(f"no types are known: {seen.unwatched}")
    if not rung.wraps:
        return None
    if rung.name == PYTHRAN and None in examined.pythran:
        number = examined.pythran.index(None) + 1
        return _unavailable(f"it has no type for argument {number}: {seen.arguments[number - 1]}")
    if seen.wide:
        more = f", and {len(seen.wide) - 1} more" if len(seen.wide) > 1 else ""
        place = seen.wide[0]
        does = "would round" if place.divided else "would wrap in silence"
        return _wrong(f"{place.sentence}{more}: {rung.key} {does}")
    if seen.unwatched is not None:
        risk = f"its integers may be too wide, {rung.key} would wrap them in silence"
        return _wrong(f"{risk}: {seen.unwatched}")
    return None


def _as_answer(failure: Failure) -> Failure:
    """An exception of the function's own, which the original does not raise, is a wrong answer."""
    is_own = failure.error not in {UNAVAILABLE, DIED, HUNG, *SENTENCES}
    if failure.stage is not Stage.FIRST_CALL or not is_own:
        return failure
    return _wrong(f"it raises {said(failure.error, failure.message)}, where the original returns")


def _wrong(why: str) -> Failure:
    """As the check of the answers says it."""
    return Failure(Stage.CHECK, "WrongAnswer", why)


def _unavailable(why: str) -> Failure:
    return Failure(Stage.SET_UP, UNAVAILABLE, why)


def _said(lost: Lost) -> str:
    return lost.message if lost.error == UNAVAILABLE else said(lost.error, lost.message)


def _told(tried: Tried, reference_s: float | None) -> str:
    """How the trial went, in a line."""
    name = tried.rung.name
    if tried.seconds is None:
        assert tried.entrant.failure is not None
        return f"{name}: {ending(tried.entrant.failure)[1]}"
    if reference_s is None:
        return f"{name}: about {duration(tried.seconds)}"
    ratio = factor(reference_s / tried.seconds)
    return f"{name}: about {duration(tried.seconds)}, {ratio}, equal on this example"


def _together(
    trials: _Trials,
    tried: list[Tried],
    assistant: Assistant,
    progress: Progress,
    start_s: float,
) -> Comparison:
    """All that could be tried, timed in turns."""
    seen, options = trials.examined.seen, trials.options
    request = Request(
        entrants=tuple(one.entrant for one in tried),
        given=trials.given,
        label=f"{trials.source.function}({', '.join(seen.arguments)})",
        rule=options.rule,
        fresh=trials.examined.changes_arguments,
        budget_s=options.budget_s,
        patience_s=options.patience_s + COMPILING_S,
        seed=trials.seed,
    )
    phase = _Phase(progress, TRIED_PART, 1 - TRIED_PART)
    found = compare(request, trials.conditions, trials.folder, assistant, phase, start_s)
    # The machine code of the trial is kept, so that later first calls compile nothing.
    first = {one.rung.name: one.first_call_s for one in tried}
    rows = tuple(
        replace(row, first_call_seconds=first[row.name]) if row.seconds is not None else row
        for row in found.contenders
    )
    return replace(found, contenders=rows, check=Check(AS_IT_IS, _sentence(trials)))


def _sentence(trials: _Trials) -> str:
    examples, rule = trials.examined.seen.examples, trials.options.rule
    where = "this example" if examples == 1 else f"these {examples} examples"
    floats = f"floats within {rule.close:g}" if rule.close else "bits"
    return (
        f"what is timed is equal on {where}: types, {floats}, order, exceptions, and arguments "
        "afterwards"
    )


def _attempt(
    source: Source, examined: Examined, tried: list[Tried], comparison: Comparison
) -> Attempt:
    techniques = tuple(_technique(one) for one in tried)
    rows = list(zip(techniques, comparison.contenders, strict=True))
    return Attempt(
        function=source.code,
        seen=examined.seen,
        techniques=techniques,
        hints=hints(source, examined.seen),
        advice=advice(examined.seen, rows),
        comparison=comparison,
    )


def _technique(one: Tried) -> Technique:
    facts = {} if one.built is None else one.built.facts
    return Technique(
        name=one.rung.name,
        change=one.rung.change,
        cost=one.rung.cost,
        compile_seconds=facts.get("seconds"),
        lines=tuple(LineLeft(line, score) for line, score in facts.get("lines", ())),
    )
