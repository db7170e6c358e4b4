"""What differs between the sides besides the code that was swapped."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from hotloop.base.units import first_few
from hotloop.gate.build.builds import differing_versions
from hotloop.gate.build.differences import PYTHON, Differences
from hotloop.gate.build.layouts import differing
from hotloop.gate.explain.watched import Sights
from hotloop.gate.model import Contender, Side

SHOWN = 3
# Nothing that runs reads them.
WORDS = frozenset({".md", ".rst", ".txt.j2", ".pyi"})
ASIDE = frozenset({".github", "docs", "doc", ".circleci"})
# The gate's own, or set anew for each side.
OWN_VARIABLES = "ASV_"


def surroundings(
    base: Contender, head: Contender, sights: Sights | None, differences: Differences | None
) -> Iterator[str]:
    """A clause for each thing that differs."""
    if base.environment != head.environment:
        yield f"the environment: {base.environment} at base, {head.environment} at head"
    if sights is not None:
        pythons = [sights[side].python.split()[0] for side in Side if sights[side].python]
        if len(set(pythons)) > 1:
            yield f"the interpreter: Python {pythons[0]} at base, {pythons[1]} at head"
        elif len({sights[side].python for side in Side}) > 1:
            yield f"the interpreter: two builds of Python {pythons[0]}"
    versions = differing_versions(base.distributions, head.distributions)
    if versions:
        yield f"libraries: {first_few(versions, SHOWN)}"
    variables = [_variables(side) for side in (base, head)]
    names = [
        name
        for name in sorted({*variables[0], *variables[1]})
        if variables[0].get(name) != variables[1].get(name) and not name.startswith(OWN_VARIABLES)
    ]
    if names:
        yield f"environment variables: {first_few(names, SHOWN)}"
    compiled = list(differing(base, head))
    if compiled:
        yield f"compiled code: {first_few(compiled, SHOWN)}"
    if differences is not None:
        files = [path for path in differences.differing() if _may_be_read(path)]
        if files:
            yield f"files that are not Python's: {first_few(files, SHOWN)}"


def _variables(contender: Contender) -> dict[str, str]:
    """Those of its environment, which both sides have in a folder of their own."""
    folder = str(contender.python.parent.parent)
    return {name: value.replace(folder, "{env}") for name, value in contender.variables}


def _may_be_read(path: str) -> bool:
    place = PurePosixPath(path)
    return not path.endswith(PYTHON) and place.suffix not in WORDS and not ASIDE & set(place.parts)
