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
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# Where a shell forbids it, each of a thousand processes would compile the packages anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

FOLDER = Path(__file__).parent
# Those that start processes and brokers, the longest first: what is short fills up the end.
LONG = ("broker", "processes")
# The files of this folder go to the same process of xdist's: tests/broker/conftest.py says why.
TOGETHER = "tests/broker"

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
# it neither meanwhile nor in each of the tests.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let xdist hand out what takes minutes before what takes none."""

    def place(item: pytest.Item) -> tuple[bool, bool]:
        folder = item.path.relative_to(FOLDER).parent
        return folder.parts[:1] not in [(name,) for name in LONG], f"tests/{folder}" != TOGETHER

    items.sort(key=place)


class Scheduler(LoadFileScheduling):  # type: ignore[misc]
    """xdist's own, but for the files that go together."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return TOGETHER if file.rpartition("/")[0] == TOGETHER else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduler | None:
    return Scheduler(config, log) if config.getoption("dist") == "loadfile" else None
