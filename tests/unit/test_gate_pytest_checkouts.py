"""Which files of head's are laid over base's, and what a checkout can be imported as."""

import json
import os
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.base.errors import UsageError
from hotloop.gate.build.slot import refuse_unknown_extras
from hotloop.gate.build.wanted import Wanted, group_of, python_of
from hotloop.gate.model import PytestRequest, Request, Side
from hotloop.gate.preparation import resolved
from hotloop.gate.source import tree
from hotloop.gate.suites.pytests.checkouts import (
    check_out,
    lay_over,
    lay_over_around,
    lay_over_beside,
)
from hotloop.gate.suites.pytests.names import compiled_source, importable, imported
from tests import tiny_project


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def laid_over(
    tmp_path: Path, base: dict[str, str], head: dict[str, str], *tests: str, own: str = "src/pure"
) -> dict[str, str]:
    tiny_project.write(tmp_path / "base", base)
    tiny_project.write(tmp_path / "head", head)
    lay_over(tmp_path / "base", tmp_path / "head", tests, [own])
    return files(tmp_path / "base")


def test_the_whole_folder_of_tests_is_heads_and_the_code_stays(tmp_path: Path) -> None:
    base = {"src/pure/core.py": "base", "tests/old.py": "base", "tests/perf/test_x.py": "base"}
    head = {"src/pure/core.py": "head", "tests/data.txt": "head", "tests/perf/test_x.py": "head"}
    assert laid_over(tmp_path, base, head, "tests/perf/test_x.py") == {
        "src/pure/core.py": "base",
        "tests/data.txt": "head",
        "tests/perf/test_x.py": "head",
    }


def test_tests_inside_the_package_come_alone(tmp_path: Path) -> None:
    base = {"pure/core.py": "base", "pure/tests/test_x.py": "base", "pure/tests/sub/old.py": ""}
    head = {"pure/core.py": "head", "pure/tests/test_x.py": "head", "pure/more.py": "head"}
    assert laid_over(tmp_path, base, head, "pure/tests/test_x.py", own="pure") == {
        "pure/core.py": "base",
        "pure/tests/test_x.py": "head",
    }


def test_a_test_beside_the_code_comes_as_a_file(tmp_path: Path) -> None:
    base = {"pure/core.py": "base", "test_x.py": "base", "pytest.ini": "base", "other.py": "base"}
    head = {"pure/core.py": "head", "test_x.py": "head", "pytest.ini": "head", "other.py": "head"}
    found = laid_over(tmp_path, base, head, "test_x.py", "pytest.ini", own="pure")
    assert found == base | {"test_x.py": "head", "pytest.ini": "head"}


def test_code_beside_tests_in_a_folder_that_is_no_package_stays(tmp_path: Path) -> None:
    base = {"code/solver.py": "base", "code/test_solver.py": "base", "code/tests/help.py": "base"}
    head = {"code/solver.py": "head", "code/test_solver.py": "head", "code/tests/help.py": "head"}
    assert laid_over(tmp_path, base, head, "code/test_solver.py", "code/tests/test_x.py") == {
        "code/solver.py": "base",
        "code/test_solver.py": "head",
        "code/tests/help.py": "head",
    }


def test_settings_and_conftests_around_the_project_are_heads_and_no_others(tmp_path: Path) -> None:
    outside = {"conftest.py": "", "pytest.ini": "", "other.py": ""}
    files_of = {
        side: {path: side for path in (*outside, "all/conftest.py", "all/pure/conftest.py")}
        for side in ("base", "head")
    }
    tops = {side: tmp_path / side for side in files_of}
    for side, top in tops.items():
        tiny_project.write(top, files_of[side])
    (tmp_path / "pytest.ini").write_text("of nobody")
    inside = {side: top / "all/pure" for side, top in tops.items()}
    lay_over_around(inside["base"], inside["head"], tops["head"], "../../pytest.ini")
    kept = {"other.py": "base", "all/pure/conftest.py": "base"}
    assert files(tops["base"]) == files_of["head"] | kept
    lay_over_around(inside["base"], inside["head"], tops["head"], "../../../pytest.ini")
    assert (tmp_path / "pytest.ini").read_text() == "of nobody"


def test_tests_beside_the_project_are_heads_and_code_beside_it_stays(tmp_path: Path) -> None:
    paths = ("perf/test_x.py", "perf/help.py", "other/core/__init__.py", "other/tests/test_y.py")
    files_of = {
        side: dict.fromkeys((*paths, "python/pure/core.py", "python/tests/test_z.py"), side)
        for side in ("base", "head")
    }
    for side, top in ((side, tmp_path / side) for side in files_of):
        tiny_project.write(top, files_of[side])
    tests = ["../perf/test_x.py", "../other/tests/test_y.py", "tests/test_z.py", "../../test_a.py"]
    (tmp_path / "test_a.py").write_text("of nobody")
    base, head = (tmp_path / side / "python" for side in files_of)
    changed = lay_over_beside(base, head, head.parent, tests)
    heads = ("perf/test_x.py", "perf/help.py", "other/tests/test_y.py")
    assert files(tmp_path / "base") == files_of["base"] | dict.fromkeys(heads, "head")
    assert changed == ["../perf/help.py"]
    assert lay_over_beside(base, head, head.parent, ["tests/test_z.py"]) == []


@pytest.mark.parametrize(
    ("name", "file", "found"),
    [
        ("engine.core", "backend/engine/core.py", ["engine"]),
        ("acme.tools", "acme/tools/__init__.py", ["acme"]),
        ("solver", "code/solver.py", ["solver"]),
        ("test_x", "backend/tests/test_x.py", []),
        ("tests.help", "tests/help.py", []),
        ("conftest", "conftest.py", []),
        ("_speedups", "engine/core.so", []),
    ],
)
def test_what_tests_import_tells_the_projects_modules(
    tmp_path: Path, name: str, file: str, found: list[str]
) -> None:
    loaded = {name: str(tmp_path / file), "json": json.__file__}
    assert sorted(imported(tmp_path, loaded)) == found


@pytest.mark.parametrize("folder", ["microbenchmarks", "speed", "test-suite", "checks"])
def test_helpers_come_with_tests_where_the_folder_is_for_them(tmp_path: Path, folder: str) -> None:
    helper = "bench_help" if folder == "checks" else "help"
    head = {f"{folder}/{helper}.py": "head", f"{folder}/test_x.py": "head"}
    base = dict.fromkeys(head, "base")
    assert laid_over(tmp_path, base, head, f"{folder}/test_x.py") == head


def test_modules_that_come_with_heads_tests_and_differ_are_named(tmp_path: Path) -> None:
    base = {
        "perf/solver.py": "base",
        "perf/test_x.py": "base",
        "perf/same.py": "",
        "perf/old.py": "",
    }
    head = {
        "perf/solver.py": "head",
        "perf/test_x.py": "head",
        "perf/same.py": "",
        "perf/new.py": "",
    }
    tiny_project.write(tmp_path / "base", base)
    tiny_project.write(tmp_path / "head", head)
    changed = lay_over(tmp_path / "base", tmp_path / "head", ["perf/test_x.py"], [])
    assert changed == ["perf/solver.py"]


def test_no_byte_code_of_a_replaced_file_is_left(tmp_path: Path) -> None:
    base = {
        "pure/core.py": "",
        "test_x.py": "base",
        "__pycache__/test_x.cpython-311-pytest-9.pyc": "of base",
        "__pycache__/other.cpython-311.pyc": "of base",
    }
    found = laid_over(tmp_path, base, {"test_x.py": "head"}, "test_x.py", own="pure")
    assert found["test_x.py"] == "head"
    assert [path for path in found if "pycache" in path] == ["__pycache__/other.cpython-311.pyc"]


def test_a_checkout_is_as_it_was_committed_again_whatever_the_last_run_left(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "pure"
    folder.mkdir()
    tiny_project.git(folder, "init", "--quiet")
    base = {
        "pure/core.py": "base",
        "tests/test_x.py": "base",
        "tests/old.py": "",
        ".gitignore": "made\n",
    }
    tiny_project.commit(folder, "base", base)
    (folder / "tests/old.py").unlink()
    head = {"tests/test_x.py": "head", "tests/data.txt": "head"}
    tiny_project.commit(folder, "head", head)
    project = tree.load(folder)
    request = Request("HEAD~1", "HEAD")
    for _ in range(2):
        source, commits, _ = resolved(project, request, lambda *_: None)
        at_base, at_head = (check_out(project, source, commits[side], side)[0] for side in Side)
        found = {path.relative_to(at_base).as_posix() for path in at_base.glob("[!.]*/*")}
        assert found == {"pure/core.py", "tests/test_x.py", "tests/old.py"}
        assert (at_base / "tests/test_x.py").read_text() == "base"
        assert not (at_base / "made").exists()
        lay_over(at_base, at_head, ["tests/test_x.py"], ["pure"])
        assert (at_base / "tests/data.txt").read_text() == "head"
        (at_base / "made").write_text("by a test")


def test_conftests_are_heads_wherever_they_lie(tmp_path: Path) -> None:
    base = {"conftest.py": "base", "src/pure/core.py": "base", "src/conftest.py": "base"}
    head = {"conftest.py": "head", "src/pure/conftest.py": "head", "tests/test_x.py": "head"}
    assert laid_over(tmp_path, base, head, "tests/test_x.py") == {
        "conftest.py": "head",
        "src/pure/conftest.py": "head",
        "src/pure/core.py": "base",
        "tests/test_x.py": "head",
    }


@pytest.mark.parametrize(
    ("content", "names", "folders"),
    [
        (["src/pure/__init__.py", "tests/__init__.py"], {"pure"}, ("src", "")),
        (["pure/__init__.py", "docs/__init__.py", "setup.py"], {"pure"}, ("",)),
        (["src/space/pure/core.py"], {"space"}, ("src", "")),
        (["pure.py", "conftest.py", "noxfile.py"], {"pure"}, ("",)),
        (["python/pure/__init__.py", "Cargo.toml"], {"pure"}, ("python", "")),
        (["lib/one.py", "lib/two/__init__.py"], {"one", "two"}, ("lib", "")),
        (["README"], set(), ("",)),
        (["solver.py", "test_solver.py", "conftest.py", "tests/help.py"], {"solver"}, ("",)),
    ],
)
def test_what_can_be_imported_is_found_in_every_layout(
    tmp_path: Path, content: list[str], names: set[str], folders: tuple[str, ...]
) -> None:
    folder = tmp_path / "pure"
    tiny_project.write(folder, dict.fromkeys(content, ""))
    tiny_project.git(folder, "init", "--quiet")
    found = importable(tree.load(folder), folder)
    assert (found.names, found.folders) == (frozenset(names), folders)


@pytest.mark.parametrize(
    ("content", "source"),
    [
        (["pure/__init__.py", "docs/example.c"], None),
        (["pure/__init__.py", "pure/fast.pyx"], "pure/fast.pyx"),
        (["pure/__init__.py", "pure/deep/fast.c.in"], "pure/deep/fast.c.in"),
        (["python/pure/__init__.py", "Cargo.toml"], "Cargo.toml"),
    ],
)
def test_compiled_parts_are_noticed(tmp_path: Path, content: list[str], source: str | None) -> None:
    folder = tmp_path / "pure"
    tiny_project.write(folder, dict.fromkeys(content, ""))
    tiny_project.git(folder, "init", "--quiet")
    assert compiled_source(folder, importable(tree.load(folder), folder)) == source


def test_dependency_groups_are_read_with_those_that_they_include(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[dependency-groups]\nBench_mark = ['one', {include-group = 'test'}]\ntest = ['two>1']\n"
    )
    assert group_of(tmp_path, "bench-mark") == ["one", "two>1"]
    with pytest.raises(UsageError, match="no such dependency group, but Bench_mark, test"):
        group_of(tmp_path, "dev")
    (tmp_path / "pyproject.toml").write_text("[tool.poetry.group.dev.dependencies]\nit = '^1.0'\n")
    with pytest.raises(UsageError, match=r"\[tool.poetry.group\] has dev, .* with --requirement"):
        group_of(tmp_path, "dev")


def test_environments_are_shared_only_if_the_same_is_asked_for_in_the_same_way(
    tmp_path: Path,
) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("numpy")
    nothing = PytestRequest()
    keys = {
        Wanted("python3", asked, packages, files).key()
        for asked, packages, files in (
            (nothing, (), ()),
            (replace(nothing, extras=("numpy",)), (), ()),
            (replace(nothing, installs=("numpy",)), (), ()),
            (nothing, ("numpy",), ()),
            (nothing, (), (file,)),
        )
    }
    assert len(keys) == 5
    assert Wanted("python3", nothing, ("numpy",), ()).key() in keys
    # What it names counts too, itself included.
    more = tmp_path / "more" / "test.txt"
    more.parent.mkdir()
    file.write_text("numpy\n-r more/test.txt\n-c absent.txt\n")
    for text in ("six", "six>1", "-r ../requirements.txt"):
        more.write_text(text)
        keys.add(Wanted("python3", nothing, (), (file,)).key())
    assert len(keys) == 8


def test_a_python_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match=r"there is no Python 3\.1234 on PATH"):
        python_of("3.1234")


def test_a_python_that_does_not_start_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of version managers, which stand for versions that nobody has chosen."""
    for folder in ("shims", "real"):
        (tmp_path / folder).mkdir()
    shim = tmp_path / "shims" / "python3.77"
    shim.write_text("#!/bin/sh\necho choose one >&2; exit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/shims{os.pathsep}{tmp_path}/real")
    with pytest.raises(UsageError, match=f"{shim} does not start a Python, and there is no other"):
        python_of("3.77")
    real = tmp_path / "real" / "python3.77"
    real.write_text(f'#!/bin/sh\necho choosing one\nexec {sys.executable} "$@"\n')
    real.chmod(0o755)
    assert python_of("3.77") == sys.executable
    assert python_of(str(real)) == sys.executable


@pytest.mark.parametrize(
    ("known", "asked", "words"),
    [
        (("test", "Dev_Tools"), "tset", "no such extra; it has test, Dev_Tools"),
        ((), "test", "no such extra; it has none"),
    ],
)
def test_an_extra_that_the_project_does_not_have_is_refused(
    known: tuple[str, ...], asked: str, words: str, tmp_path: Path
) -> None:
    wheel = tmp_path / "pure-1-py3-none-any.whl"
    lines = ["Metadata-Version: 2.1", "Name: pure", *(f"Provides-Extra: {each}" for each in known)]
    with zipfile.ZipFile(wheel, "w") as archive:
        # A description may have such a line too.
        text = "\n".join([*lines, "", "Provides-Extra: tset", ""])
        archive.writestr("pure-1.dist-info/METADATA", text)
    refuse_unknown_extras(wheel, [each.lower().replace("_", "-") for each in known])
    with pytest.raises(UsageError, match=f"--extra {asked}: the project has {words}"):
        refuse_unknown_extras(wheel, [asked])


def test_a_folder_outside_of_any_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is in no git repository"):
        tree.load(tmp_path)
