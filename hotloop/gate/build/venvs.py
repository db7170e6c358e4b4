"""Environments of the gate's own, one in each slot, with a commit's wheel and what tests need.

A slot may be base's in one run and head's in the next, whichever leaves less to do.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from hotloop.base import interrupts
from hotloop.base.errors import MeasurementError
from hotloop.gate.build.builds import SLOTS, assign, differing_libraries
from hotloop.gate.build.layouts import Layouts
from hotloop.gate.build.process import Say
from hotloop.gate.build.shell import Failed, Shell
from hotloop.gate.build.slot import STAMP, Slot, read_stamp
from hotloop.gate.build.wanted import wanted_of
from hotloop.gate.model import Contender, Origin, PytestRequest, Revision, Side
from hotloop.gate.source.project import Project
from hotloop.gate.source.revisions import Source

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Environments:
    """Both sides installed, and what is to be said about them."""

    contenders: Mapping[Side, Contender]
    said: tuple[str, ...]
    slots: Mapping[Side, Slot]

    @contextlib.contextmanager
    def layouts(self, base: Contender, head: Contender, say: Say) -> Iterator[Layouts]:
        """Both built once more, for their libraries to be linked anew where they are installed.

        ``base`` and ``head`` are ``contenders``, which may have more places by now. Raises
        MeasurementError if a build fails, and NotPlaceable.
        """
        made = {Side.BASE: base, Side.HEAD: head}
        shell = Shell(self.slots[Side.HEAD].project.build_timeout_s)
        slots = {side: replace(slot, shell=shell, say=say) for side, slot in self.slots.items()}
        links = _at_once(
            slots, lambda slot: slot.keep_objects(made[slot.side]), shell, "built again"
        )
        stamps = (self.slots[Side.BASE].stamp, self.slots[Side.HEAD].stamp)
        with Layouts(base, head, links[Side.BASE], links[Side.HEAD], stamps) as layouts:
            yield layouts


def install(
    project: Project,
    source: Source,
    commits: Mapping[Side, Revision],
    pythons: Mapping[Side, str | None],
    asked: PytestRequest,
    tests: Path,
    say: Say,
) -> Environments:
    """Both sides in environments of their own.

    ``pythons``: of each side, a path, a version or None; ``tests``: head's folder. Raises
    UsageError for a Python that is not there, MeasurementError if something cannot be installed.
    """
    wanted = wanted_of(project, pythons, asked, tests)
    held = [read_stamp(project.gate_folder / slot / STAMP).get("commit") for slot in SLOTS]
    slots = assign(commits, dict.fromkeys(commits, held))
    shell = Shell(project.build_timeout_s)
    work = {
        side: Slot(
            project,
            source,
            project.gate_folder / slots[side],
            side,
            commits[side],
            wanted[side],
            shell,
            say,
        )
        for side in commits
    }
    made = _at_once(work, Slot.install, shell, "installed")
    said: list[str] = []
    if made[Side.BASE].environment == made[Side.HEAD].environment:
        said += differing_libraries(
            made[Side.BASE].distributions, made[Side.HEAD].distributions, project.gate_folder
        )
    return Environments(_with_origins(project, made), tuple(said), work)


def _at_once(
    slots: Mapping[Side, Slot], work: Callable[[Slot], Value], shell: Shell, done: str
) -> dict[Side, Value]:
    """Of both slots at the same time, or in turns where the second uses what the first built.

    ``shell`` is what runs their commands. Raises MeasurementError: it could not be ``done``.
    """

    def worked(side: Side) -> Value:
        try:
            return work(slots[side])
        except Failed as error:
            raise MeasurementError(
                f"{side.value}, {slots[side].revision.text}, could not be {done}: {error}"
            ) from error

    commits = {slot.revision.commit for slot in slots.values()}
    with ThreadPoolExecutor(len(commits)) as pool, shell:
        return dict(zip(slots, interrupts.at_once(pool, worked, slots), strict=True))


def _with_origins(project: Project, made: Mapping[Side, Contender]) -> dict[Side, Contender]:
    names = tuple(sorted({name for each in made.values() for name in each.proof.names}))
    checkouts = (str(project.gate_folder), str(project.folder))
    return {
        side: replace(each, origin=Origin(names, each.proof.roots, checkouts, each.proof.doubt))
        for side, each in made.items()
    }
