"""What the names of topics, groups and clients may look like on a cluster.

Kafka's own rule for topics (``org.apache.kafka.common.internals.Topic``): letters, digits, dot,
underscore and dash, 249 characters at most. Groups and clients keep to it as well.
"""

import re

PREFIX = "hotloop-"
# What follows a prefix (``stream.cluster.place``) needs less than the rest.
LONGEST_PREFIX = 200
LEGAL = re.compile(r"[a-zA-Z0-9._-]+")
