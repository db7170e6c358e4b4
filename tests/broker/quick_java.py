"""A Java for the tests' brokers, of which none is measured: it starts in less CPU time.

Much of a broker's start is the loading of 6,000 classes, from jars and each time anew. Java can
keep them in an archive, as it has read and checked them (class data sharing). It is made once, by
a broker that starts and ends, and stays in pytest's cache. That takes as long as three starts
gain by it: it is made for the thorough tests, which start a dozen. Java itself refuses an archive
that does not fit it or the jars, and starts without. The data of a broker that held nothing stay
there too: formatting a folder is a Java of its own.
"""

import fcntl
import hashlib
import shutil
import tempfile
from contextlib import suppress
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
# Classes from jars need not be checked each time for what compilers never write.
SCRIPT = """#!/bin/sh
test "$*" = -version && exec "{java}" -version
if test -e "{archive}"
then set -- -XX:SharedArchiveFile="{archive}" -XX:ArchiveRelocationMode=0 "$@"
else set -- -XX:-BytecodeVerificationRemote "$@"
fi
exec "{java}" -XX:TieredStopAtLevel=1 -XX:+IgnoreUnrecognizedVMOptions \\
    -XX:+UnlockDiagnosticVMOptions "$@"
"""
FORMATTED = (
    "node-1/meta.properties",
    "node-1/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint",
)
# Writing the archive is part of the broker's end.
WRITING_S = 300.0


def use(patch: pytest.MonkeyPatch, cache: Path, *, many: bool) -> Path | None:
    """Let all brokers start quickly until ``patch`` is undone; what is kept lies in ``cache``.

    ``many`` will be started. Returns where the data of a broker that held nothing are kept, to be
    copied, or None if there can be no broker. Who finds none there may keep them (``keep``).
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
            archive = _archive(java, cache, many)
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


def keep(data: Path, kept: Path) -> None:
    """What formatting has written of a broker's ``data``, which may hold more by now."""
    partial = Path(tempfile.mkdtemp(dir=kept.parent))
    for name in FORMATTED:
        (partial / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(data / name, partial / name)
    # Another process may have been the first.
    with suppress(OSError):
        partial.rename(kept)
    shutil.rmtree(partial, ignore_errors=True)


def _archive(java: Path, cache: Path, many: bool) -> Path:
    """For this Java and these jars; it is made for ``many`` brokers, and their data with it."""
    what = f"{java} {java.stat().st_mtime_ns} {KAFKA_4.version} {kraft.common(1)}"
    archive = cache / f"{hashlib.sha256(what.encode()).hexdigest()[:12]}.jsa"
    if archive.exists() or not many:
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
    _data(archive).parent.mkdir(exist_ok=True)
    keep(data, _data(archive))
    shutil.rmtree(data)
    if partial.exists():
        partial.rename(archive)
    return archive
