"""Whose server a benchmark talks to: real processes that listen."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hotloop.gate.pairs.listeners import anothers
from hotloop.gate.worker.connected import place_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells who listens")

OF_A_PORT = """
import socket, sys
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
sys.stdin.read()
"""
OF_A_PATH = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind("with blank.sock"), s.listen()
print("with blank.sock", flush=True)
sys.stdin.read()
"""
# As a fixture of a worker does.
BY_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {OF_A_PORT!r}])"
NOTES = """
import asyncio, socket
from hotloop.gate.worker.connected import noted
places = noted()
server = socket.create_server(("127.0.0.1", 0))
port = server.getsockname()[1]
async def main():
    await asyncio.open_connection("127.0.0.1", port)
asyncio.run(main())
socket.socket().connect_ex(("127.0.0.1", port))
assert places == [str(port)], places
"""


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Callable[[str], tuple[int, str]]]:
    """Starts a program that listens: its process, and where."""
    with ExitStack() as stack:

        def start(program: str) -> tuple[int, str]:
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-S", "-c", program],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=tmp_path,
                )
            )
            assert process.stdout is not None
            return process.pid, process.stdout.readline().strip()

        yield start


Start = Callable[[str], tuple[int, str]]


@pytest.mark.parametrize("program", [OF_A_PORT, OF_A_PATH, BY_A_CHILD])
def test_a_server_is_anothers_for_all_but_who_has_started_it(
    listening: Start, program: str
) -> None:
    owner, place = listening(program)
    other, _ = listening("print(flush=True); input()")
    assert anothers([place], owner) is None
    assert anothers(["1", place], other) == place
    assert anothers(["1"], other) is None


def test_who_listens_at_one_of_them_has_only_looked_at_the_others(listening: Start) -> None:
    owner, own = listening(OF_A_PORT)
    _, busy = listening(OF_A_PORT)
    assert anothers([busy, own], owner) is None
    assert anothers([busy], owner) == busy


def test_a_server_that_was_there_before_is_nobodys_of_the_run(listening: Start) -> None:
    _, place = listening(OF_A_PORT)
    asking = (
        "import os, sys; from hotloop.gate.pairs.listeners import anothers; "
        "print(anothers(sys.argv[1:], os.getpid()))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", asking, place], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "None\n"


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (("127.0.0.1", 80), "80"),
        (("localhost", 80), "80"),
        (("::1", 80, 0, 0), "80"),
        (("192.0.2.1", 80), None),
        ("/tmp/it.sock", "/tmp/it.sock"),
        (b"/tmp/it.sock", "/tmp/it.sock"),
        (None, None),
        ((), None),
    ],
)
def test_places_are_ports_and_paths_of_this_machine(address: object, place: str | None) -> None:
    assert place_of(address) == place


def test_connections_are_noted_however_python_makes_them() -> None:
    subprocess.run([sys.executable, "-c", NOTES], check=True)
