"""The cluster that runs use: where it is, how to log in, what is created there."""
