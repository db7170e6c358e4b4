"""The stored form: what is written comes back, and what is damaged is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.streams.result import SCHEMA, from_json, load, to_json
from tests.streams import results

RESULTS = results()
# Word for word from the description of the format.
TOP = ("schema", "machine", "broker", "problem", "variants")
BROKER = ("version", "mode", "nodes", "bootstrap")
PROBLEM = ("records", "partitions", "record_bytes")
VARIANT = ("name", "status", "reason", "settings", "drain", "sustain", "latency", "account")
DRAIN = ("records_per_second", "join_seconds", "cpu_seconds_per_million")
RATE = ("median", "low", "high", "samples")
LATENCY = ("offered_per_second", "p50_seconds", "p90_seconds", "p99_seconds")
ACCOUNT = ("sent", "acknowledged", "unique", "lost", "duplicated", "out_of_order", "committed")


def content(name: str) -> Any:
    return json.loads(to_json(RESULTS[name]))


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_comes_back_equal(name: str, tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(to_json(RESULTS[name]), encoding="utf-8")
    assert load(path) == RESULTS[name]


def test_every_described_key_is_there_and_the_schema_is_first() -> None:
    stored = content("loads")
    variant = stored["variants"][0]
    assert next(iter(stored)) == "schema"
    assert stored["schema"] == SCHEMA == "hotloop.stream/1"
    for described, found in [
        (TOP, stored),
        (BROKER, stored["broker"]),
        (PROBLEM, stored["problem"]),
        (VARIANT, variant),
        (DRAIN, variant["drain"]),
        (RATE, variant["drain"]["records_per_second"]),
        (LATENCY, variant["latency"][0]),
        (ACCOUNT, variant["account"]),
    ]:
        assert set(described) <= set(found)


def test_what_is_unknown_is_null_and_never_0() -> None:
    stored = content("loads_alone")
    assert stored["limit"] is None
    failed = stored["variants"][1]
    assert [failed[key] for key in ("drain", "sustain", "account", "loop")] == [None] * 4


def test_half_a_file_is_damaged() -> None:
    text = to_json(RESULTS["all_ok"])
    with pytest.raises(MeasurementError, match="damaged"):
        from_json(text[: len(text) // 2], "half.json")


def test_another_schema_is_refused_by_name() -> None:
    with pytest.raises(MeasurementError, match=r"hotloop\.compute/1"):
        from_json('{"schema": "hotloop.compute/1"}')


@pytest.mark.parametrize("key", ["machine", "broker", "problem", "variants", "seed"])
def test_a_missing_key_is_named(key: str) -> None:
    stored = content("all_ok")
    del stored[key]
    with pytest.raises(MeasurementError, match=key):
        from_json(json.dumps(stored))


def test_a_rate_outside_its_own_bounds_is_refused() -> None:
    stored = content("all_ok")
    stored["variants"][0]["drain"]["records_per_second"]["low"] = 1e9
    with pytest.raises(MeasurementError, match="impossible"):
        from_json(json.dumps(stored))


def test_a_variant_twice_is_refused() -> None:
    stored = content("all_ok")
    stored["variants"].append(stored["variants"][0])
    with pytest.raises(MeasurementError, match="faust"):
        from_json(json.dumps(stored))
