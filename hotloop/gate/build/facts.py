"""What is installed in an environment, and where, for whoever has a way to run its Python.

Only its Python knows where it looks for libraries. What lies there is read in this process, which
has loaded by now what takes most of a start of Python.
"""

import ast
import importlib.metadata
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


def read(said: str) -> dict[str, Any]:
    """The versions of its distributions, the folders where it installs, and its own version.

    ``said`` is the output of ``PROGRAM``. What was installed from a file, not from an index, is
    the project under test itself, and left out.
    """
    python, paths, folders = ast.literal_eval(said)
    # Each access to the metadata reads the file again.
    found = [(one.metadata, one) for one in installed(paths)]
    # An editable install leaves a second trace of itself, in the checkout.
    own = {about["Name"] for about, one in found if one.read_text("direct_url.json")}
    kept = [about for about, _ in found if about["Name"] and about["Name"] not in own]
    versions = {about["Name"].lower(): about["Version"] for about in kept}
    return {"distributions": versions, "folders": folders, "python": python}


def owns(said: str, folder: Path) -> bool:
    """Whether something was installed from ``folder`` or from what is in it."""
    _, paths, _ = ast.literal_eval(said)
    return any(path.is_relative_to(folder) for _, path, _ in installed_from_paths(paths))


def installed(paths: Iterable[str]) -> Iterator[Distribution]:
    """The distributions in ``paths``; an uninstallation that was killed leaves some without any."""
    for one in importlib.metadata.distributions(path=list(paths)):
        if one.read_text("METADATA") or one.read_text("PKG-INFO"):
            yield one
