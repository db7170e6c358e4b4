"""The command's arguments: what is refused, in one sentence, before anything starts."""

import io
import re
from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from hotloop.cli import Parser, main
from hotloop.streams.loads import LATENCY, SUSTAIN
from hotloop.streams.measures import DRAIN
from hotloop.streams.options import Options, add_arguments, parse_options
from stream import registry


def parse(*words: str) -> Options:
    parser = Parser(prog="hotloop stream")
    add_arguments(parser)
    return parse_options(parser.parse_args(list(words)))


def test_the_default_is_a_drain_of_the_whole_ladder_on_our_own_broker() -> None:
    options = parse()
    assert options.variants == tuple(variant.name for variant in registry.VARIANTS)
    assert options.asked == ()
    assert options.measures == {DRAIN}
    assert (options.runs, options.partitions, options.workers, options.nodes) == (5, 1, 1, 1)
    assert (options.records, options.bootstrap, options.seed) == (None, None, None)


def test_named_variants_are_measured_in_ladder_order() -> None:
    assert parse("confluent", "faust").variants == ("faust", "confluent")


def test_several_measures_are_given_with_commas() -> None:
    assert parse("--measure", "sustain,latency").measures == {SUSTAIN, LATENCY}


def test_a_rebalance_has_a_group_of_its_own_beside_that_of_a_drain() -> None:
    alone = parse("--measure", "rebalance", "--runs", "7", "--producers", "2")
    assert (alone.workers, alone.partitions, alone.topics) == (3, 6, 1)
    assert (alone.runs, alone.producers) == (7, 2)
    both = parse("--measure", "rebalance,drain", "--workers", "2")
    assert (both.workers, both.partitions) == (2, 2)


def test_partitions_follow_the_workers_unless_they_are_given() -> None:
    assert parse("--workers", "3").partitions == 3
    assert parse("--workers", "3", "--partitions", "6").partitions == 6


def test_every_option_reaches_its_place(tmp_path: Path) -> None:
    words = "--records 5000 --producers 2 --topics 3 --runs 7 --nodes 3 --seed 0 --quiet"
    options = parse(*words.split(), "--json", str(tmp_path / "r.json"))
    assert (options.records, options.producers, options.topics) == (5_000, 2, 3)
    assert (options.runs, options.nodes, options.seed, options.quiet) == (7, 3, 0, True)
    assert options.json == tmp_path / "r.json"


def test_a_cluster_of_the_users_own_is_taken_with_its_login(tmp_path: Path) -> None:
    login = tmp_path / "client.properties"
    login.write_text("security.protocol=PLAINTEXT\n", encoding="utf-8")
    options = parse("--bootstrap", "host:9092", "--security", str(login))
    assert options.bootstrap == "host:9092"
    assert options.security.settings == {"security.protocol": "PLAINTEXT"}
    assert options.prefix == "hotloop-"


def test_a_prefix_is_any_part_of_a_topics_name() -> None:
    assert parse("--prefix", "Team.7_x-").prefix == "Team.7_x-"
    with pytest.raises(UsageError, match="at least one of them"):
        parse("--prefix", "")


def test_an_address_reaches_the_clients_in_one_form() -> None:
    assert parse("--bootstrap", "kafka://a:1/, b:2").bootstrap == "a:1,b:2"


def test_the_address_must_not_ask_for_more_than_the_settings_give(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="but the security settings say PLAINTEXT"):
        parse("--bootstrap", "SSL://a:1")
    login = tmp_path / "client.properties"
    login.write_text("security.protocol SSL\n", encoding="utf-8")
    assert parse("--bootstrap", "SSL://a:1", "--security", str(login)).bootstrap == "a:1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("fuast", "did you mean faust"),
        ("nonsense", "there are faust, "),
        ("faust faust", "faust is named 2 times"),
        ("--measure drian", "'drian' is none of drain, sustain, latency, rebalance"),
        ("--measure rebalance --workers 3", "--workers 3: rebalance has a group of its own"),
        ("--measure rebalance --partitions 6", "3 workers on 6 partitions of one topic"),
        ("--measure rebalance --topics 1", "--topics 1: rebalance has a group of its own"),
        ("--measure drain,", "'' is none of"),
        ("--records 99", "--records 99: give a whole number, from 100 to 100,000,000"),
        ("--records 1e6", "--records 1e6: give a whole number"),
        ("--records -5", "--records -5: give a whole number"),
        ("--records 100000001", "from 100 to 100,000,000"),
        ("--partitions 0", "--partitions 0: give a whole number, 1 or more"),
        ("--workers two", "--workers two: give a whole number, 1 or more"),
        ("--workers 3 --partitions 2", "give --partitions 3 or more"),
        ("--producers 101", "--producers 101: give a whole number, from 1 to 100"),
        ("--topics 0", "--topics 0"),
        ("--runs 0", "--runs 0"),
        ("--nodes 2", "--nodes 2: our own broker has 1 node or 3"),
        ("--nodes 3 --bootstrap host:9092", "give one"),
        ("--prefix a/b", "--prefix 'a/b': names on a cluster have"),
        ("--prefix teäm-", "names on a cluster have"),
        (f"--prefix {'x' * 201}", "201 characters, at most 200"),
        ("--security client.properties", "give --bootstrap as well"),
        ("--bootstrap nowhere", "--bootstrap takes HOST:PORT"),
        ("--bootstrap h:1 --security /nowhere.properties", "cannot read the security settings"),
        ("--seed x", "--seed x: give a whole number, 0 or more"),
        (f"--seed {'9' * 5_000}", "give a whole number, 0 or more"),
        ("--json /nowhere/r.json", "cannot write there"),
        ("--frobnicate", "--frobnicate"),
        ("faust --rate 500 --fault pause,poison", "hotloop fault pause,poison"),
        ("--fault", "hotloop fault all"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_value(words: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)) as raised:
        parse(*words.split())
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("words", ["fuast", "--runs 0", "--bootstrap nowhere"])
def test_a_refused_request_is_one_sentence_and_code_2(words: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    assert main(["stream", *words.split()], out, err) == 2
    assert out.getvalue() == ""
    assert err.getvalue().startswith("hotloop: ")
    assert err.getvalue().count("\n") == 1


def test_where_nothing_is_installed_no_broker_is_started_and_the_table_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "_is_installed", lambda name: False)
    monkeypatch.setattr("stream.broker.start", None)
    out, err = io.StringIO(), io.StringIO()
    assert main(["stream", "quix"], out, err) == 4
    assert "quix     unavailable: quixstreams is not installed" in out.getvalue()
    assert err.getvalue() == ""
