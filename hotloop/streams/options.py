"""What ``hotloop stream`` was asked for: parsed once, refused before anything is measured.

`hotloop fault` uses the same options for the cluster and the variants.
"""

import argparse
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

from hotloop.base.errors import UsageError
from hotloop.base.values import check_names, parse_count
from hotloop.report.exports import parse_exports
from hotloop.streams.measures import ABOUT, DRAIN
from hotloop.streams.rebalances import REBALANCE
from stream import registry
from stream.cluster import addresses, login_file
from stream.cluster.names import LEGAL, LONGEST_PREFIX, PREFIX
from stream.cluster.security import NO_SECURITY, Security
from stream.faults.plans import MEMBERS, PARTITIONS

DEFAULT_RUNS = 5
NODES = (1, 3)
# Their number has two digits in a record.
MOST_PRODUCERS = 100
# Fewer than this show nothing; more than this is too much for a laptop.
FEWEST_RECORDS = 100
MOST_RECORDS = 100_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """``asked`` are the variants named on the command line; ``variants`` all to be measured.

    Both are in ladder order. ``records`` None: a stretch of about 2 s, calibrated.
    ``bootstrap`` None: a broker of our own with ``nodes`` nodes. ``seed`` None:
    choose one.
    """

    asked: tuple[str, ...]
    variants: tuple[str, ...]
    measures: frozenset[str]
    records: int | None
    partitions: int
    workers: int
    producers: int
    topics: int
    runs: int
    nodes: int
    bootstrap: str | None
    security: Security
    prefix: str
    seed: int | None
    json: Path | None
    csv: Path | None
    markdown: Path | None
    quiet: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; what they say together is checked by ``parse_options``."""
    add_variants(parser, "which to measure", "all")
    measures = ", ".join(f"{name} ({about})" for name, about in ABOUT.items()).replace("%", "%%")
    parser.add_argument(
        "--measure",
        metavar="WHAT",
        type=_parse_measures,
        default=DRAIN,
        help=f"comma-separated: {measures} (default: %(default)s)",
    )
    parser.add_argument(
        "--records",
        metavar="N",
        type=partial(parse_count, "--records", least=FEWEST_RECORDS, most=MOST_RECORDS),
        help="drain: records to read in every run (default: as many as take about 2 s)",
    )
    parser.add_argument(
        "--partitions",
        metavar="P",
        type=partial(parse_count, "--partitions", least=1),
        help="of each topic (default: as many as workers)",
    )
    parser.add_argument(
        "--workers",
        metavar="W",
        type=partial(parse_count, "--workers", least=1),
        help="consumers in each group; more than 1 also prints the speed-up (default: 1)",
    )
    parser.add_argument(
        "--producers",
        metavar="N",
        type=partial(parse_count, "--producers", least=1, most=MOST_PRODUCERS),
        default=1,
        help="load generators side by side (default: %(default)s)",
    )
    parser.add_argument(
        "--topics",
        metavar="T",
        type=partial(parse_count, "--topics", least=1),
        help="topics that every producer publishes to, each with its own group (default: 1)",
    )
    parser.add_argument(
        "--runs",
        metavar="R",
        type=partial(parse_count, "--runs", least=1),
        default=DEFAULT_RUNS,
        help="drain, rebalance: fresh processes of each variant (default: %(default)s)",
    )
    parser.add_argument(
        "--nodes",
        metavar="N",
        type=_parse_nodes,
        help="nodes of our own broker: 1 (default), or 3 with three copies of each topic",
    )
    add_cluster(parser)
    parser.add_argument(
        "--seed",
        metavar="N",
        type=partial(parse_count, "--seed"),
        help="fixes the order of the runs and the values (default: a new one)",
    )
    parser.add_argument("--json", metavar="FILE", help="store the result with every sample")
    parser.add_argument("--csv", metavar="FILE", help="store a row for each variant")
    parser.add_argument("--markdown", metavar="FILE", help="store the tables")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    # Faults were once requested here.
    parser.add_argument("--fault", type=_moved, nargs="?", const="all", help=argparse.SUPPRESS)


def add_variants(parser: argparse.ArgumentParser, what: str, default: str) -> None:
    """Declare the names of variants; ``what`` is done with them."""
    names = ", ".join(variant.name for variant in registry.VARIANTS)
    parser.add_argument(
        "variants", nargs="*", metavar="VARIANT", help=f"{what}: {names} (default: {default})"
    )


def add_cluster(parser: argparse.ArgumentParser) -> None:
    """Declare the options for a user's own cluster."""
    parser.add_argument(
        "--bootstrap", metavar="HOST:PORT[,..]", help="use this cluster, not our own"
    )
    parser.add_argument(
        "--security", metavar="FILE", help="client properties for the cluster of --bootstrap"
    )
    parser.add_argument(
        "--prefix",
        metavar="TEXT",
        type=_parse_prefix,
        default=PREFIX,
        help="how the names of all topics, groups and clients on the cluster begin "
        "(default: %(default)s)",
    )


def parse_options(namespace: argparse.Namespace) -> Options:
    """The options, all checked. Raises UsageError with the option and its value."""
    asked = parse_variants(namespace.variants)
    topics, partitions, workers = _parse_shape(namespace)
    bootstrap, security = parse_cluster(namespace)
    if bootstrap is not None and namespace.nodes is not None:
        raise UsageError(
            f"--nodes {namespace.nodes} is for our own broker, --bootstrap for yours: give one"
        )
    exports = parse_exports(namespace, ("json", "csv", "markdown"))
    return Options(
        asked=asked,
        variants=asked or tuple(variant.name for variant in registry.VARIANTS),
        measures=namespace.measure,
        records=namespace.records,
        partitions=partitions,
        workers=workers,
        producers=namespace.producers,
        topics=topics,
        runs=namespace.runs,
        nodes=namespace.nodes or 1,
        bootstrap=bootstrap,
        security=security,
        prefix=namespace.prefix,
        seed=namespace.seed,
        json=exports["json"],
        csv=exports["csv"],
        markdown=exports["markdown"],
        quiet=namespace.quiet,
    )


def _parse_shape(namespace: argparse.Namespace) -> tuple[int, int, int]:
    """Topics, partitions of each and workers on each. Raises UsageError."""
    given = {name: getattr(namespace, name) for name in ("topics", "partitions", "workers")}
    if namespace.measure == {REBALANCE}:
        name = next((name for name, number in given.items() if number is not None), None)
        if name is not None:
            raise UsageError(
                f"--{name} {given[name]}: rebalance has a group of its own, "
                f"{MEMBERS} workers on {PARTITIONS} partitions of one topic"
            )
        return 1, PARTITIONS, MEMBERS
    workers = given["workers"] or 1
    partitions = given["partitions"] or workers
    if workers > partitions:
        raise UsageError(
            f"--workers {workers}: of {partitions} partition(s) {workers - partitions} worker(s) "
            f"would get none; give --partitions {workers} or more"
        )
    return given["topics"] or 1, partitions, workers


def parse_variants(names: list[str]) -> tuple[str, ...]:
    """The variants that are named, in ladder order. Raises UsageError."""
    check_names(names, registry.get, "variant")
    return tuple(variant.name for variant in registry.VARIANTS if variant.name in names)


def _parse_measures(text: str) -> frozenset[str]:
    names = text.split(",")
    for name in names:
        if name not in ABOUT:
            raise UsageError(f"--measure {text}: {name!r} is none of {', '.join(ABOUT)}")
    return frozenset(names)


def parse_cluster(namespace: argparse.Namespace) -> tuple[str | None, Security]:
    """The address of the user's cluster, if there is one, and its login. Raises UsageError."""
    if namespace.bootstrap is None and namespace.security is not None:
        raise UsageError("--security is for a cluster of your own: give --bootstrap as well")
    if namespace.bootstrap is None:
        return None, NO_SECURITY
    security = NO_SECURITY
    if namespace.security is not None:
        security = login_file.load(Path(namespace.security))
    return addresses.plain(addresses.parse(namespace.bootstrap, security.protocol)), security


def _parse_prefix(text: str) -> str:
    """Kafka's own rule for the name of a topic, which we use for groups and clients too."""
    if not LEGAL.fullmatch(text):
        raise UsageError(
            f"--prefix {text[:40]!r}: names on a cluster have a-z, A-Z, 0-9, '.', '_' and '-' "
            "only, and at least one of them"
        )
    if len(text) > LONGEST_PREFIX:
        raise UsageError(
            f"--prefix {text[:40]}...: {len(text)} characters, at most {LONGEST_PREFIX} leave room "
            "for the rest of a topic's name"
        )
    return text


def _parse_nodes(text: str) -> int:
    nodes = parse_count("--nodes", text, least=1)
    if nodes not in NODES:
        raise UsageError(f"--nodes {text}: our own broker has 1 node or 3")
    return nodes


def _moved(faults: str) -> NoReturn:
    raise UsageError(f"faults have a command of their own: hotloop fault {faults}")
