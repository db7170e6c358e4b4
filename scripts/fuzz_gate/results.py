"""Stored results that are damaged at random, given to ``hotloop gate`` or ``calibrate --from``.

Whatever is wrong in a file ends with one sentence and exit code 4 (2 for an option), and a file
that is accepted gives a table; no traceback, no undocumented exit code, nothing raw.
"""

import io
import json
import random
from copy import deepcopy
from pathlib import Path
from typing import Any

from hotloop.cli import main
from scripts.fuzz_gate.trial import RAW

CALIBRATION = '"hotloop.calibration/'
CODES = frozenset({0, 1, 2, 3, 4, 130})
GATE: tuple[list[str], ...] = (
    [], ["--verbose"], ["--floor", "2%"], ["--strict", "--annotations"], ["--markdown"],
)  # fmt: skip
CALIBRATE: tuple[list[str], ...] = ([], ["--floor", "0"], ["--thorough"], ["--false-alarms", "5%"])
HOSTILE: tuple[object, ...] = (
    None, True, False, 0, -1, 1e308, -1e308, float("nan"), float("inf"), 10**400, "", "x" * 5000,
    "a\nb\x1b[31mc\u202e::error::%0A|`@all-->", [], {}, [[]], "slower", "same",
    "shared core", {"a": 1},
)  # fmt: skip


def try_file(seed: int, text: str, path: Path) -> list[str]:
    """Damage ``text``, a stored result, as ``seed`` says, and have it judged; the findings."""
    chance = random.Random(seed)
    path.write_bytes(damaged(chance, text))
    out, err = io.StringIO(), io.StringIO()
    command, choices = ("calibrate", CALIBRATE) if CALIBRATION in text else ("gate", GATE)
    arguments = [command, "--quiet", "--from", str(path), *chance.choice(choices)]
    if arguments[-1] == "--markdown":
        arguments.append(str(path.with_suffix(".md")))
    try:
        code = main(arguments, out, err)
    except BaseException as error:
        return [f"raised {type(error).__name__}: {error}"]
    findings = [] if code in CODES else [f"exit code {code}"]
    said = err.getvalue()
    if "Traceback" in said or "fault of hotloop" in said:
        findings.append(said[:500])
    if code in (2, 4) and not out.getvalue() and len(said.splitlines()) != 1:
        findings.append(f"not one sentence: {said[:500]!r}")
    raw = RAW.search(out.getvalue()) or RAW.search(said.rstrip("\n").replace("\n", ""))
    if raw:
        findings.append(f"a raw {raw[0]!r} in the output")
    return findings


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
