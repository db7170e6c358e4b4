"""Figures of the apps of test_fastlane.py, which need not load Faust to know them."""

PARTITIONS = 2
# The agent `raising` raises at it, once; `manual` acknowledges all but it; `poisoned` follows it.
SPECIAL = 100
BUCKETS = 5
ASKED = (3, 4, 5)
# How often the flow is stopped, and how many records there are then.
ROUNDS = 3
EACH = 5
