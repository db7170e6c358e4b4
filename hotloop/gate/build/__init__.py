"""Both sides built and installed, and the proof that they are the commits'."""
