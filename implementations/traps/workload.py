"""One side of a trap as a call that can be timed."""

import importlib.util
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from implementations.registry import Unavailable
from implementations.traps.catalogue import SIDES

ARGUMENTS = frozenset({"trap", "file", "side"})


class Side:
    """The function with its arguments.

    An answer is {"answer": what the function returned, None if it claims seconds, "tells" and
    "told": as the trap has them, or None, "differs" and "claims": whether it is such a trap}.
    """

    def __init__(self, module: ModuleType, side: str) -> None:
        self._module = module
        self._function: Callable[..., Any] = getattr(module, side)
        self._arguments = module.problem()
        self._claims = getattr(module, "CLAIMS", False)
        self._told: float | None = None

    def call(self) -> dict[str, Any]:
        return self.repeat(1)[1]

    def warm_up(self) -> dict[str, Any]:
        return self.call()

    def repeat(self, calls: int) -> tuple[int, dict[str, Any]]:
        """Nanoseconds of so many calls, or what the function claims that they take."""
        function, arguments = self._function, self._arguments
        start = time.perf_counter_ns()
        if self._claims:
            return round(function(*arguments, calls) * 1e9), self._answer(None)
        for _ in range(calls):
            answer = function(*arguments)
        return time.perf_counter_ns() - start, self._answer(answer)

    def _answer(self, answer: Any) -> dict[str, Any]:
        if self._told is None and hasattr(self._module, "told"):
            self._told = float(self._module.told(self._function))
        return {
            "answer": answer,
            "tells": getattr(self._module, "TELLS", None),
            "told": self._told,
            "differs": getattr(self._module, "DIFFERS", False),
            "claims": self._claims,
        }


def prepare(arguments: Mapping[str, Any]) -> Side:
    """A side of {"trap": name, "file": its .py or compiled file, "side": looks_right or is_right}.

    Raises Unavailable if a library is missing, ValueError for other keys or an unknown side.
    """
    if arguments.keys() != ARGUMENTS or arguments["side"] not in SIDES:
        raise ValueError(f"a side of a trap has {', '.join(sorted(ARGUMENTS))}, not {arguments}")
    try:
        module = _module(arguments["trap"], Path(arguments["file"]))
    except ModuleNotFoundError as error:
        raise Unavailable(f"{error.name} is not installed: pip install {error.name}") from error
    # Denormals, infinities and overflows are what some of them are about.
    np.seterr(all="ignore")
    return Side(module, arguments["side"])


def _module(name: str, file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Where numba looks for a function's globals.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
