"""Random projects with random edits: whatever changes what a benchmark counts touches it."""

import json
import random
import subprocess
from pathlib import Path

import pytest

from hotloop.gate.model import Side
from tests.affected_projects import Workshop, labels

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("gate_workers")]
SEEDS = range(10)
MODULES = ("a", "b", "c")
COUNTING = """
import sys, json, importlib
from tiny import count
found = {}
for name in ("a", "b", "c"):
    for attribute, function in list(vars(importlib.import_module("tiny." + name)).items()):
        if attribute.startswith("f") and callable(function):
            count.N = 0
            function()
            found[attribute] = count.N
print(json.dumps(found))
"""
# Each counts in a way of its own, and calls what comes later in the list.
SHAPES = (
    "def {name}(n={number}):\n    count.N += n\n{calls}",
    "def {name}():\n    '{words}'\n    count.N += len({name}.__doc__)\n{calls}",
    "L_{name} = {number}\ndef {name}():\n    for _ in range(L_{name}): count.N += 1\n{calls}",
    "class C{name}:\n    step = {number}\n    def go(self):\n        count.N += self.step\n{deeper}"
    "def {name}():\n    C{name}().go()\n",
    "TABLE_{name} = [lambda: {number}, lambda: {other}]\n"
    "def {name}():\n    count.N += TABLE_{name}[0]()\n{calls}",
    "def add_{name}(f):\n    def inner():\n        count.N += {number}\n        return f()\n"
    "    return inner\n@add_{name}\ndef {name}():\n    pass\n{calls}",
    "def gen_{name}():\n    for n in range({number}):\n        yield n\n"
    "def {name}():\n    count.N += sum(gen_{name}())\n{calls}",
    "exec('def e_{name}(): return {number}')\ndef {name}():\n    count.N += e_{name}()\n{calls}",
    "def {name}():\n    if not {number}:\n        count.N += {other}\n    count.N += 1\n{calls}",
    "STATE_{name} = []\ndef {name}():\n    STATE_{name}.append(1)\n"
    "    if len(STATE_{name}) % 3 == {number} % 3:\n        late_{name}()\n{calls}"
    "def late_{name}():\n    count.N += {other}\n",
)


class Random:
    """A project of functions, described by what is drawn for each of them."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.names = [f"f{n}" for n in range(9)]
        self.drawn = {name: self._draw(place) for place, name in enumerate(self.names)}

    def _draw(self, place: int) -> dict[str, object]:
        later = self.names[place + 1 :]
        return {
            "shape": self._chance.choice(SHAPES),
            "module": self._chance.choice(MODULES),
            "number": self._chance.randrange(4),
            "other": self._chance.randrange(4),
            "words": "w" * self._chance.randrange(1, 4),
            "calls": self._chance.sample(later, min(len(later), self._chance.randrange(3))),
            "remark": "",
        }

    def edit(self) -> None:
        name = self._chance.choice(self.names)
        drawn = self.drawn[name]
        what = self._chance.choice(["number", "other", "words", "calls", "remark", "whole"])
        if what == "whole":
            self.drawn[name] = self._draw(self.names.index(name)) | {"module": drawn["module"]}
        elif what == "remark":
            drawn["remark"] = "# why\n"
        else:
            drawn[what] = self._draw(self.names.index(name))[what]

    def files(self) -> dict[str, str]:
        modules = {name: f"from tiny import count\n# {name}\n" for name in MODULES}
        for name, drawn in self.drawn.items():
            calls = drawn["calls"]
            assert isinstance(calls, list)
            lines = [
                f"import tiny.{self.drawn[called]['module']} as m; m.{called}()" for called in calls
            ] or ["pass"]
            words = {"calls": "    ", "deeper": "        "}
            text = str(drawn["shape"]).format(
                name=name,
                **{key: drawn[key] for key in ("number", "other", "words")},
                **{key: "".join(f"{s}{line}\n" for line in lines) for key, s in words.items()},
            )
            modules[str(drawn["module"])] += str(drawn["remark"]) + text
        benchmarks = "".join(
            f"def time_{name}():\n    import tiny.{drawn['module']} as m\n    m.{name}()\n"
            for name, drawn in self.drawn.items()
        )
        return {
            "tiny/__init__.py": "",
            "tiny/count.py": "N = 0\n",
            "benchmarks/speed.py": benchmarks,
            **{f"tiny/{name}.py": text for name, text in modules.items()},
        }


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("random"))


@pytest.mark.thorough(
    "processes/test_gate_affected.py::test_a_change_that_matters_touches",
    "processes/test_gate_affected.py::test_what_changes_elsewhere_touches_no_other_benchmark",
)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_counts_otherwise_is_touched(seed: int, workshop: Workshop) -> None:
    chance = random.Random(seed)
    drawn = Random(chance)
    base = drawn.files()
    for _ in range(chance.randrange(1, 3)):
        drawn.edit()
    head = drawn.files()
    selection = workshop.select(base, head)
    untouched = {each.name.removeprefix("speed.time_") for each in selection.untouched}
    counts = [counted(workshop.environments[side] / "bin" / "python") for side in Side]
    differing = {name for name in drawn.names if counts[0][name] != counts[1][name]}
    assert not differing & untouched, labels(selection.touched)
    # Equal commits touch nothing.
    if base == head:
        assert not selection.touched


def counted(python: Path) -> dict[str, int]:
    """What each function counts, in a process of its own."""
    ended = subprocess.run([python, "-c", COUNTING], check=True, capture_output=True, text=True)
    found: dict[str, int] = json.loads(ended.stdout)
    return found
