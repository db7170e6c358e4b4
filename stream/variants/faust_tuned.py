"""Faust on uvloop with every setting that is said to help and gives up nothing.

    consumer_max_fetch_size 8 MiB    larger fetches (default 1 MiB)
    cython_optimizations True        further short cuts in its compiled parts (default False)
    stream_buffer_maxsize 32768      events between fetching and the agent (default 4096)

They add nothing that can be told from noise; only the loop gains. Records/s, and CPU us per
record, of

    hotloop stream faust faust_uvloop faust_tuned faust_take --records 30000 --runs 6

on 2 x AMD EPYC, Python 3.11.7, faust-streaming 0.15.3, uvloop 0.23.0, Kafka 4.4.0, 2026-11-22:

    faust           12,000 +- 8 %    82.9
    faust_uvloop    14,600 +- 8 %    65.8
    faust_tuned     15,300 +- 9 %    62.6
    faust_take      12,300 +- 3 %    78.7

Each of them alone, on uvloop and in six interleaved processes, stayed within 4 % of uvloop alone.
So did broker_max_poll_records 1000, and two that give up something: stream_wait_empty False (a
stop does not wait for what is in the agent) and broker_check_crcs False.
"""

from typing import Any

from stream.consume.job import Job, Resolved
from stream.consume.sink import Sink
from stream.variants.faust_common import run_worker

SETTINGS: dict[str, Any] = {
    "consumer_max_fetch_size": 8 << 20,
    "cython_optimizations": True,
    "stream_buffer_maxsize": 32768,
}


def run(job: Job, sink: Sink) -> Resolved:
    """Consume until the sink asks to stop."""
    return run_worker(job, sink, settings=SETTINGS, loop="uvloop")
