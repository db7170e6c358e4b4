from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pytest

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.compare.result import Check
from hotloop.compute import command as compute
from hotloop.compute.result import ComputeResult, Limit, OfLimit, ProblemFacts, VariantResult
from hotloop.compute.summary import RunFacts, Rung, summarise
from hotloop.timing.record import Failure, Measurement, Run, Stage

MACHINE = Machine("A CPU", 2, 2, 8_000_000_000, "Linux", "3.11.7", "CPython", {"numpy": "2.4.6"})
PROBLEM = ProblemFacts(320, 240, 255, (-2.5, 0.5, -1.2, 1.2), 4_000_000)


def rung(name: str, mismatched: int | None = 0) -> Rung:
    return Rung(name, f"the idea of {name}", 1, mismatched)


def runs(
    name: str,
    *samples_of_processes: Sequence[float],
    first_s: float = 0.5,
    peak: int = 1_000_000,
) -> tuple[Run, ...]:
    return tuple(
        Run(
            name,
            process,
            1,
            tuple(samples),
            first_s if process == 0 else None,
            told={"peak_memory_bytes": peak + process},
        )
        for process, samples in enumerate(samples_of_processes)
    )


def summary(
    all_runs: Iterable[Run],
    rungs: Sequence[Rung],
    failures: Mapping[str, Failure] | None = None,
    doubts: tuple[str, ...] = (),
    iterations: int | None = 4_000_000,
    limit: Limit | None = None,
    variables: Mapping[str, str] | None = None,
) -> ComputeResult:
    measurement = Measurement(tuple(all_runs), failures or {}, 417, 1, 9.0, 8.0)
    facts = ProblemFacts(320, 240, 255, PROBLEM.window, iterations)
    check = Check("python", "all equal")
    run = RunFacts(MACHINE, facts, "python", check, doubts, 10.0, limit, variables or {})
    return summarise(measurement, rungs, run)


def row(result: ComputeResult, name: str) -> VariantResult:
    return next(variant for variant in result.variants if variant.name == name)


STEADY = [[2.0], [2.0], [2.0], [2.0], [2.0]]


def test_rows_stand_in_the_order_of_the_rungs_with_their_figures() -> None:
    fast = [[0.02, 0.02, 0.02]] * 5
    measured = (*runs("numba", *fast, first_s=0.9), *runs("python", *STEADY))
    result = summary(measured, [rung("python"), rung("numba")])
    assert [variant.name for variant in result.variants] == ["python", "numba"]
    numba = row(result, "numba")
    assert numba.status is Status.OK
    assert numba.seconds is not None
    assert numba.seconds.median == 0.02
    assert numba.seconds.samples_per_process == (3, 3, 3, 3, 3)
    assert numba.iterations_per_second == pytest.approx(200_000_000)
    assert numba.speedup == pytest.approx(100)
    assert numba.first_call_seconds == 0.9
    assert numba.peak_memory_bytes == 1_000_004
    assert row(result, "python").speedup == 1.0
    assert (result.seed, result.elapsed_seconds, result.measured_seconds) == (417, 10.0, 8.0)


def test_the_speedup_is_paired_within_sets_so_that_a_slow_minute_cancels() -> None:
    weather = [1.0, 2.0, 1.0, 3.0, 1.5]
    measured = (
        *runs("python", *[[2.0 * w] for w in weather]),
        *runs("numba", *[[0.02 * w] * 3 for w in weather]),
    )
    numba = row(summary(measured, [rung("python"), rung("numba")]), "numba")
    assert numba.speedup_low == pytest.approx(100)
    assert numba.speedup_high == pytest.approx(100)
    assert numba.seconds is not None
    assert numba.seconds.low < numba.seconds.high


def test_a_call_after_a_pause_is_the_median_of_those_of_all_processes() -> None:
    measured = [replace(run, after_pause_s=(3.0, 2.3)) for run in runs("python", *STEADY)]
    measured[0] = replace(measured[0], after_pause_s=())
    found = row(summary(measured, [rung("python")]), "python")
    assert found.after_pause_seconds == pytest.approx(2.65)
    assert found.pause_factor == pytest.approx(1.325)
    assert row(summary(runs("python", *STEADY), [rung("python")]), "python").pause_factor is None


def test_a_pause_that_costs_less_than_a_tenth_is_not_worth_a_word() -> None:
    measured = [replace(run, after_pause_s=(2.1,)) for run in runs("python", *STEADY)]
    found = row(summary(measured, [rung("python")]), "python")
    assert found.after_pause_seconds == 2.1
    assert found.pause_factor is None


def test_without_the_reference_among_the_timed_there_is_no_factor() -> None:
    result = summary(runs("numba", *STEADY), [rung("numba")])
    assert row(result, "numba").speedup is None


def test_a_wrong_an_unavailable_and_a_dead_variant_each_say_why() -> None:
    failures = {
        "bad": Failure(Stage.CHECK, "WrongAnswer", "1 of 6 pixels differs"),
        "absent": Failure(Stage.SET_UP, "Unavailable", "numba is not installed"),
        "dead": Failure(Stage.FIRST_CALL, "WorkerDied", "killed by SIGSEGV"),
    }
    rungs = [rung("python"), rung("bad", 1), rung("absent", None), rung("dead", None)]
    result = summary(runs("python", *STEADY), rungs, failures)
    assert [v.status for v in result.variants] == [
        Status.OK,
        Status.WRONG,
        Status.UNAVAILABLE,
        Status.FAILED,
    ]
    assert row(result, "bad").mismatched_pixels == 1
    assert row(result, "bad").reason == "1 of 6 pixels differs"
    assert row(result, "dead").reason == "first call: WorkerDied: killed by SIGSEGV"
    assert all(row(result, name).seconds is None for name in failures)


def test_only_what_cannot_run_is_left_out_of_the_table() -> None:
    install = "pip install 'hotloop[others]'"
    failures = {
        "absent": Failure(Stage.SET_UP, "Unavailable", "jax is not installed"),
        "dead": Failure(Stage.FIRST_CALL, "WorkerDied", "killed by SIGSEGV"),
    }
    rungs = [replace(rung(name), install=install) for name in ("python", *failures)]
    result = summary(runs("python", *STEADY), rungs, failures)
    assert [v.left_out for v in result.variants] == [None, install, None]
    with pytest.raises(ValueError, match="dead is failed and left out"):
        replace(row(result, "dead"), left_out=install)


def test_without_a_right_answer_there_is_no_rate() -> None:
    result = summary(runs("python", *STEADY), [rung("python")], iterations=None)
    assert row(result, "python").iterations_per_second is None


def test_rates_are_given_as_parts_of_the_limit_of_one_and_of_all_threads() -> None:
    limit = Limit(8_000_000, 32_000_000, 4, "AVX2")
    result = summary(runs("python", *STEADY), [rung("python")], limit=limit)
    assert result.limit == limit
    assert row(result, "python").of_limit == OfLimit(one_thread=0.25, all_threads=0.0625)


def test_without_a_limit_or_a_rate_there_is_no_part_of_it() -> None:
    measured = runs("python", *STEADY)
    assert row(summary(measured, [rung("python")]), "python").of_limit is None
    unknown = summary(measured, [rung("python")], iterations=None, limit=Limit(8, 32, 4, "AVX2"))
    assert row(unknown, "python").of_limit is None


def test_steady_figures_raise_no_doubt() -> None:
    assert summary(runs("python", *STEADY), [rung("python")]).warnings == ()


def test_doubts_about_the_machine_come_first() -> None:
    result = summary(runs("python", *STEADY), [rung("python")], doubts=("the load was 7",))
    assert result.warnings == ("the load was 7",)


def test_a_wide_interval_is_named() -> None:
    wobbly = runs("python", [1.0], [1.1], [1.2], [1.3], [1.4])
    (*_, unsteady) = summary(wobbly, [rung("python")]).warnings
    assert "python" in summary(wobbly, [rung("python")]).warnings[0]
    assert "wider than ± 10%" in summary(wobbly, [rung("python")]).warnings[0]
    assert "changed speed" in unsteady


def test_two_heaps_are_named_with_their_distance() -> None:
    heaps = runs("numba", *[[1.0, 1.5] * 10] * 5)
    doubts = summary(heaps, [rung("numba")]).warnings
    assert any("two heaps, 1.50x apart, 50% in the slower one" in doubt for doubt in doubts)


def threaded(name: str, threads: int | None) -> tuple[Run, ...]:
    return tuple(replace(run, told={"threads": threads}) for run in runs(name, *STEADY))


def test_the_threads_are_those_that_each_process_had() -> None:
    rungs = [replace(rung(name), threads=2) for name in ("few", "all", "silent")]
    rungs.append(rung("one"))
    told = [*threaded("few", 1), *threaded("all", 2), *threaded("silent", None)]
    found = summary([*told, *runs("one", *STEADY)], rungs)
    assert [variant.threads for variant in found.variants] == [1, 2, None, 1]
    assert found.warnings == ()


def test_who_had_fewer_threads_than_cpus_is_named_with_the_variable() -> None:
    rungs = [replace(rung(name), threads=2) for name in ("few", "all", "silent")]
    found = summary(
        [*threaded("few", 1), *threaded("all", 2), *threaded("silent", None)],
        rungs,
        variables={"OMP_NUM_THREADS": "1"},
    )
    assert found.warnings == (
        "few computed with 1 of 2 threads, and OMP_NUM_THREADS=1 is set: unset to use all",
        "how many threads silent had is not known: OMP_NUM_THREADS=1 may limit them",
    )


@pytest.mark.parametrize(
    ("variables", "limiting"),
    [
        ({"OMP_NUM_THREADS": "1"}, {"OMP_NUM_THREADS": "1"}),
        ({"OMP_NUM_THREADS": "2", "NUMBA_NUM_THREADS": "8"}, {}),
        ({"OMP_NUM_THREADS": "1,2"}, {"OMP_NUM_THREADS": "1,2"}),
        ({"OMP_DYNAMIC": "true", "HOME": "1"}, {"OMP_DYNAMIC": "true"}),
    ],
)
def test_a_variable_that_leaves_a_thread_for_each_cpu_limits_nothing(
    variables: dict[str, str], limiting: dict[str, str]
) -> None:
    assert compute.limiting(variables, 2) == limiting
