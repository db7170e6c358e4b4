"""One of our Python processes, which does one job and reports in every case.

    stdin        the job, one line of JSON
    DESCRIPTOR   the report, one line of JSON, when it is over
    log          the output of the process and its client

The report travels through an unnamed temporary file: no pipe can fill up, and a process that was
killed simply leaves it empty.
"""

import contextlib
import json
import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, ClassVar, Generic, Self, TypeVar

from hotloop.base.clock import SystemClock
from hotloop.base.ending import how_it_ended, last_words
from hotloop.base.errors import MeasurementError
from stream.environment import python, variables

# Interpreter start, imports and exit, on a loaded machine.
SPARE_S = 20.0
# What a process reports instead of a result, with one sentence.
FAILURE = "failure"


class Message:
    """JSON for a frozen dataclass: a job, or a report. It refuses keys that it does not know."""

    __slots__ = ()

    def to_json(self) -> str:
        return json.dumps(asdict(self))  # type: ignore[call-overload]

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises MeasurementError if ``text``, which may hold a login, is not this message.

        Also if it is a failure instead, in its own words.
        """
        try:
            content = json.loads(text)
            if list(content) == [FAILURE]:
                raise MeasurementError(content[FAILURE])
            return cls(**content)
        except (ValueError, TypeError) as error:
            raise MeasurementError(f"not a {cls.__name__}: {error}") from error


def failure(said: str) -> str:
    """What is reported instead of a message."""
    return json.dumps({FAILURE: said})


def report(descriptor: int, text: str) -> None:
    """What the process itself does at its end."""
    with os.fdopen(descriptor, "w") as pipe:
        pipe.write(text + "\n")


J = TypeVar("J", bound=Message)


def process_cpu_s() -> float:
    """CPU seconds of this process so far, user and system, all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


@dataclass(frozen=True, slots=True)
class Child(Generic[J]):
    """A started process, as its parent sees it."""

    module: ClassVar[str]

    job: J
    process: subprocess.Popen[str]
    log: Path
    started_ns: int
    _report: IO[str]

    @classmethod
    def launch(cls, job: J, log: Path, environment: Mapping[str, str]) -> Self:
        """Start one for ``job`` in its log's folder, with the allowed part of ``environment``."""
        report = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by told or end
        with log.open("w") as output:
            process = subprocess.Popen(
                python(cls.module, str(report.fileno()), str(os.getpid())),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                text=True,
                cwd=log.parent,
                env=variables(environment),
                pass_fds=[report.fileno()],
            )
        started_ns = SystemClock().now_ns()
        # One that has ended already tells by its missing report.
        with contextlib.suppress(BrokenPipeError), process.stdin:  # type: ignore[union-attr]
            process.stdin.write(job.to_json() + "\n")  # type: ignore[union-attr]
        return cls(job, process, log, started_ns, report)

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def stop(self) -> None:
        """Ask for a graceful end (SIGTERM): what was begun is still reported."""
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self.process.kill()

    def ends_within(self, limit_s: float) -> bool:
        """Wait for its end; False if it did not come in time."""
        try:
            self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> None:
        """End it at once, if it still runs; what it reported is lost."""
        self.kill()
        self.process.wait()
        self._report.close()

    def told(self) -> str:
        """The report of a process that has ended; empty if it left none."""
        with self._report as report:
            report.seek(0)
            return report.read()

    def obituary(self) -> str:
        """How one that left no report ended, with its last words: its log goes with its folder."""
        return f"ended without a report: {how_it_ended(self.process.returncode)}{self.last_words()}"

    def last_words(self) -> str:
        """In brackets, or nothing."""
        said = last_words(self.log)
        return f" ({said})" if said else ""
