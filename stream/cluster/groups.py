"""Whether a cluster lets us use consumer groups, asked before anything is measured.

A client without a coordinator waits for one without a word, so that each variant would cost two
minutes, and its failure would not name the cause.
"""

from confluent_kafka import KafkaError

from hotloop.base.errors import MeasurementError
from stream.cluster import admin
from stream.cluster.security import Security

# The first question about a group makes a new cluster create the topic of all groups.
COORDINATOR_TIMEOUT_S = 30.0
# The client asks for a coordinator again until its time is over.
_NO_COORDINATOR = (
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError._TIMED_OUT,
    KafkaError._WAIT_COORD,
)


def check(bootstrap: str, group: str, security: Security, client: str) -> None:
    """Raise MeasurementError, with the cause, if no consumer group of such a name can be used.

    Nothing is made: the group need not be there.
    """
    kept = admin.new_client(bootstrap, security, client)
    asked = kept.describe_consumer_groups([group], request_timeout=COORDINATOR_TIMEOUT_S)
    error = asked[group].exception()
    if error is None:
        return
    if admin.code(error) == KafkaError.GROUP_AUTHORIZATION_FAILED:
        raise MeasurementError(
            f"the login has no right to use consumer group {group} at {bootstrap}: grant Read, "
            "Describe and Delete for groups whose names begin like this; --prefix chooses how"
        )
    if admin.code(error) in _NO_COORDINATOR:
        raise MeasurementError(
            f"no broker at {bootstrap} looks after consumer groups: see why it has no topic "
            "__consumer_offsets with a leader; if that needs more copies than there are brokers, "
            "lower offsets.topic.replication.factor"
        )
