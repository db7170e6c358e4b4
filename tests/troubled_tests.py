"""What tests of all kinds come to in the gate, whoever runs them."""

from tests import commands

SUITES = commands.ROOT / "tests/pytest_suites"
WHOLE = (SUITES / "whole.py").read_text(encoding="utf-8")
NASTY = (SUITES / "nasty.py").read_text(encoding="utf-8")
# What pytest-rerunfailures does about a test that fails.
RERUNS = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    if item.name != "test_runs_again":
        return None
    for may_fail in (True, False):
        item._initrequest()
        for report in runtestprotocol(item, nextitem=nextitem, log=False):
            if report.failed and may_fail:
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
    return True
"""
TWICE = "the test calls benchmark twice: a test has one; make two tests of it"
UNCALLED = "the test passed without calling benchmark"
BOTH = "fails at base and at head: "
# Where no plugin is installed: pytest-benchmark refuses it in its own words.
ANOTHERS = (
    "its fixture `benchmark` is another one, of tests/test_{}.py: the gate times what is given to "
    "pytest-benchmark's, to pytest-codspeed's, or without these to its own"
)
# What is wrong with each of the nasty tests, in the gate's words; the others run on both sides.
TROUBLES = {
    "test_uses_up": (
        "failed",
        f"{BOTH}its first call uses up argument 1, a generator, and later calls have nothing to "
        "do: make that anew in each call",
    ),
    "test_pedantic_uses_up": (
        "failed",
        f"{BOTH}its first call uses up argument 1, a map, and later calls have nothing to do: "
        "make that anew in each call",
    ),
    "test_drains": (
        "failed",
        f"{BOTH}its calls use up argument 1, a list of 100, and later ones find nothing there: "
        "make that anew in each call, or in a set-up before each",
    ),
    "test_reads_to_the_end": (
        "failed",
        f"{BOTH}its calls use up file, a TextIOWrapper, and later ones find nothing there: "
        "make that anew in each call, or in a set-up before each",
    ),
    "test_called_twice": ("failed", f"{BOTH}{TWICE}"),
    "test_in_a_loop": ("failed", f"{BOTH}{TWICE}"),
    "test_never_called": ("failed", f"{BOTH}{UNCALLED}"),
    "test_in_a_child": ("failed", f"{BOTH}{UNCALLED}"),
    "test_fails_afterwards": (
        "failed",
        f"{BOTH}the test raised AssertionError: assert 167480 == 'no number'",
    ),
    "test_fails_at_head": ("broken", "the test raised assert 140 < 2"),
    "test_skips": ("skipped", "at head: not today"),
    "test_skips_at_head": ("skipped", "at head: head is slow"),
    "test_skips_at_base": ("new", "does not run at base: base is fast"),
    "TestShares::test_calls_nothing": ("skipped", f"at head: {UNCALLED}"),
    "test_fails_as_expected_before": ("skipped", "at head: xfail: cannot be run"),
    "test_absent_fixture": (
        "failed",
        f"{BOTH}a fixture raised FixtureLookupError: fixture 'absent' not found",
    ),
    "test_broken_fixture": ("failed", f"{BOTH}a fixture raised LookupError: no such thing"),
    "test_broken_end_of_a_fixture": (
        "failed",
        f"{BOTH}a fixture's end raised LookupError: cannot end",
    ),
    "test_call_raises": (
        "failed",
        f"{BOTH}the test raised ValueError: invalid literal for int() with base 10: 'no number'",
    ),
    "test_call_raises_later": (
        "failed",
        f"{BOTH}the test raised ZeroDivisionError: division by zero",
    ),
    "test_call_raises_as_expected": (
        "failed",
        f"{BOTH}the test passed, but its call raised ValueError",
    ),
    "test_exits": ("failed", f"{BOTH}the test raised SystemExit: 3"),
    "test_exits_hard": ("failed", f"{BOTH}the process died (exit code 3)"),
    "test_exits_pytest": ("failed", f"{BOTH}the test raised Exit: enough"),
    "test_coroutine": (
        "failed",
        f"{BOTH}it returns a coroutine that nobody runs: call asyncio.run(...) on it in a plain "
        "function",
    ),
    "test_pedantic_wrong": (
        "failed",
        f"{BOTH}the test raised ValueError: Can't use more than 1 `iterations` with a `setup` "
        "function.",
    ),
    "test_closes_everything": (
        "failed",
        f"{BOTH}the benchmark closed the pipes that the gate talks through",
    ),
}
# Head does four times the work of base, and these spend all their time on it.
SLOWER = (
    "test_plain",
    "test_asks",
    "test_in_a_thread",
    "test_fails_as_expected",
    "test_stops_the_clock",
    "test_traces",
    "test_own_timer",
)
EQUAL = ("test_grows", "test_names[a::b]", r"test_names[two\nlines]", r"test_names[nul\x00]")
# The others, which run.
OTHERS = (
    *SLOWER,
    *EQUAL,
    *("test_names[[x]]", r"test_names[\xfc]", "test_names[]", "test_remembers", "test_captures"),
    *("test_of_a_subprocess", "test_long_calls_give_their_result", "test_runs_a_loop"),
    *("test_stats", "test_pedantic", "test_pedantic_once", "test_pedantic_iterations"),
    "test_rounds",
    *("test_pedantic_on_files", "test_temporary", "test_uses", "test_surroundings"),
    *("test_runs_again", "TestClass::test_method", "TestUnittest::test_method"),
    *("test_many_threads", "test_waits", "test_forks", "test_reads_nothing"),
    "test_reads_from_the_start",
)
# Of the suite of whole tests, those that are measured, and spend all their time on head's work.
WHOLE_SLOWER = (
    "test_marked",
    "test_marked_and_parametrised[200]",
    "test_marked_and_parametrised[400]",
    "test_fixture",
    "test_pedantic",
    "test_decorates",
)
