"""Which suite `hotloop gate` takes, asv's or pytest's, and how [tool.hotloop] is read."""

from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from hotloop.gate.model import PytestRequest
from tests.scripted_gate import options

CONFIGURED = "[tool.pytest.ini_options]\ntestpaths = ['tests']\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(*words: str) -> PytestRequest | None:
    request = options("main", *words).request
    assert request is not None
    return request.pytest


def test_a_configuration_of_asv_comes_first(folder: Path) -> None:
    (folder / "asv.conf.json").write_text("{}")
    (folder / "pyproject.toml").write_text(CONFIGURED)
    assert asked() is None
    assert asked("--pytest") == PytestRequest()


def test_where_nothing_says_which_kind_is_meant_both_are_named(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"neither asv\.conf\.json nor .* --pytest .* --config"):
        asked()


def test_without_one_a_configured_pytest_is_taken(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(CONFIGURED)
    assert asked() == PytestRequest(is_found=True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pytest.ini", "[pytest]\n"),
        (".pytest.ini", ""),
        ("tox.ini", "[pytest]\n"),
        ("setup.cfg", "[tool:pytest]\n"),
        ("pytest.toml", ""),
    ],
)
def test_every_file_that_configures_pytest_is_known(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content)
    assert asked() == PytestRequest(is_found=True)


def test_paths_and_options_are_kept_in_their_order() -> None:
    assert asked(
        *("--pytest", "tests/a.py", "tests/b.py", "--install", "one", "--install", "two"),
        *("--extra", "test", "--group", "dev", "--requirement", "r.txt", "--python", "3.12"),
        "--pytest-args=-m 'not slow' -x",
    ) == PytestRequest(
        paths=("tests/a.py", "tests/b.py"),
        arguments=("-m", "not slow", "-x"),
        installs=("one", "two"),
        extras=("test",),
        groups=("dev",),
        requirements=("r.txt",),
        python="3.12",
    )


def test_the_table_says_what_no_option_says(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(
        "[tool.hotloop]\npytest = ['tests/speed']\nextra = 'test'\npytest-args = '-m \"a b\"'\n"
        "environment = 'here'\n"
    )
    assert asked() == PytestRequest(
        paths=("tests/speed",),
        arguments=("-m", "a b"),
        extras=("test",),
        environment="here",
        is_found=True,
    )
    found = asked("--pytest", "other", "--extra", "more", "--pytest-args=-x")
    assert found is not None
    assert (found.paths, found.extras, found.arguments) == (("other",), ("more",), ("-x",))


def test_paths_are_relative_to_the_checkouts(folder: Path) -> None:
    found = asked("--pytest", str(folder / "tests/a.py") + "::test_x[a/b]", "./tests/../b.py")
    assert found is not None
    assert found.paths == ("tests/a.py::test_x[a/b]", "b.py")


@pytest.mark.parametrize("path", ["../tests", "/tests/a.py", "", "::test_x"])
def test_paths_outside_of_the_project_are_refused(path: str) -> None:
    with pytest.raises(UsageError, match="name files or folders below"):
        asked("--pytest", path)


def test_paths_beside_the_project_are_taken_if_they_are_of_its_repository(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".git").mkdir()
    (folder / "python").mkdir()
    monkeypatch.chdir(folder / "python")
    found = asked("--pytest", "../perf/a.py::test_x", str(folder / "tests"))
    assert found is not None
    assert found.paths == ("../perf/a.py::test_x", "../tests")
    with pytest.raises(UsageError, match=f"name files or folders below {folder}$"):
        asked("--pytest", "../../perf")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("extras = ['test']", 'has no key "extras"; did you mean "extra"?'),
        ("pythons = '3.12'", 'has no key "pythons"; did you mean "python"?'),
        ("python = 3.12", '"python" in [tool.hotloop] has to be a text'),
        ("install = [1]", '"install" in [tool.hotloop] has to be a list of texts'),
        ("pytest = true", '"pytest" in [tool.hotloop] has to be a list of texts'),
        ("= 1", "cannot read"),
    ],
)
def test_a_damaged_table_is_refused_with_the_nearest_key(
    folder: Path, table: str, said: str
) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.hotloop]\n{table}\n")
    with pytest.raises(UsageError) as refused:
        asked("--pytest")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--extra", "test"], "--extra is for suites of pytest: add --pytest"),
        (["--python", "3.12"], "--python is for suites of pytest: add --pytest"),
        (["--pytest", "--config", "asv.conf.json"], "--config is for suites of asv"),
        (["--pytest-args='"], "--pytest-args ': No closing quotation"),
    ],
)
def test_options_of_the_other_kind_are_refused(words: list[str], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        asked(*words)
    assert said in str(refused.value)


def test_what_the_change_touches_can_be_asked_of_pytest_suites_too() -> None:
    request = options("main", "--pytest", "--affected").request
    assert request is not None
    assert request.affected
    assert request.pytest == PytestRequest()
