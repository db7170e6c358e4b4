"""Stored results, damaged at random."""

import json
import random
from copy import deepcopy
from typing import Any

HOSTILE: tuple[object, ...] = (
    None, True, False, 0, -1, 1e308, -1e308, float("nan"), float("inf"), 10**400, "", "x" * 5000,
    "a\nb\x1b[31mc\u202e::error::%0A|`@all-->", [], {}, [[]], "slower", "same",
    "shared core", {"a": 1},
)  # fmt: skip


def damaged(chance: random.Random, text: str) -> bytes:
    """The text cut off, with bytes changed, or with values of its JSON replaced."""
    how = chance.randrange(4)
    data = bytearray(text.encode())
    if how == 0:
        return bytes(data[: chance.randrange(len(data))])
    if how == 1:
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(data)
    value = json.loads(text)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        _change(chance, value)
    return json.dumps(value).encode(errors="surrogatepass")


def _change(chance: random.Random, value: Any) -> None:
    """Replace, drop or add something at a random depth."""
    while True:
        keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = chance.choice(keys)
        inner = value[key]
        if isinstance(inner, (dict, list)) and inner and chance.random() < 0.8:
            value = inner
            continue
        action = chance.randrange(4)
        if action == 0:
            del value[key]
        elif action == 1 and isinstance(value, dict):
            value["unknown"] = deepcopy(chance.choice(HOSTILE))
        elif action == 2 and isinstance(value, list):
            value.append(deepcopy(inner))
        else:
            value[key] = deepcopy(chance.choice(HOSTILE))
        return
