"""How often the gate is wrong: a project with known slowdowns, runs on it, and their tables.

``scripts/gate-error-rates`` starts it; its --help says how it is used.
"""
