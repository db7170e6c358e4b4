import pytest

from hotloop.compute.limit import ALL_THREADS, ONE_THREAD, LimitBook
from hotloop.compute.result import Limit
from hotloop.timing.record import Failure, Measurement, Stage, Threads


def rate(per_s: float) -> dict[str, object]:
    return {"iterations_per_second": per_s, "unit": "AVX2"}


def measurement(failures: dict[str, Failure]) -> Measurement:
    return Measurement((), failures, 1, None, 1.0, 0.5)


def test_one_thread_is_measured_where_single_threaded_variants_are() -> None:
    one, every = LimitBook(threads=4).contenders()
    assert (one.threads, one.arguments) == (Threads.ONE, {"threads": 1})
    assert (every.threads, every.arguments) == (Threads.ALL, {"threads": 4})


def test_rates_are_taken_out_before_answers_are_judged() -> None:
    book = LimitBook(threads=2)
    assert book.take({"python": 3, ONE_THREAD: rate(5.0), ALL_THREADS: rate(9.0)}) == {"python": 3}
    assert book.take({"numba": 4}) == {"numba": 4}
    assert book.limit() == Limit(5.0, 9.0, 2, "AVX2")


def test_the_limit_is_the_median_of_the_sets_and_the_first_call_no_set() -> None:
    book = LimitBook(threads=2)
    for one, every in [(0.1, 0.2), (7.0, 13.0), (6.0, 12.0), (99.0, 198.0)]:
        book.take({ONE_THREAD: rate(one), ALL_THREADS: rate(every)})
    assert book.limit() == Limit(7.0, 13.0, 2, "AVX2")


def test_without_both_rates_there_is_no_limit_and_a_reason() -> None:
    book = LimitBook(threads=2)
    book.take({ONE_THREAD: rate(5.0)})
    assert book.limit() is None
    failures = {ALL_THREADS: Failure(Stage.SET_UP, "Unavailable", "it is not built: run make")}
    assert book.doubts(measurement(failures)) == (
        "the limit was not measured: it is not built: run make",
    )
    assert book.doubts(measurement({})) == ()


@pytest.mark.parametrize("bad", [0.0, -1.0, float("inf"), float("nan")])
def test_a_limit_that_cannot_be_is_never_made(bad: float) -> None:
    with pytest.raises(ValueError, match="a limit of"):
        Limit(bad, 1.0, 1, "AVX2")
    with pytest.raises(ValueError, match="a limit of"):
        Limit(1.0, bad, 1, "AVX2")
    with pytest.raises(ValueError, match="with 0 threads"):
        Limit(1.0, 1.0, 0, "AVX2")


@pytest.mark.parametrize("bad", [0.0, float("inf")])
def test_a_rate_that_cannot_be_costs_the_limit_alone(bad: float) -> None:
    book = LimitBook(threads=2)
    book.take({ONE_THREAD: rate(5.0), ALL_THREADS: rate(bad)})
    assert book.limit() is None
    assert book.doubts(measurement({})) == (
        f"the limit was not measured: a rate of {bad:g} cannot be",
    )
    book.take({ALL_THREADS: rate(9.0)})
    assert book.limit() == Limit(5.0, 9.0, 2, "AVX2")
    assert book.doubts(measurement({})) == ()
