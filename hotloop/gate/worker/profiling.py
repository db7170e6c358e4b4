"""How often each function is called in a benchmark, and how long it takes itself.

cProfile counts exactly, calls of C functions too. Its times are worth comparing with those of a
process that makes the same calls, and with no other. It keeps its own clock: with the CPU time of a
thread it would take ten times as long.
"""

from __future__ import annotations

import cProfile
import sys
from types import CodeType
from typing import Any, Dict  # noqa: UP035  (evaluated by Python 3.8)

from .exchange import LOADED, compiled_as
from .own import os, time
from .parts import places_in

Place = Dict[Any, str]  # noqa: UP006  (evaluated by Python 3.8)
OURS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")
# The file of what is written in C.
IN_C = ""
ITSELF = "_lsprof.Profiler"
# CO_GENERATOR, CO_COROUTINE and CO_ASYNC_GENERATOR (inspect): entered again each time it goes on.
RESUMED = 0x20 | 0x80 | 0x200


class Watch:
    """A clock: what runs between its first reading and its second is profiled, and so on.

    ``own``: how the files of the project begin, whose parts get their paths.
    """

    def __init__(self, own: tuple[str, ...]) -> None:
        self._own = own
        self._profile = cProfile.Profile()
        self._runs = False
        self._places: dict[str, Place] = {}

    def __call__(self) -> float:
        if self._runs:
            if not self._is_there():
                raise RuntimeError("it uses a profiler of its own")
            self._profile.disable()
        else:
            self._profile.enable()
        self._runs = not self._runs
        return time.perf_counter()

    def _is_there(self) -> bool:
        """Whether nobody has taken the profiler's place."""
        monitoring = getattr(sys, "monitoring", None)
        if monitoring is not None:
            return monitoring.get_tool(monitoring.PROFILER_ID) is not None
        installed: object = sys.getprofile()
        return installed is self._profile

    def report(self) -> dict[str, Any]:
        """What was seen since the last report.

        ``functions``: [file, path, calls, seconds in it and in what it calls of C, seconds in all
        that it calls]; ``calls``: [caller, callee, calls, seconds in all], by numbers of functions;
        ``resumed``: the numbers of generators and coroutines, whose calls are entries.
        """
        entries = [each for each in self._profile.getstats() if not self._is_ours(each.code)]
        self._profile = cProfile.Profile()
        names = [self._name(each.code) for each in entries]
        number = {name: n for n, name in enumerate(dict.fromkeys(names))}
        functions: list[list[Any]] = [[*name, 0, 0.0, 0.0] for name in number]
        calls: dict[tuple[int, int], list[float]] = {}
        resumed: set[int] = set()
        for entry, name in zip(entries, names):  # noqa: B905  (Python 3.8)
            function = functions[number[name]]
            function[2] += entry.callcount
            if isinstance(entry.code, CodeType) and entry.code.co_flags & RESUMED:
                resumed.add(number[name])
            function[3] += entry.inlinetime
            function[4] += entry.totaltime
            for callee in entry.calls or ():
                if self._is_ours(callee.code):
                    continue
                if isinstance(callee.code, str):
                    function[3] += callee.inlinetime
                pair = (number[name], number[self._name(callee.code)])
                edge = calls.setdefault(pair, [0, 0.0])
                edge[0] += callee.callcount
                edge[1] += callee.totaltime
        return {
            "functions": functions,
            "calls": [[*pair, *edge] for pair, edge in calls.items()],
            "resumed": sorted(resumed),
        }

    def _is_ours(self, code: CodeType | str) -> bool:
        if isinstance(code, str):
            return ITSELF in code
        return code.co_filename.startswith(OURS)

    def _name(self, code: CodeType | str) -> tuple[str, str]:
        if isinstance(code, str):
            return (IN_C, code)
        file = code.co_filename
        known = self._places.get(file)
        if known is None:
            known = self._places[file] = self._places_in(file)
        path = known.get((code.co_name, code.co_firstlineno))
        return (file, path or str(getattr(code, "co_qualname", code.co_name)))

    def _places_in(self, file: str) -> Place:
        """Where the file's code objects belong; empty for files that are not the project's."""
        if not file.startswith(self._own):
            return {}
        module = LOADED.get(file)
        try:
            if module is None:
                module = compiled_as(file, file)
            return dict(places_in(module))
        except (OSError, SyntaxError, ValueError):
            return {}
