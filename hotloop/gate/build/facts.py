"""What is installed in an environment, and where, asked of its Python.

Only its Python knows where it looks for libraries. What lies there is read in this process, which
has loaded by now what takes most of a start of Python.
"""

import ast
import importlib.metadata
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

from hotloop.gate.build.direct_urls import installed_from_paths

# Told to the environment's Python; of any version.
PROGRAM = """
import sys, sysconfig
folders = {k: v for k, v in sysconfig.get_paths().items() if k in "purelib platlib scripts data"}
print(ascii((sys.version.split()[0], [each for each in sys.path if each], folders)))
"""
HEADER = re.compile(r"^(Name|Version):(.*)$", re.IGNORECASE | re.MULTILINE)


def read(said: str) -> dict[str, Any]:
    """The versions of its distributions, the folders where it installs, and its own version.

    ``said`` is the output of ``PROGRAM``. What was installed from a file, not from an index, is
    the project under test itself, and left out.
    """
    python, paths, folders = ast.literal_eval(said)
    found = [(_headers(text), one) for text, one in _described(paths)]
    # An editable install leaves a second trace of itself, in the checkout.
    own = {about.get("name") for about, one in found if one.read_text("direct_url.json")}
    kept = [about for about, _ in found if "name" in about and about["name"] not in own]
    versions = {about["name"].lower(): about.get("version") for about in kept}
    return {"distributions": versions, "folders": folders, "python": python}


def owns(said: str, folder: Path) -> bool:
    """Whether something was installed from ``folder`` or from what is in it."""
    _, paths, _ = ast.literal_eval(said)
    return any(path.is_relative_to(folder) for _, path, _ in installed_from_paths(paths))


def installed(paths: Iterable[str]) -> Iterator[Distribution]:
    """The distributions in ``paths``; an uninstallation that was killed leaves some without any."""
    return (one for _, one in _described(paths))


def _described(paths: Iterable[str]) -> Iterator[tuple[str, Distribution]]:
    """Each with its metadata, which it would read and parse each time that it is asked for."""
    for one in importlib.metadata.distributions(path=list(paths)):
        if text := one.read_text("METADATA") or one.read_text("PKG-INFO"):
            yield text, one


def _headers(text: str) -> dict[str, str]:
    """Its name and its version: a mail's parser takes a millisecond for all that is there."""
    found = HEADER.findall(text.partition("\n\n")[0])
    return {name.lower(): value.strip() for name, value in reversed(found)}
