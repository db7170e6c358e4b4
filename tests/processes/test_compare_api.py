"""The API of ``hotloop.compare``, and the magic in a real IPython kernel."""

import argparse
import os
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from hotloop.base.errors import UsageError
from hotloop.base.outcome import Status
from hotloop.compare import Comparison, Variant, compare
from hotloop.compare.magic import parts, run, split
from tests.commands import ROOT, compare_in
from tests.process_pairs import eventually

LIMIT_S = 240
READY_S = 45

pytestmark = [pytest.mark.timeout(LIMIT_S + 60), pytest.mark.usefixtures("timing_workers")]


# Too few to tell anything apart: of what travels and is shown, more would show the same.
SETS = 2


@pytest.fixture(scope="module")
def result(timing_workers: None) -> Comparison:
    def plain(xs: list[int]) -> int:
        total = 0
        for x in xs:
            total += x
        return total

    def wrong(xs: list[int]) -> int:
        return sum(xs) + offset

    offset = 1
    with pytest.MonkeyPatch.context() as patch:
        compare_in(SETS, patch)
        return compare(plain, Variant("builtin", sum), wrong, args=list(range(300)), budget=0.05)


def test_functions_of_a_caller_travel_with_what_they_use(result: Comparison) -> None:
    assert [row.name for row in result.contenders] == ["plain", "builtin", "wrong"]
    assert result["builtin"].status is Status.OK
    assert result["builtin"].factor is not None
    assert result["wrong"].reason == "not equal to plain: 44851 instead of 44850"
    with pytest.raises(KeyError, match="there is plain, builtin, wrong"):
        result["nobody"]


def test_a_result_shows_itself_as_the_command_does(result: Comparison) -> None:
    assert "input (list)" in repr(result)
    assert "vs plain" in repr(result)
    assert "<th" in result._repr_html_()
    assert "44851 instead of 44850" in result._repr_html_()
    # Names are text there, not markup.
    assert "\\[" in result.__rich__() or "[" not in repr(result)


def test_what_cannot_be_compared_is_a_sentence() -> None:
    with pytest.raises(UsageError, match="name what to compare"):
        compare()
    with pytest.raises(UsageError, match="plain was given twice"):
        compare(Variant("plain", sum), Variant("plain", max), args=[1])
    with pytest.raises(UsageError, match="cannot be called"):
        compare(Variant("three", 3), args=[1])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"give each by itself, as in compare\(f, g\)"):
        compare([sum, max], args=[1])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="not both"):
        compare(sum, args=[1], problem=lambda: [1])
    with pytest.raises(UsageError, match="cannot be sent to another process"):
        compare(Variant("lock", __import__("threading").Lock().acquire), args=())
    with pytest.raises(UsageError, match=r"^the input cannot be sent to another process"):
        compare(sum, args=(iter_of(3),))
    with pytest.raises(UsageError, match="a variant has an empty name"):
        compare(Variant(" ", sum), args=[1])
    with pytest.raises(UsageError, match="--budget -1: give a time"):
        compare(sum, args=[1], budget=-1)
    with pytest.raises(UsageError, match="--patience 0: give a time"):
        compare(sum, args=[1], patience=0)


def iter_of(number: int) -> Iterator[int]:
    yield number


def test_a_cell_has_a_contender_on_each_line_or_in_each_block() -> None:
    assert parts("sum(a)\n\n# not this\nmax(a)\n") == ["sum(a)", "max(a)"]
    assert parts("t = 0\nt += 1\n//\nt = 1") == ["t = 0\nt += 1", "t = 1"]


@pytest.mark.parametrize("option", ["--budget 0", "--budget nan", "--patience 0", "--patience x"])
def test_the_magic_refuses_the_times_that_the_command_line_refuses(option: str) -> None:
    with pytest.raises(UsageError, match=option.split()[0]):
        run(f"{option} 1 + 1 // 2", None, {})


@pytest.mark.parametrize("line", ["", " ", "--budget 2", "--budget 2 // "])
def test_the_magic_without_a_statement_says_what_to_give(line: str) -> None:
    with pytest.raises(UsageError, match="name what to compare, as in %hotloop"):
        run(line, None, {})


def test_options_of_the_magic_may_have_blanks_and_stand_before_a_minus() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-s", "--setup")
    parser.add_argument("--budget")
    line = """-s "import math; x = 1" --budget=2 -x // math.fabs(-x)"""
    options, statements = split(parser, line, None)
    assert (options.setup, options.budget) == ("import math; x = 1", "2")
    assert statements == ["-x", "math.fabs(-x)"]
    with pytest.raises(UsageError, match="No closing quotation"):
        split(parser, '--setup "x', "1")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    """A kernel's; if one never answers, another's: seen twice in some twenty runs of all tests."""
    pytest.importorskip("ipykernel", reason="ipykernel is not installed: pip install hotloop[test]")
    with ExitStack() as kernels:
        try:
            ready = kernels.enter_context(_kernel(tmp_path))
        except RuntimeError as never:
            warnings.warn(str(never), stacklevel=1)
            ready = kernels.enter_context(_kernel(tmp_path))
        yield ready


@contextmanager
def _kernel(cwd: Path) -> Iterator[Any]:
    """A client of a kernel, whose sockets are files: a free port may be another's as it begins.

    Raises RuntimeError, with where the kernel's threads are, if it does not answer.
    """
    from jupyter_client.manager import KernelManager

    # The system allows short paths only.
    with tempfile.TemporaryDirectory() as folder, Path(folder, "stderr").open("w+") as stderr:
        kernel = KernelManager(transport="ipc", ip=f"{folder}/kernel")
        environment = os.environ | {"PYTHONFAULTHANDLER": "1"}
        kernel.start_kernel(cwd=str(cwd), env=environment, stderr=stderr)
        client = kernel.blocking_client()
        try:
            client.start_channels()
            client.wait_for_ready(timeout=READY_S)
            yield client
        except RuntimeError as error:
            kernel.signal_kernel(signal.SIGABRT)
            eventually(lambda: not kernel.is_alive())
            raise RuntimeError(f"{error}: {Path(stderr.name).read_text()}") from error
        finally:
            client.stop_channels()
            kernel.shutdown_kernel(now=True)


@pytest.mark.filterwarnings("always:Kernel didn't respond")
def test_the_magic_runs_in_a_real_kernel(client: Any) -> None:
    shown = [
        _output(client, code)
        for code in (
            f"%load_ext hotloop\nimport sys; sys.path.append({str(ROOT)!r})\n"
            f"import pytest, tests.commands as commands\n"
            "commands.compare_in(1, pytest.MonkeyPatch())",
            "xs = list(range(100))\ndef mine(v): return sum(v)",
            "%%hotloop --budget 0.02\nsum(xs)\nmine(xs)\nmax(xs)",
            "%hotloop --budget 0.02 sum(xs) // mine(xs)",
            "%hotloop sum(xs",
        )
    ]
    assert shown[:2] == ["", ""]
    assert "vs sum(xs)" in shown[2]
    assert "not equal to sum(xs): 99 instead of 4950" in shown[2]
    assert "all equal sum(xs) on this input" in shown[3]
    assert "is neither FILE.py:FUNCTION" in shown[4]
    assert "Traceback" not in "".join(shown)


def _output(client: Any, code: str) -> str:
    """What a cell printed and returned, as text."""
    said: list[str] = []

    def take(message: dict[str, object]) -> None:
        content = message["content"]
        assert isinstance(content, dict)
        said.append(content.get("text", "") or content.get("data", {}).get("text/plain", ""))
        said.extend(content.get("traceback", []))

    deadline = time.monotonic() + LIMIT_S
    client.execute_interactive(code, output_hook=take, timeout=deadline - time.monotonic())
    return "".join(said)
