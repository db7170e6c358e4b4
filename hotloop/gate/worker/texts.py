"""Texts of parameters that are the same in every process: no addresses, no folders of a run.

    <function f at 0x7f3a...>                        <function f>
    {'b', 'a'}                                       {'a', 'b'}
    '/.../suite-of-head/benchmarks/data/x.csv'       '<checkout>/benchmarks/data/x.csv'
    '/tmp/tmpab3d9x_2/x.npy'                         '<temporary>/x.npy'

Anything else is the value's ``repr``, as in asv. Values with equal texts get a number in their
order, as in asv_runner: "f (0)", "f (1)".
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Sequence, Tuple  # noqa: UP035  (evaluated by Python 3.8)

# A text, and how many values of its parameter would have the same one without numbers.
Text = Tuple[str, int]  # noqa: UP006  (evaluated by Python 3.8)

# Of an object, in its repr: "<function f at 0x7f3a5c0>".
ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]{5,}")
# A name that ``tempfile`` makes.
TEMPORARY = r"/tmp[a-z0-9_]{8}"
# The gate checks a side's suite out below a folder of this name (``hotloop.gate.suites.asv``).
CHECKOUT = re.compile(r".*/suite-of-(?:base|head)(?=/)")
# A folder above this depth, such as /usr, is never one of a run.
FEWEST_PARTS = 3
# Smaller identities are numbers that mean something.
SMALLEST_ID = 100_000
DEEPEST = 12
# Their texts hold no address, whatever they look like.
PLAIN = (bool, int, float, complex, bytes, type(None))


def texts_of(values: Sequence[Any], suite: str) -> list[Text]:
    """A text for each of a parameter's values; ``suite`` is the folder of the suite."""
    folders = _folders(suite)
    texts = [_without(folders, _text(value, 0)) for value in values]
    counts = Counter(texts)
    seen: Counter[str] = Counter()
    told_apart = []
    for text in texts:
        alike = counts[text]
        told_apart.append((text if alike == 1 else f"{text} ({seen[text]})", alike))
        seen[text] += 1
    return told_apart


def _text(value: Any, depth: int) -> str:
    kind = type(value)
    if depth < DEEPEST:
        if kind is list:
            return f"[{_row(value, depth)}]"
        if kind is tuple:
            return f"({_row(value, depth)}{',' if len(value) == 1 else ''})"
        if kind is dict:
            pairs = (f"{_text(k, depth + 1)}: {_text(v, depth + 1)}" for k, v in value.items())
            return f"{{{', '.join(pairs)}}}"
        if kind in (set, frozenset) and value:
            items = _row(_sorted(value), depth)
            return f"{{{items}}}" if kind is set else f"frozenset({{{items}}})"
    text = repr(value)
    if kind in PLAIN or kind is str:
        return text
    text = ADDRESS.sub("", text)
    if id(value) >= SMALLEST_ID:
        text = re.sub(rf"\b(?:{id(value)}|0x0*{id(value):x})\b", "...", text, flags=re.IGNORECASE)
    return text


def _row(values: Sequence[Any], depth: int) -> str:
    return ", ".join(_text(value, depth + 1) for value in values)


def _sorted(values: Any) -> list[Any]:
    """A set's values in an order that does not depend on hashes: by value, or by text."""
    for kinds in ((str,), (bool, int, float)):
        if all(type(value) in kinds for value in values):
            return sorted(values)
    return sorted(values, key=lambda value: _text(value, DEEPEST))


def _without(folders: Sequence[tuple[re.Pattern[str], str]], text: str) -> str:
    if os.sep in text:
        for pattern, word in folders:
            text = pattern.sub(word, text)
    return text


def _folders(suite: str) -> list[tuple[re.Pattern[str], str]]:
    """Folders that differ on the other side or in the next run, and the words for them."""
    # Takes a tenth of a worker's start, and few benchmarks have parameters.
    import tempfile

    laid_out = CHECKOUT.match(suite + "/")
    checkout = laid_out.group() if laid_out else os.path.dirname(suite)  # noqa: PTH120
    named = [(checkout, "", "<checkout>"), (sys.prefix, "", "<environment>")]
    named += [(tempfile.gettempdir(), TEMPORARY, "<temporary>"), (str(Path.cwd()), "", "<folder>")]
    patterns = {}
    for folder, more, word in named:
        for path in (folder, os.path.realpath(folder)):
            if more or len(path.strip("/").split("/")) >= FEWEST_PARTS:
                patterns[path + more] = (re.compile(rf"{re.escape(path)}{more}(?![\w.-])"), word)
    # The innermost first.
    return [patterns[path] for path in sorted(patterns, key=len, reverse=True)]
