"""``hotloop fault``: consumers and brokers harmed under a steady load."""
