"""``hotloop compare`` as a user runs it: real files, real processes."""

import json
import subprocess
from pathlib import Path

import pytest

from hotloop.base.outcome import Status
from hotloop.compare import result as compare_result
from hotloop.compare.result import Comparison, ContenderResult
from tests import compare_files
from tests.commands import LIMIT_S, here, hotloop

QUICK = ["--budget", "0.02", "--quiet"]

pytestmark = [pytest.mark.timeout(LIMIT_S + 60), pytest.mark.usefixtures("timing_workers")]


def compare(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """In this process, with two sets of processes; ``whole`` has all of them."""
    return here(folder, "compare", *words, sets=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compare_files.write(tmp_path_factory.mktemp("compare"))


def row(result: Comparison, name: str) -> ContenderResult:
    return next(row for row in result.contenders if row.name == name)


@pytest.fixture(scope="module")
def whole(folder: Path) -> subprocess.CompletedProcess[str]:
    files = ["--json", "whole.json", "--csv", "whole.csv", "--markdown", "whole.md"]
    budget = ["--budget", "0.1", "--quiet"]
    return here(folder, "compare", "sums.py", *budget, "--seed", "417", *files)


def test_every_public_function_that_takes_the_input_is_compared(
    folder: Path, whole: subprocess.CompletedProcess[str]
) -> None:
    assert (whole.returncode, whole.stderr) == (0, "")
    assert "input of problem() in sums.py" in whole.stdout
    assert "all equal plain on this input" in whole.stdout
    result = compare_result.load(folder / "whole.json")
    assert [row.name for row in result.contenders] == ["plain", "builtin", "reduced"]
    assert result.seed == 417
    assert all(row.status is Status.OK for row in result.contenders)
    quick = row(result, "builtin")
    assert quick.factor is not None
    assert quick.factor.against == "plain"
    assert quick.factor.value > 1
    assert quick.seconds is not None
    assert len(quick.seconds.samples_per_process) >= 10
    step = row(result, "reduced").step
    assert step is not None
    assert step.against == "builtin"
    assert result.reached >= result.confidence == 0.99


def test_a_stored_result_is_shown_again_word_for_word(
    folder: Path, whole: subprocess.CompletedProcess[str]
) -> None:
    again = hotloop(folder, "compare", "--from", "whole.json", "--markdown", "again.md")
    assert (again.returncode, again.stdout) == (0, whole.stdout)
    assert (folder / "again.md").read_text() == (folder / "whole.md").read_text()
    assert "builtin" in (folder / "whole.csv").read_text()


@pytest.fixture(scope="module")
def nasty(folder: Path) -> tuple[int, Comparison]:
    names = [
        line.removeprefix("async ").removeprefix("def ").partition("(")[0]
        for line in compare_files.NASTY.splitlines()
        if line.startswith(("def ", "async def "))
    ]
    words = ["sums.py:plain", *(f"nasty.py:{name}" for name in names)]
    done = compare(folder, *words, *QUICK, "--patience", "5", "--json", "nasty.json")
    assert done.stderr == ""
    return done.returncode, compare_result.load(folder / "nasty.json")


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("off_by_one", "wrong", "not equal to plain: 44851 instead of 44850"),
        ("generates", "failed", "it returns a generator, so that a call does no work yet"),
        ("recurses", "failed", "RecursionError"),
        ("cached", "ok", ""),
        ("prints", "ok", ""),
        ("reads", "ok", ""),
        ("forks", "failed", "a process that the call forked came back from it too"),
        ("moves", "failed", "it changes the current folder to /"),
        ("raises", "failed", "ArithmeticError: the sum is not right (nasty.py, line "),
        ("asserts", "failed", "AssertionError (nasty.py, line "),
        ("freezes_time", "ok", ""),
        ("forgets_its_path", "failed", "ArithmeticError: nothing can be imported (nasty.py, line "),
        ("leaves", "failed", "SystemExit: 3"),
        ("dies", "failed", "the process died (killed by SIGABRT)"),
        ("hangs", "failed", "no answer after 5 s: it hangs"),
        ("has_a_lock", "failed", "cannot pickle '_thread.lock' object"),
        ("is_deep", "failed", "nested too deeply"),
        ("sorts", "failed", "it changes its argument 1 (301 items instead of 300): with --fresh"),
        ("guesses", "wrong", "not equal to plain: "),
        ("waits", "failed", "it is an async function, so that a call does no work"),
    ],
)
def test_every_bad_contender_has_a_sentence_and_costs_only_itself(
    nasty: tuple[int, Comparison], name: str, status: str, said: str
) -> None:
    code, result = nasty
    assert code == 4
    assert row(result, "plain").status is Status.OK
    found = row(result, name)
    assert (found.status.value, said in (found.reason or "")) == (status, True), found.reason


def test_a_function_that_keeps_its_answers_is_named(nasty: tuple[int, Comparison]) -> None:
    (said,) = [doubt for doubt in nasty[1].warnings if "keeps its answers" in doubt]
    assert said.startswith("cached keeps its answers (functools.cache or alike)")


def test_a_wrong_answer_ends_with_1_and_fresh_input_forgives_changes(folder: Path) -> None:
    words = ["sums.py:plain", "nasty.py:sorts", "nasty.py:off_by_one", "--fresh"]
    done = compare(folder, *words, *QUICK)
    assert done.returncode == 1
    assert "wrong: not equal to plain: 44851 instead of 44850" in done.stdout
    assert "sorts " in done.stdout
    assert "failed" not in done.stdout


def test_statements_have_a_set_up_and_any_value(folder: Path) -> None:
    done = compare(
        folder, "-s", "a = list(range(50))", "sum(a)", "max(a); sum(a)", "a[0]", *QUICK,
        "--json", "statements.json",
    )  # fmt: skip
    assert done.returncode == 1
    content = json.loads((folder / "statements.json").read_text())
    assert [row["status"] for row in content["contenders"]] == ["ok", "ok", "wrong"]
    assert content["task"]["kind"] == "statements"


def test_a_function_of_a_module_gets_args_and_checks_of_ones_own_count(folder: Path) -> None:
    (folder / "same.py").write_text("def same(a, b): return abs(a - b) < 2\n")
    done = compare(
        folder, "sums.py:plain", "math:fsum", "nasty.py:off_by_one", "--args", "[1, 2, 3],",
        "--check", "same.py:same", *QUICK,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "input [1, 2, 3]," in done.stdout


def test_a_check_that_fails_makes_no_answer_wrong(folder: Path) -> None:
    (folder / "broken.py").write_text("def same(a, b): return a.nothing\n")
    words = ["sums.py:plain", "math:fsum", "--args", "[1],", *QUICK]
    for check, why in [
        ("broken.py:same", "'int' object has no attribute 'nothing' (broken.py, line 1)"),
        ("broken.py:other", "broken.py of --check has no other"),
    ]:
        done = compare(folder, *words, "--check", check)
        said = " ".join(done.stdout.split())
        assert done.returncode == 4
        assert said.count("failed: the answers could not be compared: ") == 2
        assert why in said
        assert "wrong" not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(x): return x\n", "it has no input for f: add a function problem() that returns"),
        ("problem = 3\ndef f(x): return x\n", "problem is no function"),
        ("def problem(n): return n\ndef f(x): return x\n", "problem(n) needs a value"),
        ("def problem(): return 1\ndef f(): return 1\n", "none of its functions takes the input"),
        ("def f(:\n", "SyntaxError: invalid syntax (mine.py, line 1)"),
        ("def problem(): return [][0]\n", "IndexError: list index out of range (mine.py, line 1)"),
        ("import nothing_of_that_name\n", "No module named 'nothing_of_that_name'"),
        ("x = 1\n", "it defines no function"),
    ],
)
def test_a_file_that_cannot_be_compared_is_refused_in_a_sentence(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "mine.py").write_text(text)
    done = compare(tmp_path, "mine.py", *QUICK)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_reference_that_differs_from_itself_is_said_to(folder: Path) -> None:
    done = compare(folder, "nasty.py:guesses", "sums.py:plain", *QUICK)
    assert done.returncode == 1
    assert done.stdout.splitlines()[1] == (
        "guesses gives another answer at each call: nothing can equal it"
    )


def test_an_input_that_is_another_each_time_is_the_reason(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import random\n"
        "def problem(): return [random.SystemRandom().random() for _ in range(9)]\n"
        "def f(xs): return sum(xs)\n"
        "def g(xs): return sum(xs)\n"
    )
    done = compare(tmp_path, "mine.py", *QUICK)
    assert done.returncode == 1
    assert "problem() gives another input at each call" in done.stdout
