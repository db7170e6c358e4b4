"""The stream's asv benchmarks: one real broker for all, figures or a reason for each variant."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks import stream
from benchmarks.stream import Drain
from stream.kafka.running import Broker

pytestmark = pytest.mark.broker


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Drain:
    """The benchmark with two variants, one of them unheard of, and short stretches."""
    monkeypatch.setattr(stream, "RECORDS", 20_000)
    monkeypatch.setattr(stream, "RUNS", 2)
    monkeypatch.setattr(stream, "STRETCH_S", 0.3)
    monkeypatch.setattr(Drain, "params", ("confluent_tuned", "nosuch"))
    return Drain()


@dataclass(frozen=True, slots=True)
class Lent:
    """The session's broker, which goes on when the benchmark is done with it."""

    bootstrap: str

    def __enter__(self) -> None:
        """Nothing to do: it runs."""

    def __exit__(self, *_: object) -> None:
        """Nothing to do: others need it."""


@pytest.mark.parametrize(
    "whose",
    [
        "lent",
        # That it starts one, and what comes of it where none can be had, is below.
        pytest.param(
            "own",
            marks=pytest.mark.thorough(
                "test_figures_are_microseconds_per_record_and_an_unknown_variant_is_skipped",
                "test_without_a_broker_every_variant_is_skipped_with_the_reason",
            ),
        ),
    ],
)
def test_figures_are_microseconds_per_record_and_an_unknown_variant_is_skipped(
    short: Drain, broker: Broker, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    if whose == "lent":
        monkeypatch.setattr("stream.broker.start", lambda: Lent(broker.bootstrap))
    cache = short.setup_cache()
    short.setup(cache, "confluent_tuned")
    # From a million records a second to a hundred.
    assert 1 < short.track_us_per_record(cache, "confluent_tuned") < 10_000
    assert 0 < short.track_cpu_us_per_record(cache, "confluent_tuned") < 10_000
    with pytest.raises(NotImplementedError, match="nosuch"):
        short.setup(cache, "nosuch")


def test_without_a_broker_every_variant_is_skipped_with_the_reason(
    short: Drain, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("stream.kafka.java.util.find_spec", lambda name: None)
    cache = short.setup_cache()
    with pytest.raises(NotImplementedError, match="Java"):
        short.setup(cache, "confluent_tuned")


def test_without_the_clients_every_variant_is_skipped_with_the_reason(
    short: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "stream.broker", None)
    with pytest.raises(NotImplementedError, match="lacks"):
        short.setup(short.setup_cache(), "confluent_tuned")
