"""The dependency rules of pyproject.toml hold, and every one of them can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("hotloop", "implementations", "stream", "benchmarks")

FORBIDDEN = {
    "The two subjects do not know each other": (
        "stream/astray.py",
        "import implementations.registry",
    ),
    "implementations knows nothing of the harness": (
        "implementations/astray.py",
        "import hotloop.base.errors",
    ),
    "stream knows the harness's ground floor, and nothing else of it": (
        "stream/astray.py",
        "import hotloop.timing.record",
    ),
    "The fast lane knows nothing else of the project": (
        "stream/fastlane/astray.py",
        "import stream.registry",
    ),
    "The harness knows no subject": (
        "hotloop/timing/measure.py",
        "import implementations.registry",
    ),
    "The asv suite runs without the harness": (
        "benchmarks/astray.py",
        "import hotloop.timing.record",
    ),
    "Inside the harness data flows one way": (
        "hotloop/timing/schedule.py",
        "import hotloop.stats",
    ),
    "Inside the gate data flows one way": (
        "hotloop/gate/rule/decide.py",
        "import hotloop.gate.build.builds",
    ),
    "Statistics are pure: no files, no processes, no clock": (
        "hotloop/stats/astray.py",
        "import subprocess",
    ),
    "Results and what is shown of them know no subject and measure nothing": (
        "hotloop/compute/page.py",
        "import hotloop.timing.measure",
    ),
}
"""Contract: a file and a line in it that break this contract."""


def verdicts(folder: Path) -> dict[str, str]:
    """Each contract's name with KEPT or BROKEN, as import-linter prints them."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as main; main()",
    ]
    done = subprocess.run(
        [*command, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "Contracts: " in done.stdout, done.stdout + done.stderr
    found = {}
    for line in done.stdout.splitlines():
        for verdict in ("KEPT", "BROKEN"):
            name, mark, _ = line.partition(f" {verdict}")
            if mark:
                found[name] = verdict
    return found


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "*.so")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_dependency_rule_holds() -> None:
    assert verdicts(ROOT) == dict.fromkeys(FORBIDDEN, "KEPT")


def test_every_dependency_rule_notices_a_forbidden_import(copied: Path) -> None:
    for path, line in FORBIDDEN.values():
        with (copied / path).open("a", encoding="utf-8") as module:
            module.write(f"\n{line}\n")
    assert verdicts(copied) == dict.fromkeys(FORBIDDEN, "BROKEN")


def test_a_module_of_the_harness_without_a_layer_is_noticed(copied: Path) -> None:
    (copied / "hotloop" / "astray.py").touch()
    assert verdicts(copied)["Inside the harness data flows one way"] == "BROKEN"
