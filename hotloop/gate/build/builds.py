"""Both contenders installed side by side, in two slots that later runs find again.

    <gate folder>/a/<environment>    one commit installed     two paths of equal length:
    <gate folder>/b/<environment>    another one              both get the same memory layout

A slot may be base's in one run and head's in the next, whichever takes fewer builds.
"""

import contextlib
import fcntl
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hotloop.base.decoding import decode
from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.files import remove
from hotloop.gate.advice import ENVIRONMENT, advised
from hotloop.gate.build import kits
from hotloop.gate.build.layouts import LayOut, Layouts, places_of, put_back
from hotloop.gate.build.process import Builder, Say, Task
from hotloop.gate.model import Contender, Proof, Revision, Side
from hotloop.gate.source.project import Project
from hotloop.gate.source.revisions import Source

SLOTS = ("a", "b")
SHOWN_DIFFERENCES = 4
# asv's own, in an environment.
STAMP = "asv-install-status.json"


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
class Builds:
    """Both sides, and what the user should know about them.

    ``unproved`` are warnings too: why a side could not be shown to be its commit's code.
    ``layouts`` is None where asv builds nothing.
    """

    base: Contender
    head: Contender
    others: tuple[str, ...]
    warnings: tuple[str, ...]
    unproved: tuple[str, ...]
    layouts: LayOut | None = None


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
                f"another gate is running on {project.folder}; wait until it ends"
            ) from error
        yield


def clear(gate_folder: Path) -> None:
    """Remove a file that is where asv needs a folder; asv itself replaces only folders."""
    for slot in (gate_folder / name for name in SLOTS):
        for place in (slot, *slot.glob("*"), *slot.glob("*/project")):
            if not place.is_dir():
                remove(place)


def build(
    project: Project,
    source: Source,
    commits: Mapping[Side, Revision],
    specifiers: Mapping[Side, str | None],
    suite: Path,
    progress: Say,
) -> Builds:
    """Install both sides' commits, or find them installed, to run ``suite``.

    ``specifiers`` name the environments, None: the first of the matrix. Raises MeasurementError
    if no environment matches or a build fails, with the side, the commit and the log; UsageError
    if nothing can differ.
    """
    clear(project.gate_folder)
    with Builder(project, source) as builder:
        choices = _choose(project, builder, specifiers, progress)
        _refuse_itself(choices)
        tasks = _tasks(project, source, commits, specifiers, choices)
        base, head = commits.values()
        if base.commit == head.commit and choices[Side.BASE].name == choices[Side.HEAD].name:
            # The second uses the wheel of the first, so they are built in turn.
            if head.commit not in choices[Side.HEAD].held:
                builder.work([each.asked_to("create") for each in tasks], progress)
            values = [builder.work([each], progress)[0] for each in tasks]
        else:
            values = builder.work(tasks, progress)
    made = [
        Contender(
            side,
            commits[side],
            choices[side].name,
            Path(value["python"]),
            suite,
            tuple(sorted(value["variables"].items())),
            proof=decode(Proof, value["proof"]),
            distributions=value["distributions"],
        )
        for side, value in zip(commits, values, strict=True)
    ]
    alike = specifiers[Side.BASE] == specifiers[Side.HEAD]
    others = choices[Side.HEAD].others if alike else ()
    warnings = tuple(_warnings(project, made, choices[Side.HEAD]))
    unproved = tuple(_unproved(made, choices))
    if not all(choice.installs for choice in choices.values()):
        return Builds(made[0], made[1], others, warnings, unproved)

    def layouts(progress: Say) -> Layouts:
        return _layouts(project, source, made, tasks, progress)

    return Builds(made[0], made[1], others, warnings, unproved, layouts)


def _tasks(
    project: Project,
    source: Source,
    commits: Mapping[Side, Revision],
    specifiers: Mapping[Side, str | None],
    choices: Mapping[Side, Choice],
) -> list[Task]:
    """What installs each side in the slot that leaves the least to build."""
    slots = assign(commits, {side: choice.held for side, choice in choices.items()})
    tasks = []
    for side, revision in commits.items():
        (sibling,) = (other for other in SLOTS if other != slots[side])
        request = {
            "work": "install",
            "specifier": specifiers[side],
            "environment": choices[side].name,
            "slot": str(project.gate_folder / slots[side]),
            "sibling": str(project.gate_folder / sibling),
            "commit": revision.commit,
        }
        failure = f"{side.value}, {revision.text}, could not be built"
        log, settings = f"build-{slots[side]}.log", source.settings(revision)
        tasks.append(Task(side.value, log, request, failure, settings))
    return tasks


def _layouts(
    project: Project,
    source: Source,
    made: Sequence[Contender],
    tasks: Sequence[Task],
    progress: Say,
) -> Layouts:
    """Both sides built once more, with their objects kept."""
    folders = [project.gate_folder / f"kit-{task.name}" for task in tasks]
    again = [
        replace(
            task,
            request={**task.request, "work": "keep_objects", "kit": str(folder)},
            log=f"kit-{task.name}.log",
            failure=f"{task.name} could not be built again",
        )
        for task, folder in zip(tasks, folders, strict=True)
    ]
    libraries = [{path: places_of(side, path) for path in side.proof.compiled} for side in made]
    stamps = [side.python.parent.parent / STAMP for side in made]
    with contextlib.ExitStack() as stack:
        for places, stamp in zip(libraries, stamps, strict=True):
            stack.enter_context(put_back(itertools.chain(*places.values()), stamp))
        with Builder(project, source) as builder:
            builder.work(again, progress)
        base, head = (
            kits.read(folder) or kits.installed(folder, places)
            for folder, places in zip(folders, libraries, strict=True)
        )
    return Layouts(made[0], made[1], base, head, (stamps[0], stamps[1]))


def _choose(
    project: Project,
    builder: Builder,
    specifiers: Mapping[Side, str | None],
    progress: Say,
) -> dict[Side, Choice]:
    request = {
        "work": "choose",
        "specifiers": list(specifiers.values()),
        "slots": [str(project.gate_folder / slot) for slot in SLOTS],
    }
    failure = "asv cannot list the environments"
    (found,) = builder.work([Task("environments", "environments.log", request, failure)], progress)
    return {
        side: _chosen(project, side, specifier, value)
        for (side, specifier), value in zip(specifiers.items(), found, strict=True)
    }


def _chosen(project: Project, side: Side, specifier: str | None, value: dict[str, Any]) -> Choice:
    names = value["environments"]
    if not names:
        known = f"; this machine can make {', '.join(value['known'])}" if value["known"] else ""
        if specifier == "":
            raise UsageError(
                f"the environment of {side.value} is an empty text: name one of "
                f"{project.config}, or leave the option out for the first that runs here{known}"
            )
        what = f"matches {specifier}" if specifier else "is available"
        reason = "".join(f": {advised(why, ENVIRONMENT)}" for why in value["unavailable"][:1])
        raise MeasurementError(f"no environment of {project.config} {what}{reason}{known}")
    # If the user asked for one, the others need no mention.
    unavailable = () if specifier else tuple(value["unavailable"])
    held = tuple(value["held"])
    return Choice(names[0], tuple(names[1:]), value["installs"], held, unavailable)


def _refuse_itself(choices: Mapping[Side, Choice]) -> None:
    base, head = choices[Side.BASE], choices[Side.HEAD]
    if not head.installs and base.name == head.name:
        raise UsageError(
            f"{head.name} would be compared with itself: asv installs no commit in an existing "
            "environment; name another one for base (--base-environment), or one that asv makes"
        )


def assign(
    commits: Mapping[Side, Revision], held: Mapping[Side, Sequence[str | None]]
) -> dict[Side, str]:
    """The slot of each side: the order of slots that leaves the least to build.

    ``held``: the commit in each slot's environment, as each side would use it; empty for a side
    that needs no build.
    """

    def missing(order: Sequence[int]) -> int:
        return sum(
            bool(held[side]) and held[side][slot] != revision.commit
            for (side, revision), slot in zip(commits.items(), order, strict=True)
        )

    best = min(((0, 1), (1, 0)), key=missing)
    return {side: SLOTS[slot] for side, slot in zip(commits, best, strict=True)}


def _warnings(project: Project, made: Sequence[Contender], choice: Choice) -> Iterator[str]:
    """``choice`` is head's."""
    if choice.unavailable:
        first, *others = choice.unavailable
        alike = f", and {len(others)} more like it" if others else ""
        yield f"not the whole matrix is available, {choice.name} was taken: {first}{alike}"
    if made[0].environment != made[1].environment:
        return
    base, head = (each.distributions for each in made)
    yield from differing_libraries(base, head, project.gate_folder)


def differing_libraries(
    base: Mapping[str, str], head: Mapping[str, str], folder: Path
) -> Iterator[str]:
    """A sentence on versions that differ; ``folder`` is where both would be installed anew."""
    differing = differing_versions(base, head)
    if differing:
        more = len(differing) - SHOWN_DIFFERENCES
        shown = "; ".join(differing[:SHOWN_DIFFERENCES]) + (f"; {more} more" if more > 0 else "")
        yield (
            f"the libraries differ, and so may the times: {shown}; "
            f"where no commit asks for that, delete {folder} to install both anew"
        )


def differing_versions(base: Mapping[str, str], head: Mapping[str, str]) -> list[str]:
    """Each distribution whose versions differ, with both of them."""
    return [
        f"{name} {base.get(name, 'absent')} at base, {head.get(name, 'absent')} at head"
        for name in sorted(base.keys() | head.keys())
        if base.get(name) != head.get(name)
    ]


def _unproved(made: Sequence[Contender], choices: Mapping[Side, Choice]) -> Iterator[str]:
    for each in made:
        side = each.side.value
        if not choices[each.side].installs:
            yield f"{side} is whatever {each.python} has installed: {each.proof.doubt}"
        elif each.proof.doubt is not None:
            yield f"it is not shown that {side} ran its commit's code: {each.proof.doubt}"
