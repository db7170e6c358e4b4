"""Options that several of the gate's commands share: declared here once, and read from text."""

import argparse
import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.cpus import pinnable_cpus
from hotloop.base.errors import UsageError
from hotloop.base.values import parse_count, parse_number
from hotloop.gate.model import PytestRequest, Request
from hotloop.gate.source import table as table_of
from hotloop.gate.suites.pytests.configured import settings_of
from hotloop.gate.verdicts import DEFAULT_FALSE_ALARMS

# A floor this large without a per cent sign probably means per cent, not a fraction.
LARGEST_PLAIN_FLOOR = 0.1
PERCENT = "%"
CONFIG = "asv.conf.json"
HEAD = "HEAD"
# The options that say how a suite of pytest is installed and run.
OF_PYTEST = ("pytest", "pytest_args", "install", "extra", "group", "requirement", "python")
DEFAULT_FLOOR = 0.005


@dataclass(frozen=True, slots=True)
class AskedRule:
    """What counts as slower; None: the default, or the value of the stored result."""

    false_alarms: float | None = None
    floor: float | None = None
    false_discoveries: float | None = None


def add_config(group: argparse._ArgumentGroup) -> None:
    """Declare --config: which suite of asv's."""
    group.add_argument(
        "--config",
        metavar="FILE",
        type=parse_config,
        help=f"asv's configuration of the project (default: {CONFIG})",
    )


def add_selection(group: argparse._ArgumentGroup) -> None:
    """Declare --config and --bench: which suite, and what of it."""
    add_config(group)
    group.add_argument(
        "--bench",
        metavar="REGEX",
        action="append",
        type=parse_regex,
        help="only benchmarks whose name has a match; may be repeated",
    )


def add_pytest(group: argparse._ArgumentGroup) -> None:
    """Declare what says that the suite is pytest's, and which tests it has."""
    group.add_argument(
        "--pytest",
        metavar="PATH",
        nargs="*",
        help="the benchmarks are pytest tests with the fixture `benchmark`, of these files or "
        "folders (default: what the project configures)",
    )
    group.add_argument(
        "--pytest-args",
        metavar="ARGUMENTS",
        type=parse_words,
        help="more arguments for pytest, as in --pytest-args='-m \"not slow\"'",
    )
    group.add_argument(
        "--install",
        metavar="COMMAND",
        action="append",
        help="installs the project for its tests, as in --install 'pip install -e .[test]' "
        "(default: pip or uv installs the commit's wheel and pytest); may be repeated",
    )
    for option, what in (
        ("extra", "an extra of the project"),
        ("group", "a dependency group of pyproject.toml"),
        ("requirement", "a file of requirements"),
    ):
        group.add_argument(
            f"--{option}",
            metavar="FILE" if option == "requirement" else "NAME",
            action="append",
            help=f"{what} that the tests need; may be repeated",
        )
    group.add_argument(
        "--python",
        metavar="PYTHON",
        help="the Python of pytest's environments, a command or a version (default: this one)",
    )


def add_environment(group: argparse._ArgumentGroup, of_whom: str = "") -> None:
    """Declare --environment: what the benchmarks run in."""
    group.add_argument(
        "--environment",
        metavar="NAME",
        help=f"for asv one of its environments{of_whom} (default: the first that fits); for pytest "
        "another Python, or `here`: this Python, and nothing is built",
    )


def asked_pytest(namespace: argparse.Namespace) -> PytestRequest | None:
    """The values of ``add_pytest``'s options, or else of the project's table; None: asv's suite.

    asv's if there is a configuration of asv's and --pytest is not given. Raises UsageError for
    options that are of the other kind, and where nothing says which kind is meant.
    """
    folder = Path()
    given = {name: getattr(namespace, name) for name in OF_PYTEST}
    is_asvs = namespace.config is not None or Path(CONFIG).exists()
    if namespace.pytest is None and is_asvs:
        _refuse_those_of_pytest(given)
        return None
    if namespace.config is not None:
        raise UsageError(
            "--config is for suites of asv, --pytest for those of pytest: leave one out"
        )
    table = table_of.read(folder)
    is_found = bool(table) or settings_of(folder) is not None
    if namespace.pytest is None and not is_found:
        _refuse_those_of_pytest(given)
        raise UsageError(
            f"neither {CONFIG} nor a configuration of pytest in {folder.absolute()}: --pytest "
            "takes the tests with the fixture `benchmark`, --config names asv's configuration"
        )

    def value(name: str) -> tuple[str, ...]:
        asked = given[name] or table.get(name.replace("_", "-")) or ()
        return (asked,) if isinstance(asked, str) else tuple(asked)

    arguments = value("pytest_args")
    return PytestRequest(
        folder=folder,
        paths=tuple(map(_inside, value("pytest"))),
        arguments=arguments if given["pytest_args"] else parse_words(" ".join(arguments)),
        installs=value("install"),
        extras=value("extra"),
        groups=value("group"),
        requirements=value("requirement"),
        python=next(iter(value("python")), None),
        environment=_text(table.get("environment")),
        is_found=namespace.pytest is None,
    )


def asked_request(
    namespace: argparse.Namespace, base: str, head: str, environments: tuple[str | None, str | None]
) -> Request:
    """The values of ``add_selection``'s and ``add_pytest``'s options, for these two commits."""
    return Request(
        base=base,
        head=head,
        environments=environments,
        benches=tuple(namespace.bench or ()),
        config=namespace.config or Path(CONFIG),
        pytest=asked_pytest(namespace),
    )


def _inside(path: str) -> str:
    """A path of tests, relative to this folder: each side has it in its own checkout.

    It may lie beside this folder, but has to be of the same repository.
    """
    file, colons, rest = path.partition("::")
    here = Path.cwd()
    top = next((each for each in (here, *here.parents) if (each / ".git").exists()), here)
    inside = os.path.relpath(file or ".")
    if not file or not Path(os.path.normpath(here / inside)).is_relative_to(top):
        raise UsageError(f"--pytest {path}: name files or folders below {top}")
    return f"{inside}{colons}{rest}"


def _text(value: str | list[str] | None) -> str | None:
    return value if isinstance(value, str) else None


def _refuse_those_of_pytest(given: Mapping[str, object]) -> None:
    for name, value in given.items():
        if value is not None:
            raise UsageError(f"--{name.replace('_', '-')} is for suites of pytest: add --pytest")


def add_lanes(group: argparse._ArgumentGroup) -> None:
    """Declare --lanes: how many pairs are measured at once."""
    group.add_argument(
        "--lanes",
        metavar="N",
        type=parse_lanes,
        help="pairs at once, each on a CPU of its own (default: decided by a short trial; above "
        "two CPUs one stays free)",
    )


def add_rule(group: argparse._ArgumentGroup) -> None:
    """Declare --false-alarms and --floor: what counts as slower."""
    group.add_argument(
        "--false-alarms",
        metavar="PART",
        type=parse_false_alarms,
        help="how often a run on equal commits may flag anything "
        f"(default: {DEFAULT_FALSE_ALARMS}, 1 in 100)",
    )
    group.add_argument(
        "--floor",
        metavar="PERCENT",
        type=parse_floor,
        help="ignore slowdowns up to this: another memory layout can cost as much "
        f"(default: {DEFAULT_FLOOR * 100:g}%%)",
    )


def asked_rule(namespace: argparse.Namespace) -> AskedRule:
    """The values of ``add_rule``'s options."""
    return AskedRule(namespace.false_alarms, namespace.floor)


def refuse_with_from(parser: argparse.ArgumentParser, *measuring: argparse._ArgumentGroup) -> None:
    """Let ``parse_stored`` refuse the options of these groups, which say how to measure."""
    actions = [action for group in measuring for action in group._group_actions]
    parser.set_defaults(measuring=tuple(actions))


def parse_stored(namespace: argparse.Namespace, revision: str | None) -> tuple[Path, ...] | None:
    """The files of --from, None if not given. Raises UsageError for options that it excludes."""
    if namespace.stored is None:
        return None
    given = [
        action.option_strings[0]
        for action in namespace.measuring
        # Options that share a destination each have a value of their own.
        if (value := getattr(namespace, action.dest)) is not None and action.const in (None, value)
    ]
    for what in [revision, *given]:
        if what is not None:
            raise UsageError(f"--from measures nothing; leave out {what}")
    files = [namespace.stored] if isinstance(namespace.stored, str) else namespace.stored
    return tuple(map(Path, files))


def parse_config(text: str) -> Path:
    """The configuration's path. Raises UsageError for an empty one."""
    if not text.strip():
        raise UsageError(f"--config '': name a file, as in --config {CONFIG}")
    return Path(text)


def parse_lanes(text: str) -> int:
    """How many pairs at once, as many as there are CPUs at most. Raises UsageError."""
    cpus = pinnable_cpus()
    return parse_count("--lanes", text, 1, 1 if cpus is None else len(cpus))


def parse_regex(text: str) -> str:
    """A regular expression for names of benchmarks. Raises UsageError."""
    try:
        re.compile(text)
    except re.error as error:
        raise UsageError(f"--bench {text}: not a regular expression ({error})") from None
    return text


def parse_words(text: str) -> tuple[str, ...]:
    """The arguments in a text, as a shell reads them. Raises UsageError."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"--pytest-args {text}: {error}") from None


def parse_false_alarms(text: str) -> float:
    """A fraction of all runs, "1%" or "0.01". Raises UsageError."""
    return _parse_part_inside("--false-alarms", text, "all runs")


def parse_false_discoveries(text: str) -> float:
    """A fraction of what is flagged, "5%" or "0.05". Raises UsageError."""
    return _parse_part_inside("--false-discoveries", text, "what is flagged")


def parse_floor(text: str) -> float:
    """A slowdown in per cent or as a fraction. Raises UsageError."""
    floor = _parse_part("--floor", text)
    if not 0 <= floor < 1:
        raise UsageError(f"--floor {text}: give per cent from 0 to below 100, as in --floor 0.5%")
    if not text.strip().endswith(PERCENT) and floor >= LARGEST_PLAIN_FLOOR:
        raise UsageError(
            f"--floor {text}: that is {floor * 100:g} %; write {floor * 100:g}% if it is meant, "
            f"or {text}% for per cent"
        )
    return floor


def _parse_part_inside(option: str, text: str, whole: str) -> float:
    """More than nothing and less than all of ``whole``."""
    part = _parse_part(option, text)
    if not 0 < part < 1:
        raise UsageError(f"{option} {text}: give a part of {whole}, above 0 and below 1")
    return part


def _parse_part(option: str, text: str) -> float:
    """``0.5%`` or ``0.005``, as a fraction."""
    stripped = text.strip()
    if stripped.endswith(PERCENT):
        return parse_number(option, stripped.removesuffix(PERCENT)) / 100
    return parse_number(option, stripped)
