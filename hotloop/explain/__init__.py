"""``hotloop explain``: why what a stored result flags has changed; uses the gate's builds."""
