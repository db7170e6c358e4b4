"""Settings of every test: property tests try the same examples in each run."""

from hypothesis import settings

# Derandomised: a failure belongs to the commit, not to the day. No deadline: CI machines stall.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
