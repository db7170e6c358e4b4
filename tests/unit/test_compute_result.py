"""The stored result: what is written is what is read, and nothing damaged is read."""

import json
import math
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.base.errors import MeasurementError
from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.compare.result import Check, Seconds
from hotloop.compute.result import (
    SCHEMA,
    ComputeResult,
    Group,
    Limit,
    OfLimit,
    ProblemFacts,
    VariantResult,
    from_json,
    load,
    to_json,
)
from tests.drawn import CHARACTERS

MACHINE = Machine(
    "AMD EPYC", 2, 2, 2**34, "Linux 6.1 x86_64", "3.11.7", "CPython", {"numpy": "2.4.6"}
)
PROBLEM = ProblemFacts(4, 3, 255, (-2.5, 0.5, -1.2, 1.2), 1200)
SECONDS = Seconds(1.0, 0.9, 1.2, 0.95, 1.1, 0.9375, (1.0, 0.9, 1.2, 1.0, 1.1), (2, 3))


def variant(name: str, status: Status = Status.OK) -> VariantResult:
    measured = status is Status.OK
    return VariantResult(
        name=name,
        idea="one idea",
        status=status,
        reason=None if measured else f"why {name} is {status.value}",
        seconds=SECONDS if measured else None,
        iterations_per_second=1200.0 if measured else None,
        speedup=2.0 if measured else None,
        speedup_low=1.9 if measured else None,
        speedup_high=2.2 if measured else None,
        mismatched_pixels=0 if measured else None,
        first_call_seconds=1.5 if measured else None,
        peak_memory_bytes=2**25 if measured else None,
        threads=1,
    )


def result(*variants: VariantResult) -> ComputeResult:
    check = Check("python", "all variants equal python")
    return ComputeResult(MACHINE, PROBLEM, variants, 417, 30.0, 25.0, 0.95, check, ("a doubt",))


RESULT = result(variant("python"), variant("numba", Status.UNAVAILABLE))


positive = st.floats(min_value=1e-12, max_value=1e12)
maybe_positive = st.none() | positive
maybe_count = st.none() | st.integers(min_value=0, max_value=2**63)
texts = st.text(CHARACTERS, max_size=8)


@st.composite
def seconds(draw: st.DrawFn) -> Seconds:
    low, median, high = sorted(draw(st.tuples(positive, positive, positive)))
    processes = draw(st.lists(st.lists(positive, min_size=1, max_size=3), min_size=1, max_size=3))
    return Seconds(
        median=median,
        low=low,
        high=high,
        lower_quartile=draw(st.floats(min_value=0, max_value=median)),
        upper_quartile=draw(st.floats(min_value=median, max_value=1e13)),
        confidence=draw(st.floats(min_value=0, max_value=1)),
        samples=tuple(sample for process in processes for sample in process),
        samples_per_process=tuple(len(process) for process in processes),
    )


@st.composite
def variants(draw: st.DrawFn) -> VariantResult:
    status = draw(st.sampled_from(Status))
    low, speedup, high = sorted(draw(st.tuples(positive, positive, positive)))
    known = draw(st.booleans())
    return VariantResult(
        name=draw(texts),
        idea=draw(texts),
        status=status,
        reason=None if status is Status.OK else draw(st.text(CHARACTERS, min_size=1, max_size=8)),
        seconds=draw(seconds()) if status is Status.OK else None,
        iterations_per_second=draw(maybe_positive),
        speedup=speedup if known else None,
        speedup_low=low if known else None,
        speedup_high=high if known else None,
        mismatched_pixels=draw(maybe_count),
        first_call_seconds=draw(maybe_positive),
        peak_memory_bytes=draw(maybe_count),
        threads=draw(maybe_count),
        of_limit=draw(st.none() | st.builds(OfLimit, positive, positive)),
        group=draw(st.sampled_from(Group)),
    )


finite = st.floats(allow_nan=False, allow_infinity=False)
machines = st.builds(
    Machine,
    cpu=st.none() | texts,
    logical_cpus=maybe_count,
    usable_cpus=maybe_count,
    memory_bytes=maybe_count,
    system=texts,
    python=texts,
    implementation=texts,
    versions=st.dictionaries(texts, st.none() | texts, max_size=3),
)
results = st.builds(
    ComputeResult,
    machine=machines,
    problem=st.builds(
        ProblemFacts,
        width=st.integers(),
        height=st.integers(),
        steps=st.integers(),
        window=st.tuples(finite, finite, finite, finite),
        iterations=maybe_count,
    ),
    variants=st.lists(variants(), max_size=3, unique_by=lambda v: v.name).map(tuple),
    seed=st.integers(),
    elapsed_seconds=positive,
    measured_seconds=positive,
    confidence=st.floats(min_value=0, max_value=1),
    check=st.builds(Check, texts, texts),
    warnings=st.lists(texts, max_size=2).map(tuple),
    limit=st.none() | st.builds(Limit, positive, positive, st.integers(1, 256), texts),
)


@given(results)
def test_what_is_written_is_read_back_equal(stored: ComputeResult) -> None:
    assert from_json(to_json(stored)) == stored


def test_the_schema_comes_first_and_every_promised_key_is_there() -> None:
    content = json.loads(to_json(RESULT))
    assert next(iter(content)) == "schema"
    assert content["schema"] == "hotloop.compute/1"
    assert set(content) >= {
        "machine", "problem", "variants", "seed", "elapsed_seconds", "measured_seconds",
    }  # fmt: skip
    assert list(content["problem"]) == ["width", "height", "steps", "window", "iterations"]
    assert set(content["variants"][0]) >= {
        "name", "status", "reason", "seconds", "iterations_per_second", "speedup",
        "mismatched_pixels", "first_call_seconds", "peak_memory_bytes", "threads",
    }  # fmt: skip
    assert set(content["variants"][0]["seconds"]) >= {"median", "low", "high", "samples"}


def test_what_is_unknown_is_null() -> None:
    row = json.loads(to_json(RESULT))["variants"][1]
    assert row["status"] == "unavailable"
    assert row["seconds"] is None
    assert row["peak_memory_bytes"] is None


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    content = json.loads(to_json(RESULT))
    change(content)
    return json.dumps(content)


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        (
            "hotloop.compute/2",
            "is from another version of hotloop: it has the schema 'hotloop.compute/2', and this "
            f"one reads {SCHEMA!r}",
        ),
        ("hotloop.gate/1", f"has the schema 'hotloop.gate/1', but this command reads {SCHEMA}"),
        (1, f"has the schema 1, but this command reads {SCHEMA}"),
    ],
)
def test_another_schema_is_refused_by_name(schema: object, says: str) -> None:
    with pytest.raises(MeasurementError) as refusal:
        from_json(changed(lambda c: c.update(schema=schema)), source="old.json")
    assert str(refusal.value) == f"old.json {says}"


@pytest.mark.parametrize("text", ["[]", "null", "3", '"hotloop.compute/1"', "{}"])
def test_json_without_a_schema_is_refused(text: str) -> None:
    with pytest.raises(MeasurementError, match="is no result of hotloop: it has no schema"):
        from_json(text)


WHOLE = to_json(RESULT)


@pytest.mark.parametrize("length", range(0, len(WHOLE.rstrip()), 97))
def test_a_file_cut_off_anywhere_is_refused(length: int) -> None:
    with pytest.raises(MeasurementError, match="damaged or not JSON"):
        from_json(WHOLE[:length])


def test_two_results_in_one_file_are_refused() -> None:
    with pytest.raises(MeasurementError, match="damaged or not JSON"):
        from_json(WHOLE + WHOLE)


def test_text_nested_too_deeply_is_refused() -> None:
    with pytest.raises(MeasurementError, match="damaged or not JSON"):
        from_json("[" * 200_000)


# Files from before these were known lack them.
CAME_LATER = {
    key.name
    for kind in (ComputeResult, VariantResult, Machine)
    for key in fields(kind)
    if key.default is not MISSING
}


def test_a_file_from_before_the_limit_is_still_read() -> None:
    content = json.loads(WHOLE)
    del content["limit"]
    for row in content["variants"]:
        del row["of_limit"], row["group"], row["speedup_confidence"], row["step"]
    assert from_json(json.dumps(content)) == RESULT


def every_key() -> list[tuple[str | int, ...]]:
    found: list[tuple[str | int, ...]] = []

    def walk(value: object, path: tuple[str | int, ...]) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                # A version that is not there is simply not told; the schema has its own test.
                told = path != ("machine", "versions") and (*path, key) != ("schema",)
                if told and key not in CAME_LATER:
                    found.append((*path, key))
                walk(item, (*path, key))

    content = json.loads(WHOLE)
    walk(content, ())
    walk(content["variants"][0], ("variants", 0))
    return found


def without(path: tuple[str | int, ...]) -> str:
    content: Any = json.loads(WHOLE)
    place = content
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return json.dumps(content)


@pytest.mark.parametrize("path", every_key(), ids=lambda path: ".".join(map(str, path)))
def test_no_key_may_be_missing(path: tuple[str | int, ...]) -> None:
    with pytest.raises(MeasurementError, match=f"{path[-1]} is missing"):
        from_json(without(path))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda c: c.update(seed="417"), "seed is a string, not a whole number"),
        (lambda c: c["problem"].update(window=[0, 1, 0]), "problem.window has 3 items, not 4"),
        (lambda c: c["variants"][0].update(status="fine"), "is 'fine', not one of ok, unavailable"),
        (lambda c: c["variants"][0].update(seconds=None), "python is ok without a time"),
        (lambda c: c["variants"][1].update(reason=None), "numba is unavailable without a reason"),
        (lambda c: c["variants"][1].update(name="python"), "a variant is there twice"),
        (lambda c: c["variants"][0]["seconds"].update(median=0.0), "a median of 0.0 s"),
        (lambda c: c["variants"][0]["seconds"].update(low=1.1), "bounds out of order"),
        (
            lambda c: c["variants"][0]["seconds"].update(upper_quartile=0.1),
            "quartiles out of order",
        ),
        (lambda c: c["variants"][0]["seconds"].update(samples=[]), "0 samples, but 5 counted"),
        (lambda c: c["variants"][0]["seconds"]["samples"].append(1.0), "6 samples, but 5 counted"),
        (lambda c: c["variants"][0]["seconds"].update(samples=[-1.0] * 5), "a sample of -1.0 s"),
        (lambda c: c["variants"][0]["seconds"].update(confidence=1.5), "a confidence of 1.5"),
        (lambda c: c["variants"][0].update(speedup=9.0), "bounds out of order"),
        (lambda c: c.update(elapsed_seconds=0), "25.0 s measured in 0.0 s"),
        (lambda c: c.update(measured_seconds=-1), "-1.0 s measured in 30.0 s"),
        (lambda c: c["variants"][0].update(of_limit=0.7), "of_limit is a number, not an object"),
        (lambda c: c["variants"][0].update(group="peers"), "is 'peers', not one of ladder, others"),
    ],
)
def test_a_value_that_cannot_be_is_refused(
    change: Callable[[dict[str, Any]], object], complaint: str
) -> None:
    with pytest.raises(MeasurementError) as refusal:
        from_json(changed(change))
    assert complaint in str(refusal.value)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_time_that_is_no_number_is_refused(constant: str) -> None:
    text = WHOLE.replace('"median": 1.0', f'"median": {constant}')
    assert text != WHOLE
    with pytest.raises(MeasurementError, match=r"not a number of JSON|not a finite number"):
        from_json(text)


@pytest.mark.parametrize("elapsed", [math.nan, math.inf])
def test_a_result_that_json_cannot_hold_is_never_made(elapsed: float) -> None:
    with pytest.raises(ValueError, match="s measured in"):
        replace(RESULT, elapsed_seconds=elapsed)


@pytest.mark.parametrize("bounds", [(math.nan, 1.2), (0.9, math.nan), (0.9, math.inf)])
def test_bounds_that_are_no_numbers_are_never_stored(bounds: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="bounds out of order or not finite"):
        replace(SECONDS, low=bounds[0], high=bounds[1])


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text(to_json(RESULT), encoding="utf-8")
    assert load(file) == RESULT


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match=r"cannot read .*gone\.json: No such file"):
        load(tmp_path / "gone.json")


def test_a_file_of_other_bytes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "picture.json"
    file.write_bytes(b"\x89PNG\r\n")
    with pytest.raises(MeasurementError, match="it is not UTF-8 text"):
        load(file)


@pytest.mark.parametrize(
    ("first_call_s", "slow"),
    [(None, False), (1.9, False), (2.0, True), (9.0, True)],
)
def test_a_first_call_twice_as_long_is_slow(first_call_s: float | None, slow: bool) -> None:
    assert replace(variant("numba"), first_call_seconds=first_call_s).first_call_is_slow is slow


def test_a_first_call_is_slow_that_somebody_notices_or_that_does_far_more() -> None:
    fast = replace(
        SECONDS, median=1e-5, low=1e-5, high=1e-5, lower_quartile=1e-5, upper_quartile=1e-5
    )
    row = replace(variant("cython"), seconds=fast)
    assert not replace(row, first_call_seconds=0.9e-3).first_call_is_slow
    assert replace(row, first_call_seconds=1.0e-3).first_call_is_slow
    quick = replace(row, seconds=replace(fast, median=1e-4, high=1e-4, upper_quartile=1e-4))
    assert not replace(quick, first_call_seconds=4.9e-3).first_call_is_slow
    assert replace(quick, first_call_seconds=5.1e-3).first_call_is_slow
    slow = replace(row, seconds=replace(fast, median=0.04, high=0.04, upper_quartile=0.04))
    assert not replace(slow, first_call_seconds=0.089).first_call_is_slow
    assert replace(slow, first_call_seconds=0.091).first_call_is_slow


def test_half_widths_are_relative_to_the_estimate() -> None:
    row = variant("numba")
    assert row.seconds is not None
    assert row.seconds.relative_half_width == pytest.approx(0.15)
    assert row.speedup_half_width == pytest.approx(0.075)
    assert replace(row, speedup=None).speedup_half_width is None


def test_intervals_short_of_the_asked_confidence_are_found() -> None:
    sure = replace(variant("numba"), seconds=replace(SECONDS, confidence=0.95))
    both = result(variant("python"), sure, variant("cython", Status.FAILED))
    assert [row.name for row in both.short_of_confidence] == ["python"]
