"""Every setting of asv's and asv_runner's has a row in docs/gate.md, and its row a test."""

import inspect
import re
from pathlib import Path
from typing import Any

import asv
import asv_runner
import pytest
from asv.config import Config
from asv_runner.benchmarks import mark

from hotloop.gate.model import Benchmark, Kind
from hotloop.gate.source import project, settings
from tests import tiny_project

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(\w+)`")
OF_BENCHMARKS = re.compile(r"""_get_(?:first_attr|all_attrs)\(\s*[\w.]+,\s*["'](\w+)["']""")
OF_FUNCTIONS = re.compile(
    r"""(?:hasattr|getattr)\(func, ["']([a-z]\w+)["']|func\.(benchmark_name)"""
)
OF_SHELLS = re.compile(r"""["'](ASV(?:_[A-Z_]+)?|CONDA\w+)["']""")


def section() -> str:
    text = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    return text.partition("\n## asv's settings\n")[2].partition("\n## ")[0]


def table() -> set[str]:
    rows = [line.split("|")[1] for line in section().splitlines() if line.startswith("| `")]
    return {name for row in rows for name in NAMED.findall(row)}


def sources(package: object) -> str:
    folder = Path(inspect.getfile(package)).parent  # type: ignore[arg-type]
    return "\n".join(
        path.read_text(encoding="utf-8")
        for path in folder.rglob("*.py")
        if path.name != "asv_profiling.py"
    )


def test_every_key_of_asvs_configuration_has_a_row() -> None:
    known = {*vars(Config()), *settings.ALSO_KNOWN}
    assert known - table() == set()


def test_every_attribute_of_a_benchmark_has_a_row() -> None:
    text = sources(asv_runner)
    found = {name for names in OF_FUNCTIONS.findall(text) for name in names if name}
    # What every function has, in Python 2 even.
    found -= {"im_class"}
    found |= {*OF_BENCHMARKS.findall(text), *mark._BENCHMARK_ATTRS}
    assert {"number", "setup_cache", "timer", "skip_benchmark", "pretty_source"} <= found
    assert found - table() == set()


def test_every_decorator_has_a_row() -> None:
    own = {
        name
        for name, value in vars(mark).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == mark.__name__
    }
    assert "timeout_at" in own
    assert own - table() == set()


def test_every_variable_of_asvs_has_a_row() -> None:
    found = {*OF_SHELLS.findall(sources(asv)), *OF_SHELLS.findall(sources(asv_runner))}
    assert {"ASV_COMMIT", "ASV_PYTHONPATH"} <= found
    assert found - table() == set()


def test_every_test_that_a_row_names_is_there() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    named = {name for name in NAMED.findall(section()) if name.startswith("test_")}
    assert len(named) > 20
    assert {name for name in named if f"\ndef {name}(" not in text} == set()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, []),
        ({"regressions_thresholds": {}, "//": "a remark", "build_cache_size": 3}, []),
        (
            {"regressions_thresholds": {".*": 0.1}},
            [
                "the configuration sets regressions_thresholds, which is not kept: --floor says "
                "which slowdowns count"
            ],
        ),
        (
            {"instal_command": ["x"], "hashlength": 8},
            ["asv knows no hashlength, instal_command in its configuration, and does without"],
        ),
    ],
)
def test_what_a_configuration_sets_in_vain_is_told(
    given: dict[str, Any], said: list[str], tmp_path: Path
) -> None:
    config = tiny_project.configure(tmp_path, **given)
    assert [*project.load(config).warnings] == said


def test_what_a_suite_sets_in_vain_is_told() -> None:
    entries: list[dict[str, Any]] = [
        {"settings": ["rounds"]},
        {"settings": []},
        {"settings": ["repeat", "rounds"]},
    ]
    assert list(settings.of_suite(entries)) == [
        "the suite sets repeat and rounds, which is not kept: the gate decides how many samples "
        "it takes, and of what length"
    ]
    assert list(settings.of_suite([{"settings": []}])) == []


@pytest.mark.parametrize(
    ("kind", "unit", "is_rate"),
    [
        (Kind.TRACK, "MB/s", True),
        (Kind.TRACK, "items per second", True),
        (Kind.TRACK, "GFLOPS", True),
        (Kind.TRACK, "fps", True),
        (Kind.TRACK, "seconds", False),
        (Kind.TRACK, "unit", False),
        (Kind.TRACK, "s/step", False),
        (Kind.TIME, "MB/s", False),
    ],
)
def test_numbers_that_are_better_if_they_are_larger_are_told(
    kind: Kind, unit: str, is_rate: bool
) -> None:
    both = [Benchmark("b.track_it", (text,), 0, kind, unit, 60.0) for text in "12"]
    said = " ".join(settings.of_rates(both))
    assert (f"as in asv, and a smaller one as faster, also of b.track_it ({unit}): " in said) is (
        is_rate
    )
