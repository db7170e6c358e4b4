"""A suite of hundreds of benchmarks, and how long the gate takes for it."""
