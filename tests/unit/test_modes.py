from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from hotloop.stats.modes import FEWEST_SAMPLES, two_modes

Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]

UNIMODAL: dict[str, Draw] = {
    "normal": lambda rng, n: 1 + 0.05 * rng.standard_normal(n),
    "lognormal": lambda rng, n: rng.lognormal(0, 0.3, n),
    "uniform": lambda rng, n: rng.uniform(1, 1.5, n),
    "exponential tail": lambda rng, n: 1 + rng.exponential(0.3, n),
}


@pytest.mark.parametrize("name", UNIMODAL)
@pytest.mark.parametrize("n", [50, 200])
def test_one_heap_is_rarely_called_two(name: str, n: int) -> None:
    rng = np.random.default_rng(7)
    alarms = sum(two_modes(UNIMODAL[name](rng, n).tolist()) is not None for _ in range(500))
    assert alarms <= 10


@pytest.mark.parametrize("n", [50, 200])
def test_two_heaps_twenty_per_cent_apart_are_found_with_their_medians(n: int) -> None:
    rng = np.random.default_rng(7)
    for _ in range(100):
        heaps = np.concatenate([rng.normal(1.0, 0.02, n // 2), rng.normal(1.25, 0.02, n // 2)])
        found = two_modes(rng.permutation(heaps).tolist())
        assert found is not None
        assert found.lower == pytest.approx(1.0, abs=0.03)
        assert found.upper == pytest.approx(1.25, abs=0.03)
        assert found.upper_part == pytest.approx(0.5, abs=0.05)


def test_a_few_outliers_are_no_mode() -> None:
    rng = np.random.default_rng(7)
    assert two_modes([*rng.normal(1, 0.01, 95), *[3.0] * 5]) is None


def test_heaps_nearer_than_the_noise_do_not_matter() -> None:
    assert two_modes([1.0, 1.02] * 50) is None
    assert two_modes([1.0, 1.2] * 50) is not None


def test_too_few_samples_say_nothing() -> None:
    assert two_modes([1.0, 2.0] * (FEWEST_SAMPLES // 2 - 1)) is None
    assert two_modes([1.0, 2.0] * (FEWEST_SAMPLES // 2)) is not None


def test_equal_samples_have_one_mode() -> None:
    assert two_modes([1.0] * 100) is None
