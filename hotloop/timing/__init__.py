"""The timing core: decides who is timed when, runs each in its own process, returns records."""
