"""Settings of every test: property tests try the same examples in each run."""

import signal

from hypothesis import settings

# Derandomised: a failure belongs to the commit, not to the day. No deadline: CI machines stall.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# Tests that were started in a shell's background ignore Ctrl-C, those that nohup started a
# hang-up, and so would what they start.
for number, default in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, default)
