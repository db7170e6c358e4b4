"""Names of benchmarks and of their parameters: one for each, in every process and every run."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from hotloop.gate.model import Benchmark, Ending, Pair, Side, Trouble
from hotloop.gate.pairs.lanes import lanes_on
from hotloop.gate.pairs.pairs import ProcessPairs
from hotloop.gate.source import project
from hotloop.gate.source.project import Project
from hotloop.gate.suites.asv import discover
from hotloop.gate.suites.suite import Suite
from tests import process_pairs, tiny_project, warm
from tests.process_pairs import contender

PARAMETERS = """
import functools, os, pathlib, tempfile, uuid

class Thing:
    pass

class Numbered:
    def __repr__(self):
        return f"Numbered {id(self)}"

HERE = pathlib.Path(__file__).parent
MADE = [
    functools.partial(print, Thing()),
    Thing().__init__,
    (Thing, Thing(), [print, len]),
    Numbered(),
    {"a", "b", "c", "d", "e"},
    frozenset({("x", "y"), ("z",)}),
    HERE / "data.csv",
    str(HERE.parent / "other.csv"),
    tempfile.mkdtemp() + "/big.npy",
    os.getcwd(),
    "said at 0x12345678",
    Thing(),
    Thing(),
]

def time_made(value): ...
time_made.params = MADE
"""
SHOWN = [
    "functools.partial(<built-in function print>, <benchmarks.a.Thing object>)",
    "<method-wrapper '__init__' of Thing object>",
    "(<class 'benchmarks.a.Thing'>, <benchmarks.a.Thing object>,"
    " [<built-in function print>, <built-in function len>])",
    "Numbered ...",
    "{'a', 'b', 'c', 'd', 'e'}",
    "frozenset({('x', 'y'), ('z',)})",
    "PosixPath('<checkout>/benchmarks/data.csv')",
    "'<checkout>/other.csv'",
    "'<temporary>/big.npy'",
    "'<folder>'",
    "'said at 0x12345678'",
    "<benchmarks.a.Thing object> (0)",
    "<benchmarks.a.Thing object> (1)",
]
STRINGS = (
    "def track_it(value): return len(value)\n"
    "track_it.params = list({'a', 'bb', 'ccc', 'dddd', 'eeeee'})\n"
)
CHANGING = (
    "import random\n"
    "def track_it(value): return 1\n"
    "track_it.params = [random.random(), random.random()]\n"
)
FACTORY = """
import functools, time

def timed(seconds):
    def run(): time.sleep(seconds)
    return run

time_quick = timed(0.001)
time_slow = timed(0.02)
time_alias = time_slow

def copied(function):
    @functools.wraps(function)
    def wrapper(): time.sleep(0.02)
    return wrapper

def time_one(): time.sleep(0.001)
time_two = copied(time_one)

def made(seconds):
    class Sleep:
        def setup_cache(self): return seconds
        def time_it(self, cached): time.sleep(cached)
    return Sleep

First, Second = made(0.001), made(0.02)
"""


def project_at(folder: Path) -> Project:
    found = project.load(tiny_project.configure(folder))
    found.gate_folder.mkdir(parents=True)
    return found


@pytest.fixture
def tiny(tmp_path: Path) -> Project:
    return project_at(tmp_path)


def suite_at(folder: Path, **modules: str) -> Path:
    """A suite whose folder's name is part of what is shown."""
    return process_pairs.suite_at(folder / "benchmarks", **modules)


def discovered(
    tiny: Project, head: Path, past: Path | None = None, base: Mapping[str, str] | None = None
) -> Suite:
    """Head's suite, also in a base whose variables are ``base``."""
    return discover(
        tiny,
        contender(Side.HEAD, head),
        contender(Side.BASE, head, **(base or {})),
        None if past is None else contender(Side.BASE, past),
        (),
    )


def measured(
    benchmarks: Sequence[Benchmark],
    folder: Path,
    base: Mapping[str, str] | None = None,
    seeds: Iterable[int] = itertools.repeat(1),
) -> list[Pair]:
    """A pair of each; those with the same seed come from the same processes."""
    sides = contender(Side.BASE, folder, **(base or {})), contender(Side.HEAD, folder)
    with ProcessPairs(*sides, lanes_on(2)[:1]) as pairs:
        return [pairs.measure(0, each, seed) for each, seed in zip(benchmarks, seeds, strict=False)]


@pytest.fixture
def warm_workers() -> Iterator[None]:
    """For what no other process could see otherwise: all have one seed for their hashes."""
    with warm.everywhere(*warm.GATE_WORKERS):
        yield


@dataclass(frozen=True)
class Cold:
    """A suite that looks otherwise in each process, and pairs, of some that start as a user's."""

    found: Suite
    pairs: dict[str, Pair]

    def of(self, module: str) -> list[Benchmark]:
        return [each for each in self.found.benchmarks if each.label.startswith(f"{module}.")]


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> Cold:
    place = tmp_path_factory.mktemp("cold")
    modules = {"a": PARAMETERS, "changing": CHANGING, "strings": STRINGS}
    head, past = (suite_at(place / f"suite-of-{side}", **modules) for side in ("head", "base"))
    found = discovered(project_at(place), head, past)
    strings = [each for each in found.benchmarks if each.label.startswith("strings.")]
    chosen = [*strings, *(each for each in found.benchmarks if each.label.endswith("2 of 2)"))]
    # The pairs of a seed come from the same processes, which have others for their hashes.
    pairs = measured(chosen, head, seeds=(0, 0, 0, 1, 1, 1))
    labels = (each.label for each in chosen)
    return Cold(found, dict(zip(labels, pairs, strict=True)))


def test_what_depends_on_a_process_is_in_no_name(cold: Cold) -> None:
    assert [benchmark.params[0] for benchmark in cold.of("a")] == SHOWN
    assert (cold.found.gone, cold.found.warnings) == ((), ())


@pytest.mark.usefixtures("warm_workers")
def test_two_of_one_name_are_both_judged(tiny: Project, tmp_path: Path) -> None:
    head = suite_at(tmp_path, ops=FACTORY, **{"deep.__init__": ""})
    found = discovered(tiny, head)
    quick, slow = (
        [b for b in found.benchmarks if b.label == f"ops.{name}"]
        for name in ("time_quick", "time_slow")
    )
    assert [benchmark.label for benchmark in found.benchmarks] == [
        "ops.First.time_it",
        "ops.Second.time_it",
        "ops.time_one",
        "ops.time_quick",
        "ops.time_slow",
        "ops.time_two",
    ]
    assert found.warnings == (
        "asv has one name, ops.run, for 2 benchmarks; here they are ops.time_quick, ops.time_slow",
        "asv has one name, ops.time_one, for 2 benchmarks; "
        "here they are ops.time_one, ops.time_two",
        "asv has one name, ops.Sleep.time_it, for 2 benchmarks; "
        "here they are ops.First.time_it, ops.Second.time_it",
    )
    each = (*quick, *slow)
    for benchmark, pair in zip(each, measured(each, head), strict=True):
        assert pair.head is not None, pair
        assert (pair.head > 0.015) is (benchmark in slow)


@pytest.mark.usefixtures("warm_workers")
def test_a_name_with_a_hyphen_and_one_in_a_package_are_found_again(
    tiny: Project, tmp_path: Path
) -> None:
    head = suite_at(tmp_path, **{"two-words": "def track_one(): return 1"})
    tiny_project.write(head, {"deep/__init__.py": "def track_two(): return 2"})
    found = discovered(tiny, head)
    assert [b.label for b in found.benchmarks] == ["deep.track_two", "two-words.track_one"]
    assert [pair.head for pair in measured(found.benchmarks, head)] == [2.0, 1.0]


@pytest.mark.usefixtures("warm_workers")
def test_what_is_named_as_a_benchmark_and_is_none_is_told(tiny: Project, tmp_path: Path) -> None:
    module = (
        "from functools import cached_property, partial\nfrom time import time_ns\n"
        "def time_it(): ...\n"
        "time_more = partial(print)\n"
        "class Suite:\n    time_less = partial(print)\n    time_limit = 3\n"
        "    __slots__ = ('time_slot',)\n"
        "    @property\n    def time_looked_at(self): raise SystemExit('it was called')\n"
        "    @property\n    def limit(self): ...\n"
        "    @cached_property\n    def track_once(self): ...\n"
        "def time_never(a, b): ...\ntime_never.params = ([], [1])\n"
    )
    found = discovered(tiny, suite_at(tmp_path, a=module))
    assert found.warnings == (
        "a.time_never is not judged: its parameters have no combination: one of them has no value",
        "a.time_more, a.Suite.time_less are not judged: a functools.partial is no function",
        "a.Suite.time_looked_at is not judged: a property is no function",
        "a.Suite.track_once is not judged: a functools.cached_property is no function",
    )


def test_a_parameter_is_the_same_value_whatever_order_a_set_has(cold: Cold) -> None:
    strings = cold.of("strings")
    assert len(strings) == 5
    for benchmark in strings:
        pair = cold.pairs[benchmark.label]
        assert pair.base == pair.head == len(benchmark.params[0].strip("'"))


COMPUTED = (
    "import os\n"
    "def track_it(value): return value\n"
    "track_it.params = list(range(int(os.environ.get('FROM', 0)), 4))\n"
)


@pytest.mark.usefixtures("warm_workers")
def test_a_value_that_base_lacks_is_not_compared_with_another(
    tiny: Project, tmp_path: Path
) -> None:
    head = suite_at(tmp_path, a=COMPUTED)
    found = discovered(tiny, head, base={"FROM": "2"})
    pairs = measured(found.benchmarks, head, {"FROM": "2"})
    assert [(pair.base, pair.head) for pair in pairs] == [
        (None, None),
        (None, None),
        (2.0, 2.0),
        (3.0, 3.0),
    ]
    assert pairs[0].head_trouble is None
    assert pairs[0].base_trouble is not None
    assert pairs[0].base_trouble == Trouble(
        Ending.ABSENT, "there is no parameter 0 there, but 2, 3"
    )


CACHED = (
    "import os\n"
    "if 'LACKS' not in os.environ:\n"
    "    class Suite:\n"
    "        def setup_cache(self): return 1\n"
    "        def track_it(self, cached): return cached\n"
)


@pytest.mark.usefixtures("warm_workers")
def test_a_class_that_base_lacks_has_no_cached_set_up_there(tiny: Project, tmp_path: Path) -> None:
    head = suite_at(tmp_path, a=CACHED)
    (pair,) = measured(discovered(tiny, head, base={"LACKS": ""}).benchmarks, head, {"LACKS": ""})
    assert pair.base_trouble == Trouble(Ending.ABSENT, "there is no Suite.track_it there")
    assert pair.head_trouble is None


def test_a_text_that_is_never_the_same_is_told_by_its_number(cold: Cold) -> None:
    labels = ["changing.track_it(value 1 of 2)", "changing.track_it(value 2 of 2)"]
    assert [benchmark.label for benchmark in cold.of("changing")] == labels
    assert cold.pairs[labels[1]].head == 1.0
