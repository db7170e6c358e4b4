"""Import a suite in one side's python, in a worker of its own, to list its benchmarks."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hotloop.base.errors import MeasurementError
from hotloop.gate.advice import SUITE, Rule, advised
from hotloop.gate.model import Contender
from hotloop.gate.pairs.spawn import variables_of, worker_command
from hotloop.gate.source.project import Project
from hotloop.gate.worker.__main__ import LIST
from hotloop.gate.worker.pytests.suites import OUTSIDE_TESTS

WORDS_CHARS = 300
# pytest tells afterwards which files configure it.
USAGE = re.compile(r"(?:ERROR|.*\berror): .*(?:unrecognized arguments|not found|required)")

Listing = Mapping[str, Any]
"""What ``hotloop.gate.worker.find.write_list`` writes."""


class Search:
    """The worker that lists a suite; its process group ends with the context, or with us.

    ``what`` names it in messages and files; it is unique within a run. ``advice`` says what to do
    about its errors.
    """

    def __init__(
        self,
        project: Project,
        contender: Contender,
        what: str,
        folder: Path,
        advice: Iterable[Rule] = SUITE,
    ) -> None:
        self._contender = contender
        self._advice = tuple(advice)
        self._limit_s = project.build_timeout_s
        self._deadline = time.monotonic() + self._limit_s
        self._result = folder / f"{what}.json"
        self._log = project.gate_folder / f"discover-{what}.log"
        work = folder / what
        work.mkdir()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *worker_command(contender),
                    LIST,
                    str(os.getpid()),
                    os.fspath(contender.suite),
                    os.fspath(self._result),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=work,
                env=variables_of(contender),
                start_new_session=True,
            )

    def found(self) -> Listing:
        """Wait for the list. Raises MeasurementError if the suite cannot be imported."""
        try:
            code = self._process.wait(max(0.0, self._deadline - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            raise self._failed(f"no end after {self._limit_s:.0f} s: it hangs") from error
        if code != 0:
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            words = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            said = telling(words).strip()[:WORDS_CHARS] if words else how
            raise self._failed(advised(said, self._advice))
        try:
            found: Listing = json.loads(self._result.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self._failed("it ended before its list of benchmarks was whole") from error
        return found

    def _failed(self, reason: str) -> MeasurementError:
        side = self._contender
        return MeasurementError(
            f"the suite of {side.side.value}, {side.revision.text}, cannot be imported: {reason}; "
            f"all it said is in {self._log}"
        )

    def __enter__(self) -> "Search":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def telling(lines: Sequence[str]) -> str:
    """The last line, or the last that says what stopped pytest: others follow it."""
    outside = [found[1] for line in lines if (found := OUTSIDE_TESTS.match(line))]
    usage = [line for line in lines if USAGE.match(line)]
    # pytest marks the lines of an exception with an E.
    return re.sub(r"^E\s+", "", (outside or usage or lines)[-1])
