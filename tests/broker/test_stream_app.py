"""The recipe as a user runs it: its real worker on a real broker, until Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stream.cluster import admin

pytestmark = pytest.mark.broker

ROOT = Path(__file__).resolve().parents[2]
STOP_WITHIN_S = 60.0
# Faust puts its log's prefix before what is printed.
GOT = re.compile(r"Got producer (?P<producer>[12]): (?P<value>\S+)")
SCALES = {"1": 2.0, "2": 5.0}
# Six lines: both producers, and the second tick of each.
LINES = 6


@pytest.fixture
def empty_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def test_the_recipe_prints_what_its_seed_gives_and_stops_cleanly(
    broker: Any, tmp_path: Path, empty_folder: Path
) -> None:
    # Not above: all of Faust would be loaded where tests are collected.
    from stream.app import SEED, TOPIC

    environment = os.environ | {
        "BROKER_URL": f"kafka://{broker.bootstrap}",
        "HOTLOOP_STATE": str(tmp_path / "new" / "state"),
        "PYTHONPATH": str(ROOT),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "stream.app", "worker"],
        env=environment,
        cwd=empty_folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as worker:
        printed = []
        got = []
        for line in worker.stdout or ():
            printed.append(line)
            if match := GOT.search(line):
                got.append(match)
            if len(got) == LINES:
                worker.send_signal(signal.SIGINT)
                break
        rest, _ = worker.communicate(timeout=STOP_WITHIN_S)
    said = "".join([*printed, rest])
    got += GOT.finditer(rest)

    assert worker.returncode == 0, said
    assert "Traceback" not in said
    # Both timers are due in every second second: which of them draws first is open, and of two
    # records sent at once the later may arrive first. So each printed value is looked up among
    # the numbers drawn, one more than there are lines.
    drawn = np.random.default_rng(SEED).random(len(got) + 1).tolist()
    places = [
        [SCALES[one["producer"]] * number for number in drawn].index(float(one["value"]))
        for one in got
    ]
    assert len(set(places)) == len(got)
    assert all(abs(place - line) <= 1 for line, place in enumerate(places))
    assert {one["producer"] for one in got} == {"1", "2"}
    # Faust's topic has the partitions that it was given, and all that was read is committed.
    assert set(admin.end_offsets(broker.bootstrap, TOPIC)) == {0}
    assert admin.committed(broker.bootstrap, "sample", TOPIC)[0] >= LINES
    assert list(empty_folder.iterdir()) == []
