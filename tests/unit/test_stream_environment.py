"""What a process of ours gets of the user's shell, and of the folder that the user stands in."""

import os
from pathlib import Path

import pytest

from stream.environment import ALLOWED, LANGUAGE, PACKAGE_ROOT, python, search_path, variables

SHELL = {
    "PATH": "/bin",
    "HOME": "/home",
    "LANG": "de_DE.UTF-8",
    "LC_ALL": "de_DE.UTF-8",
    "LC_NUMERIC": "de_DE.UTF-8",
    "LANGUAGE": "de",
    "BROKER_URL": "kafka://elsewhere:9092",
    "STREAM_BUFFER_MAXSIZE": "1",
    "NO_CYTHON": "1",
    "Quix__Broker__Address": "elsewhere:9092",
    "PYTHONHASHSEED": "0",
    "PYTHONSTARTUP": "/x.py",
    "JAVA_TOOL_OPTIONS": "-Duser.language=de",
    "_JAVA_OPTIONS": "-Xmx1m",
    "JDK_JAVA_OPTIONS": "-Xmx1m",
    "CLASSPATH": "/elsewhere",
    "KAFKA_OPTS": "-Djava.security.auth.login.config=/x",
}


def test_variables_that_clients_read_do_not_get_through() -> None:
    assert variables(SHELL) == {
        "PATH": "/bin",
        "HOME": "/home",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(PACKAGE_ROOT),
    }


def test_every_listed_variable_gets_through_as_it_is() -> None:
    shell = {name: f"/value of {name}" for name in ALLOWED}
    assert variables(shell) == shell | LANGUAGE | {"PYTHONPATH": str(PACKAGE_ROOT)}


def test_the_search_path_means_the_same_in_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert variables({"SSL_CERT_FILE": "ca.pem"})["SSL_CERT_FILE"] == str(tmp_path / "ca.pem")
    given = os.pathsep.join(["", "lib", "/other", ""])
    assert search_path({"PYTHONPATH": given}).split(os.pathsep) == [
        str(PACKAGE_ROOT),
        str(tmp_path / "lib"),
        "/other",
    ]


def test_a_process_of_ours_does_not_look_into_the_current_folder_first() -> None:
    command = python("stream.consume.worker", "3")
    assert command[1] == "-P"
    assert command[-3:] == ["-m", "stream.consume.worker", "3"]
