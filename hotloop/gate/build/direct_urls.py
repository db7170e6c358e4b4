"""What is installed from a path of this machine, as the installer notes it in ``direct_url.json``.

The file's specification: PEP 610, https://peps.python.org/pep-0610/.
"""

import contextlib
import importlib.metadata
import json
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit


def installed_from_paths(
    libraries: Iterable[str],
) -> list[tuple[importlib.metadata.Distribution, Path, bool]]:
    """The distributions in these folders, the path that each came from, and whether editable."""
    found = []
    for one in importlib.metadata.distributions(path=list(libraries)):
        with contextlib.suppress(ValueError, KeyError, TypeError):
            said = json.loads(one.read_text("direct_url.json") or "")
            url = urlsplit(said["url"])
            if url.scheme == "file":
                editable = bool(said.get("dir_info", {}).get("editable"))
                found.append((one, Path(unquote(url.path)), editable))
    return found
