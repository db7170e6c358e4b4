"""What compilers were seen to get wrong in silence, as outcomes of calls: none passes as equal."""

import _bisect
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hotloop.compare.inside.equal import Rules
from hotloop.compare.inside.outcome import difference, raised, returned
from hotloop.techniques.inside import workload

if TYPE_CHECKING:
    from hotloop.compare.inside.outcome import Outcome

RULES = Rules(exact=True, scalars=True, option="--close ")
WRAPPED = 12345 * 6364136223846793005


@pytest.mark.parametrize(
    ("expected", "actual", "said"),
    [
        # pythran: a dict in the order of its hash; numba: its own.
        (returned({"b": 1, "a": 2}, ()), returned({"a": 2, "b": 1}, ()), "in another order"),
        # numba and pythran: a sum in another order.
        (returned(0.1 + 0.2, ()), returned(0.3, ()), "relative error 2e-16: --close 1e-15"),
        # pythran: a copy of the list was changed.
        (returned(None, ([1.5],)), returned(None, ([1.0],)), "argument 1 is not left as"),
        # Both: integers that wrap.
        (returned(WRAPPED, ()), returned((WRAPPED + 2**63) % 2**64 - 2**63, ()), "instead of"),
        # pythran: // and % of C.
        (returned((-7 // 2, -7 % 3), ()), returned((-3, -1), ()), "-3 instead of -4 at [0]"),
        # pythran: 1.0 / 0.0 gives infinity.
        (raised(ZeroDivisionError(), ()), returned(float("inf"), ()), "ZeroDivisionError"),
        (returned(1.0, ()), raised(OverflowError(), ()), "OverflowError"),
        # A float for an int, which Python calls equal.
        (returned(3, ()), returned(3.0, ()), "float instead of int"),
    ],
)
def test_a_wrong_answer_is_told(expected: "Outcome", actual: "Outcome", said: str) -> None:
    found = difference(expected, actual, RULES, {})
    assert found is not None
    assert said in found
    assert difference(expected, expected, RULES, {}) is None


@pytest.mark.skipif(not hasattr(_bisect, "__file__"), reason="this Python has no such file")
def test_what_pythran_has_made_is_called(tmp_path: Path) -> None:
    """As any extension: one of Python's own stands for it, beside a function of the same name."""
    (tmp_path / "mine.py").write_text("def insort_right(a, x):\n    return a.append(x)\n")
    source = {"path": str(tmp_path / "mine.py"), "function": "insort_right"}
    settings = {
        "source": source,
        "problem": {"args": "[1, 3], 2", "from": None},
        "setup": "",
        "seed": 1,
        "fresh": True,
        "check": True,
        "answer_bytes": 10**6,
    }
    said = {}
    for how in ("as it is", "pythran"):
        technique = {"how": how, "cache": None, "extension": _bisect.__file__}
        made = workload.prepare(settings | {"technique": technique})
        made.call()
        made.save(str(tmp_path / "left"))
        (said[how],) = pickle.loads((tmp_path / "left").read_bytes())
    assert said == {
        "as it is": returned(None, ([1, 3, 2], 2)),
        "pythran": returned(None, ([1, 2, 3], 2)),
    }
