"""Pairs of processes, base and head side by side: the unit that statistics count."""
