"""The cache of jars, without a network: the user's own Maven repository stands in for it."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hotloop.base.errors import MeasurementError
from stream.kafka import folders, jars, jars_cache, jars_fetch
from stream.kafka.jars import KAFKA_4, Jar
from tests.broker.processes import environment, hotloop

pytestmark = pytest.mark.broker

# Nothing listens on the discard port of loopback, so every download is refused at once.
NO_NETWORK = {name: "http://127.0.0.1:9" for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY")}


@pytest.fixture
def small() -> Jar:
    """A recorded jar of a few kilobytes, which this session's broker has fetched."""
    return next(one for one in jars.recorded(KAFKA_4) if "/slf4j-api/" in one.place)


OWN_CACHE = folders.cache_folder()


def own_copy(small: Jar) -> Path:
    """The jar in the cache that the session's brokers use."""
    return OWN_CACHE / "jars" / small.place


@pytest.fixture
def maven(tmp_path: Path, small: Jar, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of ``small`` in a user's Maven repository, which has it; no network."""
    jars_cache.class_path(KAFKA_4, lambda _: None)
    place = tmp_path / "m2" / small.place
    place.parent.mkdir(parents=True)
    shutil.copy(own_copy(small), place)
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
    monkeypatch.setenv("JGO_CONFIG_FILE", str(tmp_path / "no.conf"))
    monkeypatch.setenv("HOTLOOP_CACHE", str(tmp_path / "cache"))
    for name, value in NO_NETWORK.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(jars_cache, "recorded", lambda _: (small,))
    return place


def cached(small: Jar) -> Path:
    return folders.cache_folder() / "jars" / small.place


def test_an_empty_cache_is_filled_and_a_full_one_is_left_alone(maven: Path, small: Jar) -> None:
    said: list[str] = []
    assert jars_cache.class_path(KAFKA_4, said.append) == (cached(small),)
    assert len(said) == 1
    changed_ns = cached(small).stat().st_mtime_ns
    jars_cache.class_path(KAFKA_4, said.append)
    assert len(said) == 1
    assert cached(small).stat().st_mtime_ns == changed_ns


def test_the_users_maven_repository_is_only_read(maven: Path, small: Jar) -> None:
    jars_cache.class_path(KAFKA_4, lambda _: None)
    assert maven.exists()
    assert [path for path in maven.parents[4].rglob("*") if path.is_file()] == [maven]


def test_a_damaged_jar_is_named_and_fetched_again(maven: Path, small: Jar) -> None:
    jars_cache.class_path(KAFKA_4, lambda _: None)
    cached(small).write_bytes(cached(small).read_bytes()[:-1])
    said: list[str] = []
    jars_cache.class_path(KAFKA_4, said.append)
    assert said[0] == f"{cached(small)} is damaged (not the recorded SHA-256)"
    assert jars.sha256_of(cached(small)) == small.sha256


def test_a_damaged_jar_without_a_network_is_an_error_that_names_it(maven: Path, small: Jar) -> None:
    jars_cache.class_path(KAFKA_4, lambda _: None)
    cached(small).write_bytes(b"damaged")
    maven.unlink()
    with pytest.raises(MeasurementError, match=r"^slf4j-api-.*jar is missing or damaged in the"):
        jars_cache.class_path(KAFKA_4, lambda _: None)


def test_a_jar_with_the_wrong_sum_never_enters_the_cache(maven: Path, small: Jar) -> None:
    maven.write_bytes(b"not the recorded jar")
    with pytest.raises(MeasurementError, match="cannot be fetched"):
        jars_cache.class_path(KAFKA_4, lambda _: None)
    assert not cached(small).exists()


class Repository(ThreadingHTTPServer):
    """A Maven repository that answers every request with ``body``, of a length it claims.

    ``busy``: so many it puts off.
    """

    body = b""
    claimed_bytes = 0
    busy = 0
    connections = 0

    def process_request(self, *of_whom: Any) -> None:
        self.connections += 1
        super().process_request(*of_whom)


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, Repository)
        if self.server.busy:
            self.server.busy -= 1
            self.send_response(HTTPStatus.TOO_MANY_REQUESTS)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200 if self.path.endswith(".jar") else 404)
        self.send_header("Content-Length", str(self.server.claimed_bytes))
        self.end_headers()
        self.wfile.write(self.server.body)
        self.close_connection = len(self.server.body) < self.server.claimed_bytes

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def repository(
    maven: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Repository]:
    """What the user's jgo settings name in place of Maven Central; nothing is stored here."""
    maven.unlink()
    with Repository(("127.0.0.1", 0), Answer) as server:
        settings = f"[repositories]\ncentral = http://127.0.0.1:{server.server_port}\n"
        (tmp_path / "no.conf").write_text(settings, encoding="ascii")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_what_another_repository_sends_is_compared_too(repository: Repository, small: Jar) -> None:
    repository.body = b"something else"
    repository.claimed_bytes = len(repository.body)
    with pytest.raises(MeasurementError, match=r"arrived with SHA-256 \w+, not the recorded"):
        jars_cache.class_path(KAFKA_4, lambda _: None)
    assert not cached(small).exists()


def test_many_jars_come_by_few_connections_also_from_a_repository_that_is_busy(
    repository: Repository, small: Jar, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.body = own_copy(small).read_bytes()
    repository.claimed_bytes = len(repository.body)
    repository.busy = 2
    many = tuple(Jar(f"a/b{number}/1/b.jar", small.sha256) for number in range(30))
    monkeypatch.setattr(jars_cache, "recorded", lambda _: many)
    jars_cache.class_path(KAFKA_4, lambda _: None)
    assert {jars.sha256_of(cached(jar)) for jar in many} == {small.sha256}
    assert repository.connections <= jars_fetch.PARALLEL_DOWNLOADS


def test_a_download_that_breaks_off_is_no_jar_and_the_next_start_gets_it(
    repository: Repository, maven: Path, small: Jar
) -> None:
    whole = own_copy(small).read_bytes()
    repository.body, repository.claimed_bytes = whole[:1000], len(whole)
    with pytest.raises(MeasurementError, match="cannot be fetched"):
        jars_cache.class_path(KAFKA_4, lambda _: None)
    assert not cached(small).exists()
    repository.body = whole
    assert jars_cache.class_path(KAFKA_4, lambda _: None) == (cached(small),)


def test_what_a_killed_fetch_left_is_removed_by_the_next(maven: Path, small: Jar) -> None:
    leftover = cached(small).parents[4] / ".fetch-killed"
    assert leftover.parent == folders.cache_folder() / "jars"
    leftover.mkdir(parents=True)
    (leftover / "half.jar").write_bytes(b"half")
    jars_cache.class_path(KAFKA_4, lambda _: None)
    assert not leftover.exists()


def test_two_starts_at_once_fetch_once(maven: Path, small: Jar, tmp_path: Path) -> None:
    code = (
        "from stream.kafka import jars, jars_cache\n"
        f"small = jars.Jar({small.place!r}, {small.sha256!r})\n"
        "jars_cache.recorded = lambda _: (small,)\n"
        "said = []\n"
        "jars_cache.class_path(jars.KAFKA_4, said.append)\n"
        "print(sum('fetching 1 ' in line for line in said))\n"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [one.communicate(timeout=60)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert sorted(answers) == ["0\n", "1\n"]
    assert jars.sha256_of(cached(small)) == small.sha256


def test_the_first_start_without_a_network_is_one_sentence_and_code_4(tmp_path: Path) -> None:
    env = environment(
        tmp_path / "state",
        HOTLOOP_CACHE=str(tmp_path / "cache"),
        M2_REPO=str(tmp_path / "m2"),
        JGO_CONFIG_FILE=str(tmp_path / "no.conf"),
        **NO_NETWORK,
    )
    ended = hotloop("broker", "start", env=env)
    assert ended.returncode == 4
    assert ended.stdout == ""
    last = ended.stderr.splitlines()[-1]
    assert "start again with a network and room" in last
    assert "Traceback" not in ended.stderr
    assert list((tmp_path / "cache").rglob("*.jar")) == []


def test_a_cache_that_cannot_be_written_is_one_sentence(
    maven: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("HOTLOOP_CACHE", str(tmp_path / "file"))
    with pytest.raises(MeasurementError, match=r"cannot write the cache in .*: Not a directory"):
        jars_cache.class_path(KAFKA_4, lambda _: None)
