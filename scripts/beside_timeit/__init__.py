"""``scripts/compute-beside-timeit``: the same calls timed by compute, by timeit and by pyperf."""
