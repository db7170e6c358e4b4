"""The file of ``floats`` in other interpreters: options, and the workload without NumPy."""

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hotloop.base.errors import UsageError
from hotloop.compute import interpreters
from hotloop.compute.inside import floats
from implementations import floats_mandel
from implementations.problems import Problem
from tests.oracle.escape_time import heights

PROBLEM = Problem(13, 9, 60)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def modules() -> Iterator[None]:
    """The workload replaces modules, in a process of its own; here they are put back."""
    names = ("implementations", "implementations.grid", "implementations.problems")
    kept = {name: sys.modules[name] for name in names}
    yield
    sys.modules.update(kept)


@pytest.mark.parametrize("threads", [None, 1, 3])
def test_its_answer_is_the_right_one(
    tmp_path: Path, modules: None, monkeypatch: pytest.MonkeyPatch, threads: int | None
) -> None:
    if threads is not None:
        monkeypatch.setattr(floats, "_team", lambda: threads)
    one = interpreters.Interpreter("floats@x", "x", "idea", has_gil=True)
    workload = floats.prepare(interpreters.contender(one, PROBLEM).arguments)
    workload.warm_up()
    workload.call()
    workload.save(str(tmp_path / "answer"))
    answer = pickle.loads((tmp_path / "answer").read_bytes())
    found = interpreters.as_heights({"floats@x": answer, "python": 1}, PROBLEM)
    assert np.array_equal(np.asarray(found["floats@x"]), heights(PROBLEM))
    assert found["python"] == 1
    assert workload.threads() == (threads or 1)


def test_it_needs_nothing_but_the_standard_library() -> None:
    code = (
        "import sys; sys.modules['numpy'] = None; sys.path.insert(0, sys.argv[1]); import floats; "
        "w = floats.prepare({'file': sys.argv[2], 'x': [0.0, 2.0], 'y': [0.0], 'steps': 7}); "
        "w.call(); print(list(w._steps))"
    )
    inside = Path(floats.__file__).parent
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(inside), str(floats_mandel.__file__)],
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("[7, 0]\n", "")


def test_an_interpreter_says_what_it_is() -> None:
    (found,) = interpreters.parse([sys.executable])
    assert found.name == f"floats@{Path(sys.executable).name}"
    assert found.path == sys.executable
    assert f"Python {sys.version.split()[0]}" in found.idea


def test_without_a_gil_it_gets_threads() -> None:
    one = interpreters.Interpreter("floats@t", "t", "idea", has_gil=False)
    assert interpreters.contender(one, PROBLEM).threads.value == "all"


@pytest.mark.parametrize(
    ("programs", "said"),
    [
        (["no-such-python"], "there is no such program on the PATH"),
        (["ls"], "--python ls: that is no Python from 3.8 on"),
        ([sys.executable, sys.executable], "is named 2 times; name each once"),
    ],
)
def test_what_is_refused(programs: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        interpreters.parse(programs)


def test_a_file_that_does_not_start_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "python-broken"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)
    with pytest.raises(UsageError, match="it does not start"):
        interpreters.parse([str(broken)])


def test_an_old_python_is_named(tmp_path: Path) -> None:
    old = tmp_path / "python3.7"
    old.write_text("#!/bin/sh\necho False Python 3.7.1\n")
    old.chmod(0o755)
    with pytest.raises(UsageError, match=r"that is Python 3.7.1, and 3.8 is the oldest"):
        interpreters.parse([str(old)])
