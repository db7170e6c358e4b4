"""Whether a worker imported what was built for its side; if not, the run ends.

Workers are asked after their benchmark has run, so that lazy imports are included. If both sides
import the project from one file, they are not two commits, and "same" would be a lie. What cannot
be shown either way becomes a doubt, which fails a strict run.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from hotloop.base.errors import MeasurementError
from hotloop.base.units import first_few
from hotloop.gate.model import SHORT_HASH, Contender, Side
from hotloop.gate.pairs.kept_files import places
from hotloop.gate.pairs.leftovers import PREFIX
from hotloop.gate.pairs.watch import Watch
from hotloop.timing.children import Lost

# An answer takes milliseconds; for a timeraw benchmark, an interpreter's start and a call.
ANSWER_LIMIT_S = 2.0
# For searching everything that a large process has in memory.
FIRST_LIMIT_S = 10.0
CHILD_LIMIT_S = 60.0
REMEDY = (
    "load nothing of the project by its path, and keep the folder that it lies in off sys.path, "
    "or put it last (sys.path.append): the suite may put it there, ASV_PYTHONPATH, a .pth file"
)

MOST_FILES = 2

_OWN_DATA = (
    "the benchmarks read files that differ between the commits, each side its own ({}): what that "
    "costs is judged as if it were the code's"
)
_NOT_SHOWN = "it is not shown that base ran its commit's code: {}"

_USERS = (
    "both sides import {} (module {}) from your folder, and its source differs between the "
    "commits; install that from each side's checkout too, as in "
    "--install 'pip install -e ../other -e .', "
    "or in asv's install_command 'pip install {{build_dir}}/../other {{wheel_file}}'"
)
_KEPT = (
    "both sides run code from one file ({}), which the first that found none may have compiled for "
    "both; let the suite give each process a folder of its own (HOME, XDG_CACHE_HOME or the like)"
)
_INSTALLED = (
    "{} was read, the project as it is installed in this Python; a process that drops PYTHONPATH "
    "(an environment of its own, python -I) imports that on both sides: leave out --environment "
    "here"
)

Stray = tuple[str, str]
"""A module and the file that it came from, which is not in its side's build."""


class _Answer(NamedTuple):
    """Strays, and files of code in places where files are kept for the user."""

    strays: list[Stray]
    kept: list[str]


class Asked(Protocol):
    """A worker or a fork of one."""

    def send(self, command: str, **arguments: object) -> None: ...

    def receive(self, limit_s: float) -> object: ...


class Origins:
    """Asks workers, from any thread.

    ``doubts``: what could not be shown, once for each side; ``remarks``: what is not judged,
    or not the code's.
    """

    def __init__(self, contenders: Mapping[Side, Contender]) -> None:
        self._contenders = contenders
        self._lock = threading.Lock()
        self._doubts: dict[Side, str] = {}
        self._of_users: dict[str, str] = {}
        self._kept: dict[str, None] = {}
        self._asked: set[str] = set()
        head = contenders[Side.HEAD].origin
        self._watch = Watch((*head.own, *head.others))
        self._data = Watch(head.data)
        self._installed = Watch(head.installed)
        self._paths = {
            file: path for side in contenders.values() for file, path in side.origin.own_data
        }
        self._own_data = Watch(self._paths)

    @property
    def doubts(self) -> tuple[str, ...]:
        read = self._watch.read()
        of_one_side = [_NOT_SHOWN.format(_of_one_side(read))] if read else []
        both = self._installed.read()
        of_both = [_NOT_SHOWN.format(_INSTALLED.format(both[0]))] if both else []
        of_users = [
            _NOT_SHOWN.format(_USERS.format(file, module))
            for module, file in [*self._of_users.items()][:MOST_FILES]
        ]
        kept = first_few([*self._kept], MOST_FILES)
        of_one_file = [_NOT_SHOWN.format(_KEPT.format(kept))] if kept else []
        return (*self._doubts.values(), *of_one_side, *of_both, *of_users, *of_one_file)

    @property
    def remarks(self) -> tuple[str, ...]:
        read = self._data.read()
        of_one = [f"{_of_one_side(read)}: what that costs is not judged"] if read else []
        paths = sorted({self._paths[str(file)] for file in self._own_data.read()})
        return (*of_one, *([_OWN_DATA.format(first_few(paths, MOST_FILES))] if paths else []))

    def check(
        self, workers: Mapping[Side, Asked], benchmark: str | None = None, raw: bool = False
    ) -> None:
        """Ask those that still answer.

        Only a ``benchmark``'s first pair gets the questions that take longer: which of the
        checkout's functions are there, and what the interpreter of a timeraw (``raw``) benchmark
        imports.

        Raises MeasurementError if what was measured is not what was built.
        """
        with self._lock:
            first = benchmark is None or benchmark not in self._asked
            if benchmark is not None:
                self._asked.add(benchmark)
        child = raw and first
        asked = {
            side: worker for side, worker in workers.items() if self._contenders[side].origin.names
        }
        below = [f"{folder}/{beginning}" for folder, beginning in places()] if first else []
        for side, worker in asked.items():
            origin = self._contenders[side].origin
            own = (*origin.own, *origin.users) if first else ()
            worker.send(
                "origins", names=origin.names, roots=origin.roots, child=child, own=own, kept=below
            )
        limit_s = CHILD_LIMIT_S if child else FIRST_LIMIT_S if first else ANSWER_LIMIT_S
        answers = {side: _answer(worker, limit_s) for side, worker in asked.items()}
        found = {side: answer.strays for side, answer in answers.items()}
        of_users = self._take_out_users(found)
        refuse(self._contenders, found)
        kept = dict.fromkeys(self._kept_by_both(answers))
        with self._lock:
            self._kept |= kept
            self._of_users |= {key: it for key, it in of_users.items() if key not in self._of_users}
            for side, strays in found.items():
                if strays and self._contenders[side].origin.doubt is None:
                    self._doubts.setdefault(side, _doubt(side, *strays[0]))

    def _kept_by_both(self, answers: Mapping[Side, _Answer]) -> list[str]:
        """Code that both sides run from one file which is no part of any checkout."""
        checkouts = {
            folder for each in self._contenders.values() for folder in each.origin.checkouts
        }
        commits = {each.revision.commit for each in self._contenders.values()}
        if len(answers) < 2 or len(commits) < 2:
            return []
        base, head = (answer.kept for answer in answers.values())
        both = (Path(file) for file in base if file in head)
        kept = (file for file in both if not any(part.startswith(PREFIX) for part in file.parts))
        return [str(file) for file in kept if not any(_is_below(file, each) for each in checkouts)]

    def _take_out_users(self, found: dict[Side, list[Stray]]) -> dict[str, str]:
        """What is not the project but the user's: modules of ``found``, each with one file.

        Such as another project of one repository, installed from there for both sides.
        """
        taken: dict[str, str] = {}
        for side, strays in found.items():
            origin = self._contenders[side].origin
            theirs = {
                (module, file)
                for module, file in strays
                if file in origin.users and module.partition(".")[0] not in origin.names
            }
            taken |= dict(sorted(theirs))
            found[side] = [stray for stray in strays if stray not in theirs]
        return taken


def refuse(contenders: Mapping[Side, Contender], found: Mapping[Side, Sequence[Stray]]) -> None:
    """Raises MeasurementError if ``found`` cannot be what was built."""
    base, head = contenders[Side.BASE], contenders[Side.HEAD]
    if base.revision.commit != head.revision.commit:
        of_base, of_head = (dict(found.get(side, ())) for side in (Side.BASE, Side.HEAD))
        for module, file in of_head.items():
            if of_base.get(module) == file:
                raise MeasurementError(
                    f"both sides import the project from one file: {file} (module {module}); "
                    f"{REMEDY}"
                )
    for side, strays in found.items():
        for module, file in strays:
            if file in contenders[side].origin.own:
                raise MeasurementError(
                    f"both sides import the project from one file: {file} (module {module}); "
                    f"{REMEDY}"
                )
            if _is_anothers(contenders[side], file):
                raise MeasurementError(
                    f"{side.value} imports the project from {file} (module {module}), not what was "
                    f"built of {contenders[side].revision.commit[:SHORT_HASH]}; {REMEDY}"
                )


def _answer(worker: Asked, limit_s: float) -> _Answer:
    """A worker's answer; empty if it ends or does not answer, which its pair then reports.

    A worker that failed may still owe the answer to an earlier command.
    """
    deadline = time.monotonic() + limit_s
    while True:
        reply = worker.receive(max(0.0, deadline - time.monotonic()))
        if isinstance(reply, dict) and "origins" in reply:
            strays = [(str(module), str(file)) for module, file in reply["origins"]]
            return _Answer(strays, [str(file) for file in reply["kept"]])
        if isinstance(reply, Lost) and not reply.has_answered:
            return _Answer([], [])


def _doubt(side: Side, module: str, file: str) -> str:
    return (
        f"it is not shown that {side.value} ran its commit's code: {module} came from {file}, "
        "which is no part of what was installed"
    )


def _of_one_side(read: Sequence[Path]) -> str:
    more = f" (and {len(read) - 1} more files)" if len(read) > 1 else ""
    return f"both sides read head's {read[0]}{more}, which differs at base"


def _is_anothers(contender: Contender, file: str) -> bool:
    """Whether a file belongs to a commit, but not to this contender's environment."""
    if _is_below(file, str(contender.python.parent.parent)):
        return False
    return any(_is_below(file, checkout) for checkout in contender.origin.checkouts)


def _is_below(file: str | Path, folder: str) -> bool:
    return Path(file).resolve().is_relative_to(Path(folder).resolve())
