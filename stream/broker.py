"""A real Apache Kafka for the harness, on this machine's loopback.

    with start(Mode.KRAFT, nodes=1) as broker:
        ... broker.bootstrap ...

    start ── java, jars ── name, ports, folders ── plan ── supervisor ── ready
                                                              │
                     stop, or the end of this process ────────┘

It never talks to a broker that somebody else started, and it never ends a process
unless it is certain that the process is its own.
"""

import base64
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.files import write_whole
from stream.environment import python, variables
from stream.kafka import data_folder, state
from stream.kafka.folders import state_folder
from stream.kafka.jars import Say
from stream.kafka.jars_cache import class_path
from stream.kafka.java import Java, find_java
from stream.kafka.kraft import Ports
from stream.kafka.plan import ZOOKEEPER_NODE, Mode, Plan
from stream.kafka.planning import JARS, Site, cluster_id, kraft_plan, zookeeper_plan
from stream.kafka.ports import ANY, PortLost, await_listener, free_ports
from stream.kafka.request import Request
from stream.kafka.running import READY_DEADLINE_S, Broker

# An empty broker and its offsets topics take 1 MB; any load would use less than this up.
LEAST_FREE_BYTES = 64 << 20

# A free port may be taken before Kafka binds it; three times in a row is no accident.
_PORT_ATTEMPTS = 3

_LAST_NAME_NUMBER = 1000


def start(
    mode: Mode = Mode.KRAFT,
    nodes: int = 1,
    *,
    name: str | None = None,
    port: int | None = None,
    preferred_port: int | None = None,
    data_dir: Path | None = None,
    say: Say = lambda _: None,
) -> Broker:
    """Start a broker that ends with this process at the latest; returns when it is ready.

    ``port`` must be free, ``preferred_port`` is used if it is. ``say`` gets a line for
    each thing that is waited for. Raises UsageError if the request makes no sense and
    MeasurementError if no broker can be had: no Java, no jars, a taken port, no room,
    or a broker that ended, with its own reason.
    """
    request = Request(mode, nodes, name, port, preferred_port, data_dir)
    if sys.platform != "linux":
        raise MeasurementError(
            "hotloop's own broker needs Linux: start Kafka yourself and give --bootstrap HOST:PORT"
        )
    # Refused without confluent-kafka, which the rest of `hotloop broker` does not need.
    from stream.kafka import ready  # noqa: F401

    jar_set = JARS[mode]
    java = find_java(jar_set.minimum_java)
    jars = class_path(jar_set, say)
    for swept in state.sweep():
        say(f"cleaned up after broker {swept}, whose supervisor was killed")
    for _ in range(_PORT_ATTEMPTS - 1):
        try:
            return _start(request, java, jars, say)
        except PortLost:
            if request.port is not None:
                raise
            say("another process took a port in the meantime: once more with others")
            request = replace(request, preferred_port=None)
    return _start(request, java, jars, say)


def _start(request: Request, java: Java, jars: tuple[Path, ...], say: Say) -> Broker:
    started_s = time.monotonic()
    name, lock = _take_name(request)
    with ExitStack() as held, ExitStack() as undo:
        held.enter_context(lock)
        folder = state.brokers_folder() / name
        locks = [lock]
        if request.data_dir is not None:
            owner = f"{name} (hotloop broker stop {name}; its state is in {state_folder()})"
            data = request.data_dir.absolute()
            claimed = data_folder.claim(data, request.mode, request.nodes, owner)
            locks.append(held.enter_context(claimed))
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        plan = _plan(request, name, folder, java, jars)
        broker = Broker(plan, supervise(plan, folder, locks), folder)
        undo.pop_all()
        try:
            _launch(broker, say)
        except BaseException:
            broker.stop()
            raise
    say(f"ready in {time.monotonic() - started_s:.1f} s")
    return broker


def _take_name(request: Request) -> tuple[str, IO[str]]:
    """A name and its lock, which the supervisor inherits and holds while it lives."""
    if request.name is not None:
        lock = state.lock(request.name)
        if lock is None:
            raise UsageError(
                f"a broker named {request.name} is running: "
                f"hotloop broker stop {request.name}, or give another --name"
            )
        return request.name, lock
    base = request.mode.name.lower()
    for number in range(1, _LAST_NAME_NUMBER):
        name = base if number == 1 else f"{base}-{number}"
        lock = state.lock(name)
        if lock is not None:
            return name, lock
    raise MeasurementError(f"{_LAST_NAME_NUMBER} brokers run already: hotloop broker stop --all")


def _plan(request: Request, name: str, folder: Path, java: Java, jars: tuple[Path, ...]) -> Plan:
    data = folder / "data" if request.data_dir is None else request.data_dir.absolute()
    # Left behind by a broker that was killed while it started.
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        data.mkdir(parents=True, exist_ok=True)
        free_bytes = shutil.disk_usage(data).free
        if free_bytes < LEAST_FREE_BYTES:
            raise MeasurementError(
                f"only {free_bytes >> 20} MB are free for the broker's data in {data}: make room, "
                "or choose another folder with --data-dir"
            )
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        marker = secrets.token_hex(8)
        logs = state.log_folder(name, f"{stamp}-{marker[:4]}")
        site = Site(name, marker, folder, logs, data, java, jars)
        if request.mode is Mode.ZOOKEEPER:
            port, zookeeper_port = free_ports([*request.client_ports(), ANY])
            plan = zookeeper_plan(site, port, zookeeper_port)
        else:
            found = free_ports([*request.client_ports(), *[ANY] * request.nodes])
            clients, controllers = found[: request.nodes], found[request.nodes :]
            ports = [Ports(*pair) for pair in zip(clients, controllers, strict=True)]
            plan = kraft_plan(site, ports, cluster_id(data) or _new_cluster_id())
        write_whole(folder / "plan.json", plan.to_json().encode())
    except OSError as error:
        raise MeasurementError(
            f"cannot write {error.filename or data}: {error.strerror}; make room, or choose "
            "another folder with --data-dir or HOTLOOP_STATE"
        ) from error
    return plan


def _new_cluster_id() -> str:
    """16 random bytes in base64; a leading dash would look like an option to Kafka's tool."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=").replace("-", "_")


def supervise(plan: Plan, folder: Path, locks: Sequence[IO[str]]) -> subprocess.Popen[bytes]:
    """Start the supervisor of ``plan``, which takes over ``locks`` and waits for requests."""
    with (Path(plan.logs) / "supervisor.log").open("ab") as log:
        return subprocess.Popen(
            python("stream.kafka.supervisor", str(folder), str(os.getpid()), plan.marker),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            pass_fds=[lock.fileno() for lock in locks],
            env=variables(),
            cwd="/",
        )


def _launch(broker: Broker, say: Say) -> None:
    plan = broker.plan
    if plan.prepare:
        say(f"formatting {len(plan.prepare)} data folder(s)")
        broker.prepare()
    say(f"starting Kafka {plan.version}, {plan.mode.value}, logs in {plan.logs}")
    for process in plan.processes:
        broker.launch(process.node)
        if process.node == ZOOKEEPER_NODE:
            say("waiting for ZooKeeper to accept a connection")
            await_listener(process.port, READY_DEADLINE_S, broker.check)
    broker.wait_ready(say)
