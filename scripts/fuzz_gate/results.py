"""Stored results that are damaged at random, given to ``hotloop gate`` or ``calibrate --from``.

Whatever is wrong in a file ends with one sentence and exit code 4 (2 for an option), and a file
that is accepted gives a table; no traceback, no undocumented exit code, nothing raw.
"""

import io
import random
from pathlib import Path

from hotloop.cli import main
from scripts.fuzz_gate.trial import RAW
from scripts.fuzzing.damage import damaged

CALIBRATION = '"hotloop.calibration/'
CODES = frozenset({0, 1, 2, 3, 4, 130})
GATE: tuple[list[str], ...] = (
    [], ["--verbose"], ["--floor", "2%"], ["--strict", "--annotations"], ["--markdown"],
)  # fmt: skip
CALIBRATE: tuple[list[str], ...] = ([], ["--floor", "0"], ["--thorough"], ["--false-alarms", "5%"])


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
    if "Traceback" in said or "bug in hotloop" in said:
        findings.append(said[:500])
    if code in (2, 4) and not out.getvalue() and len(said.splitlines()) != 1:
        findings.append(f"not one sentence: {said[:500]!r}")
    raw = RAW.search(out.getvalue()) or RAW.search(said.rstrip("\n").replace("\n", ""))
    if raw:
        findings.append(f"a raw {raw[0]!r} in the output")
    return findings
