"""The commits of the inert project differ in words and places, and in no instruction."""

import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from pathlib import Path
from tokenize import generate_tokens
from types import CodeType

import pytest

from hotloop.base.errors import MeasurementError
from scripts.inert import changes, project
from scripts.inert.changes import Code, Source
from scripts.inert.project import Comparison, comparisons
from tests.tiny_project import git

ROOT = Path(__file__).parents[2]
PACKAGE = project.PACKAGE
DEFINITION = re.compile(r"^(?=(?:def|cdef long) \w+\()", re.MULTILINE)
LOCAL = re.compile(rf"^({'|'.join(changes.LOCALS)})(_|_now|_here|_of_this)$")
WORDS = (tokenize.COMMENT, tokenize.NL, tokenize.STRING)
ADDED = re.compile(r"#|(cdef int\[\d+\] )?UNREAD_|from inert import extension_\d+ ")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("inert")
    project.make(made)
    return made


@cache
def commits(folder: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Each branch with the parents of its commit and the files that this changes."""
    told = git(folder, "log", "--all", "--name-only", "--format=%x00%D%n%P").split("\0")[1:]
    found = {}
    for branches, parents, *files in (commit.splitlines() for commit in told):
        for branch in branches.removeprefix("HEAD -> ").split(", "):
            found[branch] = parents.split(), list(filter(None, files))
    return found


@cache
def revision(folder: Path, branch: str) -> str:
    return git(folder, "rev-parse", branch)


@cache
def texts(folder: Path) -> dict[str, str]:
    """The package's files of every branch, by the branch and their names."""
    names = [file.value for file in Code] + [project.PERCENT_FILE.name]
    asked = [f"{branch}:{PACKAGE}/{name}" for branch in commits(folder) for name in names]
    said = subprocess.run(
        ["git", "cat-file", "--batch"],
        cwd=folder,
        input="\n".join(asked).encode(),
        check=True,
        capture_output=True,
    )
    found, read = {}, io.BytesIO(said.stdout)
    for name in asked:
        *_, size = read.readline().split()
        found[name] = read.read(int(size)).decode().strip()
        read.readline()
    return found


def text(folder: Path, branch: str, file: str) -> str:
    return texts(folder)[f"{branch}:{PACKAGE}/{file}"]


@cache
def functions(source: str) -> dict[str, CodeType]:
    """The byte code of every function of a Python file, by its name."""

    def inside(code: CodeType) -> Iterator[CodeType]:
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                yield constant
                yield from inside(constant)

    return {code.co_qualname: code for code in inside(compile(source, "file", "exec"))}


@cache
def cython_functions(source: str) -> dict[str, list[str]]:
    """The tokens of every function of a Cython file, without words and endings of local names."""
    found = {}
    for part in DEFINITION.split(source)[1:]:
        first, *others = part.splitlines()
        inside = takewhile(lambda line: line.startswith(" ") or not line, others)
        lines = io.StringIO("\n".join([first, *inside, ""]))
        tokens = [each for each in generate_tokens(lines.readline) if each.type not in WORDS]
        name = first.partition("(")[0].split()[-1]
        found[name] = [LOCAL.sub(r"\1", each.string) for each in tokens]
    return found


def test_there_are_twenty_builds_of_each_kind_of_code_and_more() -> None:
    assert len(comparisons()) >= 20
    assert {comparison.kind for comparison in comparisons()} == set(changes.KINDS)


@pytest.mark.parametrize("comparison", comparisons(), ids=lambda each: each.head)
def test_each_is_one_commit_beside_its_base_that_changes_the_package_only(
    folder: Path, comparison: Comparison
) -> None:
    parents, changed = commits(folder)[comparison.head]
    assert parents == [revision(folder, comparison.base)]
    assert all(Path(path).parent == Path(PACKAGE) for path in changed)
    assert {f"{PACKAGE}/{code.value}" for code in Code} - set(changed) <= {
        f"{PACKAGE}/{Code.C.value}"
    }
    # Nothing but a new file is linked to the C module.
    assert f"{PACKAGE}/{Code.C.value}" in changed or comparison.kind == changes.MODULE


@pytest.mark.parametrize("comparison", comparisons(), ids=lambda each: each.head)
@pytest.mark.parametrize("code", [Code.PYTHON, Code.NUMBA])
def test_the_byte_code_of_every_function_stays_the_same(
    folder: Path, code: Code, comparison: Comparison
) -> None:
    before = functions(text(folder, comparison.base, code.value))
    after = functions(text(folder, comparison.head, code.value))
    assert before.keys() <= after.keys()
    for name, function in before.items():
        assert function.co_code == after[name].co_code
        numbers = [c for c in function.co_consts if isinstance(c, int | float)]
        assert numbers == [c for c in after[name].co_consts if isinstance(c, int | float)]
        assert function.co_names == after[name].co_names
    new = after.keys() - before.keys()
    assert all("unused" in name for name in new)


@pytest.mark.parametrize("comparison", comparisons(), ids=lambda each: each.head)
def test_the_tokens_of_every_function_in_cython_stay_the_same(
    folder: Path, comparison: Comparison
) -> None:
    texts = [
        text(folder, branch, Code.CYTHON.value) for branch in (comparison.base, comparison.head)
    ]
    before, after = map(cython_functions, texts)
    assert len(before) >= 7
    assert before == {name: after[name] for name in before}
    assert all("unused" in name for name in after.keys() - before.keys())
    # What runs when it is imported: constants and an import are added.
    first, then = (DEFINITION.split(each)[0].rstrip() for each in texts)
    added = then.removeprefix(first)
    assert first + added == then
    assert all(ADDED.match(line) for line in added.splitlines() if line)


def test_the_slower_commits_add_turns_to_all_inert_changes_and_nothing_else(folder: Path) -> None:
    for number in range(project.BASES):
        slower = Comparison(project.SLOWER, number)
        inert = Comparison(changes.ALL, number)
        assert slower.base == inert.base
        changed = git(folder, "diff", "--name-only", inert.head, slower.head).split()
        assert changed == [str(project.PERCENT_FILE)]
        found: dict[str, int] = {}
        exec(text(folder, slower.head, "percent.py"), found)
        assert found["PERCENT"] == 100 + project.SLOWDOWN_PERCENT


def test_the_same_commits_come_out_every_time(folder: Path, tmp_path: Path) -> None:
    project.make(tmp_path / "again")
    refs = git(tmp_path / "again", "for-each-ref")
    assert refs == git(folder, "for-each-ref")
    project.make(tmp_path / "again")
    assert refs == git(tmp_path / "again", "for-each-ref")


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(MeasurementError, match="holds something else"):
        project.make(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_file_without_marks_is_no_source() -> None:
    with pytest.raises(ValueError, match="no function"):
        Source.parse(Code.C, "int a;\n")
