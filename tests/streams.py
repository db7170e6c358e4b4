"""Results of the stream ladder in every state, for the tests of summary, storage and reports."""

from collections.abc import Mapping, Sequence

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.streams.loads import LATENCY, Loads
from hotloop.streams.rebalances import REBALANCE, Group, Rebalances
from hotloop.streams.result import (
    BrokerFacts,
    Generator,
    ProblemFacts,
    StreamResult,
)
from hotloop.streams.run import Plan
from hotloop.streams.summary import Context, Entry, summarise
from stream.account.figures import Account
from stream.consume.job import NO_LOOP, ConsumerReport, GroupProtocol, Resolved
from stream.faults.handover import Cost
from stream.faults.rebalance import Event, Rebalanced
from stream.measure.drain import Drained
from stream.measure.figures import Latency
from stream.measure.search import Answer, LimitedBy, Probe
from stream.measure.sustain import LatencyAt, Sustained

MACHINE = Machine(
    cpu="AMD EPYC",
    logical_cpus=2,
    usable_cpus=2,
    memory_bytes=8 << 30,
    system="Linux 6.1 x86_64",
    python="3.11.7",
    implementation="CPython",
    versions={"faust-streaming": "0.15.3", "quixstreams": None},
)
OWN = BrokerFacts("4.4.0", "KRaft", 1, "127.0.0.1:9092", 4.1)
CLEAN = Account(75_000, 75_000, 75_000, 0, 0, 0, 0, 0, 75_000, 75_000)
PROVENANCE = Resolved({"buffer": "4096"}, {"faust-streaming": "0.15.3"}, "uvloop.Loop", {"x": True})
REPORT = ConsumerReport("v", 0, 0, 1, 1, 1, {}, 0.1, {}, {}, NO_LOOP, {}, None, False)
SESSIONS_S = {
    GroupProtocol.EAGER: 6.0,
    GroupProtocol.COOPERATIVE: 6.0,
    GroupProtocol.CONSUMER: None,
}
NO_GROUPS: Mapping[GroupProtocol, str] = {}
FAUST_COMMITS = "what was processed, every 2.8 s"
PEERS = "pip install 'hotloop[peers]'"
AIOKAFKA_COMMITS = "what was handed over, every 5 s"


def drained(
    records: int,
    rate: float,
    join_s: float = 0.5,
    cpu: float | None = 1.0,
    broker_cpu: float | None = None,
) -> Drained:
    """One run."""
    return Drained(
        records=records,
        records_per_s=rate,
        join_s=join_s,
        cpu_s_per_million=cpu,
        broker_cpu_s_per_million=broker_cpu,
        account=CLEAN,
        report=REPORT,
    )


def drains(*rates: float, cpu: float | None = 138.0) -> tuple[Drained, ...]:
    """One run of 2 s or more a rate; joins grow so that their median is not their first."""
    return tuple(
        drained(max(15_000, round(2 * rate)), rate, 2.0 + k / 10, cpu, None if cpu is None else 2.5)
        for k, rate in enumerate(rates)
    )


def entry(
    name: str,
    *rates: float,
    sustained: Sustained | None = None,
    latencies: Sequence[Latency] = (),
    groups: Mapping[GroupProtocol, Sequence[Rebalanced] | str] = NO_GROUPS,
    **changes: object,
) -> Entry:
    """An entry that went well, unless ``changes`` say otherwise; a group has runs or a failure."""
    plan = Plan(
        variants=(name,),
        protocols={name: tuple(groups)},
        sessions_s=SESSIONS_S,
        measures=frozenset({LATENCY, REBALANCE}),
        records=None,
        all_workers=1,
        workers=1,
        runs=1,
        seed=7,
    )
    loads, rebalances = Loads(plan), Rebalances(plan)
    if sustained is not None:
        loads.sustained[name] = sustained
    loads.latencies[name] = [LatencyAt(one, CLEAN) for one in latencies]
    for protocol, found in groups.items():
        group = Group(name, protocol)
        if isinstance(found, str):
            rebalances.failures[group] = found
        else:
            rebalances.found[group] = list(found)
    given: dict[str, object] = {
        "name": name,
        "idea": f"the idea of {name}",
        "commits": FAUST_COMMITS if name.startswith("faust") else AIOKAFKA_COMMITS,
        "failure": None,
        "provenance": PROVENANCE,
        "drains": drains(*rates),
        "single_drains": (),
        "parts": (loads, rebalances),
        "account": CLEAN,
    }
    return Entry(**(given | changes))  # type: ignore[arg-type]


def failed(name: str, status: Status, reason: str, install: str | None = None) -> Entry:
    """An entry without any figure."""
    return entry(name, failure=(status, reason), provenance=None, account=None, install=install)


def context(**changes: object) -> Context:
    """A quiet run on a broker of our own, unless ``changes`` say otherwise."""
    given: dict[str, object] = {
        "machine": MACHINE,
        "broker": OWN,
        "problem": ProblemFacts(1_000_000, 1, 79, 1, 1, 1),
        "limit_samples": (900_000.0, 910_000.0, 905_000.0, 890_000.0, 920_000.0),
        "limit_reason": None,
        "perf_test_per_s": 338_180.5884,
        "perf_test_reason": None,
        "generator": Generator(210_000.0, 4.2),
        "seed": 417,
        "elapsed_s": 214.6,
        "doubts": (),
    }
    return Context(**(given | changes))  # type: ignore[arg-type]


def at(offered: float, p50: float, **changes: object) -> Latency:
    """Latency at one offered rate, every percentile twice the one before."""
    given: dict[str, object] = {
        "offered_per_second": offered,
        "records": 40_000,
        "p50_seconds": p50,
        "p90_seconds": 2 * p50,
        "p99_seconds": 4 * p50,
        "p999_seconds": 8 * p50,
        "max_seconds": 16 * p50,
        "late": 0,
        "limited_by": "nothing",
    }
    return Latency(**(given | changes))  # type: ignore[arg-type]


def rebalanced(*pauses: float) -> tuple[Rebalanced, ...]:
    """A run for each of these pauses; twice as long until all flow; one partition in two kept."""
    return tuple(
        Rebalanced(
            calm_pause_s=0.02,
            costs={
                event: Cost(pause, pause / 10 if event is Event.LEAVE else None, 2 * pause, number)
                for number, event in enumerate(Event)
            },
            account=CLEAN,
            report=REPORT,
        )
        for pause in pauses
    )


FAUST = entry("faust", 7_100.0, 7_000.0, 7_300.0, 6_950.0, 7_200.0)
FAUST_TUNED = entry("faust_tuned", 11_400.0, 11_300.0, 11_350.0, 11_500.0, 11_200.0)
BATCH = entry("aiokafka_batch", 243_000.0, 240_000.0, 250_000.0, 246_000.0, 241_000.0)
SUSTAINED = Sustained(
    Answer(6_400.0, 6_700.0, LimitedBy.CONSUMER),
    (
        Probe(5_300.0, 5_299.0, 5_301.0, -3.0, 37_000, 37_000),
        Probe(6_700.0, 6_699.0, 6_500.0, 190.0, 47_000, 45_500),
    ),
    CLEAN,
)
LATENCIES = (at(3_200.0, 0.0021), at(4_480.0, 0.0034), at(5_760.0, 0.0127))


def results() -> Mapping[str, StreamResult]:
    """Each state by its name."""
    lossy = Account(75_000, 75_000, 74_997, 3, 12, 0, 0, 0, 75_000, 75_000)
    replayed = Account(75_000, 75_000, 75_000, 0, 6_228, 0, 0, 0, 74_999, 75_000)
    shown = {
        "all_ok": ([FAUST, FAUST_TUNED, BATCH], context()),
        "one_lost_records": (
            [entry("faust", 7_100.0, 7_000.0, 7_300.0, 7_050.0, 7_200.0, account=lossy), BATCH],
            context(),
        ),
        "one_unavailable": (
            [FAUST, failed("quix", Status.UNAVAILABLE, "quixstreams is not installed")],
            context(),
        ),
        "one_not_installed": (
            [
                FAUST,
                failed("quix", Status.UNAVAILABLE, "quixstreams is not installed", PEERS),
                failed("faststream", Status.UNAVAILABLE, "faststream is not installed", PEERS),
            ],
            context(),
        ),
        "none_installed": (
            [failed("quix", Status.UNAVAILABLE, "quixstreams is not installed", PEERS)],
            context(
                broker=None,
                problem=ProblemFacts(0, 1, 79, 1, 1, 1),
                limit_samples=(),
                perf_test_per_s=None,
                generator=None,
            ),
        ),
        "one_failed": (
            [failed("faust", Status.FAILED, "faust hung and was killed"), BATCH],
            context(),
        ),
        "broker_died": (
            [
                entry("faust", 7_100.0, 7_000.0, failure=(Status.FAILED, "no answer")),
                failed("confluent", Status.FAILED, "broker 1 ended"),
            ],
            context(perf_test_per_s=None),
        ),
        "few_runs": ([entry("faust", 7_100.0, 9_000.0), BATCH], context(doubts=("a doubt",))),
        "loads": (
            [
                entry(
                    "faust",
                    7_100.0,
                    7_000.0,
                    7_300.0,
                    6_950.0,
                    7_200.0,
                    sustained=SUSTAINED,
                    latencies=LATENCIES,
                ),
                entry(
                    "aiokafka_batch",
                    243_000.0,
                    240_000.0,
                    250_000.0,
                    246_000.0,
                    241_000.0,
                    sustained=Sustained(Answer(140_000.0, None, LimitedBy.GENERATOR), (), CLEAN),
                ),
            ],
            context(),
        ),
        "loads_alone": (
            [
                entry(
                    "faust",
                    sustained=SUSTAINED,
                    latencies=(LATENCIES[0], at(5_760.0, 0.2, late=7, limited_by="consumer")),
                ),
                failed("aiokafka", Status.FAILED, "aiokafka sustained none of 9 offered rates"),
            ],
            context(limit_samples=(), perf_test_per_s=None),
        ),
        "rebalances": (
            [
                entry("faust", groups={GroupProtocol.EAGER: rebalanced(2.0, 2.5, 1.9, 2.1, 2.2)}),
                entry(
                    "confluent",
                    groups={
                        GroupProtocol.EAGER: rebalanced(0.31, 0.3, 0.33),
                        GroupProtocol.CONSUMER: "no member",
                    },
                ),
                failed("quix", Status.UNAVAILABLE, "quixstreams is not installed"),
            ],
            context(
                problem=ProblemFacts(0, 6, 79, 1, 3, 1),
                limit_samples=(),
                perf_test_per_s=None,
                generator=None,
            ),
        ),
        "two_workers": (
            [
                entry(
                    "faust",
                    11_000.0,
                    11_200.0,
                    10_900.0,
                    11_100.0,
                    11_050.0,
                    drains=drains(11_000.0, 11_200.0, 10_900.0, 11_100.0, 11_050.0, cpu=None),
                    single_drains=drains(7_100.0, 7_000.0, 7_300.0, 6_950.0, 7_200.0),
                    account=replayed,
                )
            ],
            context(problem=ProblemFacts(1_000_000, 2, 79, 1, 2, 3)),
        ),
        "own_cluster": (
            [BATCH],
            context(
                broker=BrokerFacts("4.1", "the user's own", 3, "kafka-1:9092,kafka-2:9092", None),
                perf_test_per_s=None,
                perf_test_reason="it is given no login",
            ),
        ),
        "slow_generator": ([FAUST_TUNED], context(generator=Generator(30_000.0, 4.2))),
        "nothing_can_run": (
            [failed("quix", Status.UNAVAILABLE, "quixstreams is not installed")],
            context(
                broker=None,
                problem=ProblemFacts(0, 1, 79, 1, 1, 1),
                limit_samples=(),
                perf_test_per_s=None,
                generator=None,
            ),
        ),
        "nothing_measured": (
            [failed("faust", Status.FAILED, "broker 1 ended")],
            context(
                limit_samples=(),
                limit_reason="broker 1 ended",
                perf_test_per_s=None,
                perf_test_reason="broker 1 ended",
                generator=None,
            ),
        ),
    }
    return {name: summarise(entries, facts) for name, (entries, facts) in shown.items()}
