"""Fifteen functions, each given to ``hotloop try``: the factors beside those found by hand."""
