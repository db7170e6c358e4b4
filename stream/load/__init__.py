"""The load: what is sent, when, and by whom."""
