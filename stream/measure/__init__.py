"""What is measured of a consumer: drain, sustainable rate, latency, and the limit."""
