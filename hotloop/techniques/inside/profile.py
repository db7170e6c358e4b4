"""Where the time of a function is: what Python's own profiler sees, each part's own time."""

from __future__ import annotations

import cProfile
import gc
import pstats
from collections.abc import Callable
from typing import Any

MOST = 5
# What ends the profile is seen by it too.
ENDING = "'_lsprof.Profiler'"


def parts(function: Callable[..., object], *arguments: object) -> list[dict[str, Any]]:
    """The parts with most time of their own: ``name``, ``file``, ``line``, ``part`` of the whole.

    Compiled functions have no file. The profiler slows down short calls more than long ones.
    Garbage collection is off meanwhile, as it is where calls are timed: what others have hung onto
    it is no part of the function.
    """
    profile = cProfile.Profile()
    collecting = gc.isenabled()
    gc.disable()
    try:
        profile.runcall(function, *arguments)
    finally:
        if collecting:
            gc.enable()
    seen: Any = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    found = {place: times for place, times in seen.items() if ENDING not in place[2]}
    whole = sum(own for _, _, own, _, _ in found.values())
    if not whole:
        return []
    rows = [
        {
            "name": _name(name),
            "file": None if file in ("~", "") else file,
            "line": line,
            "part": own / whole,
        }
        for (file, line, name), (_, _, own, _, _) in found.items()
    ]
    return sorted(rows, key=lambda row: -row["part"])[:MOST]


def _name(name: str) -> str:
    """What a reader calls it: "sorted", not "<built-in method builtins.sorted>"."""
    if name.startswith("<built-in method "):
        return name[len("<built-in method ") : -1].replace("builtins.", "")
    if name.startswith("<method '"):
        return name[len("<method '") :].partition("'")[0]
    return name
