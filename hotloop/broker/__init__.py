"""``hotloop broker``: a real Apache Kafka, started and stopped by hand."""
