"""Both contenders installed side by side, in two slots that later runs find again.

    <gate folder>/a/<environment>    one commit installed     two paths of equal length:
    <gate folder>/b/<environment>    another one              both get the same memory layout

A slot may be base's in one run and head's in the next, whichever takes fewer builds.
"""

import contextlib
import fcntl
import json
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hotloop.base.decoding import decode
from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.files import remove
from hotloop.gate.build.advice import ENVIRONMENT, advised
from hotloop.gate.build.proof import Proof
from hotloop.gate.model import Side
from hotloop.gate.source.git import clean_environment
from hotloop.gate.source.project import Project
from hotloop.gate.source.revisions import Revision, Source

SLOTS = ("a", "b")
# asv gives a command a second to end and then kills it; this is more than enough.
PARTING_S = 15.0
# What asv adds to a commit's hash if the mirror's own branches name it.
OWN_BRANCH = re.compile(r" <hotloop-gate-[^>]*>")
READ_BYTES = 1 << 16
SHOWN_DIFFERENCES = 4

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one side should be: a commit in an environment (None: the first of the matrix)."""

    side: Side
    revision: Revision
    specifier: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """The environment of one side, the others in the matrix, and what the slots hold.

    ``unavailable`` says, in asv's words, which environments of the matrix cannot be created.
    """

    name: str
    others: tuple[str, ...]
    installs: bool
    held: tuple[str | None, ...]
    unavailable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Build:
    """A side that is ready: its interpreter, its variables, its libraries' versions.

    ``proof`` says what was shown about the installed code, and where it is.
    """

    wanted: Wanted
    environment: str
    python: Path
    variables: tuple[tuple[str, str], ...]
    distributions: Mapping[str, str]
    proof: Proof


@dataclass(frozen=True, slots=True)
class Builds:
    """Both sides, and what the user should know about them.

    ``unproved`` are warnings too: why a side could not be shown to be its commit's code.
    """

    base: Build
    head: Build
    others: tuple[str, ...]
    warnings: tuple[str, ...]
    unproved: tuple[str, ...]


@contextlib.contextmanager
def locked(project: Project) -> Iterator[None]:
    """Keep a second gate out of this project's folder; MeasurementError if one is running.

    The lock ends with the process, however that ends.
    """
    project.gate_folder.mkdir(parents=True, exist_ok=True)
    lock = project.gate_folder / "lock"
    if lock.is_dir():
        remove(lock)
    with lock.open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MeasurementError(
                f"another gate is running on {project.folder}; wait for its end"
            ) from error
        yield


def clear(gate_folder: Path) -> None:
    """Remove a file that is where asv needs a folder; asv itself replaces only folders."""
    for slot in (gate_folder / name for name in SLOTS):
        for place in (slot, *slot.glob("*"), *slot.glob("*/project")):
            if not place.is_dir():
                remove(place)


def build(
    project: Project, source: Source, base: Wanted, head: Wanted, progress: Progress
) -> Builds:
    """Install both sides, or find them installed.

    Raises MeasurementError if no environment matches or a build fails, with the side, the
    commit and the log; UsageError if nothing can differ.
    """
    clear(project.gate_folder)
    choices = _choose(project, source, (base, head), progress)
    by_side = dict(zip((base.side, head.side), choices, strict=True))
    _refuse_itself(by_side)
    slots = dict(zip((base.side, head.side), _assign((base, head), choices), strict=True))
    tasks = []
    for wanted in (base, head):
        choice, slot = by_side[wanted.side], slots[wanted.side]
        (sibling,) = (other for other in SLOTS if other != slot)
        request = {
            "work": "install",
            "specifier": wanted.specifier,
            "environment": choice.name,
            "slot": str(project.gate_folder / slot),
            "sibling": str(project.gate_folder / sibling),
            "commit": wanted.revision.commit,
        }
        tasks.append(_Task(wanted.side.value, f"build-{slot}.log", request, wanted))
    if base.revision.commit == head.revision.commit and choices[0].name == choices[1].name:
        # If both are the same commit, the second uses the first's wheel, so they are built in turn.
        if head.revision.commit not in choices[1].held:
            making = [replace(task, request={**task.request, "work": "create"}) for task in tasks]
            _work(project, source, making, progress)
        values = [_work(project, source, [task], progress)[0] for task in tasks]
    else:
        values = _work(project, source, tasks, progress)
    made = [
        Build(
            task.wanted,
            by_side[task.wanted.side].name,
            Path(value["python"]),
            tuple(sorted(value["variables"].items())),
            value["distributions"],
            decode(Proof, value["proof"]),
        )
        for task, value in zip(tasks, values, strict=True)
        if task.wanted is not None
    ]
    others = choices[1].others if base.specifier == head.specifier else ()
    warnings = tuple(_warnings(project, made, choices))
    return Builds(made[0], made[1], others, warnings, tuple(_unproved(made, choices)))


def _choose(
    project: Project, source: Source, sides: Sequence[Wanted], progress: Progress
) -> list[Choice]:
    request = {
        "work": "choose",
        "specifiers": [wanted.specifier for wanted in sides],
        "slots": [str(project.gate_folder / slot) for slot in SLOTS],
    }
    task = _Task("environments", "environments.log", request, None)
    (found,) = _work(project, source, [task], progress)
    return [_chosen(project, wanted, value) for wanted, value in zip(sides, found, strict=True)]


def _chosen(project: Project, wanted: Wanted, value: dict[str, Any]) -> Choice:
    names = value["environments"]
    if not names:
        known = f"; this machine can make {', '.join(value['known'])}" if value["known"] else ""
        if wanted.specifier == "":
            raise UsageError(
                f"the environment of {wanted.side.value} is an empty text: name one of "
                f"{project.config}, or leave the option out for the first that runs here{known}"
            )
        what = f"matches {wanted.specifier}" if wanted.specifier else "is available"
        reason = "".join(f": {advised(why, ENVIRONMENT)}" for why in value["unavailable"][:1])
        raise MeasurementError(f"no environment of {project.config} {what}{reason}{known}")
    # If the user asked for one, the others need no mention.
    unavailable = () if wanted.specifier else tuple(value["unavailable"])
    held = tuple(value["held"])
    return Choice(names[0], tuple(names[1:]), value["installs"], held, unavailable)


def _refuse_itself(choices: dict[Side, Choice]) -> None:
    base, head = choices[Side.BASE], choices[Side.HEAD]
    if not head.installs and base.name == head.name:
        raise UsageError(
            f"{head.name} would be compared with itself: asv installs no commit in an existing "
            "environment; name another one for base (--base-environment), or one that asv makes"
        )


def _assign(sides: Sequence[Wanted], choices: Sequence[Choice]) -> tuple[str, ...]:
    """The slot of each side: the order of slots that leaves the least to build."""

    def missing(order: Sequence[int]) -> int:
        return sum(
            choice.installs and choice.held[slot] != wanted.revision.commit
            for wanted, choice, slot in zip(sides, choices, order, strict=True)
        )

    best = min(((0, 1), (1, 0)), key=missing)
    return tuple(SLOTS[slot] for slot in best)


def _warnings(project: Project, made: Sequence[Build], choices: Sequence[Choice]) -> Iterator[str]:
    if choices[1].unavailable:
        first, *others = choices[1].unavailable
        alike = f", and {len(others)} more like it" if others else ""
        yield f"not the whole matrix is available, {choices[1].name} was taken: {first}{alike}"
    if made[0].environment != made[1].environment:
        return
    base, head = (build_.distributions for build_ in made)
    differing = [
        f"{name} {base.get(name, 'absent')} at base, {head.get(name, 'absent')} at head"
        for name in sorted(base.keys() | head.keys())
        if base.get(name) != head.get(name)
    ]
    if differing:
        more = len(differing) - SHOWN_DIFFERENCES
        shown = "; ".join(differing[:SHOWN_DIFFERENCES]) + (f"; {more} more" if more > 0 else "")
        yield (
            f"the libraries differ, and so may the times: {shown}; "
            f"where no commit asks for that, delete {project.gate_folder} to install both anew"
        )


def _unproved(made: Sequence[Build], choices: Sequence[Choice]) -> Iterator[str]:
    for build_, choice in zip(made, choices, strict=True):
        side = build_.wanted.side.value
        if not choice.installs:
            yield f"{side} is whatever {build_.python} has installed: {build_.proof.doubt}"
        elif build_.proof.doubt is not None:
            yield f"it is not shown that {side} ran its commit's code: {build_.proof.doubt}"


@dataclass(frozen=True, slots=True)
class _Task:
    name: str
    log: str
    request: Mapping[str, object]
    wanted: Wanted | None


def _work(
    project: Project, source: Source, tasks: Sequence[_Task], progress: Progress
) -> list[Any]:
    """Let ``hotloop.gate.build.builder`` do the tasks at the same time; their values, in order."""
    values: dict[str, Any] = {}
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        for task in tasks:
            builder = stack.enter_context(_Builder(project, source, task))
            selector.register(builder.replies, selectors.EVENT_READ, builder)
        while len(values) < len(tasks):
            for key, _ in selector.select():
                builder = key.data
                for reply in builder.read():
                    if "progress" in reply:
                        progress(f"{builder.task.name}: {_plain(reply['progress'], builder.task)}")
                    elif "value" in reply:
                        values[builder.task.name] = reply["value"]
                    else:
                        raise builder.failed(reply["error"])
                if builder.ended:
                    selector.unregister(builder.replies)
                    if builder.task.name not in values:
                        raise builder.failed(builder.obituary())
    return [values[task.name] for task in tasks]


def _plain(text: str, task: _Task) -> str:
    """asv's progress, without what is obvious or our own: ``Building 1a2b3c4d``."""
    environment = re.escape(str(task.request.get("environment", "")))
    return re.sub(rf" (for|from|into) {environment}$", "", OWN_BRANCH.sub("", text))


class _Builder:
    """A running builder: its replies, and its end, whatever happens here."""

    def __init__(self, project: Project, source: Source, task: _Task) -> None:
        self.task = task
        self.ended = False
        self._unread = b""
        self._log = project.gate_folder / task.log
        settings = {} if task.wanted is None else source.settings(task.wanted.revision)
        self.replies, replies_end = os.pipe()
        environment = clean_environment()
        search_path = [str(Path(folder).absolute()) for folder in sys.path]
        try:
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "hotloop.gate.build.builder", str(replies_end)],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    pass_fds=(replies_end,),
                    cwd=project.folder,
                    env=environment | {"PYTHONPATH": os.pathsep.join(search_path)} | settings,
                    # This process handles Ctrl-C.
                    start_new_session=True,
                )
        except BaseException:
            os.close(self.replies)
            raise
        finally:
            os.close(replies_end)
        request = dict(task.request) | {
            "config": str(project.config),
            "mirror": str(source.mirror.folder),
            "pythonpath": environment.get("PYTHONPATH"),
        }
        assert self._process.stdin is not None
        # If it has died already, its missing reply will show that.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()

    def read(self) -> list[dict[str, Any]]:
        received = os.read(self.replies, READ_BYTES)
        self.ended = not received
        *lines, self._unread = (self._unread + received).split(b"\n")
        return [json.loads(line) for line in lines]

    def obituary(self) -> str:
        code = self._process.wait()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def failed(self, reason: str) -> MeasurementError:
        wanted = self.task.wanted
        if wanted is None:
            return MeasurementError(
                f"asv cannot list the environments: {reason}; the whole log is {self._log}"
            )
        return MeasurementError(
            f"{wanted.side.value}, {wanted.revision.text}, could not be built: {reason}; "
            f"the whole log is {self._log}"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        # At the end of its stdin the builder ends what asv started, then itself.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        deadline = time.monotonic() + PARTING_S
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        finally:
            os.close(self.replies)
