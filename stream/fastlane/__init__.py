"""A faster way for records from Kafka into the agents of a Faust app, by Faust's own plug points.

    from faust_fastlane import install    # inside hotloop: from stream.fastlane import install
    app = faust.App(...)
    install(app, lane="bulk")

Two lanes; the agents' code stays as it is:

    event   Faust's pipeline, an Event per record, without helper tasks and loop turns per record
    bulk    what was fetched travels to the agent in parts of some hundred records; the agent still
            iterates over values one by one, and an Event is made where one is asked for

Nothing is patched: ``install`` gives one app another transport and another stream class.

    install     what is refused, and the two plug points
    consumer    lane event: fetch, deliver, commit      bulk      lane bulk: the same in parts
    stream      the iteration of an agent, both lanes   part      some fetched records in order
    track       which offsets may be committed (pure)   decoding  from bytes to value
    counts      Faust's monitor, many records at once

The package imports Faust, aiokafka, mode and the standard library only.
"""

from .install import Refused, install

__all__ = ["Refused", "install"]
