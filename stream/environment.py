"""How our processes are started: the same search path, variables and language for each.

The variables are an allow-list, never the user's whole shell: Faust reads unprefixed ones
(BROKER_URL, STREAM_BUFFER_MAXSIZE, NO_CYTHON, ...), Quix its own, Java JAVA_TOOL_OPTIONS and
CLASSPATH; a forgotten export would silently change what is measured. The language is fixed, never
the user's: Kafka's own tools write decimal commas in German.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

PACKAGE_ROOT = Path(__file__).resolve().parent.parent
ALLOWED = frozenset(
    {
        "HOME",
        "JAVA_HOME",
        "PATH",
        "TMPDIR",
        "VIRTUAL_ENV",
        # Where the interpreter, its libraries and the user's packages are.
        "LD_LIBRARY_PATH",
        "PYTHONHOME",
        "PYTHONNOUSERSITE",
        "PYTHONUSERBASE",
        # The certificate authorities that Python's clients trust, the same as in the shell.
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
    }
)
# A relative path is relative to the user's folder, where no process of ours runs.
PLACES = frozenset({"JAVA_HOME", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR"})
LANGUAGE = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


def python(module: str, *arguments: str) -> list[str]:
    """The command of a Python process that runs ``module``.

    -P: without it, Python looks first into the current folder, which may have a ``stream.py``.
    """
    user_site = ["-s"] if sys.flags.no_user_site else []
    return [sys.executable, "-P", *user_site, "-m", module, *arguments]


def variables(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The part of ``environment`` (usually the shell's) that such a process and a Java get."""
    kept = {name: value for name, value in environment.items() if name in ALLOWED}
    for name in PLACES & kept.keys():
        kept[name] = str(Path(kept[name]).absolute()) if kept[name] else ""
    return kept | LANGUAGE | {"PYTHONPATH": search_path(environment)}


def search_path(environment: Mapping[str, str] = os.environ) -> str:
    """PYTHONPATH: this package's folder, then the user's, whatever folder the process runs in."""
    # An empty entry is the current folder, and a child's is not the user's.
    given = "" if sys.flags.ignore_environment else environment.get("PYTHONPATH", "")
    folders = [Path(folder).absolute() for folder in given.split(os.pathsep) if folder]
    return os.pathsep.join(map(str, [PACKAGE_ROOT, *folders]))
