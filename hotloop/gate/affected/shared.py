"""Files that both sides use in head's version although they differ: the suite and its helpers."""

import collections
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from hotloop.gate.affected import changes
from hotloop.gate.affected.decide import Shared, Sight
from hotloop.gate.affected.tracing import Sights, Tracer
from hotloop.gate.build.differences import PYTHON, Differences
from hotloop.gate.model import CHECKOUT, Side
from hotloop.gate.pairs.leftovers import scratch_folder
from hotloop.gate.preparation import Prepared
from hotloop.gate.suites.asv import CHECKOUTS


def checkouts(prepared: Prepared, differences: Differences) -> list[Path]:
    """Where the suite lies: head's checkout for both sides, or one of each side's own."""
    own = [
        Path(folder)
        for side in (prepared.base, prepared.head)
        for folder, name in side.places
        if name == CHECKOUT
    ]
    return own or [differences.checkout()]


def shared(
    prepared: Prepared, differences: Differences, sights: Mapping[Side, Sights]
) -> dict[str, Shared]:
    """By the names that both sides give them."""
    if any(side.places for side in (prepared.base, prepared.head)):
        return _of_both_checkouts(prepared, differences, sights)
    return _of_heads_suite(prepared, differences, sights)


def _all(sights: Mapping[Side, Sights]) -> Iterator[Sight]:
    for of_side in sights.values():
        yield from (sight for sight in of_side.values() if isinstance(sight, Sight))


def _used(sights: Mapping[Side, Sights]) -> set[str]:
    """All files that a benchmark ran or read on either side."""
    return {file for sight in _all(sights) for file in (*sight.code, *sight.files)}


def _of_both_checkouts(
    prepared: Prepared, differences: Differences, sights: Mapping[Side, Sights]
) -> dict[str, Shared]:
    """Files that differ between the commits, but lie in both sides' checkouts in head's version.

    pytest changes the code of tests before it runs them. So the two versions are compared as they
    were written, by name, and where they are equal, all that was seen is.
    """
    base, head = checkouts(prepared, differences)
    differing = set(differences.differing())
    found: dict[str, Shared] = {}
    code: list[str] = []
    for file in sorted(_used(sights)):
        path = file.removeprefix(f"{CHECKOUT}/")
        if path == file or path not in differing:
            continue
        if changes.digest(base / path) == changes.digest(head / path):
            found[file] = Shared(path)
            if path.endswith(PYTHON) and path in differences.trees[0]:
                code.append(file)
    if not code:
        return found
    with scratch_folder() as scratch:
        versions = []
        for number, file in enumerate(code):
            before = scratch / f"{number}{PYTHON}"
            words = differences.source.mirror.run(
                "show", f"{differences.commits[0]}:{found[file].path}"
            )
            before.write_bytes(words.encode(errors="surrogateescape"))
            versions += [before, head / found[file].path]
        told = Tracer(prepared.head, scratch, prepared.may_fork).code_of(versions, [False])
    for file, at_base, at_head in zip(code, told[::2], told[1::2], strict=True):
        seen = _seen(sights, file)
        found[file] = replace(
            found[file],
            code={
                name: prints | seen[name] if prints == at_head.get(name) else prints
                for name, prints in at_base.items()
            },
        )
    return found


def _seen(sights: Mapping[Side, Sights], file: str) -> Mapping[str, frozenset[str]]:
    """What was seen of a file by any benchmark, by name."""
    seen: dict[str, frozenset[str]] = collections.defaultdict(frozenset)
    for sight in _all(sights):
        for name, prints in sight.code.get(file, {}).items():
            seen[name] |= prints
    return seen


def _of_heads_suite(
    prepared: Prepared, differences: Differences, sights: Mapping[Side, Sights]
) -> dict[str, Shared]:
    """Files of head's checkout, or of the user's own, that were used and differ at base."""
    used = _used(sights)
    differing = set(differences.differing())
    folders = [differences.checkout().resolve()]
    if differences.source.tree is not None:
        folders.append(differences.source.tree.resolve())
    places: dict[str, str] = {}
    for file in used:
        # The suite may have found it by way of a link.
        real = Path(file).resolve()
        for folder in folders:
            if real.is_relative_to(folder):
                path = real.relative_to(folder).as_posix()
                if path in differing:
                    places.setdefault(file, path)
    before = differences.project.gate_folder / CHECKOUTS[Side.BASE]
    at_base = {f: before / path for f, path in places.items() if (before / path).is_file()}
    found = {file: Shared(path) for file, path in places.items()}
    if at_base:
        with scratch_folder() as scratch:
            code = Tracer(prepared.base, scratch, prepared.may_fork).code_of(
                [*at_base.values()], [False, True]
            )
        found |= {f: Shared(places[f], names) for f, names in zip(at_base, code, strict=True)}
    return found
