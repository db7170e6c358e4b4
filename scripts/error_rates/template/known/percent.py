"""How many turns a loop does, in per cent of what it does on the branch ``base``."""

PERCENT = 100
