"""The command as a user starts it: a fresh process and real pipes."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hotloop.cli import COMMANDS
from tests import printed

ROOT = Path(__file__).parents[2]
HOTLOOP = (sys.executable, "-m", "hotloop")
STORED = ROOT / "tests" / "golden" / "comparisons" / "all_ok.json"
ENVIRONMENT = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}

# Each costs more time to load than the whole of ``hotloop --help`` may take.
HEAVY = {"confluent_kafka", "distributed", "faust", "matplotlib", "numba", "numpy", "rich", "scipy"}
SUBJECTS = {"benchmarks", "implementations", "stream"}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HOTLOOP, *words], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )


# Refused as an unknown variant is, with another sentence.
again = pytest.mark.thorough(
    "test_what_is_said_is_as_stored",
    "unit/test_compute_options.py::test_what_cannot_be_is_refused_with_its_value",
)


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("unknown_command", ["compte"], 2),
        ("compute_unknown_variant", ["compute", "nunba"], 2),
        *(
            pytest.param(*refused, 2, marks=again)
            for refused in (
                ("compute_empty_grid", ["compute", "--size", "0x0"]),
                ("compute_reversed_window", ["compute", "--window", "-2.5,-3,-1.2,1.2"]),
                ("compute_no_budget", ["compute", "--budget", "-1"]),
            )
        ),
    ],
)
def test_what_is_said_is_as_stored(
    golden: printed.Golden, name: str, words: list[str], code: int
) -> None:
    ended = run(*words)
    golden(name, ended.stdout, ended.stderr)
    assert ended.returncode == code


TOP_LEVEL = (("--help",), ("--version",), ("comput",))
MEASURES_NOTHING = (
    ("compute", "--help"),
    ("list", "--help"),
    ("compute", "--size", "0x0"),
    ("gate", "--help"),
    ("stream", "--help"),
    ("stream", "fuast"),
    ("diff", "--help"),
    ("diff", "one.json"),
    ("report", "--help"),
    ("report", "one.json", "one.json"),
    ("fault", "--help"),
    ("broker", "--help"),
    ("broker", "start", "--name", "a", "b"),
    ("tiles", "--help"),
    ("tiles", "--out", "a.csv"),
    ("gate", "main", "--budget", "0"),
)


@functools.cache
def loaded_by() -> dict[tuple[str, ...], set[str]]:
    """What each of these commands has loaded that no one before it had, in one fresh process.

    The top level goes first: what it loads, all others do.
    """
    program = (
        "import json, sys\n"
        "from hotloop.cli import main\n"
        "for words in json.loads(sys.argv[1]):\n"
        "    main(words)\n"
        "    print('loaded', json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    commands = (*TOP_LEVEL, *MEASURES_NOTHING)
    ended = subprocess.run(
        [sys.executable, "-c", program, json.dumps(commands)],
        env=ENVIRONMENT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = [line.split(" ", 1)[1] for line in ended.stderr.splitlines() if line[:7] == "loaded "]
    found: dict[tuple[str, ...], set[str]] = {}
    before: set[str] = set()
    for words, modules in zip(commands, map(json.loads, told), strict=True):
        names = {*modules, *(name.partition(".")[0] for name in modules)}
        assert "hotloop.cli" in names
        found[words], before = names - before, names
    return found


@pytest.mark.parametrize("words", TOP_LEVEL, ids=" ".join)
def test_the_top_level_loads_no_command_no_subject_and_nothing_heavy(words: tuple[str]) -> None:
    loaded = loaded_by()[words]
    assert not loaded & (HEAVY | SUBJECTS)
    assert not loaded & {command.module for command in COMMANDS.values()}


@pytest.mark.parametrize("words", MEASURES_NOTHING, ids=" ".join)
def test_what_measures_nothing_loads_nothing_heavy(words: tuple[str, ...]) -> None:
    assert not loaded_by()[words] & HEAVY


@pytest.mark.parametrize("buffering", ["", "1"])
def test_a_closed_pipe_is_quiet(buffering: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            [*HOTLOOP, "compare", "--from", str(STORED)],
            env={**ENVIRONMENT, "PYTHONUNBUFFERED": buffering},
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
        )
    finally:
        os.close(writer)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_sign_that_the_encoding_lacks_is_no_crash() -> None:
    ended = subprocess.run(
        [*HOTLOOP, "compute", "×"],
        env={**ENVIRONMENT, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"hotloop: no variant is called '?'")
