"""Settings of every test: property tests try the same examples in each run."""

import gc
import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

# Derandomised: a failure belongs to the commit, not to the day. No deadline: CI machines stall.
# `make test` tries each property on fewer examples than `make thorough`, which tries all of them.
settings.register_profile("thorough", derandomize=True, deadline=None, max_examples=100)
settings.register_profile("repeatable", settings.get_profile("thorough"), max_examples=30)
settings.load_profile("repeatable")

# Where a shell forbids it, each of a thousand processes would compile the packages anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# What tests install runs a few times at most: compiling all of it would take longer.
os.environ["PIP_NO_COMPILE"] = "1"

FOLDER = Path(__file__).parent
# Files of these take minutes and are handed out first: what is short fills up the end. Those of the
# first wait most of their time, those of the second compute.
WAITING, COMPUTING = "broker", "processes"
# Files that begin alike go to the same process of xdist's, first of their group. Those of
# brokers because of tests/broker/conftest.py, and who kills theirs comes last, since a Java that
# has just started is slow; "variants" load all of them, which numba compiles in each process,
# "statistics" SciPy's, which take a second, and "pictures" matplotlib.
TOGETHER = {
    "tests/broker": (WAITING, ("tests/broker/test_",)),
    "brokers": (
        WAITING,
        tuple(
            f"tests/broker/apart/test_{name}" for name in ("asv_s", "faults", "stream", "unwell")
        ),
    ),
    "variants": (
        COMPUTING,
        ("tests/oracle/test_variants", "tests/test_asv.py", "tests/unit/test_list.py"),
    ),
    "statistics": (
        COMPUTING,
        (
            *("tests/oracle/test_interval_coverage.py", "tests/oracle/test_proportion.py"),
            *("tests/oracle/test_signed_rank.py", "tests/oracle/test_simulate.py"),
            *("tests/unit/test_error_rates.py", "tests/unit/test_gate_discoveries.py"),
            "tests/unit/test_interval.py",
        ),
    ),
    "pictures": ("", ("tests/unit/test_image.py", "tests/unit/test_compute_output.py")),
}

# asv looks for a python3.X on the search path. A version manager's may not run, and is slow.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

# Tests that were started in a shell's background ignore Ctrl-C, those that nohup started a
# hang-up, and so would what they start.
for number, default in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, default)


# Nothing of the many thousand objects that collecting makes is ever garbage: Python need look for
# it neither meanwhile nor in each of the tests. Nor often among the modules that tests load.
gc.disable()
gc.set_threshold(100_000)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let xdist hand out the files that take minutes first, and those that wait among the others.

    Otherwise all its processes wait at first, and all want the CPUs afterwards. What waits begins
    in the first half of them: nobody is to wait alone at the end.
    """
    files = list(dict.fromkeys(_scope(item.nodeid) for item in items))
    groups: dict[str, list[str]] = {WAITING: [], COMPUTING: [], "": []}
    for file in files:
        folder = (file.split("/")[1:2] or [""])[0]
        name, _ = TOGETHER.get(file, (folder if folder in groups else "", ()))
        groups[name].append(file)
    for group in groups.values():
        group.sort(key=lambda file: file not in TOGETHER)
    place = {
        file: (name == "", index / len(group) / (2 if name == WAITING else 1))
        for name, group in groups.items()
        for index, file in enumerate(group)
    }
    items.sort(key=lambda item: place[_scope(item.nodeid)])


def _scope(nodeid: str) -> str:
    """The file of a test, or the name of those that it goes together with."""
    file = nodeid.partition("::")[0]
    return next((name for name, (_, begin) in TOGETHER.items() if file.startswith(begin)), file)


class Scheduler(LoadFileScheduling):  # type: ignore[misc]
    """xdist's own, but for the files that go together."""

    def _split_scope(self, nodeid: str) -> str:
        return _scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduler | None:
    return Scheduler(config, log) if config.getoption("dist") == "loadfile" else None
