"""Functions as users write them, one file for each kind: ``tests/hot_loops``."""

from pathlib import Path

FOLDER = Path(__file__).with_name("hot_loops")
FUNCTIONS = {
    "arrays": "normal",
    "bigint": "chain",
    "counting": "count",
    "division": "divide",
    "edit": "distance",
    "fib": "fib",
    "float_loop": "escape",
    "generators": "squares",
    "helpers": "points",
    "inplace": "smooth",
    "matmul": "product",
    "money": "interest",
    "particles": "energy",
    "regex": "numbers",
    "strings": "fields",
}


def path(name: str) -> Path:
    return FOLDER / f"{name}.py"


def source(name: str) -> dict[str, object]:
    """As a process of the harness gets it."""
    return {"path": str(path(name)), "function": FUNCTIONS[name]}


def problem(name: str) -> dict[str, object]:
    home = {"path": str(path(name))}
    return {"args": None, "from": home, "size_name": None, "size": None}
