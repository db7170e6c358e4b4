"""Commands that install: each in a session of its own, ended with the context, said in one line."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from hotloop.gate.advice import INSTALL, advised
from hotloop.gate.build.reasons import last_words
from hotloop.gate.source.git import clean_environment


class Failed(Exception):
    """A command failed; the message says which, and why."""


class Shell:
    """Runs commands from any thread; leaving the context ends those that still run."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_over = False

    def run(
        self, command: Sequence[str], folder: Path, log: Path, variables: Mapping[str, str]
    ) -> None:
        """Run it in ``folder``; all it says is added to ``log``. Raises Failed."""
        begun = log.stat().st_size
        with log.open("ab") as output:
            output.write(f"$ {' '.join(command)}\n".encode())
            output.flush()
            try:
                process = self._start(command, folder, output.fileno(), variables)
            except OSError as error:
                raise Failed(f"{command[0]} does not run ({error.strerror or error})") from error
        try:
            code = process.wait(self._limit_s)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise Failed(
                f"{_short(command)} took longer than {self._limit_s:.0f} s; all it said is in {log}"
            ) from None
        finally:
            with self._lock:
                self._running.discard(process)
        if code:
            said = log.read_bytes()[begun:].decode(errors="replace")
            words = f"{_short(command)} ended with exit code {code}{last_words(said.splitlines())}"
            raise Failed(f"{advised(words, INSTALL, said)}; all it said is in {log}")

    def said(self, command: Sequence[str]) -> str:
        """The output of a short command. Raises Failed."""
        try:
            return subprocess.run(
                command,
                check=True,
                capture_output=True,
                text=True,
                env=_variables({}),
                timeout=self._limit_s,
            ).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise Failed(f"{command[0]} does not run: {error}") from error

    def succeeds(self, command: Sequence[str]) -> bool:
        """Whether a short command ends with 0."""
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            ended = subprocess.run(
                command, capture_output=True, env=_variables({}), timeout=self._limit_s
            )
            return ended.returncode == 0
        return False

    def _start(
        self, command: Sequence[str], folder: Path, output: int, variables: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._is_over:
                raise Failed("it was interrupted")
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=_variables(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Only the driver gets Ctrl-C.
                start_new_session=True,
            )
            self._running.add(process)
            return process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._is_over = True
            running = list(self._running)
        for process in running:
            _kill(process)


def _variables(own: Mapping[str, str]) -> dict[str, str]:
    """The user's, without those that would bring other code into the environment."""
    kept = {k: v for k, v in clean_environment().items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    return {**kept, "PIP_USER": "false", **own}


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _short(command: Sequence[str]) -> str:
    """The program and its subcommand: ``python -m pip install``."""
    words = [Path(command[0]).name, *command[1:]]
    if words[0] == "sh":
        return f"`{words[2]}`"
    shown = [word for word in words if not word.startswith("--")]
    return " ".join(shown[:4])
