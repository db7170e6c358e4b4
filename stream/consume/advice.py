"""What to do about a client's error, where the setting of the cluster behind it is known."""

import re

_ADVICE = (
    (
        # librdkafka writes its words, aiokafka the name of its exception.
        r"Invalid session timeout|InvalidSessionTimeout",
        "group.min.session.timeout.ms and group.max.session.timeout.ms of the cluster do not "
        "allow the session time-out that this client asks for",
    ),
    (
        r"GROUP_MAX_SIZE_REACHED|reached maximum size|GroupMaxSizeReached",
        "group.max.size of the cluster allows fewer members: give fewer --workers",
    ),
)


def advised(said: str) -> str:
    """The sentence, with the cause and what to do about it if they are known."""
    for pattern, advice in _ADVICE:
        if re.search(pattern, said):
            return f"{said}: {advice}"
    return said
