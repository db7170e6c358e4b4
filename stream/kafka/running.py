"""A running broker in the hands of the process that started it."""

import json
import select
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from hotloop.base.errors import MeasurementError, UsageError
from stream.kafka import death
from stream.kafka.jars import Say
from stream.kafka.plan import ZOOKEEPER_NODE, Plan, Process
from stream.kafka.planning import GRACE_S, cluster_id
from stream.kafka.ports import PortLost
from stream.kafka.processes import ProcessId, cpu_s, identify, send, stands_still
from stream.kafka.supervisor import PREPARE_LOG, STOPPING

# 3 to 6 s on two free cores; 18 s were seen on cores with four times their share of work.
READY_DEADLINE_S = 120.0
REPLY_DEADLINE_S = 60.0
FREEZE_DEADLINE_S = 20.0

# The supervisor stops the brokers, then ZooKeeper, each within the grace.
STOP_DEADLINE_S = 2 * GRACE_S + 5.0

_PAUSE_S = 0.005


@dataclass(slots=True)
class Broker:
    """A running broker. Nodes count from 1; node 0 is ZooKeeper, if there is one."""

    plan: Plan
    supervisor: subprocess.Popen[bytes]
    folder: Path
    processes: dict[int, ProcessId] = field(default_factory=dict)

    @property
    def bootstrap(self) -> str:
        """HOST:PORT of every broker, comma-separated."""
        return self.plan.bootstrap

    @property
    def version(self) -> str:
        """Kafka's version."""
        return self.plan.version

    @property
    def mode(self) -> str:
        """``KRaft`` or ``ZooKeeper``."""
        return self.plan.mode.value

    @property
    def nodes(self) -> int:
        """How many brokers the cluster has, dead ones included."""
        return len(self.plan.brokers)

    @property
    def name(self) -> str:
        """The name in ``hotloop broker status``."""
        return self.plan.name

    @property
    def logs(self) -> Path:
        """The folder of its processes' logs, which is kept."""
        return Path(self.plan.logs)

    @property
    def is_being_stopped(self) -> bool:
        """Whether somebody (``hotloop broker stop``) asked its supervisor to end it."""
        return (self.folder / STOPPING).exists() or not self.folder.exists()

    def cpu_s(self) -> float:
        """User and system seconds that the running Java processes have used so far."""
        # A copy: a fault may remove a node meanwhile.
        return sum(cpu_s(one) for one in tuple(self.processes.values()))

    def check(self) -> None:
        """Raise MeasurementError with the reason if a process of this broker has ended."""
        if self.is_being_stopped:
            raise MeasurementError(f"the broker {self.name} was stopped by another command")
        for node, process in self.processes.items():
            if identify(process.pid) != process:
                log = Path(self._process(node).log)
                label = "ZooKeeper" if node == ZOOKEEPER_NODE else f"broker {node}"
                said = death.reason(log)
                kind = PortLost if death.is_port_lost(said) else MeasurementError
                raise kind(f"{label} ended: {said} (log: {log})")
        if self.supervisor.poll() is not None:
            raise MeasurementError(
                f"the broker's supervisor ended (log: {self.logs / 'supervisor.log'})"
            )

    def kill(self, node: int) -> None:
        """SIGKILL for a node, as a crash would be; returns when it has ended."""
        process = self._running(node)
        send(process, self.plan.marker, signal.SIGKILL)
        while identify(process.pid) == process:
            time.sleep(_PAUSE_S)
        del self.processes[node]

    def freeze(self, node: int) -> None:
        """SIGSTOP: the node keeps its connections and answers nothing; returns when it stands.

        The thread that takes the signal stops the others, and has to get a CPU for it first.
        """
        process = self._running(node)
        send(process, self.plan.marker, signal.SIGSTOP)
        deadline = time.monotonic() + FREEZE_DEADLINE_S
        while identify(process.pid) == process and not stands_still(process):
            if time.monotonic() > deadline:
                raise MeasurementError(
                    f"broker {node} runs on {FREEZE_DEADLINE_S:g} s after SIGSTOP"
                )
            time.sleep(_PAUSE_S)

    def thaw(self, node: int) -> None:
        """SIGCONT for a frozen node."""
        send(self._running(node), self.plan.marker, signal.SIGCONT)

    def restart(self, node: int) -> None:
        """Start a killed node again on its old port and data; returns when all are ready.

        KRaft lets a killed node in again only after its old session has run out, which
        takes up to 9 s.
        """
        if node in self.processes:
            self.kill(node)
        self.launch(node)
        self.wait_ready()

    def launch(self, node: int) -> None:
        """Start one process of the plan, without waiting for it."""
        answer = self._ask(f"start {node}")
        if "failed" in answer:
            raise MeasurementError(f"cannot start node {node} of the broker: {answer['failed']}")
        process = identify(int(str(answer["pid"])))
        if process is None:
            raise MeasurementError(self._last_words(node))
        self.processes[node] = process

    def prepare(self) -> None:
        """Format the data folders that are new."""
        answer = self._ask("prepare")
        if "failed" in answer:
            log = self.logs / PREPARE_LOG
            said = death.reason(log) if log.exists() else answer["failed"]
            raise MeasurementError(f"cannot format the broker's data folder: {said}")

    def wait_ready(self, say: Say = lambda _: None) -> None:
        """Return when a produced record came back; MeasurementError if it never will."""
        from stream.kafka import ready

        nodes = sum(1 for node in self.processes if node != ZOOKEEPER_NODE)
        data = Path(self.plan.data)
        ready.wait(
            self.bootstrap, nodes, lambda: cluster_id(data), READY_DEADLINE_S, self.check, say
        )
        self.check()

    def detach(self) -> None:
        """Let it live on after this process, until ``hotloop broker stop``."""
        self._ask("detach")
        self._let_go()

    def stop(self) -> None:
        """Stop it, gracefully and then firmly; nothing of it runs afterwards. May be repeated."""
        assert self.supervisor.stdin is not None
        self.supervisor.stdin.close()
        try:
            self.supervisor.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            # The parent-death signal also ends the Java processes.
            self.supervisor.kill()
            self.supervisor.wait()
        self._let_go()
        self.processes.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _let_go(self) -> None:
        for pipe in (self.supervisor.stdin, self.supervisor.stdout):
            if pipe is not None:
                pipe.close()
        if self.supervisor.poll() is None:
            # Popen warns about a child that nobody waits for; this one is meant to live on.
            self.supervisor.returncode = 0

    def _process(self, node: int) -> Process:
        return next(one for one in self.plan.processes if one.node == node)

    def _running(self, node: int) -> ProcessId:
        if node not in self.processes:
            raise UsageError(f"node {node} is not running: {sorted(self.processes)} are")
        return self.processes[node]

    def _last_words(self, node: int) -> str:
        log = Path(self._process(node).log)
        return f"node {node} ended at once: {death.reason(log)} (log: {log})"

    def _ask(self, request: str) -> dict[str, object]:
        """Send one line to the supervisor and return its answer."""
        supervisor = self.supervisor
        assert supervisor.stdin is not None
        assert supervisor.stdout is not None
        try:
            supervisor.stdin.write(request.encode() + b"\n")
            supervisor.stdin.flush()
            readable, _, _ = select.select([supervisor.stdout], [], [], REPLY_DEADLINE_S)
            line = supervisor.stdout.readline() if readable else b""
        except BrokenPipeError:
            line = b""
        if not line:
            raise MeasurementError(
                f"the broker's supervisor does not answer to {request!r} "
                f"(log: {self.logs / 'supervisor.log'})"
            )
        answer: dict[str, object] = json.loads(line)
        return answer
