"""How many turns a loop does, in per cent of what it does on the other branches."""

PERCENT = 100
