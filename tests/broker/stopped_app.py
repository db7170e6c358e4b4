"""An app whose flow is stopped during fetches, before its group's first commit: see test_fastlane.

    python -m tests.broker.stopped_app BOOTSTRAP GROUP LANE FOLDER     LANE: stock, event, bulk

A rebalance stops the flow too, and a fetch may end meanwhile. Writes the numbers that the agent has
seen into FOLDER/seen, as JSON, when it has seen the last one.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import faust

from tests.broker.lane_app import bare, run
from tests.broker.lane_figures import EACH, ROUNDS

# A fetch waits for a second, so that nearly each stop comes during one.
STOPPED_S = 1.2
NEVER_S = 3600.0


class Number(faust.Record, serializer="json"):
    """What the topic carries."""

    n: int


def main() -> None:
    """Run until the last record was seen."""
    bootstrap, group, lane, folder = sys.argv[1:]
    app = bare(bootstrap, group, lane, Path(folder), broker_commit_interval=NEVER_S)
    topic = app.topic(f"{group}-numbers", value_type=Number)
    last = ROUNDS * EACH
    numbers_seen: list[int] = []

    @app.agent(topic)
    async def see(numbers: Any) -> None:
        async for number in numbers:
            numbers_seen.append(number.n)
            if number.n == last:
                (Path(folder) / "seen").write_text(json.dumps(numbers_seen))
                signal.raise_signal(signal.SIGTERM)

    @app.task  # type: ignore[untyped-decorator]
    async def stop_and_resume() -> None:
        consumer: Any = app.consumer
        while not (consumer.assignment() and consumer.flow_active):
            await asyncio.sleep(0.1)
        for begin in range(0, last, EACH):
            await asyncio.sleep(0.5)
            consumer.stop_flow()
            for n in range(begin, begin + EACH):
                await (await topic.send(value=Number(n=n)))
            await asyncio.sleep(STOPPED_S)
            consumer.resume_flow()
        await asyncio.sleep(STOPPED_S)
        await topic.send(value=Number(n=last))

    run(app)


if __name__ == "__main__":
    main()
