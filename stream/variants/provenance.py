"""Which code was measured: versions, the event loop, and the extensions really used."""

import asyncio
import sys
from importlib.metadata import version


def versions(*distributions: str) -> dict[str, str]:
    """Installed version of each distribution."""
    return {name: version(name) for name in distributions}


def compiled(*modules: str) -> dict[str, bool]:
    """Whether each extension module was loaded; asked after the run.

    The libraries named here import their extension first and silently fall back to Python, so
    a module that is not in ``sys.modules`` was not used.
    """
    return {name: name in sys.modules for name in modules}


def loop_name(loop: asyncio.AbstractEventLoop) -> str:
    """The loop's type, e.g. ``uvloop.Loop``."""
    return f"{type(loop).__module__}.{type(loop).__qualname__}"
