"""asv.conf.json as the gate reads it, and what it says of one that it cannot use."""

from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.gate.source import project
from tests import tiny_project


def test_paths_are_relative_to_the_configuration(tmp_path: Path) -> None:
    found = project.load(tiny_project.configure(tmp_path, benchmark_dir="a/b", env_dir="envs"))
    assert (found.name, found.repo, found.folder) == ("tiny", ".", tmp_path)
    assert found.suite == (tmp_path / "a" / "b").resolve()
    assert found.gate_folder == tmp_path / "envs" / "gate"


def test_asvs_own_defaults_hold(tmp_path: Path) -> None:
    found = project.load(tiny_project.configure(tmp_path))
    assert (found.benchmark_timeout_s, found.build_timeout_s) == (60.0, 600.0)


def test_a_missing_file_is_named_with_the_option(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no such file: .*nosuch\.json; .*--config"):
        project.load(tmp_path / "nosuch.json")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "cannot use .*asv.conf.json: "),
        ("[]", "cannot use .*asv.conf.json: "),
        ('{"repo": "."}', "No version specified"),
        ('{"version": 99, "repo": "."}', "newer than what this version of asv understands"),
        ('{"version": 1}', "No repo specified"),
        ('{"version": 1, "repo": ".", "benchmark_dir": ""}', '"benchmark_dir" has to be a text'),
        ('{"version": 1, "repo": ".", "results_dir": 5}', '"results_dir" has to be a text'),
        ('{"version": 1, "repo": ".", "dvcs": "hg"}', "knows git only"),
        ('{"version": 1, "repo": ".", "install_timeout": "x"}', "has to be a number of seconds"),
        ('{"version": 1, "repo": ".", "default_benchmark_timeout": 0}', "has to be above 0, not 0"),
    ],
)
def test_a_damaged_configuration_is_a_usage_error_of_one_line(
    text: str, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "asv.conf.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=reason) as caught:
        project.load(path)
    assert "\n" not in str(caught.value)


def test_without_asv_the_advice_is_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tiny_project.configure(tmp_path)
    # None makes the import fail, as it would where the package is not there.
    monkeypatch.setitem(__import__("sys").modules, "asv.config", None)
    with pytest.raises(MeasurementError, match=r"pip install hotloop\[asv\]"):
        project.load(path)
