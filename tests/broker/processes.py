"""Counting and killing real processes: what a broker's end is judged by."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

# Long enough for a shutdown on a busy machine, far below a test's own time-out.
GONE_WITHIN_S = 60.0
STARTED_WITHIN_S = 5.0
ROOT = Path(__file__).parents[2]
_PAUSE_S = 0.02


def processes_of(state_home: Path) -> list[psutil.Process]:
    """Every process, of whatever parent, that has the state folder in its command line."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(state_home) in word for word in _words(process)):
                found.append(process)
        except psutil.Error:
            continue
    return found


def _words(process: psutil.Process) -> list[str]:
    """Its command line, which a process that is just starting does not have yet.

    Whoever started it goes on before that, and on a busy machine long before.
    """
    deadline = time.monotonic() + STARTED_WITHIN_S
    words = process.cmdline()
    # A thread of the kernel, which never has one, has no program either.
    while not words and process.exe() and time.monotonic() < deadline:
        time.sleep(_PAUSE_S)
        words = process.cmdline()
    return words


def await_none(state_home: Path) -> list[psutil.Process]:
    """What is still there after the time that everything has to go in; empty is well."""
    deadline = time.monotonic() + GONE_WITHIN_S
    while processes_of(state_home) and time.monotonic() < deadline:
        time.sleep(_PAUSE_S)
    return processes_of(state_home)


def await_file(path: Path) -> None:
    """Return when somebody has made it; the test's own time-out ends a wait in vain."""
    while not path.exists():
        time.sleep(_PAUSE_S)


@contextmanager
def ends_empty(state_home: Path) -> Iterator[Path]:
    """A state folder of which nothing may run at the end."""
    yield state_home
    left = await_none(state_home)
    for process in left:
        process.kill()
    assert left == []


def environment(state_home: Path, **changes: str) -> dict[str, str]:
    """This process's environment with a state folder of its own."""
    return {**os.environ, "HOTLOOP_STATE": str(state_home), **changes}


def offline(folder: Path) -> dict[str, str]:
    """What an environment has for a second start: nothing fetches jars, and there is no network.

    In ``folder`` is a sitecustomize.py of whoever asks, or none.
    """
    blocked = folder / "jgo"
    blocked.mkdir(parents=True)
    (blocked / "__init__.py").write_text("raise ImportError('blocked')", encoding="ascii")
    path = ":".join([str(folder), os.environ.get("PYTHONPATH", "")])
    return {"PYTHONPATH": path, "HTTPS_PROXY": "http://127.0.0.1:9"}


def hotloop(
    *arguments: str, env: Mapping[str, str], timeout_s: float = 100.0, shell: str = '"$@"'
) -> "subprocess.CompletedProcess[str]":
    """Run the command to its end; ``shell``: how a shell starts it, ``"$@" <&-`` for instance."""
    return subprocess.run(
        ["sh", "-c", shell, "sh", sys.executable, "-m", "hotloop", *arguments],
        capture_output=True,
        text=True,
        env=dict(env),
        cwd=ROOT,
        timeout=timeout_s,
        check=False,
    )


def popen_hotloop(*arguments: str, env: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Start the command; its stderr says what it waits for."""
    return subprocess.Popen(
        [sys.executable, "-m", "hotloop", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(env),
        cwd=ROOT,
    )


def await_line(process: "subprocess.Popen[str]", beginning: str) -> None:
    """Read the command's stderr up to a line that begins so."""
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if line.removeprefix("hotloop: ").startswith(beginning):
            return
    raise AssertionError(f"ended without saying {beginning!r}: {''.join(seen)}")
