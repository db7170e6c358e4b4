"""Room between a process's objects is taken: no past decides where the next ones lie."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from hotloop.gate.worker import room

pytestmark = pytest.mark.skipif(
    platform.python_implementation() != "CPython", reason="its memory has no pools"
)
# Leaves room in every pool that it has used, at places that ``seed`` decides; then prints where in
# their pools new objects of some sizes lie.
SCRIPT = """
import importlib.util, json, random, sys
seed, takes, file = int(sys.argv[1]), sys.argv[2] == "takes", sys.argv[3]
spec = importlib.util.spec_from_file_location("room", file)
room = importlib.util.module_from_spec(spec)
spec.loader.exec_module(room)
chance = random.Random(seed)
sizes = range(16, 513, 16)
used = [room._block(size) for size in sizes for _ in range(2000)]
for place in chance.sample(range(len(used)), len(used) // 2):
    used[place] = None
kept = room.take_all() if takes else []
kept += room.take_blocks() if takes else []
found = [[room._block(size) for _ in range(8)] for size in sizes]
print(json.dumps([[id(one) % room.POOL_BYTES for one in some] for some in found]))
"""


def places(seed: int, takes: str) -> list[list[int]]:
    """Where in their pools the next eight objects lie, of each size from 16 to 512 bytes."""
    command = [sys.executable, "-S", "-c", SCRIPT, str(seed), takes, room.__file__]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: list[list[int]] = json.loads(said)
    return found


def test_what_processes_did_before_does_not_decide_where_new_objects_lie() -> None:
    first, second = places(1, "takes"), places(2, "takes")
    assert first == second
    # In pools that have just begun.
    assert all(max(of_a_size) < room.POOL_BYTES / 2 for of_a_size in first)


def test_without_it_their_past_decides() -> None:
    assert places(1, "leaves") != places(2, "leaves")


def test_where_there_are_no_pools_nothing_is_taken() -> None:
    script = SCRIPT.partition("chance =")[0] + "print(len(room.take_all()))"
    command = [sys.executable, "-S", "-c", script, "1", "takes", room.__file__]
    for allocator, taken in (("malloc", False), ("malloc_debug", False), ("pymalloc", True)):
        variables = {**os.environ, "PYTHONMALLOC": allocator}
        said = subprocess.run(command, check=True, capture_output=True, env=variables).stdout
        assert (int(said) > 0) == taken, allocator


def test_it_is_a_file_that_any_python_loads() -> None:
    source = Path(room.__file__).read_text(encoding="utf-8")
    assert "import sys" in source
    assert "from ." not in source
