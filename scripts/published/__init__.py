"""``make results``: the figures and pictures of the documents, measured anew."""
