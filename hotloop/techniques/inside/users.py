"""Which files are the user's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


def users_files(folder: str) -> Callable[[str], bool]:
    """Which files are the user's: those in the folder, but for what was installed there."""
    installed = [os.path.realpath(place) for place in (sys.prefix, sys.base_prefix)]
    own = os.path.realpath(folder) + os.sep

    def is_users(path: str) -> bool:
        real = os.path.realpath(path)
        if not real.startswith(own) or f"{os.sep}site-packages{os.sep}" in real:
            return False
        return not any(
            real.startswith(place + os.sep) and not own.startswith(place + os.sep)
            for place in installed
        )

    return is_users
