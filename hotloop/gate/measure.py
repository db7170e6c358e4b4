"""From a request to the gate's result: build both sides, take pairs, conclude."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hotloop.base.clock import Clock, SystemClock
from hotloop.base.machine import doubts, read_conditions, read_machine
from hotloop.base.values import seed_or_new
from hotloop.gate.arguments import DEFAULT_FALSE_ALARMS, DEFAULT_FLOOR
from hotloop.gate.options import THOROUGH_TIMES, Options, Request, margin_over
from hotloop.gate.pairs.executor import PairExecutor
from hotloop.gate.pairs.lanes import default_lanes
from hotloop.gate.pairs.pairs import ProcessPairs
from hotloop.gate.pairs.spawn import hash_seed, variables_of
from hotloop.gate.prepare import Prepared, Wish, prepare
from hotloop.gate.result import Effort, GateResult
from hotloop.gate.rule import campaign
from hotloop.gate.rule.campaign import Limits
from hotloop.gate.rule.decide import Rule
from hotloop.gate.source import project
from hotloop.gate.summary import Context, judge_again, summarise
from hotloop.report.progress import Progress

# What decides how it was measured; the versions are stored with the result.
DISTRIBUTIONS = ("hotloop", "asv", "asv_runner", "numpy", "scipy")
UNEQUAL_LAYOUTS = (
    "this system does not let two processes lie alike in memory (personality is refused, or "
    "the stack's hard limit is low): pairs differ more, and more pairs or time are needed"
)
# A second pair only where the first gave no figure, which may have been bad luck.
QUICK_PAIRS = 2


@dataclass(frozen=True, slots=True)
class Beginning:
    """When it all began, by which clock, and what was doubtful about the machine then."""

    clock: Clock
    start_ns: int
    warnings: tuple[str, ...]


def measure(request: Request, options: Options, progress: Progress) -> GateResult:
    """Build, find the benchmarks, take pairs, judge.

    Ctrl-C while building ends it with KeyboardInterrupt, while measuring with the result
    so far. Raises UsageError and MeasurementError of whatever comes in between.
    """
    clock = SystemClock()
    beginning = Beginning(clock, clock.now_ns(), doubts(read_conditions()))
    wish = Wish(
        base=request.base,
        head=request.head,
        merge_base=request.from_merge_base,
        base_environment=request.environments[0],
        head_environment=request.environments[1],
        benchmarks=request.benches,
    )
    with prepare(
        project.load(request.config), wish, lambda what: progress.report(what, 0.0)
    ) as prepared:
        pairs = ProcessPairs(prepared.base, prepared.head, default_lanes(), prepared.may_fork)
        if not pairs.equal_layout:
            beginning = replace(beginning, warnings=(*beginning.warnings, UNEQUAL_LAYOUTS))
        return compare(prepared, pairs, request, options, beginning, progress)


def compare(
    prepared: Prepared,
    executor: PairExecutor,
    request: Request,
    options: Options,
    beginning: Beginning,
    progress: Progress,
) -> GateResult:
    """Take pairs of what is prepared, and judge them."""
    clock, start_ns = beginning.clock, beginning.start_ns
    built_ns = clock.now_ns()
    seed = seed_or_new(request.seed)
    rule = rule_of(request, options, len(prepared.suite.benchmarks))
    with executor:
        measured = campaign.run(
            prepared.suite.benchmarks,
            executor,
            rule,
            Limits(
                budget_s=request.budget_s,
                generosity=THOROUGH_TIMES if request.thorough else 1.0,
                pairs=QUICK_PAIRS if request.quick else None,
            ),
            clock,
            random.Random(seed),
            progress.report,
            stops_early=_has_a_figure if request.quick else None,
        )
    context = Context(
        base=prepared.base,
        head=prepared.head,
        gone=prepared.suite.gone,
        effort=_effort(request),
        budget_s=request.budget_s,
        elapsed_s=(clock.now_ns() - start_ns) / 1e9,
        building_s=(built_ns - start_ns) / 1e9,
        seed=seed,
        machine=read_machine(DISTRIBUTIONS),
        warnings=(
            *_about_the_sides(prepared),
            *executor.doubts,
            *prepared.warnings,
            *beginning.warnings,
        ),
        unproved=(*prepared.unproved, *executor.doubts),
    )
    return summarise(measured, rule, context)


def rule_of(request: Request, options: Options, benchmarks: int) -> Rule:
    """The rule that the options ask for."""
    floor = DEFAULT_FLOOR if options.floor is None else options.floor
    return Rule(
        false_alarms=options.false_alarms or DEFAULT_FALSE_ALARMS,
        floor=floor,
        margin=margin_over(floor, request.thorough),
        benchmarks=benchmarks,
    )


def rejudge(stored: GateResult, options: Options) -> GateResult:
    """A stored result under the options' rule; what they leave open stays as it was."""
    floor = stored.floor if options.floor is None else options.floor
    same_floor = floor == stored.floor
    margin = stored.margin if same_floor else margin_over(floor, stored.effort is Effort.THOROUGH)
    return judge_again(stored, options.false_alarms or stored.false_alarms, floor, margin)


def _has_a_figure(log_ratios: Sequence[float]) -> bool:
    return len(log_ratios) > 0


def _effort(request: Request) -> Effort:
    if request.quick:
        return Effort.QUICK
    return Effort.THOROUGH if request.thorough else Effort.USUAL


def _about_the_sides(prepared: Prepared) -> list[str]:
    base, head = prepared.base, prepared.head
    said = []
    if (base.commit, base.environment) == (head.commit, head.environment):
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
