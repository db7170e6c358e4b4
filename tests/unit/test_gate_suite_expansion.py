"""What asv_runner lists becomes the gate's benchmarks, with asv's names and numbers."""

import re
from typing import Any

import pytest

from hotloop.errors import UsageError
from hotloop.gate import suite
from hotloop.gate.model import Kind


def listed(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "type": "time", "unit": "seconds", "params": []} | fields


def test_combinations_are_numbered_and_labelled_as_asv_does() -> None:
    found, unknown = suite.expand([listed("a.time_x", params=[["1", "2"], ["'u'", "'v'"]])], 60.0)
    assert [benchmark.label for benchmark in found] == [
        "a.time_x(1, 'u')",
        "a.time_x(1, 'v')",
        "a.time_x(2, 'u')",
        "a.time_x(2, 'v')",
    ]
    assert [benchmark.asv_id for benchmark in found][::3] == ["a.time_x-0", "a.time_x-3"]
    assert unknown == ()


def test_without_parameters_there_is_no_number() -> None:
    ((benchmark,), _) = suite.expand([listed("a.time_x")], 60.0)
    assert (benchmark.combination, benchmark.asv_id) == (None, "a.time_x")


@pytest.mark.parametrize(
    ("name", "asv_type", "kind"),
    [
        ("a.time_x", "time", Kind.TIME),
        ("a.TimerawSuite.time_x", "time", Kind.TIME),
        ("a.timeraw_x", "time", Kind.TIMERAW),
        ("a.Suite.TimerawImport", "time", Kind.TIMERAW),
        ("a.mem_x", "memory", Kind.MEMORY),
        ("a.peakmem_x", "peakmemory", Kind.PEAK_MEMORY),
        ("a.track_x", "track", Kind.TRACK),
    ],
)
def test_every_kind_of_asvs_is_known(name: str, asv_type: str, kind: Kind) -> None:
    ((benchmark,), _) = suite.expand([listed(name, type=asv_type)], 60.0)
    assert benchmark.kind is kind


def test_a_kind_that_a_plugin_brought_is_told_not_judged() -> None:
    found, unknown = suite.expand([listed("a.ray_x", type="ray"), listed("a.time_x")], 60.0)
    assert [benchmark.name for benchmark in found] == ["a.time_x"]
    assert unknown == (("a.ray_x", "benchmarks of type 'ray' are unknown here"),)


def test_a_benchmarks_own_time_limit_goes_before_the_default() -> None:
    found, _ = suite.expand([listed("a.time_x", timeout=7), listed("a.time_y")], 50.0)
    assert [benchmark.timeout_s for benchmark in found] == [7.0, 50.0]


def test_the_longest_limit_of_a_cached_set_up_holds_for_all_its_users() -> None:
    found, _ = suite.expand(
        [
            listed("a.time_x", setup_cache_key="a:4", setup_cache_timeout=5.0),
            listed("a.time_y", setup_cache_key="a:4", timeout=80.0),
            listed("a.time_z", setup_cache_key="a:9", setup_cache_timeout=5.0),
        ],
        60.0,
    )
    assert [benchmark.setup_cache_timeout_s for benchmark in found] == [80.0, 80.0, 5.0]


def test_a_damaged_expression_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=re.escape("--bench 'a(' is no regular expression")):
        suite.compile_all(["fine", "a("])
