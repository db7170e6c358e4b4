"""Settings of every test: property tests try the same examples in each run."""

import gc
import os
import signal
import sys
from pathlib import Path

from hypothesis import settings

pytest_plugins = ["tests.order", "tests.side_by_side"]

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

# Samples of hooks, which git copies into each new repository, take longer than all else of it.
os.environ["GIT_TEMPLATE_DIR"] = ""

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
