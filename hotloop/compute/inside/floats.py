"""The file of ``floats`` in another interpreter, which need not have NumPy.

The file is run as it is. What it imports is put there beforehand: a ``grid`` whose coordinates come
from the driver, bit for bit, and whose answer is a list that takes two indices. Without a GIL the
columns are shared out to threads, a few at a time.
"""

from __future__ import annotations

import array
import os
import pickle
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

COLUMNS_OF_A_PART = 4
PROTOCOL = 4


class Axis:
    """Some coordinates, with as much of an array as the file uses."""

    def __init__(self, values: list[float]) -> None:
        self._values = values

    def tolist(self) -> list[float]:
        return self._values


class Height:
    """An answer: ``height[i, j] = steps``; ``first``: the column that i = 0 stands for."""

    def __init__(self, steps: array.array[int], rows: int, first: int) -> None:
        self._steps = steps
        self._rows = rows
        self._first = first

    def __setitem__(self, place: tuple[int, int], steps: int) -> None:
        self._steps[(self._first + place[0]) * self._rows + place[1]] = steps


class Floats:
    """The workload; ``team``: how many threads share the columns."""

    def __init__(self, file: str, x: list[float], y: list[float], steps: int, team: int) -> None:
        self._compute = _compute_of(file, self._grid)
        self._x, self._y, self._max_steps = x, y, steps
        self._team = team
        self._steps = array.array("q")

    def _grid(self, columns: int, rows: int, _steps: int, first: int) -> tuple[Axis, Axis, Height]:
        """As implementations.grid has it, with the first column in place of the window."""
        x_vals = Axis(self._x[first : first + columns])
        return x_vals, Axis(self._y[:rows]), Height(self._steps, rows, first)

    def call(self) -> None:
        columns, rows = len(self._x), len(self._y)
        self._steps = array.array("q", bytes(8 * columns * rows))
        if self._team == 1:
            self._compute(columns, rows, self._max_steps, 0)
            return
        from concurrent.futures import ThreadPoolExecutor

        def part(first: int) -> None:
            some = min(COLUMNS_OF_A_PART, columns - first)
            self._compute(some, rows, self._max_steps, first)

        with ThreadPoolExecutor(self._team) as pool:
            list(pool.map(part, range(0, columns, COLUMNS_OF_A_PART)))

    def warm_up(self) -> None:
        self._steps = array.array("q", bytes(8))
        self._compute(1, 1, 1, 0)

    def threads(self) -> int:
        return self._team

    def save(self, path: str) -> None:
        with open(path, "wb") as file:
            pickle.dump(self._steps.tobytes(), file, protocol=PROTOCOL)


def prepare(arguments: Mapping[str, Any]) -> Floats:
    """``file``: floats_mandel.py; ``x``, ``y``: coordinates; ``steps``."""
    return Floats(arguments["file"], arguments["x"], arguments["y"], arguments["steps"], _team())


def _compute_of(file: str, grid: Callable[..., Any]) -> Any:
    """The file's function, which asks ``grid`` for the coordinates and the answer."""
    packages: dict[str, dict[str, Any]] = {
        "implementations": {"__path__": []},
        "implementations.grid": {"grid": grid, "Heights": Height},
        "implementations.problems": {"WINDOW": 0, "Window": int},
    }
    for name, content in packages.items():
        module = types.ModuleType(name)
        module.__dict__.update(content)
        sys.modules[name] = module
    scope: dict[str, Any] = {"__name__": "floats_mandel"}
    with open(file, encoding="utf-8") as text:
        exec(compile(text.read(), file, "exec"), scope)
    return scope["compute_mandel"]


def _team() -> int:
    """As many as there are CPUs if this interpreter has no GIL, else 1."""
    has_gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    if has_gil:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
