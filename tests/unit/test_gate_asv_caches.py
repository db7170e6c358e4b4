"""How a benchmark's functions get what ``setup_cache`` has returned."""

import pytest

from hotloop.gate.worker.asv import give_cache
from hotloop.gate.worker.calls import parameters


@pytest.mark.parametrize("params", [(), ("x", 7)])
def test_to_an_old_runner_a_cache_is_the_first_parameter(params: tuple[object, ...]) -> None:
    class Old:
        """A benchmark of asv_runner 0.2.1, which has no method for caches."""

        _current_params = params

        def insert_param(self, param: object) -> None:
            self._current_params = (param, *self._current_params)

    cached, uncached = Old(), Old()
    give_cache(cached, 30)
    give_cache(uncached, None)
    assert (parameters(cached), parameters(uncached)) == ((30, *params), params)
