"""Tests that are benchmarks as a whole, or by a fixture that nobody but the gate provides."""

import itertools
import unittest

import pure
import pytest

SEEN: list[int] = []


@pytest.fixture
def turns():
    return 200


@pytest.mark.benchmark
def test_marked(turns):
    assert pure.work(turns) >= 0


@pytest.mark.codspeed_benchmark
@pytest.mark.parametrize("turns", [200, 400])
def test_marked_and_parametrised(turns):
    pure.work(turns)


@pytest.mark.benchmark
def test_bears_one_call():
    SEEN.append(1)
    pure.work(200)
    assert len(SEEN) == 1


@pytest.mark.benchmark
def test_leaves_a_file(tmp_path):
    (tmp_path / "made").mkdir()
    pure.work(200)


@pytest.mark.benchmark
class TestMarked(unittest.TestCase):
    def setUp(self):
        self.turns = 200

    def test_method(self):
        assert pure.work(self.turns) >= 0


@pytest.mark.benchmark
def test_marked_and_fails():
    raise LookupError("no such thing")


def test_fixture(benchmark):
    assert benchmark(pure.work, 200) >= 0


def test_pedantic(benchmark):
    assert benchmark.pedantic(pure.work, args=(200,), rounds=20) >= 0


@pytest.mark.benchmark(timer=itertools.count(step=3).__next__)
def test_rounds(benchmark):
    benchmark.pedantic(pure.work, args=(200,), rounds=7, iterations=3)
    assert benchmark.stats["rounds"] == 7
    assert benchmark.stats["iterations"] == 3
    assert benchmark.stats["mean"] == benchmark.stats.stats.max == 1


class TestAnothers:
    @pytest.fixture
    def benchmark(self):
        return lambda function, *given: function(*given)

    def test_times_nothing(self, benchmark):
        benchmark(pure.work, 20)


def test_decorates(benchmark):
    @benchmark
    def result():
        return pure.work(200)

    assert result >= 0


def test_plain():
    pure.work(1)
