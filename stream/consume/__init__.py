"""The consumers of a run, in processes of their own, and the book of what each saw."""
