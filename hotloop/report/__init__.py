"""Results made readable: one format a file, each a pure function of a stored result."""
