"""Base and head really built, side by side, by asv; two environments serve most of the module."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hotloop.base.errors import HotloopError, MeasurementError, UsageError
from hotloop.gate.model import Request, Revision
from hotloop.gate.preparation import Prepared
from hotloop.gate.prepare_asv import prepare
from hotloop.gate.source import project
from tests import environments, parameters, tiny_project, warm
from tests.gate_sites import BASE, BEFORE, BROKEN, HEAD, Site, lent, says
from tests.tiny_project import git

# The first test makes two environments: half a minute on a busy machine, or two.
pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("gate_workers")]
BUILDING = "Building"
# An environment of this machine, which asv does not make: this very Python.
EXISTING = f"existing:{sys.executable}"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with lent(tmp_path_factory) as made:
        yield made


@pytest.fixture(scope="module")
def dirty(site: Site) -> tuple[Prepared, str]:
    """The dirty tree beside a commit; the checkout stays as it was. And what a second gate says."""
    git(site.folder, "status")
    before = tiny_project.state(site.folder)
    loaded = project.load(site.folder / "asv.conf.json")
    with (
        prepare(loaded, Request(BASE, "."), site.said.append) as prepared,
        pytest.raises(MeasurementError) as caught,
    ):
        site.prepare(BASE, HEAD)
    assert tiny_project.state(site.folder) == before
    return prepared, str(caught.value)


def test_a_dirty_tree_is_built_beside_a_commit_and_the_checkout_stays_as_it_was(
    site: Site, dirty: tuple[Prepared, str]
) -> None:
    prepared, _ = dirty
    base, head = prepared.base, prepared.head
    assert (says(base), says(head)) == ("1", "3")
    # Untracked, and installed nevertheless.
    assert says(head, "from tiny.extra import VALUE; print(VALUE)") == "4"
    at_base = Revision(git(site.folder, "rev-parse", BASE), BASE, "answer 1")
    assert (base.revision, head.revision.name) == (at_base, ".")
    assert [benchmark.label for benchmark in prepared.suite.benchmarks] == [
        "speed.Sums.time_sum(10, 'a')",
        "speed.Sums.time_sum(10, 'b')",
        "speed.Sums.time_sum(20, 'a')",
        "speed.Sums.time_sum(20, 'b')",
        "speed.time_answer",
    ]
    assert (prepared.suite.gone, prepared.warnings) == ((), ())


def test_the_sides_differ_in_nothing_but_the_commit(dirty: tuple[Prepared, str]) -> None:
    base, head = dirty[0].base, dirty[0].head
    assert base.suite == head.suite
    assert len(str(base.python)) == len(str(head.python))
    assert base.python != head.python
    assert base.environment == head.environment
    sizes = [{name: len(value) for name, value in side.variables} for side in (base, head)]
    assert sizes[0] == sizes[1]
    assert dict(head.variables)["ASV_COMMIT"] == head.revision.commit


@pytest.mark.usefixtures("dirty")
def test_a_second_run_builds_nothing_whichever_way_round(site: Site) -> None:
    before = site.stamps()
    again = site.prepare(".", BASE)
    assert (says(again.base), says(again.head)) == ("3", "1")
    assert site.stamps() == before
    assert site.said == ["looking for benchmarks"]
    logs = [path.read_text(encoding="utf-8") for path in site.gate.glob("build-?.log")]
    assert len(logs) == 2
    assert not [log for log in logs if " pip " in log]


@dataclass(frozen=True)
class Equal:
    """Two builds of one new commit, which nobody chose one of two environments for."""

    config: str
    commit: str
    prepared: Prepared
    said: list[str]


@pytest.fixture(scope="module")
def equal(site: Site) -> Equal:
    config = site.configure(matrix={"env_nobuild": {"SIZE": ["1", "2"]}})
    commit = site.new_commit()
    return Equal(config, commit, site.prepare(commit, commit, config), [*site.said])


def test_of_equal_commits_one_wheel_is_built_and_both_slots_hold_it(
    site: Site, equal: Equal
) -> None:
    prepared = equal.prepared
    assert (says(prepared.base), says(prepared.head)) == ("2", "2")
    assert prepared.base.python != prepared.head.python
    assert len([text for text in equal.said if BUILDING in text]) == 1
    for log in site.gate.glob("build-?.log"):
        said = log.read_text(encoding="utf-8")
        assert f"checkout -f {equal.commit}" in said
        # Which takes longer than all else that git does there.
        assert "submodule" not in said


def test_the_environments_that_nobody_chose_are_told(site: Site, equal: Equal) -> None:
    prepared = equal.prepared
    (other,) = prepared.other_environments
    assert prepared.head.environment.endswith("SIZE1")
    assert other.endswith("SIZE2")
    assert dict(prepared.head.variables)["SIZE"] == "1"
    both = (prepared.head.environment, other)
    chosen = site.prepare(equal.commit, equal.commit, equal.config, environments=both)
    assert dict(chosen.base.variables)["SIZE"] == "1"
    assert dict(chosen.head.variables)["SIZE"] == "2"
    assert chosen.base.revision.commit == chosen.head.revision.commit


def test_a_head_before_the_suite_cannot_be_measured(site: Site) -> None:
    before = site.stamps()
    with pytest.raises(MeasurementError, match=r"\(HEAD~2\) has no benchmarks"):
        site.prepare(BASE, BEFORE)
    # Nothing was built for that.
    assert site.stamps() == before


def failure(site: Site, base: str, head: str) -> str:
    """What a build of commits of which one cannot be built ends with."""
    with pytest.raises(MeasurementError) as caught:
        site.prepare(base, head)
    return str(caught.value)


@pytest.fixture(scope="module")
def failed(site: Site) -> str:
    """At head."""
    return failure(site, BASE, BROKEN)


@pytest.mark.parametrize(
    "side",
    [
        "head",
        pytest.param(
            "base",
            marks=pytest.mark.thorough("test_a_failed_build_names_its_side_its_commit_and_its_log"),
        ),
    ],
)
def test_a_failed_build_names_its_side_its_commit_and_its_log(
    side: str, site: Site, failed: str
) -> None:
    commit = git(site.folder, "rev-parse", "--short=8", BROKEN)
    message = failed if side == "head" else failure(site, BROKEN, BASE)
    assert message.startswith(f"{side}, {commit} (broken), could not be built: ")
    assert "ValueError: sorry" in message
    assert "\n" not in message
    log = Path(message.rpartition("the whole log is ")[2])
    assert "ValueError: sorry" in log.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Shimmed:
    """What was built where no Python 3.98 starts, nor 3.97, and the files that stand for them."""

    shims: list[Path]
    prepared: Prepared


@pytest.fixture(scope="module")
def shimmed(site: Site, failed: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shimmed]:
    """Right after a build that failed."""
    assert failed
    folder = tmp_path_factory.mktemp("shims")
    shims = [folder / f"python3.{minor}" for minor in (98, 97)]
    for shim in shims:
        shim.write_text("#!/bin/sh\necho 'not installed' >&2\nexit 127\n", encoding="utf-8")
        shim.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(folder), prepend=os.pathsep)
        config = site.configure(pythons=["3.98", PYTHON, "3.97"])
        yield Shimmed(shims, site.prepare(BASE, HEAD, config))


def test_what_a_failed_build_left_is_not_believed(shimmed: Shimmed) -> None:
    prepared = shimmed.prepared
    assert (says(prepared.base), says(prepared.head)) == ("1", "2")


def test_a_python_that_does_not_start_is_passed_over(site: Site, shimmed: Shimmed) -> None:
    # Neither is the one that is passed over offered as another choice, before or after.
    prepared = shimmed.prepared
    assert prepared.head.environment == f"virtualenv-py{PYTHON}"
    assert prepared.other_environments == ()
    (warning,) = prepared.warnings
    first = f" was taken: {shimmed.shims[0]} does not run (not installed)"
    assert warning.endswith(f"{first}, and 1 more like it")
    with pytest.raises(MeasurementError, match=r"is available: .*3.98 does not run"):
        site.prepare(BASE, HEAD, site.configure(pythons=["3.98"]))


@pytest.mark.thorough(
    "test_a_failed_build_names_its_side_its_commit_and_its_log",
    "unit/test_gate_build_words.py::test_the_telling_line_of_a_failed_command",
)
def test_a_full_disk_is_called_by_its_name(site: Site) -> None:
    full = "python -c \"open('/dev/full','w',buffering=1).write('x'*99999)\""
    config = site.configure(build_command=[full])
    with pytest.raises(MeasurementError, match="could not be built: the disk is full"):
        site.prepare(BASE, site.new_commit(), config)


@pytest.mark.thorough(
    "test_a_failed_build_names_its_side_its_commit_and_its_log",
    "unit/test_gate_build_words.py::test_the_telling_line_of_a_failed_command",
)
def test_a_build_that_says_nothing_for_too_long_is_ended(site: Site) -> None:
    config = site.configure(
        install_timeout=1.0, build_command=['python -c "import time; time.sleep(600)"']
    )
    commit = site.new_commit()
    with pytest.raises(MeasurementError, match="said nothing for longer than"):
        site.prepare(commit, commit, config)


OTHER_NAMES = pytest.mark.thorough(
    "test_an_environment_that_matches_nothing_is_told_which_there_are"
)


@pytest.mark.parametrize(
    "specifier",
    ["virtualenv:3.99", *parameters.marked(OTHER_NAMES, "nosuch", "virtualenv-py3.99")],
)
def test_an_environment_that_matches_nothing_is_no_pass(specifier: str, site: Site) -> None:
    with pytest.raises(MeasurementError, match=f"no environment of .* matches {specifier}: ") as c:
        site.prepare(BASE, HEAD, environments=(specifier, specifier))
    assert c.value.exit_code == 4


def test_an_environment_that_matches_nothing_is_told_which_there_are(site: Site) -> None:
    python = f"virtualenv-py{PYTHON}"
    with pytest.raises(MeasurementError, match=f"; this machine can make {python}$"):
        site.prepare(BASE, HEAD, environments=("nosuch", "nosuch"))
    # A variable of a script that was not set is not "the first that fits".
    with pytest.raises(
        UsageError, match=f"head is an empty text: .*; this machine can make {python}$"
    ):
        site.prepare(BASE, HEAD, environments=(None, ""))


def test_a_python_that_no_environment_fits_is_no_pass(site: Site) -> None:
    config = site.configure(pythons=["3.99"])
    with pytest.raises(
        MeasurementError, match=r"is available: No executable found for python 3.99"
    ):
        site.prepare(BASE, HEAD, config)


@pytest.mark.thorough(
    "test_a_python_that_does_not_start_is_passed_over",
    "test_a_python_that_no_environment_fits_is_no_pass",
    "unit/test_gate_build_words.py::test_environments_that_are_missing_are_one_warning",
)
def test_the_next_environment_instead_of_the_first_is_a_warning(site: Site) -> None:
    prepared = site.prepare(BASE, HEAD, site.configure(pythons=["3.99", PYTHON]))
    assert prepared.head.environment == f"virtualenv-py{PYTHON}"
    (warning,) = prepared.warnings
    assert warning.endswith(f"virtualenv-py{PYTHON} was taken: No executable found for python 3.99")


@pytest.mark.thorough(
    "test_a_python_that_does_not_start_is_passed_over",
    "unit/test_gate_build_words.py::test_environments_that_are_missing_are_one_warning",
)
def test_pythons_that_are_missing_are_one_warning(site: Site) -> None:
    # None of those of `shimmed`, which are found.
    prepared = site.prepare(BASE, HEAD, site.configure(pythons=["3.94", "3.95", "3.96", PYTHON]))
    (warning,) = prepared.warnings
    assert warning.endswith("No executable found for python 3.94, and 2 more like it")


@pytest.fixture(scope="module")
def marked(site: Site, dirty: tuple[Prepared, str]) -> Prepared:
    """A base before the suite and HEAD, by a build command that marks what it builds.

    One of them in an environment that has a library more.
    """
    assert dirty[0].unproved == ()
    (place,) = site.gate.glob("a/*/lib/python3*/site-packages")
    info = place / "other-1.5.dist-info" / "METADATA"
    tiny_project.write(
        info.parent, {info.name: "Metadata-Version: 2.1\nName: Other\nVersion: 1.5\n"}
    )
    mark = "python -c \"open('tiny/__init__.py','a').write('\\nMARK = 5')\""
    try:
        return site.prepare(BEFORE, HEAD, site.configure(build_command=[mark, tiny_project.WHEEL]))
    finally:
        info.unlink()


def test_a_changed_build_command_builds_again(marked: Prepared) -> None:
    for side in (marked.base, marked.head):
        assert says(side, "import tiny; print(tiny.MARK)") == "5"


def test_a_base_before_the_suite_is_built_and_lacks_nothing(marked: Prepared) -> None:
    assert says(marked.base) == "0"
    assert marked.suite.gone == ()


def test_without_a_type_of_environment_the_reason_is_asvs(site: Site) -> None:
    config = site.configure(environment_type=None)
    with pytest.raises(MeasurementError, match="Environment type must be specified"):
        site.prepare(BASE, HEAD, config)


def test_an_existing_environment_is_not_compared_with_itself(site: Site) -> None:
    with pytest.raises(UsageError, match="would be compared with itself"):
        site.prepare(BASE, HEAD, environments=(EXISTING, EXISTING))


def test_an_existing_environment_beside_a_built_one_is_told(site: Site) -> None:
    prepared = site.prepare(BASE, HEAD, environments=(EXISTING, None))
    assert prepared.base.python == Path(sys.executable)
    assert says(prepared.head) == "2"
    assert [w for w in prepared.unproved if w.startswith("base is whatever ")]
    assert set(prepared.unproved) <= set(prepared.warnings)


@pytest.mark.thorough(
    "test_a_dirty_tree_is_built_beside_a_commit_and_the_checkout_stays_as_it_was",
    "unit/test_gate_asv_checkouts.py::"
    "test_submodules_of_a_partial_clone_are_as_each_commit_has_them",
)
def test_a_partial_clone_whose_package_is_a_submodule_is_built(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    # asv clones submodules as git does for anyone: not from a folder, unless that is allowed.
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    clone = tiny_project.clone_with_a_submodule(tmp_path)
    environments.lend(clone, tmp_path_factory)
    prepared = Site(clone).prepare("HEAD~1", "HEAD")
    assert (says(prepared.base), says(prepared.head)) == ("1", "2")


def test_a_library_that_differs_is_a_warning(site: Site, marked: Prepared) -> None:
    (warning,) = marked.warnings
    # Whichever side took that slot.
    found = {"base": "absent", "head": "absent"}
    found |= {
        each.side.value: "1.5"
        for each in (marked.base, marked.head)
        if each.python.is_relative_to(site.gate / "a")
    }
    assert f"other {found['base']} at base, {found['head']} at head" in warning
    assert sorted(found.values()) == ["1.5", "absent"]


def test_an_asv_that_cannot_be_loaded_is_said_with_how_to_install_it(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_project.write(tmp_path, {"asv/__init__.py": "raise ImportError('damaged')\n"})
    monkeypatch.syspath_prepend(tmp_path)
    # A server could not load it either.
    monkeypatch.setattr(warm, "AT_ONCE", ())
    with pytest.raises(MeasurementError, match=r"asv is not there \(damaged\): pip install "):
        site.prepare(BASE, HEAD)


def test_a_second_gate_on_the_project_says_so_at_once(dirty: tuple[Prepared, str]) -> None:
    assert "another gate is running on" in dirty[1]


def test_a_folder_that_cannot_be_written_is_one_sentence(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    tiny_project.configure(tmp_path, repo=str(site.folder), env_dir="file/env")
    with (
        pytest.raises(HotloopError, match=r"cannot build in .*Not a directory"),
        prepare(project.load(tmp_path / "asv.conf.json"), Request(BASE, HEAD), print),
    ):
        pass
