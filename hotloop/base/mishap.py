"""What went wrong, in one sentence: for the end of a command, and for one figure of a result."""

import os
import sys
import traceback
from pathlib import Path
from typing import TextIO

from hotloop.base.errors import HotloopError
from hotloop.base.text import shown

DEBUG_VARIABLE = "HOTLOOP_DEBUG"


def told(error: Exception, err: TextIO | None = None) -> str:
    """The sentence. With HOTLOOP_DEBUG, the traceback goes to ``err`` (or stderr)."""
    if isinstance(error, HotloopError):
        return str(error)
    if os.environ.get(DEBUG_VARIABLE):
        for line in "".join(traceback.format_exception(error)).splitlines():
            print(shown(line), file=err or sys.stderr)
    if isinstance(error, OSError):
        return _refusal(error)
    return (
        f"unexpected {type(error).__name__}: {error} (a bug in hotloop; "
        f"{DEBUG_VARIABLE}=1 shows where)"
    )


def _refusal(error: OSError) -> str:
    """What the system refused; a current folder that was deleted has no name any more."""
    try:
        Path.cwd()
    except OSError:
        return "the current folder is gone: change to one that exists"
    return f"the system refused: {error}"
