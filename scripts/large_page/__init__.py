"""``scripts/report-large-page``: what a page of hundreds of rows and years of history costs."""
