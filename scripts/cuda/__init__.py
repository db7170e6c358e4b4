"""``scripts/try-cuda``: implementations/cuda.py on a GPU, checked and measured in ten minutes."""
