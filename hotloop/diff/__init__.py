"""``hotloop diff``: stored results beside each other."""
