"""The names that are made on a cluster, and what becomes of them."""

from pathlib import Path
from typing import Any

import pytest

from hotloop.base.errors import MeasurementError
from stream.cluster import admin, topic_config
from stream.cluster.place import GOODBYE_S, Place


def place(tmp_path: Path, **changes: Any) -> Place:
    given: dict[str, Any] = {
        "bootstrap": "127.0.0.1:9",
        "replication": 1,
        "security": None,
        "folder": tmp_path,
        "broker_cpu_s": None,
    }
    return Place(**(given | changes))


@pytest.fixture
def created(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(topic_config, "create", lambda _, name, *rest: names.append(name))
    return names


def test_every_name_begins_with_the_prefix_and_is_new(tmp_path: Path, created: list[str]) -> None:
    made = [place(tmp_path, prefix="team.x_") for _ in range(2)]
    names = [name for one in made for name in (one.new_topic(1), one.new_topic(1), one.new_group())]
    assert created == [name for name in names if "-topic-" in name]
    assert len(set(names)) == 6
    for one in made:
        known = [*one.topics, *one.groups, str(one.settings["client.id"])]
        assert all(name.startswith(f"team.x_{one.mark}") for name in known)


def test_a_topic_is_remembered_before_it_is_made_and_while_it_may_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = place(tmp_path)

    def interrupted(*_: object) -> None:
        assert len(made.topics) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr(topic_config, "create", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made.new_topic(1)
    assert len(made.topics) == 1


@pytest.mark.parametrize("is_there", [True, False])
def test_a_topic_that_was_refused_is_forgotten_where_it_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    def refuse(*_: object) -> None:
        raise MeasurementError("no answer")

    monkeypatch.setattr(topic_config, "create", refuse)
    monkeypatch.setattr(Place, "_may_exist", lambda self, topic: is_there)
    made = place(tmp_path)
    with pytest.raises(MeasurementError, match="no answer"):
        made.new_topic(1)
    assert len(made.topics) == is_there


def test_a_topic_that_cannot_be_dropped_costs_nothing_and_is_kept_in_mind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, created: list[str]
) -> None:
    def refuse(*_: object) -> None:
        raise MeasurementError("no right")

    monkeypatch.setattr(admin, "delete_topic", refuse)
    made = place(tmp_path)
    made.drop_topic(made.new_topic(1))
    assert made.topics == created


def test_only_on_a_cluster_that_goes_on_is_there_time_for_a_goodbye(tmp_path: Path) -> None:
    assert place(tmp_path).goodbye_s == GOODBYE_S
    assert place(tmp_path, broker_cpu_s=lambda: 0.0).goodbye_s == 0
