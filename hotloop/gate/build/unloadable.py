"""Compiled parts that were built and cannot be imported, so that Python may take their place.

A symbol that nothing defines, a library that this machine lacks: the build succeeds, the import
fails, and a project that can do without imports its version in Python, and says nothing.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from hotloop.gate.model import Contender
from hotloop.gate.pairs.spawn import variables_of

IMPORTING = """
import importlib, json, sys
failed = {}
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        pass  # It needs something else, which may be optional.
    except ImportError as error:
        failed[name] = str(error)
    except BaseException:
        pass
print("\\n" + json.dumps(failed))
"""
# A library that lies among the modules, and is none.
NO_MODULE = "does not define module export function"
LIMIT_S = 60.0
MOST_MODULES = 50


def unloadable(base: Contender, head: Contender) -> Iterator[str]:
    """A doubt for each side with a module that cannot be imported and is another at the other."""
    compiled = (base.proof.compiled, head.proof.compiled)
    for side in (base, head):
        changed = (path for path in side.proof.compiled if len({c.get(path) for c in compiled}) > 1)
        names = sorted(name for name in map(_module, changed) if name is not None)
        for name, why in _failed(side, names[:MOST_MODULES]):
            yield (
                f"it is not shown that {side.side.value} ran its commit's code: {name} is built, "
                f"and cannot be imported ({why}); what has a version in Python runs that"
            )
            break


def _module(path: str) -> str | None:
    place = PurePosixPath(path)
    parts = (*place.parent.parts, place.name.partition(".")[0])
    return ".".join(parts) if all(part.isidentifier() for part in parts) else None


def _failed(side: Contender, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Modules that an import finds and cannot load, and why."""
    if not names:
        return
    try:
        ended = subprocess.run(
            [str(side.python), "-c", IMPORTING, *names],
            cwd=os.sep,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=variables_of(side),
            timeout=LIMIT_S,
        )
        failed = json.loads(ended.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        # Who imports them in a benchmark will tell.
        return
    for name, why in failed.items():
        if NO_MODULE not in why:
            yield name, " ".join(why.split())
