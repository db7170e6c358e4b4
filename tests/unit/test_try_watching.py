"""A function is watched at work: what it computes stays the same, what was seen is true."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hotloop.techniques.inside.notes import Notes, Site
from hotloop.techniques.inside.watching import instrumented

CODE = '''
"""A file of every kind of statement."""
from __future__ import annotations
from collections import namedtuple

Pair = namedtuple("Pair", "a b")
COUNT = 0


class Base:
    kind = "base"

    def __init__(self, n):
        super().__init__()
        self.n: int = n
        self.__private = 1 << 70

    @property
    def twice(self):
        return self.n * 2

    def private(self):
        return self.__private


class Derived(Base):
    def __init__(self, n):
        super().__init__(n)


def gen(n):
    """Its own docstring."""
    for i in range(n):
        got = yield i * i
        if got:
            return got


def effects(log):
    def at(i):
        log.append(i)
        return i

    xs = [0, 1, 2]
    xs[at(1)] += at(5)
    xs[at(0)], other = at(7), at(8)
    d = {}
    d.setdefault("k", []).append(at(9))
    return xs, other, d


def everything(n, *rest, key=3, **more):
    global COUNT
    COUNT += 1
    total = 0
    a = b = n
    (c, d), *e = (a, b), 1, 2
    x: float = 0.5
    with open(__file__) as file:
        head = file.read(0)
    try:
        1 // (n - n)
    except ZeroDivisionError as error:
        total += len(str(error)) > 0
    for i, j in enumerate(range(n)):
        if j % 2:
            continue
        total += i * j - -i
    else:
        total += 1
    while total > 1000:
        total //= 3
    square = lambda v: v * v
    if (m := square(n)) > 3:
        total += m
    o = Derived(n)
    o.n += 5
    match n:
        case 10:
            total += 1
    text = f"{total * 2:>{n}}" "%d" % n
    inner = [p * q for p in range(3) for q in (1, 2)]
    word = {k: v / 2 for k, v in zip("ab", inner)}
    del a
    return total, c, d, e, x, head, text, inner, word, o.twice, o.private(), list(gen(3)), \
        rest, key, more, COUNT, Pair(1, 2)
'''


def run(tmp_path: Path, changed: bool) -> Any:
    file = tmp_path / "every.py"
    file.write_text(CODE)
    notes = Notes()
    names: dict[str, Any] = {"__name__": "every", "__file__": str(file)}
    notes.install()
    code = instrumented(CODE.encode(), str(file), notes) if changed else compile(CODE, file, "exec")
    exec(code, names)
    log: list[int] = []
    return names["everything"](10, 7, z=1), names["effects"](log), log, names["gen"].__doc__, notes


def test_a_changed_copy_computes_what_the_code_does(tmp_path: Path) -> None:
    plain, changed = run(tmp_path, False), run(tmp_path, True)
    assert repr(changed[:4]) == repr(plain[:4])
    assert any(site.types for site in changed[-1].sites)
    assert not plain[-1].sites


def site_of(code: str, call: str, kind: str) -> list[Site]:
    notes = Notes()
    notes.install()
    names: dict[str, Any] = {}
    exec(instrumented(code.encode(), "f.py", notes), names)
    notes.clear()
    eval(call, names)
    return [site for site in [*notes.sites, *notes.constants] if site.kind == kind and site.high]


@pytest.mark.parametrize(
    ("value", "bits"),
    [("2**63 - 1", 63), ("2**63", 64), ("-2**63", 63), ("-2**63 - 1", 64), ("0", 0), ("-1", 0)],
)
def test_the_bits_of_an_integer_are_those_that_a_signed_word_needs(value: str, bits: int) -> None:
    site = Site("f.py", 1, "name", "f", "x")
    number = eval(value)
    site.high, site.low = max(number, 0), min(number, 0)
    assert site.bits == bits


@pytest.mark.parametrize(
    ("body", "text", "bits"),
    [
        # A temporary is wide, all that has a name is not.
        ("return x * 6364136223846793005 % 1000003", "x * 6364136223846793005", 80),
        ("return (x << 60) >> 60", "x << 60", 78),
        ("return sum([x << 45] * 9) % 7", "sum([x << 45] * 9)", 66),
        ("return pow(x, 5) % 7", "pow(x, 5)", 87),
        ("y = [x]\n    y[0] *= 2**50\n    return y[0] % 7", "y[0] *= 2 ** 50", 68),
        ("x **= 4\n    return x % 7", "x **= 4", 70),
    ],
)
def test_every_operation_is_looked_at(body: str, text: str, bits: int) -> None:
    sites = site_of(f"def f(x):\n    {body}\n", "f(160000)", "operation")
    widest = max(sites, key=lambda site: site.bits)
    assert (widest.text, widest.bits) == (text, bits)


def test_a_constant_that_no_word_holds_is_noted() -> None:
    code = "def f(x):\n    return x & 0xFFFFFFFFFFFFFFFF\n"
    (constant,) = site_of(code, "f(3)", "constant")
    assert (constant.line, constant.bits) == (2, 64)


def test_only_the_users_own_files_are_changed(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import json\ndef f():\n    return json.dumps(1 + 1)\n")
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from hotloop.techniques.inside.notes import Notes
from hotloop.techniques.inside.users import users_files
from hotloop.techniques.inside.watching import watch_imports
notes = Notes()
watch_imports(notes, users_files({str(tmp_path)!r}))
import mine, email.mime.text
mine.f()
print({{site.file for site in notes.sites}} == {{mine.__file__}})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("True\n", "")
