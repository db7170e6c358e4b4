"""Suites imported for real, in this very python instead of a built environment."""

import os
import re
import shutil
from pathlib import Path

import pytest

from hotloop.base.errors import MeasurementError
from hotloop.gate.model import Side
from hotloop.gate.source import project, revisions
from hotloop.gate.source.project import Project
from hotloop.gate.suites.asv import check_out, discover
from hotloop.gate.suites.search import Listing, Search
from hotloop.gate.suites.suite import Suite
from tests import tiny_project
from tests.process_pairs import alive, contender, eventually, suite_at

pytestmark = pytest.mark.usefixtures("gate_workers")


@pytest.fixture
def tiny(tmp_path: Path) -> Project:
    config = tiny_project.configure(tmp_path)
    found = project.load(config)
    found.gate_folder.mkdir(parents=True)
    return found


def discovered(tiny: Project, after: Path, before: Path, *regexes: str) -> Suite:
    """Head's suite in ``after``, base's own in ``before``."""
    return discover(
        tiny,
        contender(Side.HEAD, after),
        contender(Side.BASE, after),
        contender(Side.BASE, before),
        tuple(map(re.compile, regexes)),
    )


def labels(found: Suite) -> list[str]:
    return [benchmark.label for benchmark in found.benchmarks]


PARAMETERS = "def time_x(n, s): ...\ntime_x.params = [[1, 2], ['a', 'b']]\ndef time_y(): ...\n"


@pytest.mark.parametrize(
    ("regexes", "chosen"),
    [([], 5), ([r"\(2, 'a'\)", "time_y"], 2)],
)
def test_an_expression_is_searched_in_name_and_parameters(
    regexes: list[str], chosen: int, tiny: Project, tmp_path: Path
) -> None:
    folder = suite_at(tmp_path / "head", a=PARAMETERS)
    found = discover(
        tiny, contender(Side.HEAD, folder), None, None, tuple(map(re.compile, regexes))
    )
    assert len(found.benchmarks) == chosen


def test_what_head_dropped_is_gone(tiny: Project, tmp_path: Path) -> None:
    before = suite_at(tmp_path / "base", a="def time_both(): ...\ndef time_old(): ...\n")
    after = suite_at(tmp_path / "head", a="def time_both(): ...\ndef time_fresh(): ...\n")
    found = discovered(tiny, after, before)
    assert labels(found) == ["a.time_both", "a.time_fresh"]
    assert found.gone == ("a.time_old",)


def test_only_what_was_asked_for_can_be_gone(tiny: Project, tmp_path: Path) -> None:
    before = suite_at(tmp_path / "base", a="def time_old(): ...\ndef time_older(): ...\n")
    after = suite_at(tmp_path / "head", a="def time_older(): ...\n")
    found = discovered(tiny, after, before, "older")
    assert found.gone == ()


def test_a_base_whose_suite_fails_is_a_warning(tiny: Project, tmp_path: Path) -> None:
    before = suite_at(tmp_path / "base", a="1/0")
    after = suite_at(tmp_path / "head", a="def time_x(): ...\n")
    found = discovered(tiny, after, before)
    assert (labels(found), found.gone) == (["a.time_x"], ())
    (warning,) = found.warnings
    assert "what head's suite dropped is not known" in warning
    assert "ZeroDivisionError" in warning


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("import nosuch", "cannot be imported: ModuleNotFoundError: No module named 'nosuch'"),
        ("def f(:", "cannot be imported: SyntaxError"),
        ("import os; os._exit(3)", "cannot be imported: exit code 3"),
        ("import os; os._exit(0)", "ended before its list of benchmarks was whole"),
        ("import os, signal; os.kill(os.getpid(), 9)", "cannot be imported: SIGKILL"),
        ("x = 1", "no benchmark in"),
    ],
)
def test_a_suite_of_heads_that_cannot_be_used_is_a_failed_measurement(
    module: str, reason: str, tiny: Project, tmp_path: Path
) -> None:
    folder = suite_at(tmp_path / "head", a=module)
    with pytest.raises(MeasurementError, match=reason) as caught:
        discover(tiny, contender(Side.HEAD, folder), None, None, ())
    assert "\n" not in str(caught.value)


def test_an_interrupt_ends_what_imports_the_suite(
    tiny: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, awaited, found = tmp_path / "number", tmp_path / "awaited", Search.found

    def note_and_wait(search: Search) -> Listing:
        awaited.touch()
        return found(search)

    monkeypatch.setattr(Search, "found", note_and_wait)
    module = (
        "import os, pathlib, signal, time\n"
        f"pathlib.Path({str(number)!r}).write_text(str(os.getpid()))\n"
        # Who has just started it may not know it yet: then it ends with the tests.
        f"while not os.path.exists({str(awaited)!r}): time.sleep(0.01)\n"
        f"os.kill({os.getpid()}, signal.SIGINT)\n"
        "time.sleep(600)\n"
    )
    folder = suite_at(tmp_path / "head", a=module)
    with pytest.raises(KeyboardInterrupt):
        discover(tiny, contender(Side.HEAD, folder), None, None, ())
    eventually(lambda: not alive(int(number.read_text())))


def test_a_suite_that_hangs_is_ended(tmp_path: Path) -> None:
    tiny = project.load(tiny_project.configure(tmp_path, install_timeout=0.5))
    tiny.gate_folder.mkdir(parents=True)
    folder = suite_at(tmp_path / "head", a="import time; time.sleep(600)")
    with pytest.raises(MeasurementError, match="it hangs"):
        discover(tiny, contender(Side.HEAD, folder), None, None, ())


def test_nothing_matched_is_a_failed_measurement_that_shows_names(
    tiny: Project, tmp_path: Path
) -> None:
    folder = suite_at(tmp_path / "head", a=PARAMETERS)
    with pytest.raises(
        MeasurementError, match=re.escape("--bench 'nope'; the suite has a.time_x(1, 'a'), ")
    ):
        discover(tiny, contender(Side.HEAD, folder), None, None, (re.compile("nope"),))


def test_the_suite_may_print_fork_and_change_directory(tiny: Project, tmp_path: Path) -> None:
    module = "import os\nprint('noise')\nos.chdir('/')\nos.system('true')\ndef time_x(): ...\n"
    folder = suite_at(tmp_path / "head", a=module)
    found = discover(tiny, contender(Side.HEAD, folder), None, None, ())
    assert labels(found) == ["a.time_x"]


@pytest.fixture
def repository(tmp_path: Path) -> Project:
    return project.load(tiny_project.make(tmp_path / "tiny"))


def test_the_suite_is_heads_with_all_that_lies_beside_it(repository: Project) -> None:
    folder = repository.folder
    tiny_project.commit(folder, "data", {"benchmarks/speed.py": "new", "data/x.csv": "1"})
    tiny_project.write(folder, {"benchmarks/speed.py": "uncommitted"})
    source = revisions.open_source(repository)
    head = check_out(repository, source, source.resolve("HEAD"), Side.HEAD)
    base = check_out(repository, source, source.resolve("HEAD~1"), Side.BASE)
    assert head is not None
    assert base is not None
    assert (head / "speed.py").read_text(encoding="utf-8") == "new"
    assert (head / ".." / "data" / "x.csv").is_file()
    assert "time_answer" in (base / "speed.py").read_text(encoding="utf-8")
    assert len(str(head)) == len(str(base))


def test_a_checkout_holds_nothing_of_the_one_before(repository: Project) -> None:
    tiny_project.commit(repository.folder, "more", {"benchmarks/extra.py": ""})
    source = revisions.open_source(repository)
    head = check_out(repository, source, source.resolve("HEAD"), Side.HEAD)
    assert head is not None
    assert (head / "extra.py").is_file()
    (head / "left_by_a_benchmark.txt").touch()
    check_out(repository, source, source.resolve("HEAD~1"), Side.HEAD)
    assert sorted(path.name for path in head.iterdir()) == ["__init__.py", "sizes.py", "speed.py"]


def test_a_checkout_that_somebody_deleted_is_made_again(repository: Project) -> None:
    source = revisions.open_source(repository)
    for _ in range(2):
        head = check_out(repository, source, source.resolve("HEAD"), Side.HEAD)
        assert head is not None
        assert (head / "speed.py").is_file()
        shutil.rmtree(head.parent)


def test_a_suite_may_be_the_repositorys_root(tmp_path: Path) -> None:
    folder = tmp_path / "bench"
    tiny_project.make(folder)
    tiny_project.commit(folder, "flat", {"__init__.py": ""})
    loaded = project.load(tiny_project.configure(folder, benchmark_dir="."))
    source = revisions.open_source(loaded)
    head = check_out(loaded, source, source.resolve("HEAD"), Side.HEAD)
    assert head is not None
    assert (head / "__init__.py").is_file()


def test_a_commit_before_the_suite_has_none(repository: Project) -> None:
    tiny_project.git(repository.folder, "rm", "-r", "--quiet", "benchmarks")
    tiny_project.commit(repository.folder, "no suite", {})
    source = revisions.open_source(repository)
    assert check_out(repository, source, source.resolve("HEAD"), Side.BASE) is None


def test_a_suite_outside_the_repository_is_copied_as_it_is(
    repository: Project, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    suite_at(outside / "bench", a="x")
    config = tiny_project.configure(outside, repo=str(repository.folder), benchmark_dir="bench")
    loaded = project.load(config)
    source = revisions.open_source(loaded)
    found = check_out(loaded, source, source.resolve("HEAD"), Side.HEAD)
    assert found == loaded.gate_folder / "suite-of-head" / "bench"
    assert (found / "a.py").read_text(encoding="utf-8") == "x"
