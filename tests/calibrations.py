"""A calibration with every kind of row, made by hand for reports and round trips."""

from dataclasses import replace

from hotloop.base.machine import Machine
from hotloop.calibrate.result import (
    BenchmarkCalibration,
    CalibrationResult,
    Recorded,
    RuleFacts,
    Spread,
    SuiteRates,
)
from hotloop.gate.model import Effort, Kind, Timing
from hotloop.gate.rule.simulate import POWERS, SLOWDOWNS, Rates
from hotloop.stats.proportion import proportion

RUNS = 10_000

MACHINE = Machine(
    cpu="AMD EPYC",
    logical_cpus=2,
    usable_cpus=2,
    memory_bytes=8 << 30,
    system="Linux 6.1 x86_64",
    python="3.11.7",
    implementation="CPython",
    versions={"hotloop": "1.0.0", "asv": "0.6.6"},
)

LOOP = BenchmarkCalibration(
    name="suite.time_loop",
    params=(),
    kind=Kind.TIME,
    unit="seconds",
    recorded=Recorded(Timing.TURNS, 24.8e-6, 0.41, (0.001, -0.0005, 0.0002)),
    spread=Spread(0.0008, 0.0006, 0.001, 0.0002, -0.0005, 0.001),
    rates=Rates(
        false_alarms=proportion(0, RUNS),
        undecided=proportion(0, RUNS),
        power=tuple(proportion(n, 2000) for n in (0, 0, 1998, 2000, 2000, 2000)),
        detectable=(0.013, 0.015),
    ),
    reason=None,
)
SLOW = BenchmarkCalibration(
    name="suite.time_slow",
    params=("3000", "'json'"),
    kind=Kind.TIME,
    unit="seconds",
    recorded=Recorded(Timing.SHARED, 0.893, 2.6, (0.04, 0.12, 0.05)),
    spread=Spread(0.044, 0.0148, 0.12, 0.05, 0.04, 0.12),
    rates=Rates(
        false_alarms=proportion(400, RUNS),
        undecided=proportion(RUNS, RUNS),
        power=tuple(proportion(n, 2000) for n in (0, 5, 20, 240, 1100, 1990)),
        detectable=(0.087, None),
    ),
    reason=None,
)
BROKEN = BenchmarkCalibration(
    name="suite.time_broken",
    params=(),
    kind=Kind.TIME,
    unit="seconds",
    recorded=None,
    spread=None,
    rates=None,
    reason="fails at base and at head: ZeroDivisionError: division by zero",
)

RESULT = CalibrationResult(
    commit="0123456789abcdef0123456789abcdef01234567",
    revision="main",
    subject="Make it faster",
    environment="virtualenv-py3.11",
    machine=MACHINE,
    rule=RuleFacts(0.01, 0.005, 0.015, 3, 51.0),
    slowdowns=SLOWDOWNS,
    powers=POWERS,
    suite=SuiteRates(RUNS, 417, proportion(400, RUNS), proportion(390, RUNS), 44.0),
    benchmarks=(LOOP, SLOW, BROKEN),
    seed=417,
    elapsed_seconds=192.0,
    measuring_seconds=95.0,
    interrupted=True,
    warnings=("the load average was 3.1 on 2 CPUs before the start",),
)
ALL_WELL = replace(
    RESULT,
    rule=RuleFacts(0.01, 0.0, 0.0025, 3, 510.0, Effort.THOROUGH),
    suite=SuiteRates(
        RUNS, 417, proportion(0, RUNS), proportion(0, RUNS), 12.0, proportion(3, RUNS)
    ),
    benchmarks=(LOOP,),
    interrupted=False,
    warnings=(),
)
NOTHING = replace(RESULT, suite=None, benchmarks=(BROKEN,), interrupted=False, warnings=())
