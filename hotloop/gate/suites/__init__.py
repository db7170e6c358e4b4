"""Which benchmarks there are, as the suite's own tool would find them."""
