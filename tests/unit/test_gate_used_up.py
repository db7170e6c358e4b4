"""What tells the gate's worker that a call has used up what it works on."""

import contextlib
import csv
import functools
import io
import itertools
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from hotloop.gate.worker.calls import Call
from hotloop.gate.worker.pytests.fixtures import pedantic
from hotloop.gate.worker.undone import NeverRan
from hotloop.gate.worker.used_up import Inputs, is_at_end


def generator() -> Iterator[int]:
    yield from range(3)


ITERATORS: dict[str, Callable[[], Iterator[Any]]] = {
    "generator": generator,
    "expression": lambda: (one for one in range(3)),
    "list": lambda: iter([1, 2]),
    "dict": lambda: iter({1: 2, 3: 4}),
    "values": lambda: iter({1: 2, 3: 4}.values()),
    "set": lambda: iter({1, 2}),
    "str": lambda: iter("ab"),
    "range": lambda: iter(range(3)),
    "reversed": lambda: reversed([1, 2]),
    "map": lambda: map(str, [1, 2]),
    "map of two": lambda: map(max, [1, 2], [3, 4, 5]),
    "map of a generator": lambda: map(str, generator()),
    "filter": lambda: filter(None, [1, 2, 0]),
    "zip": lambda: zip([1, 2], [3, 4, 5], strict=False),
    "zip with numbers": lambda: zip(itertools.count(), [1, 2], strict=False),
    "enumerate": lambda: enumerate([1, 2]),
    "chain": lambda: itertools.chain([1], [2, 3]),
    "chain of one": lambda: itertools.chain.from_iterable([[1], [2, 3]]),
    "islice": lambda: itertools.islice(itertools.count(), 3),
    "accumulate": lambda: itertools.accumulate([1, 2]),
    "starmap": lambda: itertools.starmap(max, [(1, 2), (3, 4)]),
    "takewhile": lambda: itertools.takewhile(bool, [1, 2]),
    "dropwhile": lambda: itertools.dropwhile(bool, [1, 0, 2]),
    "filterfalse": lambda: itertools.filterfalse(bool, [0, 1]),
    "compress": lambda: itertools.compress([1, 2, 3], [1, 0, 1]),
    "groupby": lambda: itertools.groupby([1, 1, 2]),
    "zip_longest": lambda: itertools.zip_longest([1], [2, 3]),
    "pairwise": lambda: itertools.pairwise([1, 2, 3]),
    "repeat": lambda: itertools.repeat(1, 3),
    "csv": lambda: csv.reader(["a,b", "c,d"]),
    "several": lambda: map(str, filter(None, enumerate(generator()))),
}


@pytest.mark.parametrize("kind", ITERATORS)
def test_an_iterator_that_is_read_to_its_end_is_used_up(kind: str) -> None:
    one = ITERATORS[kind]()
    inputs = Inputs(functools.partial(list, one))
    inputs.refuse_used_up()
    assert not is_at_end(one)
    for _ in one:
        pass
    with pytest.raises(NeverRan, match="its first call uses up argument 1"):
        inputs.refuse_used_up()


@pytest.mark.parametrize("kind", sorted(set(ITERATORS) - {"dict", "values", "starmap"}))
def test_an_iterator_of_which_an_item_is_read_is_not_used_up(kind: str) -> None:
    one = ITERATORS[kind]()
    inputs = Inputs(functools.partial(next, one))
    next(one)
    inputs.refuse_used_up()


@pytest.mark.parametrize(
    "one",
    [
        itertools.count(),
        itertools.cycle([1]),
        itertools.repeat(1),
        iter(lambda: 0, 1),
        [1, 2],
        range(3),
        io.StringIO("read anew after seek(0)"),
        SimpleNamespace(__next__=1),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_has_no_end_or_begins_again_is_let_be(one: Any) -> None:
    inputs = Inputs(functools.partial(list, one))
    if hasattr(one, "read"):
        one.read()
    inputs.refuse_used_up()


def test_an_input_that_is_empty_from_the_start_is_let_be() -> None:
    empty: list[int] = []
    inputs = Inputs(functools.partial(sum, iter(empty)))
    inputs.refuse_used_up()


class Suite:
    """As asv's: a set-up leaves something in ``self``."""

    def __init__(self) -> None:
        self.numbers = generator()

    def time_sum(self) -> int:
        return sum(self.numbers)


NUMBERS = generator()


def test_what_is_used_up_is_named() -> None:
    numbers = generator()
    reads: list[tuple[Callable[..., Any], Iterator[int], str]] = [
        (lambda: sum(numbers), numbers, "numbers, a generator"),
        (lambda: sum(NUMBERS), NUMBERS, "NUMBERS, a generator"),
    ]
    suite = Suite()
    reads.append((suite.time_sum, suite.numbers, "self.numbers, a generator"))
    given, inner = generator(), generator()
    reads.append((functools.partial(sum, start=given), given, "start, a generator"))
    reads.append((functools.partial(len, [1, inner]), inner, r"argument 1\[1\], a generator"))
    for function, one, named in reads:
        inputs = Inputs(function)
        list(one)
        with pytest.raises(NeverRan, match=f"uses up {named}, and later calls have nothing to do"):
            inputs.refuse_used_up()


@pytest.mark.parametrize("of_codspeed", [False, True])
def test_rounds_of_a_pedantic_benchmark_share_what_no_set_up_makes(of_codspeed: bool) -> None:
    def costs(**options: Any) -> dict[str, Any]:
        return pedantic(sum, of_codspeed=of_codspeed, **options).costs(False)

    with pytest.raises(NeverRan, match="uses up argument 1, a generator"):
        costs(args=(generator(),), rounds=3)
    with pytest.raises(NeverRan, match="uses up argument 1, a generator"):
        costs(args=(generator(),), rounds=1, iterations=2)
    assert costs(args=(generator(),), rounds=1)["firsts"] == 1
    assert costs(setup=lambda: ((generator(),), {}), rounds=3)["firsts"] == 1


class WithSetup(Suite):
    def __init__(self) -> None:
        self.setup()

    def setup(self) -> None:
        self.numbers = generator()


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_set_up_before_each_call_may_make_its_input_anew(number: int) -> None:
    suite = WithSetup()
    call = Call.__new__(Call)
    call._call, call.number = suite.time_sum, number
    call._benchmark = SimpleNamespace(redo_setup=suite.setup)
    inputs = call.inputs()
    assert inputs is not None
    suite.time_sum()
    with pytest.raises(NeverRan) if number != 1 else contextlib.nullcontext():
        call.refuse_used_up(inputs)
