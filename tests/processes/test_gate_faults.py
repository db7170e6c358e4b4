"""``hotloop gate`` when something goes wrong: one sentence, the right code, nothing left behind."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from hotloop.gate import result as gate_result
from hotloop.gate.verdicts import Verdict
from tests import environments, tiny_project, warm
from tests.commands import ENVIRONMENT, LIMIT_S, ONE_LANE, command, here
from tests.tiny_project import git

BENCHMARKS = """
import tiny
def time_good(): tiny.work()
def time_raises(): tiny.fault("raise")
def time_ends(): tiny.fault("end")
def time_is_killed(): tiny.fault("kill")
def time_prints(): tiny.fault("print")
def time_forks(): tiny.fault("fork")
def time_changes_folder(): tiny.fault("folder")
def time_closes(): tiny.fault("close")
def time_fills_memory(): tiny.fault("memory")
def time_hangs(): tiny.fault("hang")
time_hangs.timeout = 0.5
"""
SOURCE = """
import os, resource, signal, sys, time
BAD = {bad}
def work():
    for _ in range(1000): pass
def fault(how):
    work()
    if BAD: FAULTS[how]()
def fail(): raise ValueError("boom\\nand more")
def say(): print("x" * 1000); os.write(1, b"raw\\n")
def fork():
    if os.fork() == 0: os._exit(0)
    os.wait()
def fill():
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    bytearray(4 << 30)
FAULTS = {{
    "raise": fail,
    "end": lambda: sys.exit(0),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "print": say,
    "fork": fork,
    "folder": lambda: os.chdir("/"),
    "close": lambda: os.closerange(0, 256),
    "memory": fill,
    "hang": lambda: time.sleep(600),
}}
"""
BROKEN = {
    "speed.time_raises": "the call raised ValueError: boom",
    "speed.time_ends": "the call raised SystemExit: 0",
    "speed.time_is_killed": "the process died (killed by SIGKILL)",
    "speed.time_closes": "the benchmark closed the pipes that the gate talks through",
    "speed.time_fills_memory": "the call raised MemoryError",
    "speed.time_hangs": "timed out after 0.5 s",
}
UNHARMED = {"good", "prints", "forks", "changes_folder"}
# Rows of a quick run have one pair each.
RUNS_ON = {Verdict.UNDECIDED, Verdict.SAME}
ENDLESS = "import time\ntime.sleep(600)\n"
STAGES = {"building": "head: Building", "discovering": "looking for", "measuring": "0 of 1 "}
BY_SETUPTOOLS, BY_PIP = "asv.conf.json", "pip.conf.json"
INSTALLED_BY_PIP = "install.conf.json"
SOON_S = 60.0
LOOK_S = 0.05

pytestmark = pytest.mark.timeout(LIMIT_S + 60)


@dataclass(frozen=True)
class Site:
    """The project, and where its gates' temporary folders go."""

    folder: Path
    scratch: Path

    @property
    def variables(self) -> dict[str, str]:
        return ENVIRONMENT | {"TMPDIR": str(self.scratch)}

    def gate(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        words = (*ONE_LANE, *words)
        return here(self.folder, "gate", *words, environment=self.variables | variables)

    @contextlib.contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        with warm.Popen(
            command("gate", *ONE_LANE, *words),
            env=self.variables,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def processes(self) -> list[psutil.Process]:
        """Whatever lives in the project, in the gate's temporary folders, or was named them."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                    continue
                words = [process.cwd(), *process.cmdline()]
                if any(
                    str(place) in word for place in (self.folder, self.scratch) for word in words
                ):
                    found.append(process)
        return found

    def left(self) -> list[str]:
        return [path.name for path in self.scratch.iterdir() if path.name.startswith("hotloop")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`main`, where all is well, `bad`, and branches that cannot be built, listed or ended."""
    folder = tmp_path_factory.mktemp("faults") / "tiny"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    tiny_project.configure(folder)
    # As most projects do: built by pip, and installed by asv's own command, which is pip's.
    tiny_project.configure(folder, INSTALLED_BY_PIP, install_command=None)
    tiny_project.configure(
        folder, BY_PIP, build_command=[tiny_project.PIP_WHEEL], install_command=None
    )
    rest = {"pyproject.toml": tiny_project.PYPROJECT, ".gitignore": ".asv\n"}
    suite = {"benchmarks/__init__.py": "", "benchmarks/speed.py": BENCHMARKS}
    source = {bad: {"tiny/__init__.py": SOURCE.format(bad=bad)} for bad in (False, True)}
    tiny_project.commit(folder, "before the suite", rest | source[False])
    tiny_project.commit(folder, "all is well", suite)
    branches = {
        "bad": source[True],
        "endless": {"setup.py": ENDLESS},
        "unlisted": {"benchmarks/slow.py": ENDLESS},
        "extension": {
            "setup.py": "from setuptools import Extension, setup\n"
            "setup(ext_modules=[Extension('tiny.fast', ['fast.c'])])\n",
            "fast.c": "int fast;\n",
        },
        "dependent": {
            "pyproject.toml": tiny_project.PYPROJECT.replace(
                'version = "0"', 'version = "0"\ndependencies = ["no-such-thing-of-tiny"]'
            )
        },
    }
    for name, files in branches.items():
        git(folder, "checkout", "--quiet", "-b", name, "main")
        tiny_project.commit(folder, name, files)
    git(folder, "checkout", "--quiet", "main")
    # A dirty tree: nothing of it may get lost.
    tiny_project.write(folder, {"tiny/extra.py": "", "notes.txt": "mine"})
    environments.lend(folder, tmp_path_factory)
    return folder


@pytest.fixture
def site(built: Path, tmp_path: Path) -> Iterator[Site]:
    """After every test the checkout is as before, and no process and no folder is left."""
    site = Site(built, tmp_path)
    git(built, "status")
    before = tiny_project.state(built)
    yield site
    eventually(lambda: not site.processes())
    assert not site.left()
    assert tiny_project.state(built) == before


@pytest.mark.thorough(
    "processes/gate_pairs/test_faults.py::test_a_fault_while_getting_ready_is_its_sides_trouble",
    "processes/gate_pairs/test_faults.py::test_printing_changing_folder_and_forking_do_no_harm",
    "processes/test_gate_command.py::test_a_slower_and_a_broken_benchmark_are_found_and_judged_again",
)
def test_each_faulty_benchmark_is_told_and_the_others_keep_their_results(site: Site) -> None:
    stored = site.scratch / "r.json"
    ended = site.gate("main", "bad", "--quick", "--quiet", "--json", str(stored))
    assert (ended.returncode, ended.stderr) == (1, "")
    rows = {row.name: row for row in gate_result.load(stored).benchmarks}
    broken = {name: row.reason for name, row in rows.items() if row.verdict is Verdict.BROKEN}
    assert broken == BROKEN
    for name in UNHARMED:
        assert rows[f"speed.time_{name}"].verdict in RUNS_ON, name
        assert rows[f"speed.time_{name}"].pairs == 1, name


@pytest.mark.thorough(
    "unit/test_gate_campaign_troubles.py::test_a_single_failure_is_tried_again_and_forgiven",
    "processes/gate_pairs/test_faults.py::test_a_fault_while_getting_ready_is_its_sides_trouble",
)
def test_a_worker_that_somebody_kills_costs_one_pair(site: Site) -> None:
    stored = site.scratch / "r.json"
    words = ("main", "main", "--bench", "good", "--false-alarms", "1e-6", "--budget", "2")
    with site.running(*words, "--json", str(stored)) as gate:
        read_until(gate, STAGES["measuring"])
        deadline = time.monotonic() + SOON_S
        killed = 0
        while not killed and time.monotonic() < deadline:
            for child in psutil.Process(gate.pid).children():
                with contextlib.suppress(psutil.Error):
                    if any(word.endswith("worker/__main__.py") for word in child.cmdline()):
                        child.kill()
                        killed += 1
                        break
        out, err = gate.communicate(timeout=LIMIT_S)
    assert killed == 1
    # On a slow machine too few pairs for any verdict.
    assert gate.returncode in (0, 3), err
    assert "Traceback" not in err
    (row,) = json.loads(stored.read_text(encoding="utf-8"))["benchmarks"]
    assert row["verdict"] in ("undecided", "same"), out
    assert row["pairs"] > 0


NO_COMPILER = ({"CC": "/no/such/compiler"}, "/no/such/compiler")
NO_NETWORK = ({"PIP_INDEX_URL": "http://127.0.0.1:9/"}, "no-such-thing-of-tiny")
WHILE_IT_BUILDS = pytest.mark.thorough(
    "test_who_ends_a_gate_at_any_stage_leaves_nothing_behind",
    "processes/test_gate_builds_ended.py::"
    "test_a_builder_that_cannot_end_in_time_is_killed_with_what_it_started",
)
WHILE_IT_LOOKS = pytest.mark.thorough(
    "test_who_ends_a_gate_at_any_stage_leaves_nothing_behind",
    "processes/test_gate_suite.py::test_an_interrupt_ends_what_imports_the_suite",
)
BY_ANOTHER_SIGNAL = pytest.mark.thorough(
    "test_who_ends_a_gate_at_any_stage_leaves_nothing_behind",
    "unit/test_cli.py::test_a_signal_ends_a_command_as_ctrl_c_does",
)


@pytest.mark.thorough(
    "processes/test_gate_builds.py::test_a_failed_build_names_its_side_its_commit_and_its_log",
    "processes/test_gate_pytest_projects.py::test_what_cannot_be_collected_is_said_in_one_sentence",
    "unit/test_gate_build_words.py::test_the_telling_line_of_a_failed_command",
    "unit/test_gate_build_words.py::test_what_asv_hands_on_without_advice_gets_some",
)
@pytest.mark.parametrize(
    ("branch", "config", "variables", "reason"),
    [
        ("extension", BY_SETUPTOOLS, *NO_COMPILER),
        ("dependent", INSTALLED_BY_PIP, *NO_NETWORK),
        ("extension", BY_PIP, *NO_COMPILER),
        ("dependent", BY_PIP, *NO_NETWORK),
    ],
    ids=["no compiler", "no network", "no compiler for pip", "no network for pip"],
)
def test_what_a_build_lacks_is_in_the_sentence(
    branch: str, config: str, variables: dict[str, str], reason: str, site: Site
) -> None:
    words = ("main", branch, "--quiet", "--config", config)
    ended = site.gate(*words, PIP_RETRIES="0", **variables)
    assert (ended.returncode, ended.stdout) == (4, "")
    commit = git(site.folder, "rev-parse", "--short=8", branch)
    assert ended.stderr.startswith(f"hotloop: head, {commit} ({branch}), could not be built: ")
    assert reason in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("stage", "number"),
    [
        pytest.param("building", signal.SIGINT, marks=WHILE_IT_BUILDS),
        pytest.param("discovering", signal.SIGTERM, marks=WHILE_IT_LOOKS),
        pytest.param("measuring", signal.SIGINT, marks=BY_ANOTHER_SIGNAL),
        ("measuring", signal.SIGTERM),
    ],
    ids=["building", "discovering", "measuring", "measuring, by SIGTERM"],
)
def test_who_ends_a_gate_at_any_stage_leaves_nothing_behind(
    stage: str, number: signal.Signals, site: Site
) -> None:
    head = {"building": "endless", "discovering": "unlisted", "measuring": "main"}[stage]
    stored = site.scratch / "r.json"
    words = ("main", head, "--bench", "good", "--thorough", "--floor", "0")
    with site.running(*words, "--json", str(stored)) as gate:
        read_until(gate, STAGES[stage])
        gate.send_signal(number)
        out, err = gate.communicate(timeout=SOON_S)
    assert gate.returncode == 130
    assert "Traceback" not in err
    if stage == "measuring":
        assert "interrupted; known so far: it is undecided" in out
        assert out.splitlines()[-1].endswith("exit code 130")
        assert json.loads(stored.read_text(encoding="utf-8"))["stopped_by"] == "interrupted"
    else:
        assert (out, err.splitlines()[-1]) == ("", "hotloop: interrupted")
        assert not stored.exists()


@pytest.mark.thorough(
    "processes/gate_pairs/test_processes.py::test_no_worker_outlives_a_driver_that_was_killed"
)
def test_no_process_outlives_a_gate_that_is_killed_while_measuring(site: Site) -> None:
    with site.running("main", "main", "--bench", "good", "--thorough", "--floor", "0") as gate:
        read_until(gate, STAGES["measuring"])
        gate.kill()
    eventually(lambda: not site.processes())
    # Nobody can tidy up after that: its temporary folder stays until the system's own sweep.
    for name in site.left():
        shutil.rmtree(site.scratch / name)


def read_until(gate: subprocess.Popen[str], words: str) -> None:
    assert gate.stderr is not None
    for line in gate.stderr:
        if words in line:
            return
    pytest.fail(f"it ended before it said {words!r}")


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(LOOK_S)
