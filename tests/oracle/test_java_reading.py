"""Login files as a real Java reads them: random ones, by the rules of scripts/fuzz_stream."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from scripts.fuzz_stream import addresses, properties
from scripts.fuzz_stream.java import Java
from stream.cluster.login_file import load

SEEDS = 200

pytest.importorskip("jpype")


@pytest.fixture(scope="module")
def java() -> Iterator[Java]:
    with Java() as running:
        yield running


def test_the_syntax_is_javas(java: Java) -> None:
    findings = {seed: properties.try_syntax(seed, java) for seed in range(2 * SEEDS)}
    assert {seed: found for seed, found in findings.items() if found} == {}


def test_a_file_is_read_as_java_reads_it_or_refused_and_not_shown(
    java: Java, tmp_path: Path
) -> None:
    findings = {seed: properties.try_seed(seed, java, tmp_path) for seed in range(SEEDS)}
    assert {seed: found for seed, found in findings.items() if found} == {}


def test_many_of_these_files_are_read_at_all(tmp_path: Path) -> None:
    read = 0
    for seed in range(SEEDS):
        path = tmp_path / "client.properties"
        path.write_bytes(properties.draw(seed))
        try:
            load(path)
        except UsageError:
            continue
        read += 1
    assert read > SEEDS / 20


def test_a_login_of_javas_is_read_as_kafka_reads_it_or_refused(java: Java) -> None:
    findings = {seed: properties.try_jaas(seed, java) for seed in range(SEEDS)}
    assert {seed: found for seed, found in findings.items() if found} == {}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (b"a\\\n  b = c\\u00e9 ", {"ab": "c\u00e9 "}),
        (b"a\\ b:c=d", {"a b": "c=d"}),
        (b"\\u12", None),
    ],
)
def test_java_is_really_asked(java: Java, text: bytes, read: dict[str, str] | None) -> None:
    assert java.properties(text) == read


def test_random_addresses_are_the_same_to_every_client_or_refused() -> None:
    findings = {seed: addresses.try_seed(seed) for seed in range(SEEDS)}
    assert {seed: found for seed, found in findings.items() if found} == {}
