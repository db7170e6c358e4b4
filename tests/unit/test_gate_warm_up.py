"""How long a benchmark is called before it is timed, by a clock that only its calls move."""

import types
from typing import Any

import pytest

from hotloop.gate.worker import warm_up as warming
from hotloop.gate.worker.calls import BadTimer
from hotloop.gate.worker.undone import NeverRan
from hotloop.gate.worker.warm_up import LOOKS, PROBE_S, WARM_UP_AGAIN_S, WARM_UP_S, warm_up


class Scripted:
    """A Call that takes ``call_s`` seconds by the clock; notes (calls, whether looked at)."""

    collects = sets_up = False

    def __init__(self, call_s: float, own_s: float | None = None, number: int = 0) -> None:
        self.call_s, self.number, self.timer = call_s, number, "wall"
        self.now_s = self.delayed_s = 0.0
        self.samples: list[tuple[int, bool]] = []
        self.blocks_of_a_sample = 1
        self.checked = 0
        self._own_s = own_s

    def sample(self, calls: int, blocks: int, clock: object, look: bool = False) -> float:
        self.samples.append((calls * blocks, look))
        self.now_s += calls * blocks * self.call_s
        return calls * blocks * self.call_s

    def warm_up_s(self, usual_s: float) -> float:
        return usual_s if self._own_s is None else self._own_s

    def refuse_timer(self, calls: int, blocks: int) -> None:
        self.checked += 1

    def inputs(self) -> None:
        """It has none."""

    @property
    def calls(self) -> int:
        return sum(calls for calls, _ in self.samples)

    @property
    def looked_at(self) -> int:
        return sum(calls for calls, look in self.samples if look)


class Probe:
    """Says what the scripted calls took since it was made."""

    def __init__(self, call: Scripted) -> None:
        self._call, self._start_s, self._start_delayed_s = call, call.now_s, call.delayed_s

    def report(self) -> dict[str, float]:
        elapsed_s = self._call.now_s - self._start_s
        delayed_s = self._call.delayed_s - self._start_delayed_s
        return {
            "elapsed_s": elapsed_s,
            "thread_s": elapsed_s - delayed_s,
            "delayed_s": delayed_s,
            "other_threads_s": 0.0,
        }


@pytest.fixture
def warmed(monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(call: Scripted, known_block_s: float) -> dict[str, Any]:
        clock = types.SimpleNamespace(perf_counter=lambda: call.now_s, thread_time=None)
        monkeypatch.setattr(warming, "time", clock)
        monkeypatch.setattr(warming, "Probe", lambda: Probe(call))
        return warm_up(call, known_block_s)  # type: ignore[arg-type]

    return run


@pytest.mark.parametrize("call_s", [20e-6, 0.3e-3, 2e-3])
def test_the_first_pair_is_warmed_up_until_its_costs_are_known(warmed: Any, call_s: float) -> None:
    call = Scripted(call_s)
    costs = warmed(call, 0.0)
    assert call.now_s >= WARM_UP_S
    assert costs["timed_s"] == pytest.approx(costs["calls"] * call_s)
    assert costs["elapsed_s"] >= PROBE_S
    assert call.checked == 1


@pytest.mark.parametrize("call_s", [20e-6, 0.3e-3, 2e-3])
def test_later_pairs_are_warmed_up_for_less_and_looked_at_as_often(
    warmed: Any, call_s: float
) -> None:
    first, later = Scripted(call_s), Scripted(call_s)
    warmed(first, 0.0)
    assert warmed(later, call_s) == {"first_s": call_s}
    assert WARM_UP_AGAIN_S <= later.now_s <= PROBE_S + 3 * call_s
    assert later.looked_at == first.looked_at
    assert later.looked_at == min(1 + LOOKS, 1 + -(-PROBE_S // call_s))
    assert later.checked == 1


@pytest.mark.parametrize("number", [0, 3])
@pytest.mark.parametrize("call_s", [20e-6, 0.3e-3, 2e-3])
def test_the_slower_side_makes_as_many_calls(warmed: Any, call_s: float, number: int) -> None:
    """What each call leaves behind may make the next one dearer."""
    base, head = Scripted(call_s, number=number), Scripted(1.5 * call_s, number=number)
    for side in (base, head):
        warmed(side, 1.5 * call_s * (number or 1))
    assert base.samples == head.samples


@pytest.mark.parametrize("call_s", [6e-3, 0.5])
def test_a_call_that_is_longer_than_the_warm_up_is_made_once(warmed: Any, call_s: float) -> None:
    call = Scripted(call_s)
    warmed(call, call_s)
    assert call.samples == [(1, True)]


@pytest.mark.parametrize("known", [0.0, 1e-3])
def test_a_warm_up_time_of_the_suite_s_own_is_kept_in_every_pair(warmed: Any, known: float) -> None:
    call = Scripted(1e-3, own_s=0.2)
    warmed(call, known)
    assert 0.2 <= call.now_s < 0.3


def test_a_known_block_that_took_no_time_is_called_all_the_same(warmed: Any) -> None:
    call = Scripted(1e-3)
    warmed(call, 1e-9)
    assert call.now_s >= WARM_UP_AGAIN_S


@pytest.mark.parametrize("known", [0.0, 1e-3])
def test_undone_work_is_refused_in_every_pair(warmed: Any, known: float) -> None:
    class Undone(Scripted):
        def sample(self, calls: int, blocks: int, clock: object, look: bool = False) -> float:
            if look and self.samples:
                raise NeverRan("it returns a coroutine")
            return super().sample(calls, blocks, clock, look)

    with pytest.raises(NeverRan):
        warmed(Undone(1e-3), known)


@pytest.mark.parametrize("known", [0.0, 1e-3])
def test_a_timer_that_only_moves_when_it_is_read_is_refused_in_every_pair(
    warmed: Any, known: float
) -> None:
    class Still(Scripted):
        def refuse_timer(self, calls: int, blocks: int) -> None:
            raise BadTimer("it moves by itself")

    with pytest.raises(BadTimer):
        warmed(Still(1e-3), known)


def test_a_benchmark_that_switches_garbage_collection_on_is_not_sampled_in_copies(
    warmed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of this process, whose size and threads are the test run's.
    monkeypatch.setattr(warming, "is_small", lambda: True)
    monkeypatch.setattr(warming, "goes_on_in_forks", lambda: True)
    call = Scripted(1e-3)
    assert warmed(call, 0.0)["can_be_copied"]
    call.collects = True
    assert not warmed(call, 0.0)["can_be_copied"]


def test_a_quick_call_is_looked_at_again_though_others_had_the_cpu_meanwhile(warmed: Any) -> None:
    class Delayed(Scripted):
        def sample(self, calls: int, blocks: int, clock: object, look: bool = False) -> float:
            if not look:
                self.now_s += WARM_UP_S
                self.delayed_s += WARM_UP_S
            return super().sample(calls, blocks, clock, look)

    call = Delayed(0.3e-3)
    warmed(call, 0.0)
    assert call.looked_at == 1 + LOOKS
