"""Why asv failed, in one line: its exception, or the line that matters of a command's output."""

import re
import signal
from collections.abc import Sequence
from pathlib import Path

from hotloop.gate.advice import BUILD, advised
from hotloop.gate.build.proof import NotTheCommits

# Lines of pip or a compiler that say why it failed, and those that only say that it did.
TELLING = re.compile(
    r"\b(\w*Error|error|ERROR|fatal|FATAL|Killed)\b.*\S|Built wheel for \S+ is invalid"
)
EMPTY_WORDS = re.compile(
    r"subprocess-exited-with-error|metadata-generation-failed|failed-wheel-build|"
    r"CalledProcessError|Failed building wheel|Failed to build|ERROR Backend|"
    r"Encountered error while|This error originates|returned non-zero exit status"
)
DISK_FULL = "No space left on device"
WORDS_CHARS = 300


def reason_of(error: BaseException) -> str:
    """One line that says why asv failed, and what to do about it if that is known.

    For a failed command it is the last line that says why.
    """
    if isinstance(error, NotTheCommits):
        return str(error)
    stdout, stderr = getattr(error, "stdout", None), getattr(error, "stderr", None)
    if stdout is None or stderr is None:
        if isinstance(error, OSError) and error.strerror:
            return f"{error.strerror} ({error.filename})" if error.filename else error.strerror
        text = " ".join(str(error).split())
        return advised(text[:WORDS_CHARS] or type(error).__name__, BUILD)
    command = _short(error.args)
    if DISK_FULL in stdout or DISK_FULL in stderr:
        return f"the disk is full ({command}: {DISK_FULL})"
    said = [*stdout.splitlines(), *stderr.splitlines()]
    telling = "\n".join(line for line in said if TELLING.search(line))
    return advised(f"{command} {_ending(error)}{last_words(said)}", BUILD, telling)


def _short(command: Sequence[str]) -> str:
    """The program and its subcommand: ``python -m pip wheel``."""
    words = [Path(command[0]).name, *command[1:]] if command else ["a command"]
    return " ".join(words[:4])


def _ending(error: BaseException) -> str:
    from asv.util import TIMEOUT_RETCODE

    code = getattr(error, "retcode", None)
    if code == TIMEOUT_RETCODE:
        return 'said nothing for longer than "install_timeout" allows'
    if isinstance(code, int) and code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def last_words(lines: Sequence[str]) -> str:
    """The last line that says why a command failed, after a colon; empty if there is none."""
    said = [line.strip(" │|×╰─>") for line in lines if line.strip()]
    telling = [line for line in said if TELLING.search(line) and not EMPTY_WORDS.search(line)]
    last = (telling or said)[-1:]
    return f": {last[0][:WORDS_CHARS]}" if last else ""
