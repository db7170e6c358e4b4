"""``hotloop report``: stored results as one page to look at."""
