"""How often ``hotloop gate --explain`` is right, on made causes."""
