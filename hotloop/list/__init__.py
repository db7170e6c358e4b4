"""``hotloop list``: the variants of each ladder."""
