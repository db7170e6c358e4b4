"""Statistics as pure functions: samples in, estimates with their uncertainty out, no I/O."""
