"""Starts of pytest: files that share one, and what its past may not decide."""

import json
import math
import platform
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hotloop.gate.model import PYTESTS, Benchmark, Contender, Kind, Revision, Side
from hotloop.gate.pairs import slices
from hotloop.gate.pairs.lanes import lanes_on
from hotloop.gate.pairs.pairs import ProcessPairs
from tests import warm
from tests.process_pairs import measure_briefly
from tests.pytest_project import ADDOPTS

TEST = "def test_it(benchmark): benchmark(len, 'x')\n"
# Each import of a file leaves its process in there.
NOTES = "import os, pathlib\nwith open({file!r}, 'a') as notes: print(os.getpid(), file=notes)\n"
THREAD = (
    "import threading, time\nthreading.Thread(target=time.sleep, args=[60], daemon=True).start()\n"
)


LONG = (
    "import os, pathlib, time\n"
    "notes = pathlib.Path(__file__).with_name('notes')\n"
    "def long():\n"
    "    with notes.open('a') as file: print(os.getpid(), file=file)\n"
    "    end = time.thread_time() + 0.12\n"
    "    while time.thread_time() < end: pass\n"
    "    return len(notes.read_text().split())\n"
    "def test_it(benchmark):\n"
    "    assert benchmark(long) >= 3\n"
)
EXITS = "import os, sys\nos.environ['SIDE'] == 'base' and sys.exit('too old to go on')\n"


def benchmark(name: str) -> Benchmark:
    wanted = {"name": f"test_{name}.py::test_it", "file": f"test_{name}.py"}
    identity = json.dumps(wanted)
    return Benchmark(
        wanted["name"], (), None, Kind.TIME, "seconds", 30.0,
        identity=identity, file=wanted["file"], group="test_a.py",
    )  # fmt: skip


def contenders(folder: Path) -> Iterator[Contender]:
    """Both sides run the tests in ``folder``; SIDE tells them apart."""
    suite = folder / "suite.json"
    told = {"folder": str(folder), "paths": [], "arguments": list(ADDOPTS)}
    suite.write_text(json.dumps({**told, "places": {}, "runners": [], "asking": []}))
    for side in Side:
        yield Contender(
            side,
            Revision("0" * 40, "x", "y"),
            "here",
            Path(sys.executable),
            suite,
            (("SIDE", side.value),),
            runner=PYTESTS,
        )


def measured(folder: Path, more: str = "") -> tuple[int, ...]:
    """How often a side imported each of three files, of which the second has ``more``.

    All are measured, and a fourth whose call is long.
    """
    for name in "abc":
        notes = NOTES.format(file=str(folder / name))
        content = notes + (more if name == "b" else "") + TEST
        (folder / f"test_{name}.py").write_text(content)
    (folder / "test_long.py").write_text(LONG)
    base, head = contenders(folder)
    benchmarks = [benchmark(name) for name in ("a", "b", "c", "long")]
    with warm.everywhere(*warm.GATE_WORKERS), ProcessPairs(base, head, lanes_on(1)) as pairs:
        for number, each in enumerate(benchmarks):
            with pytest.MonkeyPatch.context() as patch:
                if each.file != "test_long.py":
                    measure_briefly(patch)
                else:
                    # It only computes, though a busy machine may let it wait for its notes.
                    patch.setattr(slices, "NOTICEABLE", math.inf)
                    patch.setattr(slices, "SOME", math.inf)
                pair = pairs.measure(0, each, 1, benchmarks[number + 1 :])
            assert pair.log_ratio is not None, pair.head_trouble
    return tuple(len((folder / name).read_text().split()) // 2 for name in "abc")


@dataclass(frozen=True)
class Shared:
    """Files that are alike, after a pair of each, and how often each was imported."""

    folder: Path
    imports: tuple[int, ...]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    folder = tmp_path_factory.mktemp("shared")
    return Shared(folder, measured(folder))


def test_files_share_a_start(shared: Shared) -> None:
    assert shared.imports == (1, 1, 1)


@pytest.mark.thorough(
    "test_files_share_a_start",
    "test_what_ends_pytest_for_one_file_does_so_for_no_other_of_its_start",
    "processes/test_gate_forks.py::"
    "test_threads_at_import_mean_fresh_processes_from_the_first_pair_on",
)
def test_files_share_no_start_if_one_cannot_be_forked(tmp_path: Path) -> None:
    # The first pair of `b` starts anew, unless its warm-up made equally many calls on both sides.
    assert measured(tmp_path, THREAD) in [(2, 3, 2), (2, 4, 2)]


@pytest.mark.skipif(
    lanes_on(1)[0].cpu is None, reason="calls are as long only on a CPU of their own"
)
def test_a_long_call_is_made_three_times_in_its_first_pair(shared: Shared) -> None:
    """Twice to find out what it costs, once to be timed; the test gets the last one's result."""
    calls = Counter((shared.folder / "notes").read_text().split())
    assert list(calls.values()) == [3, 3]


def test_what_ends_pytest_for_one_file_does_so_for_no_other_of_its_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure_briefly(monkeypatch)
    (tmp_path / "test_a.py").write_text(TEST)
    (tmp_path / "test_b.py").write_text(EXITS + TEST)
    base, head = contenders(tmp_path)
    with warm.everywhere(*warm.GATE_WORKERS), ProcessPairs(base, head, lanes_on(1)) as pairs:
        first = pairs.measure(0, benchmark("a"), 1, [benchmark("b")])
        ended = pairs.measure(0, benchmark("b"), 1)
    assert first.log_ratio is not None, (first.base_trouble, first.head_trouble)
    assert ended.log_ratio is None
    assert ended.head_trouble is None
    assert ended.base_trouble is not None
    assert "SystemExit: too old to go on" in ended.base_trouble.message


@pytest.mark.skipif(
    platform.python_implementation() != "CPython", reason="its memory has no pools of small objects"
)
def test_what_only_one_side_did_before_does_not_decide_where_objects_lie(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import os, pathlib\n"
        "used = [complex(number, 1) for number in range(20_000)]\n"
        "# Each side leaves room in other places.\n"
        "del used[:: 7 if os.environ['SIDE'] == 'base' else 5]\n"
        "def look():\n"
        "    places.append([id(complex(number, 1)) % 4096 for number in range(3)])\n"
        "places = []\n"
        "def test_it(benchmark):\n"
        "    benchmark(look)\n"
        "    file = pathlib.Path(__file__).with_name(os.environ['SIDE'])\n"
        "    file.write_text(f'{places[0]}')\n"
    )
    base, head = contenders(tmp_path)
    with ProcessPairs(base, head, lanes_on(1)) as pairs:
        pair = pairs.measure(0, benchmark("a"), 1)
    assert pair.log_ratio is not None, pair.head_trouble
    assert (tmp_path / "base").read_text() == (tmp_path / "head").read_text()
