"""What problems.py claims of memory, measured; and what a rung takes beside its answer."""

import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from implementations.problems import BYTES_PER_PIXEL, WINDOW, Problem, Window
from implementations.registry import LADDER
from implementations.workload import prepare


@pytest.mark.parametrize("window", [WINDOW, (-0.7, 0.3, -0.6, 0.6), (2.0, 3.0, 2.0, 3.0)])
@pytest.mark.parametrize("name", [variant.name for variant in LADDER])
def test_a_variant_keeps_to_the_memory_that_the_check_counts_on(name: str, window: Window) -> None:
    problem = Problem(100, 100, 10, window)
    workload = prepare(name, problem)
    workload.warm_up()
    tracemalloc.start()
    workload.call()
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < problem.pixels * BYTES_PER_PIXEL


ROOT = Path(__file__).parents[2]

# The answer and so much more; numpy's idea is to hold every step's arrays.
BESIDE_THE_ANSWER_BYTES = 10_000_000
IN_PLACE = [variant.name for variant in LADDER if variant.name != "numpy"]

OUTSIDE = (1000, 1000, 5, (1.0, 3.0, 0.5, 2.5))
THE_SET = (1000, 1000, 50, (-2.5, 0.5, -1.2, 1.2))
# Those would take a minute over it, and do the same with every pixel.
PIXEL_BY_PIXEL_IN_PYTHON = ("python", "hybrid", "floats")

# The peak of this call alone: Linux starts to count anew where 5 is written to clear_refs. Each in
# a process of its own, a fork of one that has loaded what most of them load.
TAKES = """
import json, os, re, sys
from pathlib import Path
import numba
from implementations.registry import load

def resident_bytes(field):
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(re.search(field + r":\\s+(\\d+) kB", status)[1])

def takes(name, problem):
    compute_mandel = load(name)
    compute_mandel(300, 300, 50, (-2.5, 0.5, -1.2, 1.2))  # compiled, its threads started
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before_bytes = resident_bytes("VmRSS")
    answer = compute_mandel(*problem)
    return resident_bytes("VmHWM") - before_bytes - answer.nbytes

for name, problem in json.loads(sys.argv[1]).items():
    if os.fork() == 0:
        print(json.dumps([name, takes(name, problem)]), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def taken_bytes() -> dict[str, int]:
    problems = {name: OUTSIDE if name in PIXEL_BY_PIXEL_IN_PYTHON else THE_SET for name in IN_PLACE}
    said = subprocess.run(
        [sys.executable, "-c", TAKES, json.dumps(problems)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
    return dict(json.loads(line) for line in said.splitlines())


@pytest.mark.skipif(
    not os.access("/proc/self/clear_refs", os.W_OK), reason="only Linux tells a call's peak"
)
@pytest.mark.parametrize("name", IN_PLACE)
def test_a_rung_takes_its_answers_memory_and_little_more(
    name: str, taken_bytes: dict[str, int]
) -> None:
    assert taken_bytes[name] <= BESIDE_THE_ANSWER_BYTES
