"""Where jars, broker state and logs are on this machine.

    cache   $HOTLOOP_CACHE, else $XDG_CACHE_HOME/hotloop, else ~/.cache/hotloop
    state   $HOTLOOP_STATE, else $XDG_STATE_HOME/hotloop, else ~/.local/state/hotloop

The cache may be deleted at any time: the next start fetches it again. The state
holds what is running (``brokers/``) and its output (``logs/``).
"""

import os
from collections.abc import Mapping
from pathlib import Path

from hotloop.base.errors import UsageError


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of downloaded jars; not created here. Raises UsageError."""
    return _folder(environ, "HOTLOOP_CACHE", "XDG_CACHE_HOME", ".cache")


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of running brokers and of logs; not created here. Raises UsageError."""
    return _folder(environ, "HOTLOOP_STATE", "XDG_STATE_HOME", ".local/state")


def _folder(environ: Mapping[str, str], own: str, xdg: str, default: str) -> Path:
    try:
        if environ.get(own):
            return Path(environ[own]).expanduser().absolute()
        # The XDG specification tells programs to ignore relative paths in its variables.
        base = Path(environ.get(xdg, ""))
        if not base.is_absolute():
            base = Path(environ.get("HOME") or Path.home()) / default
    except RuntimeError:
        # A user without a name, as in many containers, or a "~name" that nobody has.
        raise UsageError(
            f"there is no home folder for hotloop's files: set HOME, or {own} alone, to a folder "
            "that you may write"
        ) from None
    except FileNotFoundError:
        raise UsageError(
            f"{own} is relative, and the current folder is gone: set it to an absolute one, or "
            "change to another folder"
        ) from None
    return base / "hotloop"
