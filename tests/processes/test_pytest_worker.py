"""A worker runs tests of all kinds: what each comes to, told by forks of one process.

The gate's own tests of these, in pairs and with second tries, are in test_gate_pytest.py.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

from hotloop.gate.model import PYTESTS, Contender, Ending, Revision, Side, Trouble
from hotloop.gate.pairs.forks import Fork
from hotloop.gate.pairs.partners import Partners
from hotloop.gate.pairs.slices import Costs, SamplingPlan, agree
from hotloop.gate.pairs.spawn import start_worker, variables_of
from hotloop.gate.worker.serve import TURN
from hotloop.timing.children import Lost
from tests import pytest_project, tiny_project, troubled_tests
from tests.process_pairs import measure_briefly

FILE = "tests/test_nasty.py"
LIMIT_S = 60.0
SAMPLES = 3
# The same work, by whatever way.
ALIKE = (0.5, 2.0)
TRIES = 4

TROUBLED = pytest.mark.thorough("test_what_is_wrong_with_a_test_is_its_trouble")
ON_ONE_SIDE = pytest.mark.thorough(
    "processes/test_gate_pytest.py::test_what_is_wrong_with_a_test_is_said_in_one_sentence"
)
RUNNING = pytest.mark.thorough("test_whatever_else_a_test_does_it_runs")
MUCH_ALIKE = {
    **{
        name: pytest.param(name, marks=TROUBLED)
        for name in (
            *("test_pedantic_uses_up", "test_in_a_loop", "test_call_raises_later"),
            "test_skips_at_head",
        )
    },
    **{
        name: pytest.param(name, marks=ON_ONE_SIDE)
        for name in ("test_fails_at_head", "test_skips_at_base")
    },
    **{
        name: pytest.param(name, marks=RUNNING)
        for name in (
            *("test_names[a::b]", "test_names[[x]]", r"test_names[two\nlines]"),
            *(r"test_names[\xfc]", "test_names[]", "test_many_threads"),
            *("test_pedantic_iterations", "test_uses"),
        )
    },
}

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("gate_workers")]


class Asked:
    """A worker of head, which has collected the tests of one file; a fork runs each."""

    def __init__(self, folder: Path, content: str, *arguments: str, file: str = FILE) -> None:
        self._folder, self._file, self._forks = folder, file, 0
        tiny_project.write(
            folder,
            {
                "pyproject.toml": pytest_project.WITH_ADDOPTS,
                "pure/__init__.py": pytest_project.AT_HEAD,
                file: content,
                "tests/conftest.py": troubled_tests.RERUNS,
            },
        )
        self._suite = folder / "suite.json"
        told = {"folder": str(folder), "paths": [], "arguments": list(arguments)}
        self._suite.write_text(json.dumps({**told, "places": {}, "runners": [], "asking": []}))
        head = Contender(
            Side.HEAD,
            Revision("0" * 40, "x", "y"),
            "here",
            Path(sys.executable),
            self._suite,
            (("ASV_PYTHONPATH", str(folder)),),
            runner=PYTESTS,
        )
        inbox, self._turns = os.pipe()
        log, self._pipes = folder / "worker.log", (inbox, self._turns)
        self._server = start_worker(head, variables_of(head), log, folder, self._pipes)
        self._told: dict[str, tuple[Trouble | None, float]] = {}

    def close(self) -> None:
        self._server.kill()
        self._server.reap()
        for pipe in self._pipes:
            os.close(pipe)

    def trouble(self, name: str) -> Trouble | None:
        """What is wrong with a test."""
        return self._of(name)[0]

    def seconds(self, name: str) -> float:
        """What a call of it takes."""
        trouble, seconds = self._of(name)
        assert trouble is None
        return seconds

    def take_alike(self, name: str, other: str, turns: int = 1) -> bool:
        """Whether a call of ``name`` takes ``turns`` times as long as one of ``other``.

        On a busy machine a sample may be far off, so that others follow.
        """
        low, high = ALIKE
        for _ in range(TRIES):
            if low < self.seconds(name) / self.seconds(other) / turns < high:
                return True
            del self._told[name]
            self._told.pop(other, None)
        return False

    def _of(self, name: str) -> tuple[Trouble | None, float]:
        if name not in self._told:
            self._told[name] = self._run(name)
        return self._told[name]

    def _run(self, name: str) -> tuple[Trouble | None, float]:
        one = Partners(LIMIT_S, {})
        plan = self._plan(one, name)
        samples = self._samples(one, plan) if plan is not None else []
        self._leave(one)
        return one.troubles.get(Side.HEAD), statistics.median(samples) if samples else 0.0

    def _plan(self, one: Partners, name: str) -> SamplingPlan | None:
        """How a test is to be sampled that now waits for it; None: it has trouble."""
        costs = self._prepared(one, name, firsts=False)
        if one.troubles:
            return None
        with pytest.MonkeyPatch.context() as patch:
            measure_briefly(patch)
            plan = agree(Costs(**costs), Costs(**costs), can_pin=False)
        if plan.firsts:
            # That process has made its first calls, to find out what they cost: how its test ends
            # after that does not count.
            self._let_end(one)
            self._leave(one)
            self._prepared(one, name, firsts=True)
        return None if one.troubles else plan

    def _prepared(self, one: Partners, name: str, firsts: bool) -> Any:
        """What the call of a test costs, which a new fork runs and then waits in."""
        self._forks += 1
        place = self._folder / f"fork-{self._forks}"
        place.mkdir()
        fork = one.workers[Side.HEAD] = Fork(self._server, place.with_suffix(".log"))
        identity = json.dumps({"name": f"{self._file}::{name}", "file": self._file})
        fork.begin(str(self._suite), identity, place, [self._file])
        assert fork.has_begun(LIMIT_S)
        asked = {"suite": str(self._suite), "name": identity, "timed": True}
        fork.send("prepare", **asked, known_block_s=0.0, starts_warm=False, firsts=firsts)
        return self._answer(one)

    def _samples(self, one: Partners, plan: SamplingPlan) -> list[float]:
        """Seconds a call, from some samples."""
        of_plan = {"calls": plan.calls, "blocks": plan.blocks, "clock": plan.clock}
        rest = {"cpus": None, "deal": plan.deal, "firsts": plan.firsts, "rests": False}
        one.workers[Side.HEAD].send(
            "run", slots=[0] * min(SAMPLES, plan.rounds), me=0, **of_plan, **rest
        )
        os.write(self._turns, TURN)
        samples: list[float] = self._answer(one) or []
        ended = self._let_end(one)
        if isinstance(ended, Lost) and not one.troubles:
            one.lose(Side.HEAD, ended)
        return samples

    def _let_end(self, one: Partners) -> object:
        one.workers[Side.HEAD].send("finish")
        return one.workers[Side.HEAD].receive(LIMIT_S)

    def _leave(self, one: Partners) -> None:
        fork = one.workers[Side.HEAD]
        assert isinstance(fork, Fork)
        assert fork.leave()

    def _answer(self, one: Partners) -> Any:
        return one.answers(time.monotonic() + LIMIT_S).get(Side.HEAD)


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    asked = Asked(tmp_path_factory.mktemp("nasty"), troubled_tests.NASTY)
    yield asked
    asked.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """Without any plugin that has `benchmark`."""
    without = ("-p", "no:benchmark", "-p", "no:codspeed")
    asked = Asked(tmp_path_factory.mktemp("whole"), troubled_tests.WHOLE, *without)
    yield asked
    asked.close()


def named(names: Iterable[str]) -> list[str | ParameterSet]:
    """Those that are much like another one in ``make thorough``."""
    return [MUCH_ALIKE.get(name, name) for name in names]


@pytest.mark.parametrize("name", named(troubled_tests.TROUBLES))
def test_what_is_wrong_with_a_test_is_its_trouble(nasty: Asked, name: str) -> None:
    verdict, said = troubled_tests.TROUBLES[name]
    ending = Ending.SKIPPED if verdict == "skipped" else Ending.FAILED
    message = said.removeprefix(troubled_tests.BOTH).removeprefix("at head: ")
    expected = None if verdict == "new" else Trouble(ending, message)
    assert nasty.trouble(name) == expected


@pytest.mark.parametrize("name", named(troubled_tests.OTHERS))
def test_whatever_else_a_test_does_it_runs(nasty: Asked, name: str) -> None:
    assert nasty.seconds(name) > 0


@pytest.mark.parametrize("name", troubled_tests.SLOWER)
def test_what_is_timed_is_the_projects_work(nasty: Asked, name: str) -> None:
    assert nasty.take_alike(name, "test_plain")


@pytest.mark.parametrize("name", troubled_tests.WHOLE_SLOWER)
def test_a_test_marked_as_a_benchmark_is_one_call_and_a_missing_fixture_is_provided(
    whole: Asked, name: str
) -> None:
    assert whole.take_alike(name, "test_fixture", 2 if "400" in name else 1)


@pytest.mark.parametrize(
    "name", ["TestMarked::test_method", "test_bears_one_call", "test_leaves_a_file", "test_rounds"]
)
def test_a_marked_test_of_unittest_and_one_that_bears_one_call_only_are_timed(
    whole: Asked, name: str
) -> None:
    assert whole.seconds(name) > 0


def test_a_fixture_of_that_name_that_times_nothing_is_named(whole: Asked) -> None:
    trouble = whole.trouble("TestAnothers::test_times_nothing")
    assert trouble == Trouble(Ending.FAILED, troubled_tests.ANOTHERS.format("nasty"))


def test_a_conftest_that_cannot_be_imported_is_what_is_wrong_with_its_tests(tmp_path: Path) -> None:
    tiny_project.write(tmp_path, {"tests/sub/conftest.py": "from pure import more\n"})
    content = "def test_sub(benchmark): benchmark(len, '')\n"
    asked = Asked(tmp_path, content, file="tests/sub/test_sub.py")
    trouble = asked.trouble("test_sub")
    asked.close()
    assert trouble is not None
    assert trouble.ending is Ending.FAILED
    said = "tests/sub/test_sub.py cannot be imported: ImportError: cannot import name 'more'"
    assert trouble.message.startswith(said)


def test_a_marked_test_that_fails_says_so(whole: Asked) -> None:
    said = "the test raised LookupError: no such thing"
    assert whole.trouble("test_marked_and_fails") == Trouble(Ending.FAILED, said)


def test_a_folder_whose_name_begins_with_a_dash_is_no_option(tmp_path: Path) -> None:
    tiny_project.write(tmp_path, {"-v/test_it.py": "def test_it():\n    pass\n"})
    program = (
        "import sys\nfrom types import SimpleNamespace\n"
        "from hotloop.gate.worker.pytests.plugin import run\n"
        "arguments = ['--collect-only', *sys.argv[2:]]\n"
        "run(SimpleNamespace(), sys.argv[1], arguments, ['-v'], sys.argv[1])"
    )
    command = [sys.executable, "-P", "-c", program, str(tmp_path), *pytest_project.ADDOPTS]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "-v/test_it.py::test_it" in told.splitlines()
