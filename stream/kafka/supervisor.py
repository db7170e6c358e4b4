"""The process between the harness and the Java processes: ``python -m stream.kafka.supervisor``.

Nothing that it started outlives its purpose:

    harness ──pipe──> supervisor ──parent-death signal──> java, java, ...

The harness holds the writing end of a pipe. When the harness ends, however it
ends, the pipe closes and the supervisor stops everything: gracefully, then firmly.
When the supervisor itself is killed, the kernel kills the Java processes. If a broker
has to outlive its command, the harness sends ``detach`` once it is ready.

It answers each line on stdin with one JSON line on stdout:

    prepare      run the plan's preparing commands (formatting)
    start NODE   start one process of the plan
    detach       live on without the pipe, until SIGTERM
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

from hotloop.base.errors import HotloopError
from hotloop.base.lifeline import hold
from stream.kafka import plan, state
from stream.kafka.plan import ZOOKEEPER_NODE, Plan, Process
from stream.kafka.processes import ProcessId, identify
from stream.kafka.state import State

# This file in the broker's folder says that its processes are being ended on purpose.
STOPPING = "stopping"

PREPARE_LOG = "prepare.log"

# How often it looks whether the harness is there, beside a broker that is measured. The pipe, and a
# process that ends, wake it.
_TICK_S = 1.0


class StopRequested(Exception):
    """The pipe was closed, the parent has gone, or SIGTERM came."""


@dataclass(slots=True)
class Supervisor:
    """The running side of a plan."""

    plan: Plan
    folder: Path
    parent: int
    # Has something to read when a child has ended.
    ended: int
    children: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    preparing: list[subprocess.Popen[bytes]] = field(default_factory=list)
    attached: bool = True
    told: dict[int, ProcessId] | None = None

    def serve(self) -> None:
        """Obey the pipe until there is a reason to stop; then leave nothing behind."""
        try:
            while True:
                self._note()
                if not self.attached:
                    self._sleep()
                    if not self._running():
                        return
                    continue
                for line in self._wait().decode().splitlines():
                    self._answer(line.split())
        except StopRequested:
            pass
        finally:
            self._stop_all()

    def _answer(self, words: list[str]) -> None:
        try:
            reply = self._obey(words)
        except OSError as error:
            reply = {"failed": str(error)}
        try:
            os.write(sys.stdout.fileno(), json.dumps(reply).encode() + b"\n")
        except BrokenPipeError as error:
            raise StopRequested from error
        if words == ["detach"]:
            self.attached = False

    def _obey(self, words: list[str]) -> dict[str, object]:
        match words:
            case ["prepare"]:
                return self._prepare()
            case ["start", node]:
                process = next(one for one in self.plan.processes if one.node == int(node))
                self.children[process.node] = self._spawn(process)
                self._note()
                return {"pid": self.children[process.node].pid}
            case ["detach"]:
                return {}
            case _:
                return {"failed": f"unknown request {words}"}

    def _prepare(self) -> dict[str, object]:
        log = Path(self.plan.logs) / PREPARE_LOG
        with log.open("ab") as output:
            self.preparing = [self._popen(one, output.fileno()) for one in self.plan.prepare]
        while any(one.poll() is None for one in self.preparing):
            self._wait()
        codes = [one.returncode for one in self.preparing]
        self.preparing = []
        return {"failed": f"exit codes {codes}"} if any(codes) else {}

    def _spawn(self, process: Process) -> subprocess.Popen[bytes]:
        with Path(process.log).open("ab") as output:
            return self._popen(process.command, output.fileno())

    def _popen(self, command: tuple[str, ...], output: int) -> subprocess.Popen[bytes]:
        # A session of its own keeps the terminal's Ctrl-C away: the harness decides how it
        # ends. This process has one thread, so running Python between fork and exec is safe.
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=partial(hold, os.getpid()),
        )

    def _wait(self) -> bytes:
        """What came through the pipe, for a while; StopRequested when it was cut."""
        readable = self._sleep(sys.stdin.fileno())
        # A fork of the harness may hold the pipe open after the harness has gone.
        if os.getppid() != self.parent:
            raise StopRequested
        if not readable:
            return b""
        line = os.read(sys.stdin.fileno(), 1 << 12)
        if not line:
            raise StopRequested
        return line

    def _sleep(self, *pipes: int) -> bool:
        """For a while, until a child ends or one of ``pipes`` can be read, which it tells."""
        readable, _, _ = select.select([self.ended, *pipes], [], [], _TICK_S)
        if self.ended in readable:
            os.read(self.ended, 1 << 12)
        return any(pipe in readable for pipe in pipes)

    def _running(self) -> dict[int, ProcessId]:
        found = {}
        for node, child in self.children.items():
            process = identify(child.pid) if child.poll() is None else None
            if process is not None:
                found[node] = process
        return found

    def _note(self) -> None:
        """Write what runs for other commands, if it has changed; a full disk only delays that."""
        running = self._running()
        if running == self.told:
            return
        me = identify(os.getpid())
        assert me is not None
        try:
            state.write(self.folder, State.of(self.plan, me, running))
        except HotloopError as error:
            sys.stderr.write(f"{error}\n")
            return
        self.told = running

    def _stop_all(self) -> None:
        # A second request to stop must not interrupt the first.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        with suppress(OSError):
            (self.folder / STOPPING).touch()
        for child in self.preparing:
            child.kill()
            child.wait()
        # Brokers sign off at ZooKeeper, so it ends last.
        brokers = [one for node, one in self.children.items() if node != ZOOKEEPER_NODE]
        _end(brokers, self.plan.grace_s)
        zookeeper = [one for node, one in self.children.items() if node == ZOOKEEPER_NODE]
        _end(zookeeper, self.plan.grace_s)
        shutil.rmtree(self.folder, ignore_errors=True)


def _end(children: list[subprocess.Popen[bytes]], grace_s: float) -> None:
    """SIGTERM to all, SIGKILL to those that are still there after the grace."""
    for child in children:
        if child.poll() is None:
            child.terminate()
            # A frozen process handles no signal until it is thawed.
            child.send_signal(signal.SIGCONT)
    deadline = time.monotonic() + grace_s
    for child in children:
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _request_stop(number: int, frame: FrameType | None) -> None:
    raise StopRequested


def _ended_children() -> int:
    """A pipe with something to read when a child has ended."""
    ended, waking = os.pipe()
    for end in (ended, waking):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    # Not what happens to a signal by default, which is nothing, and wakes nobody.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return ended


def main(arguments: list[str]) -> int:
    """Arguments: the folder, the harness's pid, and the marker, which is not used."""
    folder, parent = Path(arguments[0]), int(arguments[1])
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _request_stop)
    text = (folder / "plan.json").read_text(encoding="utf-8")
    Supervisor(plan.from_json(text), folder, parent, _ended_children()).serve()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
