"""Which parts that changed are swapped, and what is named: what each gives back is scripted."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from hotloop.gate.explain import explain as explaining
from hotloop.gate.explain.profiles import Compared, Function, Profile
from hotloop.gate.explain.suspects import changes
from hotloop.gate.explain.swaps import Swap, Trial
from hotloop.gate.explain.watched import Part, Sight
from hotloop.gate.explanation import EXTENSION, Explanation, Ground
from hotloop.gate.model import Benchmark, Kind, Side
from hotloop.gate.preparation import Prepared
from hotloop.gate.suites.suite import Suite
from hotloop.gate.worker.fingerprints import MODULE
from tests import scripted_gate

RATIO = 2.8
BENCHMARK = Benchmark("speed.time_it", (), None, Kind.TIME, "seconds", 60.0)
ALONE = "with it, the call raised TypeError"


@dataclass
class Scripted:
    """In place of real swaps: all of the change comes from ``culprit``.

    Parts that ``fail`` do not run as at base alone, but with all the rest of their files.
    """

    culprit: Function
    fail: Sequence[Function]
    tried: list[tuple[str, ...]] = field(default_factory=list)

    def try_it(
        self,
        swap: Swap,
        seeds: Sequence[int],
        compared: Compared,
        sights: Mapping[Side, Sight],
        is_open: Callable[[Trial], bool],
    ) -> Trial:
        self.tried.append(tuple(f"{part.file}:{part.path}" for part in swap.covers))
        if not swap.is_together and set(self.fail) & set(swap.covers):
            return Trial(swap, rejected=ALONE)
        gain = math.log(RATIO) if self.culprit in swap.covers else 0.0
        return Trial(
            swap, tuple(gain + 1e-3 * (-1) ** n * (1 + n / 100) for n in range(len(seeds)))
        )


def found(
    monkeypatch: pytest.MonkeyPatch,
    changed: Mapping[str, Sequence[str]],
    culprit: Function,
    fail: Sequence[Function] = (),
    unseen: Sequence[Function] = (),
    extensions: Sequence[str] = (),
) -> tuple[Explanation, list[tuple[str, ...]]]:
    """What is said, and what was tried in turn, where these parts of files ``changed``.

    No call is seen to run what is ``unseen``. Of ``extensions`` only what was compiled differs.
    """
    code = {
        side: {
            file: {path: Part(side.value, 1, 2, path != MODULE) for path in paths}
            for file, paths in changed.items()
        }
        for side in Side
    }
    sights = {
        side: Sight(
            code=code[side],
            files=dict.fromkeys(changed, "/at"),
            extensions={name: f"/{side.value}/{name}" for name in extensions},
        )
        for side in Side
    }
    parts = [Function(file, path) for file, paths in changed.items() for path in paths]
    counts = {part: 1.0 for part in parts if part.path != MODULE and part not in unseen}
    profile = Profile(counts, dict.fromkeys(counts, 1e-3), dict.fromkeys(counts, 1e-3), {})
    compared = Compared(dict.fromkeys(Side, profile), dict.fromkeys(counts, 1e-4))
    seen = sights, compared, changes(sights, compared, 1)
    scripted = Scripted(culprit, fail)
    monkeypatch.setattr(explaining, "Swapping", lambda *_: scripted)
    monkeypatch.setattr(explaining.Inquiry, "_profiled", lambda _: seen)
    base, head = map(scripted_gate.contender, Side)
    told = explaining.explanation_of(
        BENCHMARK,
        RATIO,
        1e-3,
        Prepared(base, head, Suite((BENCHMARK,)), (), ()),
        1,
        1,
        lambda *_: None,
    )
    return told, scripted.tried


CORE, FIND, MADE = (Function("core.py", name) for name in (MODULE, "find", "made"))


def named(told: Explanation) -> list[tuple[str | None, str]]:
    return [(each.file, each.name) for each in told.named]


@pytest.mark.parametrize(
    ("culprit", "steps"),
    [("table", [("a", "b"), ("core",), ("d",), ("table",)]), ("a", [("a", "b"), ("a",), ("a",)])],
)
def test_one_of_many_top_levels_is_sought_by_halves(
    monkeypatch: pytest.MonkeyPatch, culprit: str, steps: Sequence[Sequence[str]]
) -> None:
    changed = {f"{name}.py": (MODULE,) for name in ("a", "b", "core", "d", "table")}
    told, tried = found(monkeypatch, changed, Function(f"{culprit}.py", MODULE))
    assert named(told) == [(f"{culprit}.py", MODULE)]
    assert tried == [tuple(f"{name}.py:{MODULE}" for name in names) for names in steps]


def test_what_is_left_is_named_where_the_rest_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told, tried = found(monkeypatch, {"core.py": (MODULE, "light")}, CORE, fail=(CORE,))
    assert named(told) == [("core.py", MODULE)]
    light, top = "core.py:light", f"core.py:{MODULE}"
    assert tried == [(light,), (top,), (light, top)]


def test_a_function_that_needs_its_file_s_top_level_is_named_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told, tried = found(monkeypatch, {"core.py": (MODULE, "find")}, FIND, fail=(CORE, FIND))
    assert named(told) == [("core.py", "find")]
    assert ALONE in str(told.reason)
    find, top = "core.py:find", f"core.py:{MODULE}"
    assert tried == [(find,), (top,), (find, top)]


def test_what_only_an_import_runs_is_tried_beside_what_changed_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told, tried = found(monkeypatch, {"core.py": ("light", "made")}, MADE, unseen=(MADE,))
    assert named(told) == [("core.py", "made")]
    assert tried == [("core.py:light",), ("core.py:made",)]


def test_what_changed_but_does_not_run_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    told, tried = found(monkeypatch, {"core.py": ("made",)}, FIND, unseen=(MADE,))
    assert told.ground is Ground.NOTHING
    assert "its calls run none of the code that changed (core.py:made)" in str(told.reason)
    assert tried == [("core.py:made",)]


def test_what_was_compiled_is_tried_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = Function("fast.so", EXTENSION)
    told, tried = found(monkeypatch, {}, fast, extensions=("fast.so",))
    assert named(told) == [("fast.so", EXTENSION)]
    assert tried == [(f"fast.so:{EXTENSION}",)]
    sights = {side: Sight(extensions={"fast.so": f"/{side.value}/fast.so"}) for side in Side}
    none = Profile({}, {}, {}, {})
    (suspect,) = changes(sights, Compared(dict.fromkeys(Side, none), {}), 1).suspects
    whole = {"/head/fast.so": (("", "/base/fast.so", ""),)}
    assert explaining._alone(sights, suspect).parts == whole
