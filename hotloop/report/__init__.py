"""Results made readable: each format is a pure function of a stored result."""
