"""Other tools that people use for such loops, each file as a good user of the tool would write it.

They are optional and stand below the ladder in the same table, with as many threads as they use by
default. A file says if its answer may differ from the reference; such pixels are counted. Those
that are compiled ahead of time are compiled when they are first asked for (compiled.py).
"""
