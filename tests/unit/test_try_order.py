"""Which technique is tried next."""

from hotloop.techniques.examine import Examined
from hotloop.techniques.ladder import CYTHON, RUNGS, TYPED
from hotloop.techniques.result import Seen
from hotloop.techniques.run import next_of

SEEN = Seen(1, ("int",), "int", 1, False, 0, (), (), None, (), None)
KNOWN = Examined(SEEN, {}, changes_arguments=False, converts=False, pythran=())


def order(built: dict[int, set[str]], examined: Examined = KNOWN) -> list[str]:
    """The keys in turn; ``built`` says what is ready from which turn on."""
    waiting = list(RUNGS)
    names: list[str] = []
    while waiting:
        ready = set().union(*(made for turn, made in built.items() if turn <= len(names)))
        rung = next_of(waiting, ready, examined)
        waiting.remove(rung)
        names.append(rung.key)
    return names


def test_what_is_ready_is_tried_while_others_are_built() -> None:
    assert order({}) == ["numba", "numba", "cython", "typed", "mypyc"]
    assert order({0: {CYTHON}}) == ["cython", "numba", "numba", "typed", "mypyc"]
    assert order({1: {TYPED}}) == ["numba", "numba", "typed", "cython", "mypyc"]


def test_what_is_refused_is_not_waited_for() -> None:
    unwatched = Seen(1, ("int",), "int", 1, False, 0, (), (), None, (), "it took too long")
    examined = Examined(unwatched, None, changes_arguments=False, converts=False, pythran=())
    assert order({}, examined) == ["numba", "numba", "typed", "mypyc", "cython"]
