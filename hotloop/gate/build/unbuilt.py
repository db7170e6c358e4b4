"""Compiled parts that a build left out, so that the project runs without them and says nothing.

A build may let its extension fail (no compiler, no headers, an error in the source, a variable that
switches it off), and the project imports a version in Python in its place.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from hotloop.gate.build.differences import PYTHON, SETTINGS, Differences, Tree
from hotloop.gate.model import Contender

REASON = (
    "a build may leave out what cannot be compiled here: `pip wheel -v --no-deps .` in a checkout "
    "of it says why; then delete {}, so that both are built again"
)


def unbuilt(differences: Differences, base: Contender, head: Contender) -> Iterator[str]:
    """Doubts about sources that should be compiled, and are not on one side or on both."""
    if base.proof.doubt is not None or head.proof.doubt is not None:
        # Then it may not be known what is compiled.
        return
    reason = REASON.format(differences.project.gate_folder)
    if not base.proof.compiled and not head.proof.compiled:
        changed = differences.compiled_sources_that_differ()
        if changed:
            yield (
                "it is not shown that each side ran its commit's code: they differ in "
                f"{changed[0]}, and neither build has anything compiled; {reason}"
            )
        return
    for side, other, tree in (
        (base, head, differences.trees[0]),
        (head, base, differences.trees[1]),
    ):
        own = _modules(side.proof.compiled)
        for module, file in _modules(other.proof.compiled).items():
            source = None if module in own else _source(differences, tree, module, not own)
            if source is not None:
                yield (
                    f"it is not shown that {side.side.value} ran its commit's code: its build has "
                    f"no {file}, as {other.side.value}'s has, though {source} is there; {reason}"
                )
                break


def _modules(compiled: Mapping[str, str]) -> dict[str, str]:
    """Compiled files by their paths without suffixes, which name the Python and the machine."""
    paths = map(PurePosixPath, compiled)
    return {str(path.with_name(path.name.partition(".")[0])): str(path) for path in paths}


def _source(
    differences: Differences, tree: Tree, module: str, has_nothing_compiled: bool
) -> str | None:
    """The file of a commit that ``module`` is probably compiled from.

    One of the module's name; or of any, if both commits have it and one build compiled something
    and the other nothing at all.
    """
    sources = differences.compiled_sources(tree)
    name = PurePosixPath(module).name
    named = [path for path in sources if PurePosixPath(path).name.partition(".")[0] == name]
    if named:
        return named[0]
    if not any(SETTINGS.search(path) for path in differences.differing()):
        # mypyc and Cython compile modules in Python, which are there either way.
        places = differences.places_of(f"{module}{PYTHON}")
        python = [place for place in places if all(place in each for each in differences.trees)]
        if python:
            return python[0]
    both = [path for path in sources if all(path in each for each in differences.trees)]
    return both[0] if both and has_nothing_compiled else None
