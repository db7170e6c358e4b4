"""Commit both sides of a drawn project, run the gate on them, and compare with the truth."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hotloop.base.errors import MeasurementError
from scripts.fuzz_gate.draw import Drawn, Expected, draw
from scripts.fuzz_gate.layouts import Layout, lay_out

NOT_MEASURED = 4
WRONG = 1
LIMIT_S = 900.0
# No control characters but line ends, no marks that turn the direction of a text.
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
IDENTITY = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "fuzz"), ("EMAIL", "fuzz@example.invalid"))
}
JSON, MARKDOWN, OUTPUT = "result.json", "result.md", "output.txt"


def try_suite(seed: int, folder: Path) -> tuple[Drawn, Layout, list[str]]:
    """Run the gate on the suite of ``seed`` in ``folder``; what was drawn, and the findings.

    What the gate wrote stays in ``folder``. Raises MeasurementError if git fails.
    """
    drawn = draw(seed)
    layout = lay_out(drawn, str(folder / "environments"))
    project = folder / "project"
    _commit(project, layout)
    for name in (JSON, MARKDOWN):
        (folder / name).unlink(missing_ok=True)
    before = _state(project)
    exports = ["--json", str(folder / JSON), "--markdown", str(folder / MARKDOWN)]
    command = [sys.executable, "-P", "-m", "hotloop", "gate", "HEAD~1", "HEAD", *exports]
    try:
        ended = subprocess.run(
            [*command, "--verbose", "--annotations", "--seed", str(seed)],
            cwd=project,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return drawn, layout, [f"no end after {LIMIT_S:.0f} s"]
    out, err = ended.stdout.decode(errors="replace"), ended.stderr.decode(errors="replace")
    (folder / OUTPUT).write_text(f"exit code {ended.returncode}\n{out}\n---- stderr\n{err}")
    findings = [*_odd_output(out, err), *_left_behind(before, _state(project))]
    result = _load(folder / JSON)
    if not layout.measures:
        if ended.returncode != NOT_MEASURED:
            findings.append(f"imports the checkout, but exit code {ended.returncode}")
    elif result is None:
        findings.append(f"exit code {ended.returncode} without a result")
    else:
        findings += _wrong_rows(drawn.expected, result["benchmarks"])
        if not findings and (expected := _exit_code(result["benchmarks"])) != ended.returncode:
            findings.append(f"exit code {ended.returncode}, not {expected}")
    return drawn, layout, findings


def _wrong_rows(expected: tuple[Expected, ...], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    left = list(rows)
    for benchmark in expected:
        found = [row for row in left if row["name"] == benchmark.name]
        left = [row for row in left if row not in found]
        if len(found) != benchmark.rows:
            yield f"{benchmark.name}: {len(found)} rows, not {benchmark.rows}"
        skipped = [row for row in found if row["verdict"] == "skipped"]
        if len(skipped) != benchmark.skipped:
            yield f"{benchmark.name}: {len(skipped)} skipped, not {benchmark.skipped}"
        for row in found:
            if row["verdict"] not in benchmark.verdicts | {"skipped"}:
                yield (
                    f"{benchmark.name}{row['params']}: {row['verdict']} "
                    f"({row['ratio'] or row['reason']}), not {' or '.join(benchmark.verdicts)}"
                )
    for row in left:
        yield f"{row['name']}{row['params']}: {row['verdict']}, which nobody expects"


def _exit_code(rows: Sequence[Mapping[str, Any]]) -> int:
    verdicts = {row["verdict"] for row in rows}
    if verdicts & {"slower", "broken"}:
        return WRONG
    return 0 if verdicts & {"same", "undecided", "faster"} else NOT_MEASURED


def _odd_output(out: str, err: str) -> Iterator[str]:
    for name, text in (("stdout", out), ("stderr", err)):
        if "Traceback" in text or "bug in hotloop" in text:
            yield f"{name}: {text[text.find('Traceback') :][:300]!r}"
        for line in text.split("\n"):
            if raw := RAW.search(line.replace("\r", "") if name == "stderr" else line):
                yield f"{name} has a raw {raw[0]!r}: {line[:200]!r}"
                break


def _left_behind(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    if before != after:
        yield f"the checkout was changed: {before} became {after}"
    left = list(Path(tempfile.gettempdir()).glob("hotloop-gate-*"))
    owned = [f for f in left if Path("/proc", f.name.split("-")[2]).exists()]
    if len(left) > len(owned):
        yield f"left in the temporary folder: {sorted(set(left) - set(owned))}"
    for process in Path("/proc").glob("[0-9]*/environ"):
        try:
            if b"HOTLOOP_FUZZ=1" in process.read_bytes().split(b"\0"):
                command = (process.parent / "cmdline").read_bytes().replace(b"\0", b" ")
                if command:
                    yield f"a process was left: {command.decode(errors='replace')[:200]}"
        except OSError:
            continue


def _load(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _environment() -> dict[str, str]:
    """Marked, so that a process that outlives its gate is found."""
    root = str(Path(__file__).resolve().parents[2])
    return os.environ | {"HOTLOOP_FUZZ": "1", "PYTHONPATH": root}


def _commit(project: Path, layout: Layout) -> None:
    """Two commits on top of what is there: base's files, then head's."""
    if not (project / ".git").is_dir():
        project.mkdir(parents=True)
        _git(project, "init", "--quiet", "--initial-branch=main")
    config = json.dumps(layout.configuration, indent=1)
    for files in (layout.base, layout.head):
        for entry in project.iterdir():
            if entry.name != ".git":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        shared = {"asv.conf.json": config, ".gitignore": "*.egg-info/\nbuild/\n__pycache__/\n"}
        for name, text in (shared | files).items():
            path = project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        _git(project, "add", "--all")
        _git(project, "commit", "--quiet", "--allow-empty", "--message=a side")


def _state(project: Path) -> dict[str, object]:
    return {
        "status": _git(project, "status", "--porcelain"),
        "refs": _git(project, "for-each-ref"),
        "head": _git(project, "rev-parse", "HEAD"),
    }


def _git(project: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=project,
        env=os.environ | IDENTITY,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise MeasurementError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout
