"""Where the time of a function is: its own parts, and nothing of the profiler or of ours."""

import gc

import pytest

from hotloop.techniques.inside import profile


def total(values: list[int]) -> int:
    return sum(sorted(values))


def test_only_what_the_function_itself_runs_has_a_part() -> None:
    found = profile.parts(total, [3, 1, 2])
    assert {part["name"]: part["file"] for part in found} == {
        "total": __file__,
        "sorted": None,
        "sum": None,
    }
    assert sum(part["part"] for part in found) == pytest.approx(1.0)


def nested(times: int) -> list[list[int]]:
    return [[] for _ in range(times)]


def test_what_others_do_when_garbage_is_collected_has_no_part() -> None:
    def collected(_phase: str, _info: object) -> None: ...

    gc.callbacks.append(collected)
    try:
        found = profile.parts(nested, 100_000)
    finally:
        gc.callbacks.remove(collected)
    assert "nested" in {part["name"] for part in found}
    assert "collected" not in {part["name"] for part in found}
    assert gc.isenabled()
