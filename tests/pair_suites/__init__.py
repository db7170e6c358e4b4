"""What the tests of process pairs measure: a suite that does all that one can do to its process.

The tests copy it to where a project has its own.
"""
