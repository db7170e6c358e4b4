"""Which names topics, groups and clients may have on a cluster.

Kafka's own rule for topics (``org.apache.kafka.common.internals.Topic``): letters, digits, dot,
underscore and dash, 249 characters at most. Groups and clients keep to it as well.
"""

import re

PREFIX = "hotloop-"
# The rest is more than enough for what follows a prefix (``stream.cluster.place``).
LONGEST_PREFIX = 200
LEGAL = re.compile(r"[a-zA-Z0-9._-]+")
