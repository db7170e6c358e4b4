"""The same functions on every branch, in four kinds of code."""
