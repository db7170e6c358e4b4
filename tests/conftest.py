"""Settings of every test: property tests try the same examples in each run."""

import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# Derandomised: a failure belongs to the commit, not to the day. No deadline: CI machines stall.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# Where a shell forbids it, each of a thousand processes would compile the packages anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Those that start processes and brokers, the longest first: what is short fills up the end.
FOLDER = Path(__file__).parent
LONG = ("broker", "processes")

# Tests that were started in a shell's background ignore Ctrl-C, those that nohup started a
# hang-up, and so would what they start.
for number, default in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, default)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let xdist hand out the files that take minutes before those that take none."""
    items.sort(key=lambda item: item.path.relative_to(FOLDER).parts[0] not in LONG)
