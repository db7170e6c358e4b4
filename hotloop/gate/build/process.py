"""The driver's side of ``builder``: the process, its one request, its replies."""

import contextlib
import json
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

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

Say = Callable[[str], None]


@dataclass(slots=True)
class Builder:
    """A process of ``hotloop.gate.build.builder``, which runs while the context lasts.

    ``failure`` is how the message begins if it cannot do what ``request`` says; ``settings``
    are environment variables for it.
    """

    project: Project
    source: Source
    name: str
    log: str
    request: Mapping[str, object]
    failure: str
    settings: Mapping[str, str] = field(default_factory=dict)
    replies: int = field(init=False)
    ended: bool = field(init=False, default=False)
    _unread: bytes = field(init=False, default=b"")
    _process: subprocess.Popen[bytes] = field(init=False)

    def asked_to(self, work: str) -> "Builder":
        """The same, for other work."""
        return replace(self, request={**self.request, "work": work})

    def __enter__(self) -> Self:
        self.replies, replies_end = os.pipe()
        environment = clean_environment()
        search_path = [str(Path(folder).absolute()) for folder in sys.path]
        own = {"PYTHONPATH": os.pathsep.join(search_path), **self.settings}
        try:
            with self._log_file.open("wb") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "hotloop.gate.build.builder", str(replies_end)],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    pass_fds=(replies_end,),
                    cwd=self.project.folder,
                    env=environment | own,
                    # This process handles Ctrl-C.
                    start_new_session=True,
                )
        except BaseException:
            os.close(self.replies)
            raise
        finally:
            os.close(replies_end)
        request = dict(self.request) | {
            "config": str(self.project.config),
            "mirror": str(self.source.mirror.folder),
            "pythonpath": environment.get("PYTHONPATH"),
        }
        assert self._process.stdin is not None
        # If it has died already, its missing reply will show that.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        return self

    def read(self) -> list[dict[str, Any]]:
        received = os.read(self.replies, READ_BYTES)
        self.ended = not received
        *lines, self._unread = (self._unread + received).split(b"\n")
        return [json.loads(line) for line in lines]

    def obituary(self) -> str:
        code = self._process.wait()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def failed(self, reason: str) -> MeasurementError:
        return MeasurementError(f"{self.failure}: {reason}; the whole log is {self._log_file}")

    @property
    def _log_file(self) -> Path:
        return self.project.gate_folder / self.log

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
            os.close(self.replies)


def work(builders: Sequence[Builder], progress: Say) -> list[Any]:
    """Let them work at the same time; their values, in order."""
    values: dict[str, Any] = {}
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        for builder in builders:
            stack.enter_context(builder)
            selector.register(builder.replies, selectors.EVENT_READ, builder)
        while len(values) < len(builders):
            for key, _ in selector.select():
                builder = key.data
                for reply in builder.read():
                    if "progress" in reply:
                        said = _plain(reply["progress"], builder.request.get("environment"))
                        progress(f"{builder.name}: {said}")
                    elif "value" in reply:
                        values[builder.name] = reply["value"]
                    else:
                        raise builder.failed(reply["error"])
                if builder.ended:
                    selector.unregister(builder.replies)
                    if builder.name not in values:
                        raise builder.failed(builder.obituary())
    return [values[builder.name] for builder in builders]


def _plain(text: str, environment: object) -> str:
    """asv's progress, without what is obvious or our own: ``Building 1a2b3c4d``."""
    own = re.escape(str(environment or ""))
    return re.sub(rf" (for|from|into) {own}$", "", OWN_BRANCH.sub("", text))
