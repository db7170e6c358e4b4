"""The whole command beside a listener: what it says in the clear, and whether it comes at all."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stream.environment import PACKAGE_ROOT

TIME_LIMIT_S = 120.0
SECRET = "hunter2-hunter2"


@contextmanager
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """An address, and what whoever connected there said first."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(1 << 12))

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", heard
        listening.shutdown(socket.SHUT_RDWR)


def run(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-P", "-m", "hotloop", *words]
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(PACKAGE_ROOT)},
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )


@pytest.mark.parametrize(
    "login",
    [
        f"security_protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.password={SECRET}\n",
        f"sasl.mechanism PLAIN\nsasl.username me\nsasl.password {SECRET}\n",
        f"security.protocol=PLAINTEXT\nsasl.password={SECRET}\n",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}==\n",
    ],
)
def test_a_login_that_is_not_understood_leads_to_no_connection(tmp_path: Path, login: str) -> None:
    path = tmp_path / "client.properties"
    path.write_text(login)
    with listener() as (address, heard):
        done = run(tmp_path, "stream", "confluent", "--bootstrap", address, "--security", str(path))
    assert heard == []
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"hotloop: the security settings in {path}")
    assert done.stderr.count("\n") == 1
    assert SECRET not in done.stderr


def test_blanks_in_place_of_equal_signs_give_the_encryption_that_they_ask_for(
    tmp_path: Path,
) -> None:
    path = tmp_path / "client.properties"
    path.write_text(
        f"security.protocol SASL_SSL\nsasl.mechanism PLAIN\nsasl.username me\n"
        f"sasl.password {SECRET}\n"
    )
    with listener() as (address, heard):
        done = run(tmp_path, "stream", "confluent", "--bootstrap", address, "--security", str(path))
    # The first bytes of a TLS handshake, and nothing in the clear.
    assert heard
    assert all(said[:2] == b"\x16\x03" for said in heard)
    assert done.returncode == 4
    assert SECRET not in done.stderr
