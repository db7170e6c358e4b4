"""What the gate's worker needs from the operating system."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hotloop.gate.worker.process import flush_output

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_before_a_worker_ends_all_that_was_printed_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "log"
    with file.open("wb") as raw:
        # As Python 3.8 opens both of them.
        monkeypatch.setattr(sys, name, io.TextIOWrapper(raw, line_buffering=False))
        print("it failed", file=getattr(sys, name))
        flush_output()
        assert file.read_text() == "it failed\n"


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_output_that_was_closed_or_taken_away_does_not_matter(
    closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = io.StringIO()
    output.close()
    for stream in (output, None):
        monkeypatch.setattr(sys, closed, stream)
        flush_output()


# Any parallel code begins with it.
LAUNCHED = """
from hotloop.gate.worker.process import goes_on_in_forks
from numba.np.ufunc.parallel import _launch_threads
print(goes_on_in_forks())
_launch_threads()
print(goes_on_in_forks())
"""
# A fork that runs such code again is ended by numba.
PARALLEL = """
import os
import numba
from hotloop.gate.worker.process import goes_on_in_forks
@numba.njit(parallel=True, cache=True)
def add(turns):
    total = 0.0
    for number in numba.prange(turns): total += number
    return total
def forked():
    child = os.fork()
    if child == 0:
        add(9)
        os._exit(0)
    return os.waitpid(child, 0)[1]
print(goes_on_in_forks(), forked() == 0)
add(9)
print(goes_on_in_forks(), forked() == 0)
"""


def printed(program: str, folder: Path) -> list[str]:
    """The first lines that a program with numba prints."""
    pytest.importorskip("numba")
    (folder / "parallel.py").write_text(program)
    numbas = {"NUM_THREADS": "1", "THREADING_LAYER": "omp", "OPT": "0", "CACHE_DIR": str(folder)}
    # NumPy's own threads are another matter.
    variables = {f"NUMBA_{name}": value for name, value in numbas.items()} | {
        "OPENBLAS_NUM_THREADS": "1"
    }
    ended = subprocess.run(
        [sys.executable, folder / "parallel.py"],
        env=os.environ | variables | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    lines = ended.stdout.split("\n")[:2]
    assert len(lines) == 2, ended.stderr
    return lines


def test_what_numba_has_run_in_parallel_is_not_copied(tmp_path: Path) -> None:
    assert printed(LAUNCHED, tmp_path) == ["True", "False"]


@pytest.mark.thorough("test_what_numba_has_run_in_parallel_is_not_copied")
def test_numba_ends_a_fork_that_runs_code_in_parallel_again(tmp_path: Path) -> None:
    assert printed(PARALLEL, tmp_path) == ["True True", "False False"]
