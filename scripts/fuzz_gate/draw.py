"""One random asv suite and what the gate must say about each benchmark: a function of a seed.

Every benchmark calls one function of the project, ``fuzzed.w0``, ``fuzzed.w1``, ..., whose fate
between base and head is drawn. Around the call is what real suites contain: parameters of every
kind, hooks, attributes, skips, threads, bodies that never run. Only the fate and a few of these
oddities decide the verdict, so the truth is known.
"""

import random
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

PACKAGE = "fuzzed"
# Some 100 us of a pure-Python loop, more than a thread takes to start, before a fate multiplies it.
TURNS = 3000
# No noise of a machine that other programs use comes near it.
FACTOR = 3
MOST_MODULES = 2
MOST_BENCHMARKS = 4

RAN = frozenset({"same", "undecided"})


class Fate(Enum):
    """What becomes of a function's work from base to head, and which verdicts that allows."""

    EQUAL = "equal"
    SLOWER = "slower"
    FASTER = "faster"
    BROKEN = "broken"
    NEW = "new"

    @property
    def allowed(self) -> frozenset[str]:
        if self is Fate.EQUAL:
            return RAN
        # A speed-up gets a fifth of the false alarms, so that a busy machine may not decide it.
        return frozenset({self.value} | ({"undecided"} if self is Fate.FASTER else set()))


@dataclass(frozen=True, slots=True)
class Expected:
    """What the rows of one benchmark must say.

    ``name`` is asv's name; ``rows`` how many combinations of parameters it has, ``skipped`` how
    many of them the suite skips; the others have one of ``verdicts``.
    """

    name: str
    verdicts: frozenset[str]
    rows: int = 1
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Drawn:
    """A suite (path below its folder -> source), the project's functions, and the truth.

    ``functions`` are (source at base, source at head) of the package's module.
    ``oddities`` say what was drawn, for the reader of a finding.
    """

    seed: int
    suite: dict[str, str]
    functions: tuple[str, str]
    expected: tuple[Expected, ...]
    oddities: tuple[str, ...]


@dataclass(slots=True)
class _Module:
    """A module of the suite while it is written."""

    name: str
    head: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)

    def source(self) -> str:
        imports = [
            "import functools", "import os", "import threading", "import time", "",
            "from asv_runner.benchmarks.mark import SkipNotImplemented", "",
            f"import {PACKAGE}", "",
        ]  # fmt: skip
        return "\n".join([*imports, *self.head, "", "\n\n".join(self.blocks), ""])


# Texts of parameters: how they are written in the suite.
PARAMS: dict[str, tuple[str, ...]] = {
    "numbers": ("0", "-1", "10**6", "1.5", "float('nan')"),
    "words": ("'a'", "''", "'a|b'", "'tab\\tline\\nend'", "'\\x1b[31mred\\x1b[0m'", "'ü\\u202e'"),
    "none and truth": ("None", "True", "False"),
    "functions": ("len", "sorted", "lambda: 1", "print"),
    "partials": ("functools.partial(int, base=2)", "functools.partial(int, base=3)"),
    "bound methods": ("[].append", "{}.get"),
    "instances": ("object()", "threading.Lock()"),
    "tuples": ("(1, 2)", "(len, 'x')", "[1]"),
    "long texts": ("'x' * 400", "'x' * 400 + 'y'"),
    "of the project": (f"{PACKAGE}.LARGE", f"{PACKAGE}.small"),
    "locations": ("__file__", "os.getcwd()"),
}
ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "number": ("1", "3", "0"),
    "repeat": ("1", "2", "(1, 3, 0.1)"),
    "rounds": ("1", "2", "6"),
    "warmup_time": ("0", "0.01", "-1"),
    "sample_time": ("0.001", "0.02"),
    "min_run_count": ("1", "3"),
    "timeout": ("30", "20.5"),
    "version": ("'1'", "7"),
    "pretty_name": ("'a pretty name'", "'x | y'"),
    "timer": ("time.process_time", "time.perf_counter", "time.thread_time"),
}
# What a module does while it is imported, without consequence for a verdict.
AT_IMPORT: dict[str, str] = {
    "prints": "print('hello from the suite', flush=True)",
    "a thread that waits": "threading.Thread(target=threading.Event().wait, daemon=True).start()",
    "a pool": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "POOL = ThreadPoolExecutor(1)\nPOOL.submit(int, 0).result()"
    ),
    "an exit hook": "import atexit\natexit.register(time.sleep, 0.01)",
    "a signal handler": "import signal\nsignal.signal(signal.SIGUSR1, lambda *_: None)",
    "a variable": "os.environ['FUZZED'] = 'set by the suite'",
    "no collection": "import gc\ngc.disable()",
    "children nobody waits for": "import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    "a frozen clock": "time.perf_counter = time.monotonic = lambda: 1.0",
    "a module-level setup": "def setup(*args):\n    random.seed(1)\n\nimport random",
}


def draw(seed: int) -> Drawn:
    """The suite of ``seed``."""
    chance = random.Random(seed)
    modules = [_Module(f"bench_{k}") for k in range(chance.randint(1, MOST_MODULES))]
    expected: list[Expected] = []
    functions: tuple[list[str], list[str]] = ([_PRELUDE], [_PRELUDE])
    oddities: list[str] = []
    for module in modules:
        if chance.random() < 0.5:
            oddity = chance.choice(sorted(AT_IMPORT))
            oddities.append(oddity)
            module.head.append(AT_IMPORT[oddity])
        for _ in range(chance.randint(1, MOST_BENCHMARKS)):
            number = len(functions[0]) - 1
            fate = chance.choice(list(Fate))
            for side, lines in enumerate(functions):
                lines.append(_function(number, fate, is_head=side == 1))
            shape = chance.choice(_SHAPES)
            oddities.append(f"{shape.__name__.strip('_')} {number} {fate.value}")
            expected += shape(chance, module, number, fate)
    suite = {"__init__.py": ""} | {f"{module.name}.py": module.source() for module in modules}
    base, head = ("\n\n".join(lines) + "\n" for lines in functions)
    return Drawn(seed, suite, (base, head), tuple(expected), tuple(oddities))


_PRELUDE = textwrap.dedent(
    '''
    """Work of a known amount."""
    import functools

    LARGE = 10**9

    def small():
        return 1

    def loop(turns):
        found = 0
        for turn in range(turns):
            found += turn
        return found

    def once(function):
        return functools.lru_cache(maxsize=None)(function)
    '''
).strip()


def _function(number: int, fate: Fate, *, is_head: bool) -> str:
    """``w<number>(k=1)`` of one side: ``k`` times its turns, or what it raises."""
    fails = (fate is Fate.BROKEN and is_head) or (fate is Fate.NEW and not is_head)
    if fails:
        body = f"raise ValueError('w{number} is not to be had')"
        return f"def w{number}(k=1):\n    {body}\n\ndef size{number}():\n    {body}"
    much = (fate is Fate.SLOWER and is_head) or (fate is Fate.FASTER and not is_head)
    factor = FACTOR if much else 1
    return (
        f"def w{number}(k=1):\n    return loop({TURNS * factor} * k)\n\n"
        f"def size{number}():\n    return {100 * factor}"
    )


# ---- the shapes of benchmarks: each writes one into the module and gives its truth


def _plain(chance: random.Random, module: _Module, number: int, fate: Fate) -> list[Expected]:
    """A function, with attributes set on it."""
    name = f"time_{number}"
    lines = [f"def {name}():", f"    {PACKAGE}.w{number}()", ""]
    lines += [f"{name}.{key} = {value}" for key, value in _attributes(chance)]
    module.blocks.append("\n".join(lines))
    return [Expected(f"{module.name}.{name}", fate.allowed)]


def _method(chance: random.Random, module: _Module, number: int, fate: Fate) -> list[Expected]:
    """A class with parameters, hooks and attributes; some combinations are skipped."""
    axes = _axes(chance)
    names = [f"p{k}" for k in range(len(axes))]
    arguments = "".join(f", {name}" for name in names)
    lines = [f"class Suite{number}:"]
    lines += [f"    {key} = {value}" for key, value in _attributes(chance)]
    if axes:
        lines.append(f"    params = [{', '.join('[' + ', '.join(axis) + ']' for axis in axes)}]")
        if chance.random() < 0.7:
            lines.append(f"    param_names = {names!r}")
    rows = 1
    for axis in axes:
        rows *= len(axis)
    skipped = 0
    setup = [f"    def setup(self{arguments}):"]
    if chance.random() < 0.4:
        setup += ["        with open('state.txt', 'x') as file:", "            file.write('1')"]
        removes = [f"    def teardown(self{arguments}):", "        os.remove('state.txt')"]
    else:
        removes = []
    if axes and chance.random() < 0.3:
        # By identity: a parameter may be anything. asv tears down after a skip, too.
        setup += [
            f"        if p0 is self.params[0][0]: raise {chance.choice(_SKIPS)}",
        ]
        skipped = rows // len(axes[0])
    if len(setup) > 1:
        lines += setup
    lines += removes
    body = chance.choice(_BODIES).format(call=f"{PACKAGE}.w{number}()")
    lines += [f"    def time_it(self{arguments}):", textwrap.indent(body, "        ")]
    module.blocks.append("\n".join(lines))
    verdicts = fate.allowed if rows > skipped else frozenset({"skipped"})
    return [Expected(f"{module.name}.Suite{number}.time_it", verdicts, rows, skipped)]


def _cached(chance: random.Random, module: _Module, number: int, fate: Fate) -> list[Expected]:
    """A setup_cache that two classes inherit, whose sizes differ: shared or not, it runs."""
    value = chance.choice(("{'k': self.k}", "None", "[]", "0", "'text'"))
    takes = "" if value == "None" else ", cache"
    module.blocks.append(
        textwrap.dedent(
            f"""
            class _Base{number}:
                def setup_cache(self):
                    return {value}

                def time_it(self{takes}):
                    {PACKAGE}.w{number}()

            class Little{number}(_Base{number}):
                k = 1

            class Much{number}(_Base{number}):
                k = 2
            """
        ).strip()
    )
    return [
        Expected(f"{module.name}.{which}{number}.time_it", fate.allowed)
        for which in ("Little", "Much")
    ]


def _values(chance: random.Random, module: _Module, number: int, fate: Fate) -> list[Expected]:
    """A number that is returned; its unit may be anything."""
    kind = chance.choice(("track", "mem"))
    name = f"{kind}_{number}"
    value = f"{PACKAGE}.size{number}()"
    lines = [f"def {name}():", f"    return {value if kind == 'track' else f'[0] * {value}'}"]
    if kind == "track" and chance.random() < 0.5:
        lines.append(f"{name}.unit = {chance.choice(('items', 'x | y', ''))!r}")
    module.blocks.append("\n".join(lines))
    return [Expected(f"{module.name}.{name}", fate.allowed)]


def _never_runs(chance: random.Random, module: _Module, number: int, fate: Fate) -> list[Expected]:
    """A body that nobody runs gives no figure, whatever it would do."""
    body = chance.choice(
        (
            "async def {name}():\n    {call}",
            "def {name}():\n    yield {call}",
            "def {name}():\n    return ({call} for _ in range(3))",
            "def {name}():\n    return map(lambda _: {call}, range(3))",
            "async def {name}():\n    yield {call}",
            "POOL_{name} = []\n\ndef {name}():\n    from concurrent.futures import "
            "ThreadPoolExecutor\n    POOL_{name}[:] = POOL_{name} or [ThreadPoolExecutor(1)]\n"
            "    return POOL_{name}[0].submit(lambda: [{call} for _ in range(100)])",
            "async def _body_{name}():\n    {call}\n\ndef {name}():\n    return _body_{name}()",
        )
    )
    name = f"time_{number}"
    module.blocks.append(body.format(name=name, call=f"{PACKAGE}.w{number}()"))
    return [Expected(f"{module.name}.{name}", frozenset({"failed"}))]


def _skips(chance: random.Random, module: _Module, number: int, fate: Fate) -> list[Expected]:
    """SkipNotImplemented from within the call, for each kind."""
    name = f"{chance.choice(('time', 'track', 'mem', 'peakmem'))}_{number}"
    module.blocks.append(f"def {name}():\n    raise SkipNotImplemented('not | here')")
    return [Expected(f"{module.name}.{name}", frozenset({"skipped"}), skipped=1)]


def _first_calls(chance: random.Random, module: _Module, number: int, fate: Fate) -> list[Expected]:
    """One call in each process, whose second would find what the first one left."""
    module.head.append(f"{PACKAGE}.once{number} = {PACKAGE}.once({PACKAGE}.w{number})")
    lines = [
        f"class Once{number}:",
        "    number = repeat = min_run_count = 1",
        f"    rounds = {chance.choice((1, 6))}",
        "    warmup_time = 0",
        "    def time_first(self):",
        f"        {PACKAGE}.once{number}(100)",
    ]
    if chance.random() < 0.5:
        lines += ["    def time_folder(self):", "        os.mkdir('made')"]
        lines += [f"        {PACKAGE}.w{number}(100)"]
    module.blocks.append("\n".join(lines))
    found = [Expected(f"{module.name}.Once{number}.time_first", fate.allowed)]
    if "    def time_folder(self):" in lines:
        found.append(Expected(f"{module.name}.Once{number}.time_folder", fate.allowed))
    return found


def _factory(chance: random.Random, module: _Module, number: int, fate: Fate) -> list[Expected]:
    """Two benchmarks that a factory makes: asv has one name for both, the gate their own."""
    module.blocks.append(
        textwrap.dedent(
            f"""
            def _timed{number}(k):
                def run{number}():
                    {PACKAGE}.w{number}(k)

                return run{number}

            time_a{number} = _timed{number}(1)
            time_b{number} = _timed{number}(2)
            """
        ).strip()
    )
    return [Expected(f"{module.name}.time_{which}{number}", fate.allowed) for which in "ab"]


_SKIPS = ("NotImplementedError", "NotImplementedError('no\\nGPU')", "SkipNotImplemented('no')")
_BODIES = (
    "{call}",
    "{call}",
    "print('noise')\n{call}",
    "thread = threading.Thread(target=lambda: {call})\nthread.start()\nthread.join()\n{call}",
    "return {call}",
    "os.chdir(os.getcwd())\n{call}",
)
_SHAPES = (
    _plain, _plain, _method, _method, _method, _cached, _values, _never_runs, _skips,
    _first_calls, _factory,
)  # fmt: skip


def _attributes(chance: random.Random) -> list[tuple[str, str]]:
    chosen = chance.sample(sorted(ATTRIBUTES), chance.choice((0, 0, 1, 2, 4)))
    return [(key, chance.choice(ATTRIBUTES[key])) for key in chosen]


def _axes(chance: random.Random) -> list[Sequence[str]]:
    axes: list[Sequence[str]] = []
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        values = PARAMS[chance.choice(sorted(PARAMS))]
        axes.append(chance.sample(values, chance.randint(1, min(3, len(values)))))
    return axes
