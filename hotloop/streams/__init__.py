"""``hotloop stream``: the Kafka ladder."""
