"""Tests of several files that are forked from one start of pytest on each side."""

import json
import sys
from pathlib import Path

import pytest

from hotloop.gate.model import PYTESTS, Benchmark, Contender, Kind, Revision, Side
from hotloop.gate.pairs.lanes import lanes_on
from hotloop.gate.pairs.pairs import ProcessPairs
from tests.pytest_project import ADDOPTS

TEST = "def test_it(benchmark): benchmark(len, 'x')\n"
# Each import of a file leaves its process in there.
NOTES = "import os, pathlib\nwith open({file!r}, 'a') as notes: print(os.getpid(), file=notes)\n"
THREAD = (
    "import threading, time\nthreading.Thread(target=time.sleep, args=[60], daemon=True).start()\n"
)


def benchmark(name: str) -> Benchmark:
    wanted = {"name": f"test_{name}.py::test_it", "file": f"test_{name}.py"}
    identity = json.dumps(wanted)
    return Benchmark(
        wanted["name"], (), None, Kind.TIME, "seconds", 30.0,
        identity=identity, file=wanted["file"], group="test_a.py",
    )  # fmt: skip


@pytest.mark.parametrize(("more", "starts"), [("", (1, 1, 1)), (THREAD, (2, 4, 2))])
def test_files_share_a_start_unless_one_cannot_be_forked(
    tmp_path: Path, more: str, starts: tuple[int, ...]
) -> None:
    for name in "abc":
        notes = NOTES.format(file=str(tmp_path / name))
        content = notes + (more if name == "b" else "") + TEST
        (tmp_path / f"test_{name}.py").write_text(content)
    suite = tmp_path / "suite.json"
    told = {"folder": str(tmp_path), "paths": [], "arguments": list(ADDOPTS)}
    suite.write_text(json.dumps({**told, "places": {}, "runners": [], "asking": []}))
    base, head = (
        Contender(
            side,
            Revision("0" * 40, "x", "y"),
            "here",
            Path(sys.executable),
            suite,
            (),
            runner=PYTESTS,
        )
        for side in Side
    )
    benchmarks = [benchmark(name) for name in "abc"]
    with ProcessPairs(base, head, lanes_on(1)) as pairs:
        for number, each in enumerate(benchmarks):
            pair = pairs.measure(0, each, 1, benchmarks[number + 1 :])
            assert pair.log_ratio is not None, pair.head_trouble
    imports = (len((tmp_path / name).read_text().split()) for name in "abc")
    assert tuple(number // 2 for number in imports) == starts
