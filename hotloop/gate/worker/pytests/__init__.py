"""Suites of pytest: pytest itself runs in the worker, with a plugin that takes its turns.

worker      the commands; a test that is asked for runs, and waits inside ``benchmark(f)``
plugin      what pytest is told: options that have no place here, who runs tests
fixtures    ``benchmark``: pytest-benchmark's, pytest-codspeed's, or ours if there is none
calls       what is timed
costs       what a call costs, before it is timed
suites      where a suite lies, and what its tests are called
which       which of them are benchmarks
listing     the list of them
"""

from __future__ import annotations

from .listing import write_list
from .worker import PytestWorker

WORKER = PytestWorker

__all__ = ["WORKER", "write_list"]
