"""What asv_runner lists becomes the gate's benchmarks, with asv's names and numbers."""

import re
from typing import Any

import pytest

from hotloop.gate.model import Benchmark, Kind
from hotloop.gate.suites.expansion import differing, expand, named


def listed(name: str, **fields: Any) -> dict[str, Any]:
    """As a worker lists it; ``params`` as plain texts."""
    module, _, path = name.partition(".")
    entry = {"name": name, "place": f"{module}:{path}", "type": "time", "unit": "seconds"}
    params = [[(text, 1) for text in texts] for texts in fields.pop("params", [])]
    return entry | {"params": params} | fields


def expanded(*entries: dict[str, Any], default_s: float = 60.0) -> list[Benchmark]:
    found, unknown = expand(entries, default_s)
    assert unknown == ()
    return [each.benchmark for each in found]


def test_combinations_are_numbered_and_labelled_as_asv_does() -> None:
    found = expanded(listed("a.time_x", params=[["1", "2"], ["'u'", "'v'"]]))
    assert [benchmark.label for benchmark in found] == [
        "a.time_x(1, 'u')",
        "a.time_x(1, 'v')",
        "a.time_x(2, 'u')",
        "a.time_x(2, 'v')",
    ]
    assert [benchmark.combination for benchmark in found] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("regexes", "chosen"),
    [
        ([], 5),
        (["time_x"], 4),
        ([r"time_x\(1"], 2),
        ([r"'b'\)$"], 2),
        ([r"\(2, 'a'\)", "time_y"], 2),
        (["^a.time_y$"], 1),
    ],
)
def test_an_expression_is_searched_in_name_and_parameters(regexes: list[str], chosen: int) -> None:
    entries = [listed("a.time_x", params=[["1", "2"], ["'a'", "'b'"]]), listed("a.time_y")]
    found, _ = expand(entries, 60.0)
    patterns = [re.compile(regex) for regex in regexes]
    assert sum(each.matches(patterns) for each in found) == chosen


def test_a_lambda_is_known_by_the_name_that_it_is_bound_to() -> None:
    short, other = "a:time_short", "a:time_other"
    entries = [
        listed("a.<lambda>") | {"place": short},
        listed("a.time_other") | {"place": other},
    ]
    assert named(entries) == {short: "a.time_short", other: "a.time_other"}
    one, _ = expand(entries[:1], 60.0)
    assert [each.benchmark.label for each in one] == ["a.time_short"]
    assert one[0].matches([re.compile("<lambda>")]), "by asv's name too"
    # A function of that name instead of it is the same benchmark, neither new nor gone.
    function, _ = expand([listed("a.time_short")], 60.0)
    assert one[0].keys & function[0].keys


def test_a_parameter_without_values_leaves_nothing_to_run_and_is_told() -> None:
    found, unknown = expand([listed("a.time_x", params=[[], ["1"]]), listed("a.time_y")], 60.0)
    assert [each.benchmark.name for each in found] == ["a.time_y"]
    assert unknown == (
        ("a.time_x", "its parameters have no combination: one of them has no value"),
    )


def test_without_parameters_there_is_no_number() -> None:
    (benchmark,) = expanded(listed("a.time_x"))
    assert (benchmark.combination, benchmark.label) == (None, "a.time_x")


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
    (benchmark,) = expanded(listed(name, type=asv_type))
    assert benchmark.kind is kind


def test_a_kind_that_a_plugin_brought_is_told_not_judged() -> None:
    found, unknown = expand([listed("a.ray_x", type="ray"), listed("a.time_x")], 60.0)
    assert [each.benchmark.name for each in found] == ["a.time_x"]
    assert unknown == (("a.ray_x", "benchmarks of type 'ray' are unknown here"),)


def test_a_benchmarks_own_time_limit_goes_before_the_default() -> None:
    found = expanded(listed("a.time_x", timeout=7), listed("a.time_y"), default_s=50.0)
    assert [benchmark.timeout_s for benchmark in found] == [7.0, 50.0]


def test_the_longest_limit_of_a_cached_set_up_holds_for_all_its_users() -> None:
    found = expanded(
        listed("a.time_x", setup_cache_key="a:4", setup_cache_timeout=5.0),
        listed("a.time_y", setup_cache_key="a:4", timeout=80.0),
        listed("a.time_z", setup_cache_key="a:9", setup_cache_timeout=5.0),
    )
    assert [benchmark.setup_cache_timeout_s for benchmark in found] == [80.0, 80.0, 5.0]


@pytest.mark.parametrize("timeout", ["soon", "nan", -1.0, "[1, 2]"])
def test_a_time_limit_that_is_none_is_told_not_judged(timeout: object) -> None:
    found, unknown = expand([listed("a.time_x", timeout=timeout)], 60.0)
    assert found == ()
    assert unknown == (("a.time_x", f"its timeout is {timeout!r}, no number of seconds"),)


def test_two_of_one_name_are_told_apart_by_where_they_are_found() -> None:
    entries = [
        listed("ops.run", place="ops:time_add"),
        listed("ops.run", place="ops:time_mul"),
        listed("ops.time_sub"),
    ]
    assert [benchmark.label for benchmark in expanded(*entries)] == [
        "ops.time_add",
        "ops.time_mul",
        "ops.time_sub",
    ]
    assert len({benchmark.asv_id for benchmark in expanded(*entries)}) == len(entries)


@pytest.mark.parametrize(
    "entries",
    [
        # A place's name that is another one's own name; a class in a package and a module in it.
        [("ops.run", "ops:time_a"), ("ops.run", "ops:time_b"), ("ops.time_a", "ops:time_c")],
        [("a.b.time_x", "a:b.time_x"), ("a.b.time_x", "a.b:time_x")],
        [("mine", "a:time_x"), ("mine", "b:time_x"), ("mine", ":time_x")],
    ],
)
def test_no_two_have_one_name_whatever_they_are_called(entries: list[tuple[str, str]]) -> None:
    found = named([listed(name, place=place) for name, place in entries])
    assert len(set(found.values())) == len(entries)


def test_one_that_shares_a_name_is_known_by_its_place_alone() -> None:
    both = [listed("ops.run", place="ops:time_a"), listed("ops.run", place="ops:time_b")]
    (first, second), _ = expand(both, 60.0)
    (alone,), _ = expand(both[:1], 60.0)
    assert first.keys & alone.keys
    assert not second.keys & alone.keys


def test_a_parameter_of_changing_text_is_told_by_its_number() -> None:
    entry = listed("a.time_x", params=[["0.31", "0.72"], ["'u'"]])
    found, _ = expand([entry], 60.0, changing={("a:time_x", 0)})
    assert [each.benchmark.label for each in found] == [
        "a.time_x(value 1 of 2, 'u')",
        "a.time_x(value 2 of 2, 'u')",
    ]


@pytest.mark.parametrize(
    ("others", "differs"),
    [
        ([["1", "2"]], False),
        ([["2", "1"]], False),
        ([["1", "3"]], True),
        ([["1", "2", "3"]], True),
        ([], True),
    ],
)
def test_parameters_differ_by_their_texts_in_any_order(
    others: list[list[str]], differs: bool
) -> None:
    one = listed("a.time_x", params=[["1", "2"]])
    assert bool(differing([one], [listed("a.time_x", params=others)])) is differs
