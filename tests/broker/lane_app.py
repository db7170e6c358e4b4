"""An app that uses most of what agents can do, each on a topic of its own: see test_fastlane.py.

    python -m tests.broker.lane_app BOOTSTRAP GROUP LANE FOLDER     LANE: stock, event, bulk

What each agent sees goes into FOLDER/<agent>, a line for each record, written at once. SIGTERM
ends it as Faust does.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import faust
from faust.agents.models import ReqRepResponse

from stream.fastlane import install
from tests.broker.lane_figures import ASKED, PARTITIONS, SPECIAL


class Number(faust.Record, serializer="json"):
    """What all topics carry; the key is b"k<n modulo 7>", the header h is n."""

    n: int
    bucket: str


def bare(bootstrap: str, group: str, lane: str, folder: Path, **settings: Any) -> faust.App:
    """An app in this lane, without agents."""
    app = faust.App(
        group,
        broker=f"kafka://{bootstrap}",
        datadir=str(folder / "data"),
        web_enabled=False,
        topic_disable_leader=True,
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        store="memory://",
        **settings,
    )
    if lane != "stock":
        install(app, lane)
    return app


def make(bootstrap: str, group: str, lane: str, folder: Path) -> faust.App:
    """Return the app."""
    app = bare(bootstrap, group, lane, folder)
    files: dict[str, int] = {}

    def see(agent: str, *words: object) -> None:
        if agent not in files:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            files[agent] = os.open(folder / agent, flags)
        os.write(files[agent], f"{' '.join(map(str, words))}\n".encode())

    def topic(name: str) -> Any:
        return app.topic(f"{group}-{name}", value_type=Number)

    @app.agent(topic("plain"))
    async def plain(numbers: Any) -> None:
        async for number in numbers:
            see("plain", number.n)

    raised = False

    @app.agent(topic("raising"))
    async def raising(numbers: Any) -> None:
        nonlocal raised
        async for number in numbers:
            see("raising", number.n)
            if number.n == SPECIAL and not raised:
                raised = True
                raise ValueError("as an agent may")

    @app.agent(topic("sleeping"))
    async def sleeping(numbers: Any) -> None:
        async for number in numbers:
            await asyncio.sleep(0.3)
            see("sleeping", number.n)

    @app.agent(topic("concurrent"), concurrency=4)
    async def concurrent(numbers: Any) -> None:
        async for number in numbers:
            await asyncio.sleep(0.001 * (number.n % 5))
            see("concurrent", number.n)

    shared = topic("shared")

    @app.agent(shared)
    async def first(numbers: Any) -> None:
        async for number in numbers:
            see("first", number.n)

    @app.agent(shared)
    async def second(numbers: Any) -> None:
        async for number in numbers:
            await asyncio.sleep(0)
            see("second", number.n)

    @app.agent(topic("events"))
    async def events(numbers: Any) -> None:
        async for event in numbers.events():
            message = event.message
            see(
                "events",
                event.value.n,
                event.key.decode(),
                event.headers["h"].decode(),
                message.key.decode(),
                message.topic == f"{group}-events",
                (message.partition, message.offset)
                == (event.value.n % PARTITIONS, event.value.n // PARTITIONS),
                numbers.current_event is event,
            )

    @app.agent(topic("items"))
    async def items(numbers: Any) -> None:
        async for key, number in numbers.items():
            see("items", number.n, key.decode())

    @app.agent(topic("current"))
    async def current(numbers: Any) -> None:
        async def later(n: int) -> None:
            # The event of the record at which the task began, or none: not that of another.
            await asyncio.sleep(0.001)
            event: Any = faust.current_event()
            assert event is None or event.value.n == n

        tasks = []
        async for number in numbers:
            event: Any = faust.current_event()
            see("current", number.n, event is not None and event.value is number)
            if number.n < 20:
                tasks.append(asyncio.create_task(later(number.n)))
            elif tasks:
                await asyncio.gather(*tasks)
                tasks.clear()

    @app.agent(topic("take"))
    async def take(numbers: Any) -> None:
        async for batch in numbers.take(50, within=0.5):
            for number in batch:
                see("take", number.n)

    @app.agent(topic("manual"))
    async def manual(numbers: Any) -> None:
        async for event in numbers.noack().events():
            see("manual", event.value.n)
            if event.value.n != SPECIAL:
                event.ack()

    @app.agent(topic("filtered"))
    async def filtered(numbers: Any) -> None:
        # The last record of each partition passes: who has seen both has handled all.
        async for number in numbers.filter(lambda number: number.n % 3 != 0):
            see("filtered", number.n)

    counts = app.Table(f"{group}-counts", default=int, partitions=PARTITIONS)

    @app.agent(topic("grouped"))
    async def grouped(numbers: Any) -> None:
        async for number in numbers.group_by(Number.bucket, partitions=PARTITIONS):
            counts[number.bucket] += 1
            see("grouped", number.n, number.bucket, counts[number.bucket])

    @app.agent(topic("poisoned"))
    async def poisoned(numbers: Any) -> None:
        async for number in numbers:
            see("poisoned", number.n)

    class Told(faust.Topic):
        """One whose app is told of what cannot be decoded."""

        async def on_value_decode_error(self, exc: Exception, message: Any) -> None:
            see("told", dict(message.headers)["h"].decode())

    # So small that it is full most of the time.
    @app.agent(Told(app, topics=[f"{group}-told"], value_type=Number, maxsize=20))
    async def told(numbers: Any) -> None:
        async for number in numbers:
            # Slow: others wait in the channel.
            await asyncio.sleep(0.005)
            see("told", number.n)

    @app.agent(topic("asked"))
    async def asked(numbers: Any) -> Any:
        async for number in numbers:
            yield number.n * 2

    replies = app.topic(f"{group}-replies", value_type=ReqRepResponse)

    @app.agent(replies)
    async def replied(answers: Any) -> None:
        async for answer in answers:
            see("replied", answer.value)

    @app.task  # type: ignore[untyped-decorator]
    async def ask() -> None:
        agent: Any = asked
        for n in ASKED:
            await agent.ask_nowait(Number(n=n, bucket="b0"), reply_to=replies, force=True)

    return app


def run(app: faust.App) -> None:
    """Run the app's worker until SIGTERM."""
    faust.Worker(app, loglevel="warn", redirect_stdouts=False).execute_from_commandline()


def main() -> None:
    """Run until SIGTERM."""
    bootstrap, group, lane, folder = sys.argv[1:]
    run(make(bootstrap, group, lane, Path(folder)))


if __name__ == "__main__":
    main()
