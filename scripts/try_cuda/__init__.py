"""``scripts/try-cuda``: the rung for a GPU, checked and measured on one in some minutes."""
