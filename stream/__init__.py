"""The second subject: a Faust agent that reads a Kafka topic, beside the other Python clients.

``stream.broker`` starts a real Apache Kafka, ``stream.variants`` read from it, and
what they did is accounted for record by record. Nothing here draws conclusions:
figures and accounts go to the harness as plain results.
"""
