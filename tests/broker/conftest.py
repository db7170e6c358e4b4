"""One real broker for the session, and fresh names for everything on it.

All files of this folder run in one process (tests/order.py), so that they share one broker. Those
of ``apart`` run in others. Some need no broker or start their own; the rest is a group that takes
as long as all files of this folder together. test_unwell_brokers.py harms its broker, and is last.
"""

import shutil
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path

import pytest

from stream.broker import start
from stream.cluster import admin
from stream.cluster.place import Place
from stream.kafka.running import Broker
from stream.measure import drain
from stream.measure.drain import Filled, Shape
from tests import warm
from tests.broker import disk, quick_java
from tests.broker.secured import also_secured
from tests.consumers import RECORDS
from tests.order import scope

# More than all tests together write.
ROOM_BYTES = 1 << 30
# For workers that are to be still reading when others begin, or that cannot keep up.
SLOWLY = """
import time
from stream.consume import sink

functions = sink.Sink._functions

def slowly(self):
    handle, bad = functions(self)
    def handle_slowly(record):
        time.sleep(0.0005)
        handle(record)
    return handle_slowly, bad

sink.Sink._functions = slowly
"""


@pytest.fixture(scope="session", autouse=True)
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder of the session's own, so that no test meets a user's brokers."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLOOP_STATE", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def quick_start(
    state_home: Path, request: pytest.FixtureRequest, pytestconfig: pytest.Config
) -> Iterator[Path | None]:
    """Brokers start in half the time: none is measured.

    What it gives is where the data of a broker that held nothing are kept, if there can be one.
    """
    many = any(item.get_closest_marker("thorough") for item in request.session.items)
    with pytest.MonkeyPatch.context() as patch:
        yield quick_java.use(patch, _kept(pytestconfig, "java"), many=many)


@pytest.fixture(scope="session", autouse=True)
def consumers_and_generators() -> Iterator[None]:
    """Those of runs in the process of the tests need not load Faust and Kafka's library anew."""
    with warm.everywhere("stream.consume.worker", *warm.OF_KAFKA, *warm.APPS):
        yield


def _kept(config: pytest.Config, name: str) -> Path:
    """A folder that the next runs of the tests find again."""
    assert config.cache is not None
    return config.cache.mkdir(name)


class Shared:
    """One node of the newest Kafka, from the first test that asks for it on."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._running: Broker | None = None

    def get(self, beside: AbstractContextManager[None], kept: Path | None, folder: Path) -> Broker:
        """In ``folder`` are its data: a copy of those ``kept``, which need no formatting."""
        if self._running is None:
            own = folder / "data"
            self._stack.enter_context(disk.mounted(folder, ROOM_BYTES))
            self._stack.callback(shutil.rmtree, own, ignore_errors=True)
            if kept is not None and kept.exists():
                shutil.copytree(kept, own)
            with beside:
                self._running = self._stack.enter_context(start(data_dir=own))
            if kept is not None and not kept.exists():
                quick_java.keep(own, kept)
        return self._running

    def end(self) -> None:
        self._running = None
        self._stack.close()


_shared = Shared()


@pytest.fixture(scope="module")
def broker(
    quick_start: Path | None,
    request: pytest.FixtureRequest,
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
) -> Broker:
    """One node of the newest Kafka, shared by all tests: use fresh topics and groups.

    That of ``apart`` has the listener of secured.py too. Who harms one asks for ``harmed``.
    """
    secured = request.path.parent != Path(__file__).parent
    return _shared.get(
        also_secured(_kept(pytestconfig, "secured")) if secured else nullcontext(),
        quick_start,
        tmp_path_factory.mktemp("shared"),
    )


@pytest.fixture(scope="module")
def harmed(broker: Broker) -> Iterator[Broker]:
    """The shared one, for a file of tests that harms it: the next file gets another."""
    yield broker
    _shared.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """After the last test that shares it, it ends: one that nobody asks takes CPU time too."""
    try:
        return (yield)
    finally:
        if nextitem is None or scope(nextitem.nodeid) != scope(item.nodeid):
            _shared.end()


@pytest.fixture
def new_topic(broker: Broker) -> Callable[[int], str]:
    """Call it with a number of partitions for a new, empty topic."""

    def create(partitions: int) -> str:
        name = f"topic-{uuid.uuid4().hex}"
        admin.create_topic(broker.bootstrap, name, partitions)
        return name

    return create


@pytest.fixture
def new_group() -> Callable[[], str]:
    """Call it for the name of a consumer group that was never used."""
    return lambda: f"group-{uuid.uuid4().hex}"


@pytest.fixture
def place(broker: Broker, tmp_path: Path) -> Iterator[Place]:
    """The session's broker, left without this test's topics."""
    made = Place(broker.bootstrap, 1, None, tmp_path, broker.cpu_s)
    yield made
    made.tidy()


@pytest.fixture
def filled(place: Place) -> Filled:
    """A new topic of one partition that holds RECORDS records."""
    return drain.fill(place, Shape(1, 1, 1), RECORDS, producers=1, value_seed=1)


@pytest.fixture(scope="session")
def slow_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What to put into PYTHONPATH."""
    folder = tmp_path_factory.mktemp("slowly")
    folder.joinpath("sitecustomize.py").write_text(SLOWLY)
    return folder


@pytest.fixture
def slowly(slow_workers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that this test starts handle 2,000 records a second at most."""
    monkeypatch.setenv("PYTHONPATH", str(slow_workers))
