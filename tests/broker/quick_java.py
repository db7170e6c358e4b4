"""A Java for the tests' brokers, of which none is measured: it starts in half the CPU time.

Most of a broker's start is the loading of 6,000 classes, from jars and each time anew. Java can
keep them in an archive, as it has read and checked them (class data sharing). It is made once, by
a broker that starts and ends, and stays in pytest's cache. Java itself refuses an archive that
does not fit it or the jars, and starts without. The data of that broker stay there too: formatting
a folder is a Java of its own.
"""

import fcntl
import hashlib
import shutil
from pathlib import Path

import pytest

from hotloop.base.errors import HotloopError
from stream import broker
from stream.kafka import kraft, planning, running
from stream.kafka.jars import KAFKA_4
from stream.kafka.java import find_java

# The quick collector and compiler.
PLAIN = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
# A broker of which little is asked: two records a second that say nothing, kept for the controllers
# of other nodes, are most of what it does; so many threads take longer to start than to serve;
# and nobody looks at its thousand beans.
SETTINGS = {
    "metadata.max.idle.interval.ms": 0,
    "num.io.threads": 2,
    "num.network.threads": 1,
    "metric.reporters": "",
}
# Who only asks for its version needs nothing of the archive, whose mapping takes longer than the
# answer; and where it would be moved to another address, each of its pointers would be written.
SCRIPT = """#!/bin/sh
test "$*" = -version && exec "{java}" -version
exec "{java}" -XX:TieredStopAtLevel=1 -XX:SharedArchiveFile="{archive}" \\
    -XX:+IgnoreUnrecognizedVMOptions -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0 "$@"
"""
# Writing the archive is part of the broker's end.
WRITING_S = 300.0


def use(patch: pytest.MonkeyPatch, cache: Path) -> Path | None:
    """Let all brokers start quickly until ``patch`` is undone; what is kept lies in ``cache``.

    Returns the data of a broker that held nothing, to be copied, or None if there can be no broker.
    """
    for machine in ("_ALONE", "_ONE_OF_THREE"):
        heap, *_ = getattr(planning, machine)
        patch.setattr(planning, machine, (heap, *PLAIN))
    common = kraft.common
    patch.setattr(kraft, "common", lambda nodes: common(nodes) | SETTINGS)
    try:
        java = find_java(KAFKA_4.minimum_java).executable.resolve()
        with (cache / "lock").open("wb") as lock:
            # Of pytest's processes, the first makes it.
            fcntl.flock(lock, fcntl.LOCK_EX)
            archive = _archive(java, cache)
            home = _home(java, archive)
    except HotloopError:
        # No Java, no jars: the tests that need them say so.
        return None
    # For the brokers of commands too, whose options are the user's.
    patch.setenv("JAVA_HOME", str(home))
    return _data(archive)


def _home(java: Path, archive: Path) -> Path:
    """A JAVA_HOME with the tools of ``java``, whose own command is given the archive."""
    programs = archive.with_suffix("") / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    for tool in java.parent.iterdir():
        beside = programs / tool.name
        if tool != java and not beside.exists():
            beside.symlink_to(tool)
    # In one step: a broker of another process may start with it meanwhile.
    script = programs / "java.new"
    script.write_text(SCRIPT.format(java=java, archive=archive))
    script.chmod(0o755)
    script.replace(programs / "java")
    return programs.parent


def _data(archive: Path) -> Path:
    return archive.with_suffix("") / "data"


def _archive(java: Path, cache: Path) -> Path:
    """The archive for this Java and these jars, and the data for these settings."""
    what = f"{java} {java.stat().st_mtime_ns} {KAFKA_4.version} {kraft.common(1)}"
    archive = cache / f"{hashlib.sha256(what.encode()).hexdigest()[:12]}.jsa"
    if archive.exists() and _data(archive).exists():
        return archive
    partial = archive.with_suffix(".part")
    partial.unlink(missing_ok=True)
    data = archive.with_suffix(".data")
    shutil.rmtree(data, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "_ALONE", (*planning._ALONE, f"-XX:ArchiveClassesAtExit={partial}"))
        patch.setattr(planning, "GRACE_S", WRITING_S)
        patch.setattr(running, "STOP_DEADLINE_S", WRITING_S)
        with broker.start(data_dir=data):
            pass
    if partial.exists():
        partial.rename(archive)
    _data(archive).parent.mkdir(exist_ok=True)
    shutil.rmtree(_data(archive), ignore_errors=True)
    data.rename(_data(archive))
    return archive
