"""Suites of pytest: both sides' checkouts, head's tests in both, which of them are benchmarks."""
