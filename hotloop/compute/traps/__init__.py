"""``hotloop compute --traps``: code that looks right beside code that is right."""
