"""The sequential rule: pairs in, judgements out; and its error rates, simulated."""
