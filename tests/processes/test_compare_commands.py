"""``hotloop compare --command`` and ``--over``: whole commands, several sizes."""

import subprocess
from pathlib import Path

import pytest

from hotloop.base.outcome import Status
from hotloop.compare import result as compare_result
from hotloop.compare.commands import CommandExecutor, judge_outputs, words_of
from hotloop.timing.executor import FirstCall
from hotloop.timing.record import Contender, Failure
from tests.commands import LIMIT_S, here, hotloop

pytestmark = pytest.mark.timeout(LIMIT_S + 60)


def compare(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return here(folder, "compare", *words, "--quiet", sets=2)


def test_commands_are_timed_in_turns_and_a_failing_one_costs_only_itself(tmp_path: Path) -> None:
    words = ["sleep 0.02", "sleep 0.1", "exit 3", "no-such-program-here"]
    prepare = ["--prepare", "echo x >> prepared", "--warmup", "1", "--budget", "0.05"]
    done = hotloop(
        tmp_path, "compare", "--command", *words, *prepare, "--json", "r.json", "--quiet"
    )
    assert done.returncode == 4
    result = compare_result.load(tmp_path / "r.json")
    slow = result["sleep 0.1"]
    assert slow.factor is not None
    assert slow.factor.value < 1
    assert slow.seconds is not None
    assert slow.seconds.median >= 0.1
    assert result["exit 3"].reason == "exit code 3; --ignore-failure times it all the same"
    assert "not found" in (result["no-such-program-here"].reason or "")
    runs = sum(sum(r.seconds.samples_per_process) for r in result.contenders if r.seconds)
    # The first call and the warm-up of each were prepared too.
    assert (tmp_path / "prepared").read_text().count("x") > runs


def contender(command: str) -> Contender:
    return Contender(command, "command:run", {"command": command})


def test_a_command_that_hangs_is_ended_with_what_it_started() -> None:
    executor = CommandExecutor(limit_s=0.3)
    with executor.open([contender("sleep 60 & sleep 60")]) as commands:
        failure = commands.first_call("sleep 60 & sleep 60")
    assert isinstance(failure, Failure)
    assert failure.message == "no end after 0.3 s: it hangs"


def test_what_commands_print_can_be_compared() -> None:
    names = ["printf 'a\\nb\\n'", "printf 'a\\nc\\n'"]
    with CommandExecutor(limit_s=30.0).open([contender(name) for name in names]) as commands:
        firsts = {name: commands.first_call(name) for name in names}
    answers = {name: first.answer for name, first in firsts.items() if isinstance(first, FirstCall)}
    wrong = judge_outputs("equal", answers)
    assert list(wrong) == names[1:]
    assert "line 2 is 'c' instead of 'b'" in wrong[names[1]]
    assert judge_outputs("none", answers) == {}


@pytest.mark.parametrize("command", ["a | b", "echo $HOME", "x > y", "unknown-program-0", "'"])
def test_what_only_a_shell_understands_goes_to_one(command: str) -> None:
    assert words_of(command) == ["/bin/sh", "-c", command]
    assert words_of("sleep '1'") == ["sleep", "1"]


def test_sizes_show_growth_and_leave_out_who_is_too_slow(tmp_path: Path) -> None:
    (tmp_path / "grow.py").write_text(
        "import time\n"
        "def problem(n): return n\n"
        # So long that a late wake-up on a busy machine does not hide how they grow.
        "def waits(n):\n    time.sleep(n / 1e3)\n    return n\n"
        "def waits_longer(n):\n    time.sleep(n / 3e2)\n    return n\n"
    )
    done = compare(
        tmp_path, "grow.py", "--over", "n=10,40,1e5", "--budget", "0.1", "--patience", "2",
        "--json", "r.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    result = compare_result.load(tmp_path / "r.json")
    assert [(row.name, row.size) for row in result.contenders[:2]] == [
        ("waits", 10),
        ("waits_longer", 10),
    ]
    last = result.contenders[-1]
    assert last.status is Status.UNAVAILABLE
    assert "longer than --patience 2" in (last.reason or "")
    assert [growth.name for growth in result.growth] == ["waits", "waits_longer"]
    assert 0 < result.growth[1].exponent < 1.5
    assert "waits_longer  n^" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--command", "true", "--fresh"], "--fresh: not with --command"),
        (["x", "--warmup", "2"], "--warmup: only with --command"),
        (["--command", "true", "--check", "close:1e-3"], "for commands, give none or equal"),
        (["--command", " "], "an empty command"),
        (["x", "--over", "n"], "give a name and sizes"),
        (["x", "--over", "n=0,1"], "a size is above 0"),
        (["x", "--image", "x.png"], "give --over"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    tmp_path: Path, words: list[str], said: str
) -> None:
    done = compare(tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
