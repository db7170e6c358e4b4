"""The cluster that runs take place on: where it is, how to log in, what is made there."""
