"""How much there is to do."""

ROWS = 120
LINES = [f"item{n}, {n % 17 + 1}, {n % 5 + 1}, tag{n % 11}" for n in range(ROWS)]
