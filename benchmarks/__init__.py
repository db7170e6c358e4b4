"""The asv suite: thin classes over the two subjects, which never import the harness."""
