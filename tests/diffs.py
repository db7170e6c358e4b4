"""Stored results of every kind beside others, for tests of ``hotloop diff``."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from hotloop.base.machine import Machine
from hotloop.diff.kinds import KINDS
from hotloop.diff.result import DiffResult
from hotloop.diff.sources import Source
from hotloop.diff.summary import compare
from tests import calibrations, fault_runs, gate_runs, streams

COMPUTE = Path(__file__).parent / "golden" / "results"
COMPARISONS = Path(__file__).parent / "golden" / "comparisons"
OTHER = Machine("Other CPU", 16, 16, 2**36, "Linux 6.9 x86_64", "3.13.1", "CPython", {"numpy": "2"})


def source(label: str, schema: str, result: Any) -> Source:
    """A result as it is read back from a file."""
    kind = KINDS[schema]
    return Source(
        label, f"{label}.json", kind.content(json.loads(kind.form.to_json(result)), label)
    )


def compute(label: str, name: str = "all_ok", factor: float = 1.0, **changes: Any) -> Source:
    """A stored ladder, with every time multiplied."""
    form = KINDS["hotloop.compute/1"].form
    result = form.load(COMPUTE / f"{name}.json")
    variants = tuple(
        replace(
            variant,
            seconds=replace(
                seconds,
                **{
                    field: factor * getattr(seconds, field)
                    for field in ("median", "low", "high", "lower_quartile", "upper_quartile")
                },
            ),
        )
        if (seconds := variant.seconds) is not None
        else variant
        for variant in result.variants
    )
    return source(label, "hotloop.compute/1", replace(result, **{"variants": variants, **changes}))


def contenders(label: str, name: str) -> Source:
    """A stored comparison of a user's own functions."""
    form = KINDS["hotloop.compare/1"].form
    return source(label, "hotloop.compare/1", form.load(COMPARISONS / f"{name}.json"))


def pairs() -> dict[str, DiffResult]:
    """A comparison of each kind; the second side differs as the names say."""
    stream = streams.results()
    gate = gate_runs.ENDINGS
    return {
        "compute": compare([compute("before"), compute("after", factor=0.8)]),
        "compute_three": compare(
            [
                compute("before"),
                compute("failed", "one_failed", factor=12.0),
                compute("elsewhere", machine=OTHER),
            ]
        ),
        "compare": compare([contenders("before", "all_ok"), contenders("after", "all_ok")]),
        "stream": compare(
            [
                source(name, "hotloop.stream/1", stream[name])
                for name in ("all_ok", "one_lost_records")
            ]
        ),
        "latency": compare([source(n, "hotloop.stream/1", stream["loads"]) for n in ("a", "b")]),
        "fault": compare(
            [source(n, "hotloop.stream-fault/1", fault_runs.RESULT) for n in ("a", "b")]
        ),
        "gate": compare(
            [
                source(name, "hotloop.gate/1", gate[name][0])
                for name in ("every_ending", "one_slower")
            ]
        ),
        "calibration": compare(
            [source(n, "hotloop.calibration/1", calibrations.RESULT) for n in ("a", "b")]
        ),
    }


RESULT = compare(
    [compute("before"), compute("after", "one_wrong"), compute("elsewhere", machine=OTHER)]
)
