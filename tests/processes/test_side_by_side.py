"""``pytest --side-by-side``: files of tests in processes that are forked once all are collected."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import warm

ROOT = Path(__file__).parents[2]
# One that fails, and one of each other kind; files that show in which process they ran.
OUTCOMES = """
import os
import warnings
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def in_one_process(tmp_path_factory):
    (tmp_path_factory.getbasetemp().parent / f"{Path(__file__).stem}-{os.getpid()}").touch()


def test_passes(capfd):
    os.write(1, b"said")
    assert capfd.readouterr().out == "said"


def test_fails():
    print("shown with it")
    assert 1 == 2


def test_skips():
    pytest.skip("no reason")


def test_warns():
    warnings.warn("have a care")


@pytest.fixture
def broken_end():
    yield
    raise OSError("at the end")


def test_ends_badly(broken_end):
    pass
"""
PASSES = "def test_passes():\n    pass\n"
HANGS = """
import threading
import time

import pytest


def waits_beside_it():
    begun.set()
    time.sleep(600)


begun = threading.Event()


@pytest.fixture
def beside_it():
    threading.Thread(target=waits_beside_it, daemon=True).start()
    begun.wait()


# Of the call alone: on a busy machine that is short for what comes before it.
@pytest.mark.timeout(0.2, func_only=True)
def test_hangs(beside_it):
    time.sleep(600)
"""
DIES = "import os\n\ndef test_lives():\n    pass\n\ndef test_dies():\n    os._exit(9)\n"
# What is set up is taken down, though Ctrl-C comes in mid test.
WAITS = """
import time
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def place():
    place = Path(__file__).with_suffix(".up")
    place.touch()
    yield
    place.unlink()


def test_waits(place):
    time.sleep(600)
"""


def command(folder: Path, *arguments: str, **files: str) -> list[str]:
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    plugins = ("tests.order", "tests.side_by_side", "timeout", "no:cacheprovider")
    named = ("--disable-plugin-autoload", *(f"-p{plugin}" for plugin in plugins))
    own = ("--rootdir", str(folder), "--basetemp", str(folder / "temporary" / "base"))
    return [sys.executable, "-m", "pytest", *named, *own, *arguments, str(folder)]


def run(
    folder: Path, *arguments: str, processes: int = 2, **files: str
) -> "subprocess.CompletedProcess[str]":
    (folder / "temporary").mkdir()
    given = command(folder, f"--side-by-side={processes}", *arguments, **files)
    return warm.run(given, cwd=ROOT, capture_output=True)


def test_outcomes_output_and_warnings_of_all_processes_are_told(tmp_path: Path) -> None:
    ended = run(tmp_path, "-rs", one=OUTCOMES, two=OUTCOMES, three=HANGS, four=PASSES)

    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout + ended.stderr
    counts = "3 failed, 7 passed, 2 skipped, 2 warnings, 2 errors"
    assert counts in ended.stdout.splitlines()[-1]
    assert ended.stdout.count("E       assert 1 == 2") == 2
    assert ended.stdout.count("shown with it\n") == 2
    assert ended.stdout.count("OSError: at the end") >= 2
    assert "Timeout (>0.2s)" in ended.stdout
    assert "in waits_beside_it" in ended.stdout
    assert ended.stdout.count("UserWarning: have a care") == 2
    assert len(re.findall(r"SKIPPED \[1\] .*no reason", ended.stdout)) == 2
    # The error at a test's end comes after its letter, if need be after that of the last test.
    assert re.search(r"^[.FsE]{13,14} +\[100%\]E?$", ended.stdout, re.MULTILINE)
    assert ended.stderr == ""


def test_a_file_runs_in_one_process_and_others_beside_it(tmp_path: Path) -> None:
    # Who has taken the one waits until somebody has begun the other.
    both = "len({path.stem[:8] for path in Path(__file__).parent.glob('temporary/test_*-*')}) > 1"
    waiting = OUTCOMES.replace("assert 1 == 2", f"while not {both}: pass")

    run(tmp_path, one=waiting, two=waiting)

    ran = {path.name for path in (tmp_path / "temporary").glob("test_*-*")}
    processes = {name.partition("-")[2] for name in ran}
    assert len(ran) == 2, ran
    assert len(processes) == 2, ran


def test_what_a_folder_set_up_is_taken_down_before_another_folder(tmp_path: Path) -> None:
    """Files of two folders in turns, as tests/order.py lays them."""
    folders = ["broker/apart", "processes"] * 2
    for number, folder in enumerate(folders):
        path = tmp_path / "tests" / folder / f"test_{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PASSES)

    ended = run(tmp_path, "-v", processes=1)

    assert ended.returncode == pytest.ExitCode.OK, ended.stdout + ended.stderr
    assert re.findall(r"(test_\d)\.py::\w+ PASSED", ended.stdout) == [
        f"test_{number}" for number in range(4)
    ]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (9, "a process of tests ended with 9, after test_one.py::test_lives"),
        (0, "1 tests were taken by processes that ended without a word"),
    ],
)
def test_a_process_that_dies_fails_the_run(tmp_path: Path, code: int, said: str) -> None:
    ended = run(tmp_path, one=DIES.replace("9", str(code)), two=PASSES)

    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout + ended.stderr
    assert said in " ".join(ended.stdout.split())


def test_the_first_failure_ends_the_run_where_that_is_asked_for(tmp_path: Path) -> None:
    until_up = "while not Path(__file__).with_name('test_two.up').exists(): pass"
    failing = OUTCOMES.replace("assert 1 == 2", f"{until_up}\n    assert 1 == 2")

    ended = run(tmp_path, "-x", one=failing, two=WAITS)

    assert "stopping after 1 failures" in ended.stdout, ended.stdout + ended.stderr
    assert not (tmp_path / "test_two.up").exists()


def test_a_file_that_cannot_be_read_is_told_before_anything_runs(tmp_path: Path) -> None:
    ended = run(tmp_path, one="import nothing_of_this_name\n", two=PASSES)

    assert ended.returncode == pytest.ExitCode.INTERRUPTED
    assert "1 error during collection" in ended.stdout


@pytest.mark.parametrize("whom", ["all", "the first alone"])
def test_a_ctrl_c_takes_down_what_was_set_up_and_leaves_no_process(
    tmp_path: Path, whom: str
) -> None:
    (tmp_path / "temporary").mkdir()
    given = command(tmp_path, "--side-by-side=2", one=WAITS, two=WAITS)
    with subprocess.Popen(
        given, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as tests:
        up = [tmp_path / f"test_{name}.up" for name in ("one", "two")]
        while not all(path.exists() for path in up):
            time.sleep(0.02)
        (os.killpg if whom == "all" else os.kill)(tests.pid, signal.SIGINT)
        out, _ = tests.communicate(timeout=60)

    assert tests.returncode == pytest.ExitCode.INTERRUPTED, out
    assert "KeyboardInterrupt" in out
    assert not any(path.exists() for path in up)
    with pytest.raises(ProcessLookupError):
        os.killpg(tests.pid, 0)
