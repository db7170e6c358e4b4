"""The environment that a worker gets: an allow-list, never the user's whole shell.

Faust reads unprefixed variables (BROKER_URL, STREAM_BUFFER_MAXSIZE, NO_CYTHON, ...), Quix its
own; a forgotten export would silently change what is measured.
"""

from collections.abc import Mapping

ALLOWED = frozenset({"PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "JAVA_HOME"})
ALLOWED_PREFIX = "LC_"


def allowed(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the part of ``environment`` (the shell's, most often) that workers may see."""
    return {
        name: value
        for name, value in environment.items()
        if name in ALLOWED or name.startswith(ALLOWED_PREFIX)
    }
