"""``hotloop broker``: a real Apache Kafka on this machine, started and stopped by hand."""

import argparse
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.text import sentence, shown
from stream import broker
from stream.kafka import state, stopping
from stream.kafka.jars import Say
from stream.kafka.plan import Mode
from stream.kafka.running import Broker

# Where the recipe's app, like most examples, expects its broker.
USUAL_PORT = 9092

_LOOK_S = 0.2
_COLUMNS = ("name", "version", "mode", "nodes", "bootstrap", "logs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs and their options; their values stay text until they are used."""
    parser.add_argument(
        "verb",
        choices=tuple(_VERBS),
        help="start: leave it running; run: until Ctrl-C; status: list what runs, clean up after "
        "a crash; stop: ask it to end, and kill it if it does not",
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="stop: which (default: the only one)"
    )
    parser.add_argument("--all", action="store_true", help="stop: every broker that runs")
    parser.add_argument(
        "--zookeeper", action="store_true", help="start, run: Kafka 3.9 with ZooKeeper, not KRaft"
    )
    parser.add_argument(
        "--nodes", metavar="N", help="start, run: 1 (default), or 3 with three copies of each topic"
    )
    parser.add_argument(
        "--name", help="start, run: what status and stop call it (default: kraft, kraft-2, ...)"
    )
    parser.add_argument(
        "--port",
        metavar="PORT",
        help=f"start, run: the first node's (default: {USUAL_PORT} where it is free, else any)",
    )
    parser.add_argument(
        "--data-dir", metavar="DIR", help="start, run: keep the data here (default: keep none)"
    )


def run(namespace: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Do what the verb says. ``out`` gets the table of brokers, ``err`` the progress."""

    def say(line: str) -> None:
        err.write(f"hotloop: {sentence(line)}\n")
        err.flush()

    verb = _VERBS[namespace.verb]
    for option, default in (_START_OPTIONS if verb not in (_start, _run) else {}).items():
        if getattr(namespace, option) != default:
            spelled = "--" + option.replace("_", "-")
            raise UsageError(f"{spelled} belongs to start and run, not to {namespace.verb}")
    if (namespace.names or namespace.all) and verb is not _stop:
        raise UsageError(
            f"a broker is named for stop only: hotloop broker {namespace.verb} takes no NAME, "
            "no --all"
        )
    return verb(namespace, out, say)


def _start(namespace: argparse.Namespace, out: TextIO, say: Say) -> int:
    started = _started(namespace, say)
    started.detach()
    _print_table(out, [found for found in state.running() if found.name == started.name])
    say(f"stop it with: hotloop broker stop {started.name}")
    return 0


def _run(namespace: argparse.Namespace, out: TextIO, say: Say) -> int:
    with _started(namespace, say) as running:
        _print_table(out, [found for found in state.running() if found.name == running.name])
        out.flush()
        if f":{USUAL_PORT}" not in running.bootstrap:
            say(
                f"the app needs: BROKER_URL=kafka://{running.bootstrap} python -m stream.app worker"
            )
        with suppress(KeyboardInterrupt):
            # Said in here: whoever reads it may press Ctrl-C at once.
            say("Ctrl-C stops it")
            _watch(running)
        say("stopping")
    return 0


def _status(namespace: argparse.Namespace, out: TextIO, say: Say) -> int:
    _sweep(say)
    running = list(state.running())
    _print_table(out, running)
    if not running:
        _say_where(say)
    return 0


def _stop(namespace: argparse.Namespace, out: TextIO, say: Say) -> int:
    _sweep(say)
    running = {found.name: found for found in state.running()}
    if not running and not namespace.names:
        _print_table(out, [])
        _say_where(say)
    for name in _chosen(namespace, tuple(running)):
        say(f"stopping {name}")
        stopping.stop(running[name])
        out.write(f"stopped {name}\n")
    return 0


_START_OPTIONS: dict[str, object] = {
    "zookeeper": False,
    "nodes": None,
    "name": None,
    "port": None,
    "data_dir": None,
}

_VERBS: dict[str, Callable[[argparse.Namespace, TextIO, Say], int]] = {
    "start": _start,
    "run": _run,
    "status": _status,
    "stop": _stop,
}


def _started(namespace: argparse.Namespace, say: Say) -> Broker:
    nodes = 1 if namespace.nodes is None else _whole(namespace.nodes, "--nodes")
    return broker.start(
        Mode.ZOOKEEPER if namespace.zookeeper else Mode.KRAFT,
        nodes,
        name=namespace.name,
        port=None if namespace.port is None else _whole(namespace.port, "--port"),
        preferred_port=USUAL_PORT if nodes == 1 else None,
        data_dir=None if namespace.data_dir is None else _folder(namespace.data_dir),
        say=say,
    )


def _folder(text: str) -> Path:
    if not text.strip():
        raise UsageError("--data-dir names no folder: give one, or leave it out")
    return Path(text)


def _whole(text: str, option: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"{option} takes a whole number, not {text!r}")
    return int(text)


def _watch(running: Broker) -> None:
    """Return when another command stops it; raise the reason if it ends otherwise."""
    while not running.is_being_stopped:
        time.sleep(_LOOK_S)
        try:
            running.check()
        except MeasurementError:
            if not running.is_being_stopped:
                raise


def _chosen(namespace: argparse.Namespace, running: tuple[str, ...]) -> tuple[str, ...]:
    if namespace.all:
        return running
    if not namespace.names:
        if len(running) > 1:
            raise UsageError(f"{len(running)} brokers run, name one or --all: {', '.join(running)}")
        return running
    for name in namespace.names:
        if name not in running:
            raise UsageError(
                f"no broker {name} is running; running: {', '.join(running) or 'none'}"
            )
    return tuple(dict.fromkeys(namespace.names))


def _sweep(say: Say) -> None:
    for name in state.sweep():
        say(f"cleaned up after broker {name}, whose supervisor was killed")


def _say_where(say: Say) -> None:
    """Say where we looked: a broker that was started under another HOME is not found."""
    say(f"looked in {state.brokers_folder()}; HOTLOOP_STATE names another folder")


def _print_table(out: TextIO, brokers: list[state.State]) -> None:
    if not brokers:
        out.write("no broker is running\n")
        return
    rows = [_COLUMNS, *(_cells(found) for found in brokers)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_COLUMNS))]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        out.write(shown("   ".join(cells).rstrip()) + "\n")


def _cells(found: state.State) -> tuple[str, ...]:
    alive = f"{stopping.alive_nodes(found)} of {len(found.nodes)}"
    return (found.name, found.version, found.mode, alive, found.bootstrap, found.logs)
