"""From a request to the gate's result: build both sides, take pairs, conclude."""

import contextlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hotloop.base.clock import Clock, SystemClock
from hotloop.base.conditions import read_conditions
from hotloop.base.machine import doubts, read_machine
from hotloop.base.values import seed_or_new
from hotloop.gate import prepare_asv, prepare_pytest, shards
from hotloop.gate.affected.select import Selection, select
from hotloop.gate.arguments import DEFAULT_FLOOR, AskedRule
from hotloop.gate.build.process import Say
from hotloop.gate.confirm import Again, confirm
from hotloop.gate.model import Effort, Request, Stop
from hotloop.gate.options import Options
from hotloop.gate.pairs.executor import PairExecutor
from hotloop.gate.pairs.how_many import Choice
from hotloop.gate.pairs.lanes import lanes_on
from hotloop.gate.pairs.pairs import ProcessPairs
from hotloop.gate.pairs.spawn import variables_of
from hotloop.gate.pairs.trial import choose_lanes
from hotloop.gate.preparation import Prepared
from hotloop.gate.result import GateResult
from hotloop.gate.rule import campaign
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.limits import Limits
from hotloop.gate.source import project
from hotloop.gate.summary import GateContext, judge_again, summarise
from hotloop.gate.verdicts import DEFAULT_FALSE_ALARMS, Control
from hotloop.report.progress import Progress
from hotloop.timing.memory_layout import UNEQUAL, hash_seed

# What decides how it was measured; the versions are stored with the result.
DISTRIBUTIONS = ("hotloop", "asv", "asv_runner", "numpy", "scipy")
UNEQUAL_LAYOUTS = f"{UNEQUAL}: pairs differ more, and more pairs or time are needed"
# A second pair only if the first gave no figure, which may have been bad luck.
QUICK_PAIRS = 2


@dataclass(frozen=True, slots=True)
class Beginning:
    """When it began, by which clock, and what was doubtful about the machine then.

    ``lanes``: how many pairs are measured at once, and why; None: unknown.
    """

    clock: Clock
    start_ns: int
    warnings: tuple[str, ...]
    lanes: Choice | None = None


def measure(request: Request, options: Options, progress: Progress) -> GateResult:
    """Build, find the benchmarks, take pairs, judge.

    Ctrl-C while building ends it with KeyboardInterrupt, while measuring with the result
    so far. Raises UsageError and MeasurementError of whatever comes in between.
    """
    with ready(request, options.lanes, progress) as (prepared, pairs, beginning):
        mine = shards.part_of(prepared, options.shard)
        selection = select(mine, progress.report) if request.affected else None
        return compare(prepared, pairs, options, beginning, progress, selection)


@contextlib.contextmanager
def ready(
    request: Request, lanes: int | None, progress: Progress
) -> Iterator[tuple[Prepared, ProcessPairs, Beginning]]:
    """Everything built and found; nobody else may use the builds before the context ends.

    ``lanes``: how many pairs at once; None: decide it now.
    """
    if request.pytest is not None and request.pytest.is_found:
        progress.note("no asv.conf.json here: taking the project's pytest suite, as with --pytest")
    clock = SystemClock()
    beginning = Beginning(clock, clock.now_ns(), doubts(read_conditions()))
    with _prepared(request, lambda what: progress.report(what, 0.0)) as prepared:
        choice = choose_lanes() if lanes is None else Choice(lanes, f"as --lanes {lanes} says")
        beginning = replace(beginning, lanes=choice)
        pairs = new_executor(prepared, choice.lanes, rough_at_first=True)
        if not pairs.equal_layout:
            beginning = replace(beginning, warnings=(*beginning.warnings, UNEQUAL_LAYOUTS))
        yield prepared, pairs, beginning


def _prepared(request: Request, say: Say) -> contextlib.AbstractContextManager[Prepared]:
    """By the kind of suite."""
    if request.pytest is not None:
        return prepare_pytest.prepare(request, request.pytest, say)
    return prepare_asv.prepare(project.load(request.config), request, say)


def new_executor(prepared: Prepared, lanes: int, rough_at_first: bool = False) -> ProcessPairs:
    """Pairs of what is prepared, so many at once."""
    base, head, may_fork = prepared.base, prepared.head, prepared.may_fork
    return ProcessPairs(base, head, lanes_on(lanes), may_fork, rough_at_first)


def compare(
    prepared: Prepared,
    executor: PairExecutor,
    options: Options,
    beginning: Beginning,
    progress: Progress,
    selection: Selection | None = None,
) -> GateResult:
    """Take pairs of what is prepared, or of what is selected of it, and judge them.

    Of a shard, ``selection`` is made from its part of the suite.
    """
    clock, start_ns = beginning.clock, beginning.start_ns
    mine = shards.part_of(prepared, options.shard)
    tracing_s = selection.seconds if selection is not None else 0.0
    built_s = (clock.now_ns() - start_ns) / 1e9 - tracing_s
    seed, effort = seed_or_new(options.seed), options.effort
    chosen = tuple(selection.touched) if selection is not None else mine.suite.benchmarks
    usual = usual_rule(effort, max(1, len(chosen)))
    rule = changed(usual, options.rule, effort)
    quick = effort is Effort.QUICK
    limits = Limits(
        budget_s=options.budget_s,
        generosity=effort.times,
        pairs=QUICK_PAIRS if quick else None,
    )
    with executor:
        measured = campaign.run(
            chosen,
            executor,
            rule,
            limits,
            clock,
            random.Random(seed),
            progress.report,
            stops_early=_has_a_figure if quick else None,
            tested=None if options.shard is None else len(prepared.suite.benchmarks),
        )
    # Those that measure again set the files' access times back.
    doubts, remarks = executor.doubts, executor.remarks
    again = Again(
        base=prepared.base,
        head=prepared.head,
        layouts=prepared.layouts,
        executor=lambda: new_executor(prepared, executor.lanes),
        limits=limits,
        clock=clock,
        seed=seed,
    )
    measured, not_covered = confirm(measured, rule, again, progress.report)
    context = GateContext(
        base=prepared.base,
        head=prepared.head,
        gone=mine.suite.gone,
        effort=effort,
        budget_s=options.budget_s,
        elapsed_s=(clock.now_ns() - start_ns) / 1e9,
        building_s=built_s,
        seed=seed,
        machine=read_machine(DISTRIBUTIONS),
        warnings=(
            *_about_the_sides(prepared),
            *doubts,
            *remarks,
            *not_covered,
            *prepared.warnings,
            *(selection.remarks if selection is not None else ()),
            *beginning.warnings,
        ),
        unproved=(*prepared.unproved, *doubts),
        suite=mine.suite.benchmarks,
        touched=selection.touched if selection is not None else {},
        tracing_s=selection.seconds if selection is not None else None,
        shard=options.shard,
        checksum=shards.checksum(prepared.suite.benchmarks),
        lanes=beginning.lanes,
    )
    result = summarise(measured, rule, context)
    if options.explain and result.stopped_by is not Stop.INTERRUPTED:
        # Most runs do not need it.
        from hotloop.gate.explain.explain import explain

        return explain(result, prepared, executor.lanes, progress.report)
    return result


def usual_rule(effort: Effort, benchmarks: int) -> Rule:
    """The rule without any option."""
    margin = effort.margin_over(DEFAULT_FLOOR)
    return Rule(DEFAULT_FALSE_ALARMS, DEFAULT_FLOOR, margin, benchmarks)


def changed(rule: Rule, asked: AskedRule, effort: Effort) -> Rule:
    """``rule`` with the given options; another floor has another margin."""
    floor = rule.floor if asked.floor is None else asked.floor
    control = rule.control
    if asked.false_alarms is not None:
        control = Control.ALARMS
    elif asked.false_discoveries is not None:
        control = Control.DISCOVERIES
    return replace(
        rule,
        control=control,
        false_alarms=asked.false_alarms or asked.false_discoveries or rule.false_alarms,
        floor=floor,
        margin=rule.margin if floor == rule.floor else effort.margin_over(floor),
    )


def rejudge(stored: GateResult, options: Options) -> GateResult:
    """A stored result under the options' rule; what they do not set stays as it was."""
    return judge_again(stored, changed(stored.rule, options.rule, stored.effort))


def _has_a_figure(log_ratios: Sequence[float]) -> bool:
    return len(log_ratios) > 0


def _about_the_sides(prepared: Prepared) -> list[str]:
    base, head = prepared.base, prepared.head
    said = []
    ran = [(side.revision.commit, side.environment) for side in (base, head)]
    if ran[0] == ran[1]:
        said.append(
            "base and head are the same commit in the same environment: "
            "whatever is found is a false alarm"
        )
    seeds = {seed for side in (base, head) if (seed := hash_seed(variables_of(side))) is not None}
    if seeds:
        shown = ", ".join(sorted(seeds))
        said.append(
            f"PYTHONHASHSEED is kept as it is set ({shown}): the pairs "
            "all hash alike, so that the luck of one seed may look like a change"
        )
    if prepared.other_environments:
        said.append(
            f"of {len(prepared.other_environments) + 1} environments only {head.environment} was "
            f"used; choose another with --environment {prepared.other_environments[0]}"
        )
    return said
