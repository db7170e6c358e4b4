"""What the Faust variants share: one app, one worker; each rung gives its settings and agent.

The app is the recipe's: a ``faust.Record``, a topic with that type, an agent. What differs from
a fresh ``faust.App`` in every rung, because fresh processes beside each other need it:

    web_enabled False, topic_disable_leader True   no port, no topic of Faust's own
    datadir                                        a folder per process
    on_value_decode_error of the topic             see ``_topic_class``

Faust's worker stops on signals by itself. Here the process's own handlers stay in place and ask
the sink, so that a target, a deadline and a signal all end the run in the same way.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

import faust
import mode.loop

from stream.account.record import diagnose
from stream.cluster import addresses
from stream.cluster.security import Security
from stream.consume.job import Job, Resolved
from stream.consume.sink import Sink
from stream.fastlane import install
from stream.variants.provenance import compiled, loop_name, versions

# Heartbeats per session when the session is shortened; Faust's own defaults have 20.
HEARTBEATS_PER_SESSION = 3

EXTENSIONS = (
    "faust._cython.streams",
    "faust.transport._cython.conductor",
    "faust.models._cython.fields",
    "aiokafka.record._crecords.default_records",
    # Faust decodes with it if it is installed, otherwise with the standard library.
    "orjson.orjson",
)

# The settings that affect throughput, reported as Faust resolved them.
REPORTED = (
    "broker_check_crcs",
    "broker_commit_interval",
    "broker_max_poll_records",
    "broker_session_timeout",
    "consumer_max_fetch_size",
    "cython_optimizations",
    "stream_buffer_maxsize",
    "stream_wait_empty",
)


class Record(faust.Record, serializer="json"):
    """The recipe's record."""

    id_string: str
    value: float


Agent = Callable[[faust.Stream[Record], Sink], Awaitable[None]]


async def each(records: faust.Stream[Record], sink: Sink) -> None:
    """The recipe's agent: one record after the other."""
    handle = sink.handle
    async for record in records:
        handle(record)


class Worker(faust.Worker):
    """Faust's worker under the signal handlers that the process already has."""

    def install_signal_handlers(self) -> None:
        """Leave them as they are."""


def run_worker(
    job: Job,
    sink: Sink,
    *,
    settings: Mapping[str, Any] = MappingProxyType({}),
    agent: Agent = each,
    loop: str = "aio",
    lane: str | None = None,
) -> Resolved:
    """Consume with an app of these settings until the sink asks to stop.

    ``loop``: what ``faust -L`` takes. ``lane``: what ``stream.fastlane.install`` takes, or None.
    """
    mode.loop.use(loop)
    return asyncio.run(_work(job, sink, settings, agent, lane))


async def _work(
    job: Job, sink: Sink, settings: Mapping[str, Any], agent: Agent, lane: str | None
) -> Resolved:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    app = _app(job, sink, settings, agent)
    if lane is not None:
        install(app, lane)
    worker = Worker(app, loglevel="warn", redirect_stdouts=False, daemon=False, loop=loop)
    sink.on_stop(lambda: loop.call_soon_threadsafe(stop.set))
    await worker.start()
    try:
        # Ends early if Faust stops by itself, as it does after a crash.
        await worker.wait_for_stopped(stop.wait())
    finally:
        await worker.stop()
    if worker.crash_reason is not None:
        raise worker.crash_reason
    return Resolved(
        settings={name: getattr(app.conf, name, None) for name in REPORTED}
        | dict(settings)
        | ({} if lane is None else {"lane": lane}),
        versions=versions("faust-streaming", "mode-streaming", "aiokafka"),
        loop=loop_name(loop),
        compiled=compiled(*EXTENSIONS),
    )


def _app(job: Job, sink: Sink, settings: Mapping[str, Any], agent: Agent) -> faust.App:
    app = faust.App(
        job.group,
        broker=addresses.urls(job.bootstrap),
        broker_client_id=job.group,
        Topic=_topic_class(sink),
        datadir=job.data_dir,
        topic_disable_leader=True,
        web_enabled=False,
        **_session(job),
        **_login(job),
        **settings,
    )

    async def process(records: Any) -> None:
        await agent(records, sink)

    app.agent(app.topic(job.topic, value_type=Record))(process)
    return app


def _session(job: Job) -> dict[str, Any]:
    if job.session_timeout_s is None:
        return {}
    return {
        "broker_session_timeout": job.session_timeout_s,
        "broker_heartbeat_interval": job.session_timeout_s / HEARTBEATS_PER_SESSION,
    }


def _login(job: Job) -> dict[str, Any]:
    login = Security(job.login).aiokafka()
    context = login.get("ssl_context")
    if "sasl_mechanism" in login:
        credentials = faust.SASLCredentials(
            username=login["sasl_plain_username"],
            password=login["sasl_plain_password"],
            mechanism=login["sasl_mechanism"],
            ssl_context=context,
        )
        return {"broker_credentials": credentials}
    return {"broker_credentials": faust.SSLCredentials(context)} if context else {}


def _topic_class(sink: Sink) -> type[faust.Topic]:
    """A topic on which a record that cannot be decoded is counted, and the stream continues.

    By default Faust throws the error into the agent, which ends and is restarted. In either case
    the offset has been acknowledged by then. Nothing changes for a good record.
    """

    class Topic(faust.Topic):
        async def on_value_decode_error(self, exc: Exception, message: Any) -> None:
            sink.bad(diagnose(message.value))

    return Topic
