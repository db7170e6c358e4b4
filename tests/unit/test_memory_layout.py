"""Memory layouts are drawn from the seed, and what a process's stack begins with is counted."""

import random

import pytest

from hotloop.timing.memory_layout import (
    LOWEST_STACK_BYTES,
    PAGE_BYTES,
    STACK_SPAN_BYTES,
    can_be_equal,
    children_lie_at,
    draw_layout,
    environments,
    stack_bytes_taken,
)


def test_a_seed_draws_one_layout_and_another_seed_another() -> None:
    assert draw_layout(random.Random(1)) == draw_layout(random.Random(1))
    layouts = [draw_layout(random.Random(seed)) for seed in range(100)]
    assert len({layout.stack_bytes for layout in layouts}) > 90
    assert len({layout.hash_seed for layout in layouts}) > 90
    for layout in layouts:
        beyond = layout.stack_bytes - LOWEST_STACK_BYTES
        assert 0 <= beyond < STACK_SPAN_BYTES
        assert beyond % PAGE_BYTES == 0


def test_the_stack_is_counted_in_bytes_and_not_in_letters() -> None:
    short = stack_bytes_taken(("python", "worker"), {"NAME": "value"})
    assert stack_bytes_taken(("python", "workers"), {"NAME": "value"}) == short + 1
    assert stack_bytes_taken(("python", "worker"), {"NAME": "valué"}) == short + 1
    assert stack_bytes_taken(("python", "worker"), {"NAME": "value", "A": ""}) > short + 3


def test_processes_take_the_same_space_of_the_stack_and_get_one_hash_seed() -> None:
    layout = draw_layout(random.Random(1))
    started = [
        (["python", "-m", "a"], {"A": "1", "PYTHONHASHSEED": "random"}),
        (["/usr/bin/python3.12", "-c", "import a_longer_one"], {"A": "1", "B": "two"}),
    ]
    made = environments(layout, started)
    taken = {
        stack_bytes_taken((command[0], *command), variables)
        for (command, _), variables in zip(started, made, strict=True)
    }
    assert len(taken) == 1
    assert {variables["PYTHONHASHSEED"] for variables in made} == {str(layout.hash_seed)}
    assert [variables["A"] for variables in made] == ["1", "1"]


def test_a_hash_seed_that_was_asked_for_stays() -> None:
    (made,) = environments(draw_layout(random.Random(1)), [(["python"], {"PYTHONHASHSEED": "7"})])
    assert made["PYTHONHASHSEED"] == "7"


def test_a_layout_is_for_children_only() -> None:
    if not can_be_equal():
        pytest.skip("this system randomises every process by itself")
    import resource

    before = resource.getrlimit(resource.RLIMIT_STACK)
    layout = draw_layout(random.Random(1))
    with children_lie_at(layout):
        assert resource.getrlimit(resource.RLIMIT_STACK)[0] == layout.stack_bytes
    assert resource.getrlimit(resource.RLIMIT_STACK) == before


def test_a_small_hard_limit_of_the_stack_means_no_equal_layout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda which: (8 << 20, 8 << 20))
    assert not can_be_equal()


@pytest.mark.parametrize("platform", ["darwin", "freebsd14"])
def test_other_systems_are_not_even_asked(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert not can_be_equal()


def test_a_system_that_refuses_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers let a process ask for its personality, and change nothing."""
    asked: list[int] = []

    def refuse(persona: int) -> int:
        asked.append(persona)
        return 0 if persona == 0xFFFFFFFF else -1

    monkeypatch.setattr("hotloop.timing.memory_layout._personality", refuse)
    monkeypatch.setattr("sys.platform", "linux")
    assert not can_be_equal()
    assert 0 not in asked
