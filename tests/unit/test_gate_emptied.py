"""What tells the gate that calls have emptied what they work on."""

import array
import asyncio
import collections
import functools
import io
import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hotloop.gate.model import Ending, Side, Trouble
from hotloop.gate.pairs.emptied import Emptied
from hotloop.gate.pairs.partners import Partners
from hotloop.gate.worker.calls import Call
from hotloop.gate.worker.pytests.calls import TestCall as CallOfATest
from hotloop.gate.worker.pytests.fixtures import pedantic
from hotloop.gate.worker.stocks import ITEM_S, MOST_KEPT
from hotloop.gate.worker.undone import NeverRan
from hotloop.gate.worker.used_up import Inputs
from hotloop.timing.children import Lost
from tests.campaigns import benchmark
from tests.unit.test_gate_first_calls import costs

MANY = 2000


def filled(queue: Any) -> Any:
    for number in range(MANY):
        queue.put_nowait(number)
    return queue


def get_all(queue: Any) -> None:
    while not queue.empty():
        queue.get_nowait()


def pop_all(items: Any) -> None:
    while items:
        items.pop()


def pop_items(items: Any) -> None:
    while items:
        items.popitem()


def read_all(file: Any) -> None:
    while file.read(1):
        pass


CONTAINERS: dict[str, tuple[Callable[[], Any], Callable[[Any], None]]] = {
    "list": (lambda: list(range(MANY)), pop_all),
    "list of lists": (lambda: [[] for _ in range(MANY)], pop_all),
    "long list": (lambda: [1] * (MOST_KEPT + 1), pop_all),
    "deque": (lambda: collections.deque(range(MANY)), pop_all),
    "set": (lambda: set(range(MANY)), pop_all),
    "bytearray": (lambda: bytearray(MANY), pop_all),
    "array": (lambda: array.array("i", range(MANY)), pop_all),
    "dict": (lambda: dict.fromkeys(range(MANY)), pop_items),
    "dict of lists": (lambda: {number: [] for number in range(MANY)}, pop_items),
    "OrderedDict": (lambda: collections.OrderedDict.fromkeys(range(MANY)), pop_items),
    "defaultdict": (lambda: collections.defaultdict(int, {n: n for n in range(MANY)}), pop_items),
    "Counter": (lambda: collections.Counter(range(MANY)), pop_items),
    "Queue": (lambda: filled(queue.Queue()), get_all),
    "LifoQueue": (lambda: filled(queue.LifoQueue()), get_all),
    "PriorityQueue": (lambda: filled(queue.PriorityQueue()), get_all),
    "SimpleQueue": (lambda: filled(queue.SimpleQueue()), get_all),
    "asyncio's Queue": (lambda: filled(asyncio.Queue()), get_all),
    "StringIO": (lambda: io.StringIO("x" * MANY), read_all),
    "BytesIO": (lambda: io.BytesIO(bytes(MANY)), read_all),
}


def called(function: Callable[..., Any], *arguments: Any) -> str:
    """What is said of a function of a test that is called until it is warm."""
    return said_of(CallOfATest(function, arguments))


def said_of(call: Call) -> str:
    inputs = call.inputs()
    assert inputs is not None
    first_s = call.sample(1, 1, time.perf_counter)
    inputs.refuse_used_up()
    later_s = min(call.sample(1, 1, time.perf_counter) for _ in range(20))
    return call.emptied(inputs, first_s, later_s)


@pytest.mark.parametrize("kind", CONTAINERS)
def test_what_calls_empty_is_used_up(kind: str) -> None:
    make, empty = CONTAINERS[kind]
    with pytest.raises(NeverRan, match=r"its calls use up argument 1, a .* find nothing there"):
        called(empty, make())


def test_what_lies_in_what_calls_are_given_is_used_up() -> None:
    with pytest.raises(NeverRan, match=r"use up argument 1\['jobs'\], a list of 2000, and"):
        called(lambda box: pop_all(box["jobs"]), {"jobs": list(range(MANY)), (1, 2): [3]})
    with pytest.raises(NeverRan, match=r"use up argument 1\[1\], a StringIO, and later ones"):
        called(lambda both: both[1].read(), (1, io.StringIO("x" * 9_000_000)))
    jobs = {"jobs": list(range(MANY))}
    with pytest.raises(NeverRan, match=r"use up jobs\['jobs'\], a list of 2000, and later ones"):
        called(lambda: pop_all(jobs["jobs"]))


@pytest.mark.parametrize("how", [("r",), ("rb",), ("rb", 0)])
def test_a_file_that_calls_read_to_its_end_is_used_up(how: Any, tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("some words\n" * MANY)
    with path.open(*how) as file, pytest.raises(NeverRan, match="use up argument 1, a "):
        called(lambda lines: sum(1 for _ in lines), file)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_is_at_its_end_in_any_encoding(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("some words\r\n\xe4" * MANY, encoding=encoding)
    with path.open(encoding=encoding) as file:
        inputs = Inputs(functools.partial(list, file))
        file.readline()
        assert not inputs.emptied()
        file.read()
        assert [str(one) for one in inputs.emptied()] == ["argument 1, a TextIOWrapper"]


def test_what_a_method_of_pythons_own_belongs_to_is_used_up() -> None:
    with pytest.raises(NeverRan, match="use up what clear belongs to, a list of 9000"):
        called(list(range(9000)).clear)
    with pytest.raises(NeverRan, match="use up what readlines belongs to, a StringIO"):
        called(io.StringIO("words\n" * MANY).readlines)


def test_an_input_that_is_emptied_little_by_little_is_used_up() -> None:
    with pytest.raises(NeverRan, match="argument 1, a list of 5,"):
        called(lambda jobs: sum(range(jobs.pop() if jobs else 0)), [9000] * 5)


@pytest.mark.parametrize("kind", CONTAINERS)
def test_what_calls_leave_something_in_is_let_be(kind: str) -> None:
    made = CONTAINERS[kind][0]()
    take = next(
        getattr(made, name)
        for name in ("get_nowait", "popitem", "pop", "read")
        if hasattr(made, name) and (name != "pop" or not isinstance(made, dict))
    )
    inputs = Inputs(functools.partial(take, made))
    assert not inputs.emptied()
    take(1) if hasattr(made, "read") else take()
    assert not inputs.emptied()


def work() -> int:
    return sum(range(MANY))


def test_calls_that_fill_what_they_empty_are_let_be() -> None:
    def fill_and_empty(items: Any) -> None:
        items[:] = range(MANY)
        pop_all(items)

    assert called(fill_and_empty, list(range(MANY))) == ""
    assert called(fill_and_empty, []) == ""
    assert called(lambda box: fill_and_empty(box[0]), [list(range(MANY))]) == ""


def test_calls_that_read_a_file_from_its_start_are_let_be(tmp_path: Path) -> None:
    def read(file: Any) -> int:
        file.seek(0)
        return sum(len(line) for line in file)

    path = tmp_path / "data"
    path.write_text("some words\n" * MANY)
    with path.open() as text, path.open("rb") as data, io.StringIO("words\n" * MANY) as words:
        for file in (text, data, words):
            assert called(read, file) == ""


def test_scratch_space_that_calls_clear_is_let_be() -> None:
    def clear(scratch: list[int]) -> int:
        scratch.clear()
        return work()

    assert called(clear, [1, 2, 3]) == ""


def test_what_cannot_be_given_back_is_told_if_the_calls_may_not_depend_on_it() -> None:
    def clear(scratch: list[Any]) -> int:
        scratch.clear()
        return work()

    call = CallOfATest(clear, ([[], []],))
    inputs = call.inputs()
    call.sample(1, 1, time.perf_counter)
    assert inputs is not None
    # Cold, as a first call is; and as quick as the others.
    assert call.emptied(inputs, 1e-3, 1e-4) == "argument 1, a list of 2"
    assert call.emptied(inputs, 1e-4, 1e-4) == ""
    with pytest.raises(NeverRan):
        call.emptied(inputs, 5e-3, 1e-4)
    with pytest.raises(NeverRan):
        call.emptied(inputs, 1e-6, ITEM_S)


class Service:
    """Does some things at its first call."""

    def __init__(self) -> None:
        self.todo: list[list[int]] = [[] for _ in range(MANY)]

    def time_it(self) -> None:
        pop_all(self.todo)


def test_what_an_object_keeps_may_be_there_to_be_done_once_unless_it_is_the_suites() -> None:
    assert called(Service().time_it) == f"self.todo, a list of {MANY}"
    call = Call.__new__(Call)
    call._call, call.number, call.pid = Service().time_it, 0, os.getpid()
    call._benchmark = SimpleNamespace(redo_setup=lambda: None)
    with pytest.raises(NeverRan, match=r"use up self\.todo, a list of 2000"):
        said_of(call)


class Lazy:
    """Computes its sum when it is first asked for it."""

    def __init__(self) -> None:
        self.numbers, self.sum = [*range(MANY)], 0

    def ask(self) -> int:
        while self.numbers:
            self.sum += self.numbers.pop()
        return self.sum


def test_what_is_computed_once_is_told_even_if_what_it_took_could_be_given_back() -> None:
    assert called(Lazy().ask) == f"self.numbers, a list of {MANY}"


@pytest.mark.parametrize("number", [1, 5])
def test_a_set_up_before_each_call_may_fill_it(number: int) -> None:
    suite = Service()
    call = Call.__new__(Call)
    call._call, call.number, call.pid = suite.time_it, number, os.getpid()
    call._benchmark = SimpleNamespace(redo_setup=suite.__init__)  # type: ignore[misc]
    inputs = call.inputs()
    assert inputs is not None
    suite.time_it()
    if number == 1:
        assert call.emptied(inputs, 1e-3, 1e-6) == ""
        return
    with pytest.raises(NeverRan):
        call.emptied(inputs, 1e-3, 1e-6)


def test_rounds_of_a_pedantic_benchmark_share_what_no_set_up_makes() -> None:
    def made(**options: Any) -> dict[str, Any]:
        return pedantic(pop_all, **options).costs(False)

    for options in ({"rounds": 3}, {"iterations": 4}, {"rounds": 2, "warmup_rounds": 1}):
        with pytest.raises(NeverRan, match="use up argument 1, a list of 2000"):
            made(args=(list(range(MANY)),), **options)
    assert "emptied" not in made(args=(list(range(MANY)),), rounds=1)
    assert "emptied" not in made(setup=lambda: ((list(range(MANY)),), {}), rounds=3)


def test_only_types_of_pythons_own_are_asked() -> None:
    class Asks(list):  # type: ignore[type-arg]
        def __len__(self) -> int:
            raise AssertionError

    class Odd(type):
        def __eq__(cls, other: object) -> bool:
            raise AssertionError

        __hash__ = None  # type: ignore[assignment]

    class Item(metaclass=Odd):
        pass

    inputs = Inputs(functools.partial(print, Asks([1]), [Item()], Item(), Item))
    assert not inputs.emptied()


def test_pipes_and_closed_files_are_let_be(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    closed = io.StringIO("words")
    with (
        os.fdopen(reader) as pipe,
        os.fdopen(writer, "w") as other,
        (tmp_path / "new").open("w+") as new,
    ):
        inputs = Inputs(functools.partial(print, pipe, other, new, closed))
        closed.close()
        assert not inputs.emptied()


def test_a_call_that_fails_on_what_it_is_given_back_is_told() -> None:
    ran = threading.Event()

    def once(items: list[int]) -> None:
        if items and ran.is_set():
            raise ValueError
        ran.set()
        items.clear()

    assert called(once, [1, 2, 3]) == "argument 1, a list of 3"


def test_the_gate_names_who_finds_something_empty() -> None:
    found = Emptied()
    assert not found.remarks
    found.note(benchmark("s.time_a"), costs(1e-4), costs(1e-4, emptied="self.todo, a list of 3"))
    found.note(benchmark("s.time_b"), costs(1e-4), costs(1e-4))
    (said,) = found.remarks
    assert said.startswith(
        "1 benchmark found something filled at first that the calls which are timed find empty: "
        "s.time_a (self.todo, a list of 3); "
    )


class Answering:
    """A worker that has one answer."""

    def __init__(self, reply: Any) -> None:
        self._reply = reply

    def receive(self, limit_s: float) -> Any:
        return self._reply


def troubles_of(base: Any, head: Any) -> dict[Side, Trouble]:
    """What comes of the answers of both sides."""
    partners = Partners(1.0, {})
    both: Any = {Side.BASE: Answering(base), Side.HEAD: Answering(head)}
    partners.workers = both
    partners.answers(0.0)
    return partners.troubles


def test_no_side_is_broken_because_it_was_found_to_lack_its_input_and_the_other_was_not() -> None:
    with pytest.raises(NeverRan) as refused:
        called(pop_all, list(range(MANY)))
    lacks = Lost(type(refused.value).__name__, str(refused.value))
    trouble = Trouble(Ending.FAILED, str(refused.value))
    together = troubles_of({}, lacks)
    assert together == {Side.BASE: trouble, Side.HEAD: trouble}
    assert troubles_of(lacks, {}) == together
    other = Lost("KeyError", "KeyError: 1")
    assert troubles_of({}, other) == {Side.HEAD: Trouble(Ending.FAILED, "KeyError: 1")}
