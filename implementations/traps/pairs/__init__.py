"""One file a trap."""
