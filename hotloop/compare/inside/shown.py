"""Answers as a reader knows them: a type's name, a short repr."""

from __future__ import annotations

import re
import sys

SHOWN_CHARS = 60
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def kind(value: object) -> str:
    """The name of its type as a reader knows it: "list", "np.float64"."""
    of = type(value)
    home = {"builtins": "", "numpy": "np."}.get(of.__module__, f"{of.__module__}.")
    return f"{home}{of.__qualname__}"


def shown(value: object) -> str:
    """A short repr; numbers as numbers, NumPy's too."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        value = value.item()
    try:
        text = repr(value)
    except Exception:
        return kind(value)
    # Where an object lies is another place in each process.
    return shortened(ADDRESS.sub("", text), SHOWN_CHARS)


def shortened(text: str, most: int) -> str:
    """At most so many characters of it."""
    return text if len(text) <= most else text[: most - 1] + "…"
