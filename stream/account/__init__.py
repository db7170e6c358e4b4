"""The account of a run: what was sent, what the topic holds, what was seen."""
