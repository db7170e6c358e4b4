"""A stream in a folder and a language of the user's that must change nothing."""

import json
from pathlib import Path

import pytest

from stream.kafka.running import Broker
from tests.surroundings import hotloop, set_trap, was_run

pytestmark = pytest.mark.broker


def test_neither_the_folder_nor_the_language_changes_a_stream(
    tmp_path: Path, broker: Broker
) -> None:
    set_trap(tmp_path)
    words = "stream confluent --records 3000 --runs 1 --json result.json"
    done = hotloop(tmp_path, *words.split(), "--bootstrap", broker.bootstrap)
    assert done.returncode == 0, done.stderr
    assert was_run(tmp_path) == []
    limit = json.loads((tmp_path / "result.json").read_text())["limit"]
    assert limit["perf_test_records_per_second"] > 0
