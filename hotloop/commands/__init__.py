"""One command a file: the only place where a subject meets the harness."""
