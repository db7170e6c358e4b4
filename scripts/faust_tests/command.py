"""``scripts/fastlane-faust-tests``: install, run Faust's tests on stock and lanes, compare.

Exit codes: 0 a test ends with a lane as it does without, or the deviation is a known one; 1 there
is another one; 2 usage; 4 nothing could be run; 130 interrupted.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from hotloop.base.errors import MeasurementError
from scripts import frame
from scripts.tables import table

FAUST = "0.15.3"
STOCK = ""
LANES = ("event", "bulk")
# Agents, streams and channels. Those of consistency, which need a broker, do not import with this
# aiokafka, and Faust itself skips them ("Needs fixing").
TESTS = (
    "tests/functional/agents",
    "tests/functional/test_streams.py",
    "tests/functional/test_channels.py",
    "tests/functional/test_app.py",
    "tests/consistency",
    "tests/unit/agents",
    "tests/unit/test_streams.py",
)
# As Faust's requirements/test.txt asks for them; its pytest is 7.
NEEDS = (
    f"faust-streaming=={FAUST}",
    "mode-streaming==0.7.1",
    "aiokafka==0.14.0",
    *("pytest<8", "pytest-asyncio", "pytest-aiohttp", "freezegun", "hypothesis", "intervaltree"),
    *("python-dateutil", "pytz", "pyyaml"),
)
EXIT_DEVIATES = 1
FASTLANE = Path(__file__).resolve().parents[2] / "stream" / "fastlane"
# What ends otherwise with a lane, by the names of tests.
KNOWN: Mapping[str, str] = {
    r"test_isolated_partitions\.": "isolated_partitions is refused",
    r"test_agent_concurrency__duplicates": "the instances do not get events strictly in turn",
}
USAGE = """
  .venv/bin/python scripts/fastlane-faust-tests
  .venv/bin/python scripts/fastlane-faust-tests --lane bulk -- -k concurrency -x
"""


def main(arguments: Sequence[str]) -> int:
    """Run the tests and print the table; returns the exit code."""
    parser = frame.parser(
        "fastlane-faust-tests", "Faust's own tests with each lane in every app.", USAGE
    )
    parser.add_argument("--lane", choices=LANES, help="this one and stock (default: both)")
    parser.add_argument("pytest", nargs="*", help="more arguments for pytest, after --")
    namespace = parser.parse_args(arguments)
    return frame.exit_code("fastlane-faust-tests", lambda: _run(namespace))


def _run(namespace: argparse.Namespace) -> int:
    lanes = LANES if namespace.lane is None else (namespace.lane,)
    with tempfile.TemporaryDirectory(prefix="faust-tests-") as folder:
        python = _install(Path(folder))
        outcomes = {
            lane: _outcomes(Path(folder), python, lane, namespace.pytest)
            for lane in (STOCK, *lanes)
        }
    rows, told, unknown = [], [], 0
    for lane, found in outcomes.items():
        counts = Counter(found.values())
        unlike = [name for name, what in found.items() if what != outcomes[STOCK].get(name)]
        rows.append(
            [lane or "stock", *(f"{counts[what]}" for what in ("passed", "failed", "skipped"))]
        )
        for name in unlike:
            reason = next((KNOWN[pattern] for pattern in KNOWN if re.search(pattern, name)), None)
            unknown += reason is None
            told.append(f"{lane}: {name} {found[name]}: {reason or 'not known'}")
    print(*table(["lane", "passed", "failed", "skipped"], rows), *told, sep="\n")
    return EXIT_DEVIATES if unknown else 0


def _install(home: Path) -> Path:
    """Faust's tests in ``home/source``, what they need in an environment; returns its Python."""
    pip = (sys.executable, "-m", "pip")
    source = ("--no-binary", "faust-streaming", f"faust-streaming=={FAUST}")
    # Its version comes from git, which the distribution does not have.
    variables = {"SETUPTOOLS_SCM_PRETEND_VERSION": FAUST}
    _do((*pip, "download", "-q", "--no-deps", "-d", str(home), *source), variables)
    (archive,) = home.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(home, filter="data")
    # Without Faust's own source, which lacks the compiled parts, beside the tests.
    (home / "source").mkdir()
    for name in ("tests", "pyproject.toml"):
        (home / archive.name.removesuffix(".tar.gz") / name).rename(home / "source" / name)
    venv.create(home / "environment", with_pip=True)
    python = home / "environment" / "bin" / "python"
    _do((str(python), "-m", "pip", "install", "-q", *NEEDS))
    # A copy, because a build leaves things behind.
    shutil.copytree(FASTLANE, home / "fastlane")
    _do((str(python), "-m", "pip", "install", "-q", "--no-deps", str(home / "fastlane")))
    return python


def _do(command: Sequence[str], variables: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(command, env={**os.environ, **(variables or {})}, check=False)
    if done.returncode:
        raise MeasurementError(f"{' '.join(command[:4])} failed with code {done.returncode}")


def _outcomes(home: Path, python: Path, lane: str, more: Sequence[str]) -> dict[str, str]:
    """The outcome of every test, by its name."""
    report = home / "report.xml"
    report.unlink(missing_ok=True)
    # Its own options ask for a coverage plug-in.
    options = ("-q", "-o", "addopts=", "-p", "lane_in_every_app", "--continue-on-collection-errors")
    subprocess.run(
        [str(python), "-m", "pytest", *options, f"--junitxml={report}", *TESTS, *more],
        cwd=home / "source",
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent), "LANE": lane},
        stdout=sys.stderr,
        check=False,
    )
    if not report.exists():
        raise MeasurementError("pytest ended without a report")
    return {
        f"{case.get('classname')}.{case.get('name')}": _outcome(case)
        for case in ElementTree.parse(report).iter("testcase")
    }


def _outcome(case: ElementTree.Element) -> str:
    kinds = {child.tag for child in case}
    if kinds & {"failure", "error"}:
        return "failed"
    return "skipped" if "skipped" in kinds else "passed"
