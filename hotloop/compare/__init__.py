"""``hotloop compare``: any callables side by side, equal first, then timed in turns."""
