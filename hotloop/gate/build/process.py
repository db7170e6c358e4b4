"""The driver's side of ``builder``: the process, what it is asked to do, its replies."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from hotloop.base.ending import how_it_ended
from hotloop.base.errors import MeasurementError
from hotloop.gate.build.descendants import end_descendants
from hotloop.gate.source.git import clean_environment
from hotloop.gate.source.project import Project
from hotloop.gate.source.revisions import Source

# asv gives a command a second to end and then kills it; this is more than enough.
PARTING_S = 15.0
# What asv adds to a commit's hash if the mirror's own branches name it.
OWN_BRANCH = re.compile(r" <hotloop-gate-[^>]*>")
READ_BYTES = 1 << 16
# What is said before the first task.
LOG = "builder.log"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Task:
    """One request to asv, whose output goes to ``log``, in the project's gate folder.

    ``failure`` is how the message begins if it cannot be done; ``settings`` are environment
    variables for it.
    """

    name: str
    log: str
    request: Mapping[str, object]
    failure: str
    settings: Mapping[str, str] = field(default_factory=dict)

    def asked_to(self, work: str) -> "Task":
        """The same, for other work."""
        return replace(self, request={**self.request, "work": work})


class Builder:
    """A process of ``hotloop.gate.build.builder``, which runs while the context lasts.

    It loads asv once, and does each task in a fork.
    """

    def __init__(self, project: Project, source: Source) -> None:
        self._project = project
        self._source = source
        self._unread = b""

    def __enter__(self) -> Self:
        self._replies, replies_end = os.pipe()
        self._variables = clean_environment()
        search_path = [str(Path(folder).absolute()) for folder in sys.path]
        own = {"PYTHONPATH": os.pathsep.join(search_path)}
        try:
            with self._file(LOG).open("wb") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "hotloop.gate.build.builder", str(replies_end)],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    pass_fds=(replies_end,),
                    cwd=self._project.folder,
                    env=self._variables | own,
                    # This process handles Ctrl-C.
                    start_new_session=True,
                )
        except BaseException:
            os.close(self._replies)
            raise
        finally:
            os.close(replies_end)
        return self

    def work(self, tasks: Sequence[Task], progress: Say) -> list[Any]:
        """Do them at the same time; their values, in order."""
        values: dict[str, Any] = {}
        by_name = {task.name: task for task in tasks}
        for task in tasks:
            self._begin(task)
        while len(values) < len(tasks):
            replies = self._read()
            if not replies:
                (first, *_) = (task for task in tasks if task.name not in values)
                raise self._failed(first, how_it_ended(self._process.wait()))
            for reply in replies:
                task = by_name[reply["name"]]
                if "progress" in reply:
                    said = _plain(reply["progress"], task.request.get("environment"))
                    progress(f"{task.name}: {said}")
                elif "value" in reply:
                    values[task.name] = reply["value"]
                elif "error" in reply:
                    raise self._failed(task, reply["error"])
                elif task.name not in values:
                    raise self._failed(task, how_it_ended(reply["ended"]))
        return [values[task.name] for task in tasks]

    def _begin(self, task: Task) -> None:
        request = dict(task.request) | {
            "name": task.name,
            "log": str(self._file(task.log)),
            "settings": dict(task.settings),
            "config": str(self._project.config),
            "mirror": str(self._source.mirror.folder),
            "pythonpath": self._variables.get("PYTHONPATH"),
        }
        assert self._process.stdin is not None
        # If it has died already, its missing reply will show that.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()

    def _read(self) -> list[dict[str, Any]]:
        """The next replies; none: the process has ended."""
        lines: list[bytes] = []
        while not lines:
            received = os.read(self._replies, READ_BYTES)
            if not received:
                break
            *lines, self._unread = (self._unread + received).split(b"\n")
        return [json.loads(line) for line in lines]

    def _failed(self, task: Task, reason: str) -> MeasurementError:
        return MeasurementError(
            f"{task.failure}: {reason}; the whole log is {self._file(task.log)}"
        )

    def _file(self, log: str) -> Path:
        return self._project.gate_folder / log

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        # At the end of its stdin the builder ends what asv started, then itself.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        deadline = time.monotonic() + PARTING_S
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            # A busy machine did not let it end them itself.
            end_descendants(self._process.pid)
            self._process.kill()
            self._process.wait()
        finally:
            os.close(self._replies)


def _plain(text: str, environment: object) -> str:
    """asv's progress, without what is obvious or our own: ``Building 1a2b3c4d``."""
    own = re.escape(str(environment or ""))
    return re.sub(rf" (for|from|into) {own}$", "", OWN_BRANCH.sub("", text))
