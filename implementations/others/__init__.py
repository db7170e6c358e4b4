"""What else people use for such loops: each file is written as its own users would write it well.

They are optional, timed in the same table below the ladder, with as many threads as they take by
themselves. A file says where its answer may differ from the reference; the pixels are counted.
What is compiled ahead of time is compiled when it is first asked for (compiled.py).
"""
