"""What ``scripts/fuzz-gate`` and ``scripts/fuzz-stream`` share.

trials     one seed after the other, until the time is over
damage     stored results, damaged at random
"""
