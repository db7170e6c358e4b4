"""The supervisor with real processes that need no Java: who ends, when, and who does not."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hotloop.base.errors import MeasurementError
from stream.broker import supervise
from stream.kafka import death, state
from stream.kafka.plan import Mode, Plan, Process
from stream.kafka.processes import ProcessId, identify, is_ours, send
from stream.kafka.running import Broker
from stream.kafka.state import State
from tests.broker.processes import await_none, processes_of

pytestmark = pytest.mark.broker

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
GRACEFUL = """
import pathlib, signal, sys, time

def end(number, frame):
    pathlib.Path(sys.argv[1], "ended well").touch()
    raise SystemExit

signal.signal(signal.SIGTERM, end)
pathlib.Path(sys.argv[1], "handler is set").touch()
time.sleep(600)
"""
OBEDIENT = "import time; time.sleep(600)"
ENDS_AT_ONCE = "print('Error: no room'); raise SystemExit(3)"
FORKING_HARNESS = """
import os, time
from tests.broker.apart.test_supervisor import OBEDIENT, launched
from stream.kafka.folders import state_folder

broker = launched(state_folder(), OBEDIENT)
forked = os.fork()
if forked:
    print(forked, flush=True)
time.sleep(600)
"""
# Only a child's end, or a signal, can tell it of anything.
RARELY_LOOKING = """
import sys
from stream.kafka import supervisor

supervisor._TICK_S = 600.0
raise SystemExit(supervisor.main(sys.argv[1:]))
"""
SLOW_TO_PREPARE = "import time; time.sleep(600)"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder of this test's own, in which nothing may run at its end."""
    monkeypatch.setenv("HOTLOOP_STATE", str(tmp_path))
    yield tmp_path
    for process in processes_of(tmp_path):
        process.kill()


def supervised(
    home: Path,
    *codes: str,
    prepare: str | None = None,
    grace_s: float = 0.3,
    program: str = sys.executable,
) -> Broker:
    """A broker whose nodes are Python programs; each has the state folder in its command."""
    held = state.lock("fake")
    assert held is not None
    folder, logs = state.brokers_folder() / "fake", home / "logs"
    folder.mkdir()
    logs.mkdir()
    marker = "0123456789abcdef"

    def command(code: str) -> tuple[str, ...]:
        return (program, "-c", code, str(home), marker)

    plan = Plan(
        name="fake",
        marker=marker,
        mode=Mode.KRAFT,
        version="0",
        processes=tuple(
            Process(node, command(code), str(logs / f"{node}.log"), 1)
            for node, code in enumerate(codes, start=1)
        ),
        prepare=() if prepare is None else (command(prepare),),
        logs=str(logs),
        data=str(home),
        grace_s=grace_s,
    )
    (folder / "plan.json").write_text(plan.to_json(), encoding="utf-8")
    with held:
        return Broker(plan, supervise(plan, folder, [held]), folder)


def ignores_sigterm(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    ignored = int(status.partition("SigIgn:")[2].split()[0], 16)
    return bool(ignored & (1 << (signal.SIGTERM - 1)))


def launched(home: Path, *codes: str, grace_s: float = 0.3) -> Broker:
    broker = supervised(home, *codes, grace_s=grace_s)
    for node in range(1, len(codes) + 1):
        broker.launch(node)
    return broker


def test_stop_ends_everything_and_removes_the_folder_but_not_the_logs(home: Path) -> None:
    broker = launched(home, OBEDIENT, OBEDIENT)
    assert len(processes_of(home)) == 3
    broker.stop()
    assert processes_of(home) == []
    assert not (state.brokers_folder() / "fake").exists()
    assert (home / "logs" / "1.log").exists()


def test_a_node_that_ignores_sigterm_is_killed_after_the_grace(home: Path) -> None:
    broker = launched(home, STUBBORN)
    while not ignores_sigterm(broker.processes[1].pid):
        time.sleep(0.01)
    began_s = time.monotonic()
    broker.stop()
    assert time.monotonic() - began_s >= 0.3
    assert processes_of(home) == []


def test_a_frozen_node_is_thawed_to_end_well(home: Path) -> None:
    broker = launched(home, GRACEFUL, grace_s=30.0)
    while not (home / "handler is set").exists():
        time.sleep(0.01)
    broker.freeze(1)
    broker.stop()
    assert processes_of(home) == []
    assert (home / "ended well").exists()


def test_a_killed_node_is_noticed_and_can_be_started_again(home: Path) -> None:
    broker = launched(home, OBEDIENT, OBEDIENT)
    first = broker.processes[1].pid
    broker.kill(1)
    assert identify(first) is None
    assert sorted(broker.processes) == [2]
    broker.launch(1)
    assert broker.processes[1].pid != first
    broker.stop()


def test_a_node_that_ends_by_itself_is_reported_with_its_last_words(home: Path) -> None:
    broker = supervised(home, ENDS_AT_ONCE)
    with pytest.raises(MeasurementError, match="Error: no room"):  # noqa: PT012
        broker.launch(1)
        while True:
            broker.check()
    broker.stop()


def test_a_failed_preparation_is_reported(home: Path) -> None:
    broker = supervised(home, OBEDIENT, prepare=ENDS_AT_ONCE)
    with pytest.raises(MeasurementError, match="cannot format the broker's data folder: Error: no"):
        broker.prepare()
    broker.stop()


def test_closing_the_pipe_during_the_preparation_ends_it(home: Path) -> None:
    broker = supervised(home, OBEDIENT, prepare=SLOW_TO_PREPARE)
    assert broker.supervisor.stdin is not None
    broker.supervisor.stdin.write(b"prepare\n")
    broker.supervisor.stdin.flush()
    while len(processes_of(home)) < 2:
        time.sleep(0.01)
    broker.stop()
    assert processes_of(home) == []


def test_the_kernel_kills_the_nodes_of_a_killed_supervisor_and_the_rest_is_swept(
    home: Path,
) -> None:
    broker = launched(home, STUBBORN)
    broker.supervisor.kill()
    assert await_none(home) == []
    with pytest.raises(MeasurementError, match="ended"):
        broker.check()
    assert state.running() == ()
    assert state.sweep() == ("fake",)
    assert state.sweep() == ()
    assert not (state.brokers_folder() / "fake").exists()
    broker.stop()


def test_a_pipe_that_a_forked_process_holds_open_saves_no_broker(home: Path) -> None:
    """The harness is killed; a process that it forked still has the pipe's writing end."""
    harness = subprocess.Popen(
        [sys.executable, "-c", FORKING_HARNESS],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert harness.stdout is not None
    forked = int(harness.stdout.readline())
    try:
        assert len(processes_of(home)) == 2
        harness.kill()
        harness.wait()
        assert await_none(home) == []
        assert identify(forked) is not None
    finally:
        os.kill(forked, signal.SIGKILL)
        harness.stdout.close()


def test_a_running_broker_is_not_swept(home: Path) -> None:
    broker = launched(home, OBEDIENT)
    while not state.running():
        time.sleep(0.01)
    assert state.sweep() == ()
    assert [found.name for found in state.running()] == ["fake"]
    broker.stop()
    assert state.running() == ()


def test_a_detached_broker_survives_its_pipe_and_ends_with_its_last_node(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rarely_looking(_: str, *words: str) -> list[str]:
        return [sys.executable, "-c", RARELY_LOOKING, *words]

    monkeypatch.setattr("stream.broker.python", rarely_looking)
    broker = launched(home, OBEDIENT)
    pid = broker.processes[1].pid
    supervisor = psutil.Process(broker.supervisor.pid)
    broker.detach()
    time.sleep(0.3)
    assert supervisor.is_running()
    os.kill(pid, signal.SIGKILL)
    assert await_none(home) == []


def test_no_process_is_ended_that_is_not_certainly_ours(home: Path) -> None:
    """A number from the state file that now belongs to somebody else's process."""
    foreign = subprocess.Popen([sys.executable, "-c", OBEDIENT])
    try:
        process = identify(foreign.pid)
        assert process is not None
        folder = state.brokers_folder() / "stale"
        folder.mkdir(parents=True)
        stale = State("stale", "f" * 16, "KRaft", "0", "127.0.0.1:1", "", process, {1: process})
        state.write(folder, stale)
        assert state.running() == ()
        assert state.sweep() == ("stale",)
        assert foreign.poll() is None
        older = ProcessId(foreign.pid, process.start_ticks - 1)
        assert not send(older, OBEDIENT, signal.SIGKILL)
        assert is_ours(process, OBEDIENT)
        assert foreign.poll() is None
    finally:
        foreign.kill()
        foreign.wait()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": "x"}', "null"])
def test_a_damaged_state_file_is_swept_like_any_leftover(home: Path, content: str) -> None:
    folder = state.brokers_folder() / "damaged"
    folder.mkdir(parents=True)
    (folder / "state.json").write_text(content, encoding="utf-8")
    assert state.running() == ()
    assert state.sweep() == ("damaged",)
    assert not folder.exists()


def test_the_log_of_a_missing_file_is_a_reason_too(home: Path) -> None:
    assert death.reason(home / "none.log") == "no log: No such file or directory"


def test_a_java_that_vanished_is_a_reason_too(home: Path) -> None:
    broker = supervised(home, OBEDIENT, program="/not/there/java")
    with pytest.raises(MeasurementError, match=r"cannot start node 1 of the broker: .*/not/there"):
        broker.launch(1)
    broker.stop()


def test_a_state_folder_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("HOTLOOP_STATE", str(tmp_path / "file"))
    with pytest.raises(MeasurementError, match=r"cannot write .*: Not a directory; set HOTLOOP_ST"):
        state.lock("any")
