"""Four kinds of code, alike on all branches."""
