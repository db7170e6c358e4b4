"""What the files of this folder ask of more than one client library."""

from collections.abc import Iterator

import pytest

from tests import warm

WORKER = "stream.consume.worker"


@pytest.fixture(scope="session", autouse=True)
def further_clients() -> Iterator[None]:
    """Their workers load no library of a client anew: half a second each."""
    loads = (*warm.LOADS[WORKER], "quixstreams", "faststream.kafka", "uvloop")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(warm.LOADS, WORKER, loads)
        yield
