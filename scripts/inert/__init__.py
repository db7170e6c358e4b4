"""Builds that differ in nothing that should cost time, and how far the gate takes them to differ.

``scripts/gate-inert`` starts it; its --help says how it is used.
"""
