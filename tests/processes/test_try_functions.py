"""Fifteen functions as users write them: what each technique makes of them, or why it does not.

The compilers are real and run in processes of their own, each once for a function; what they made
is called here.
"""

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hotloop.compare.inside import outcome
from hotloop.compare.inside.equal import Rules
from hotloop.compare.rule import Rule
from hotloop.techniques import run
from hotloop.techniques.builds import Builds, Built, Recipe
from hotloop.techniques.examine import Examined, examine
from hotloop.techniques.inside import c_types, workload
from hotloop.techniques.inside.annotated import annotated
from hotloop.techniques.ladder import ASKED_FOR, RUNGS
from hotloop.timing.children import Lost
from tests.commands import LIMIT_S
from tests.hot_loop_files import FUNCTIONS, path, problem, source

# numba warns of what it will not take any more.
pytestmark = [
    pytest.mark.timeout(LIMIT_S),
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("compilers", "examiners"),
]

EQUAL = ""
BUILT = {"Cython": "cython", "Cython, typed": "cython", "mypyc": "mypyc", "pythran": "pythran"}
RUNG = {rung.name: rung for rung in (*RUNGS, *ASKED_FOR)}

WIDE = "83 bits at line 4: h * 6364136223846793005, and 2 more"

# What each technique says, by function; EQUAL: it does the same. What is not here is not compiled:
# every build takes seconds.
SAYS = {
    "float_loop": {"numba": EQUAL, "Cython, typed": EQUAL, "mypyc": EQUAL},
    "matmul": {"numba": "list of lists", "numba, converted": EQUAL, "Cython": EQUAL},
    "strings": {"numba": EQUAL, "pythran": "line 3: Attribute 'splitlines' unknown"},
    "counting": {
        "numba": "line 4, counts[word] = counts.get(word, 0) + 1",
        "mypyc": EQUAL,
    },
    "fib": {"numba": EQUAL, "Cython, typed": EQUAL},
    "arrays": {"numba": "relative error 1e-15"},
    "edit": {"numba": EQUAL, "Cython, typed": EQUAL},
    "particles": {
        "numba": "line 15, particles.append(Particle(i * 0.1, 0.0)): Untyped global name",
        "Cython, typed": EQUAL,
        "mypyc": EQUAL,
        "pythran": "line 1: Top level statements",
    },
    "generators": {
        "numba": "line 8, return sum(i * i for i in evens(n)): The use of yield",
        "Cython": EQUAL,
        "Cython, typed": "squares: line 8: a generator expression inside of it",
    },
    "regex": {"numba": "line 8, for match in WORD.finditer(text)", "pythran": "re"},
    "helpers": {"numba": EQUAL, "Cython, typed": EQUAL},
    "inplace": {
        "numba": EQUAL,
        "numba, converted": EQUAL,
        "Cython, typed": EQUAL,
        "pythran": "argument 1 is not left as the reference leaves it",
    },
    "bigint": {
        "numba": f"{WIDE}: numba would wrap in silence",
        "pythran": f"{WIDE}: pythran would wrap in silence",
        "Cython, typed": EQUAL,
        "mypyc": EQUAL,
    },
    "money": {"numba": "line 5, total = Decimal", "pythran": "decimal"},
    "division": {
        "numba": "line 7, except ZeroDivisionError:: Exception matching is limited",
        "Cython, typed": EQUAL,
        "pythran": "RecursionError",
    },
}


@pytest.fixture(scope="module", autouse=True)
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    import numba

    folder = tmp_path_factory.mktemp("functions")
    modules = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        # How fast the code is does not matter here.
        patch.setenv("CFLAGS", "-O0 -g0")
        patch.setenv("CXXFLAGS", "-O0 -g0")
        patch.setenv("NUMBA_OPT", "0")
        patch.setenv("XDG_CACHE_HOME", str(folder))
        numba.config.reload_config()
        yield folder
    numba.config.reload_config()
    for name in set(sys.modules) - modules:
        if name in FUNCTIONS:
            del sys.modules[name]


# Builds, and compilations by numba, of what others of the technique try too: what calls others,
# what counts, and what takes a text. Each takes a second or two, the C++ of pythran three, and what
# decides before or after it has a test below or in test_try_outcomes.py.
LATER = {
    "float_loop": {"Cython, typed", "numba"},
    "matmul": {"Cython", "numba, converted"},
    "strings": {"numba"},
    "counting": {"mypyc"},
    "fib": {"Cython, typed"},
    "arrays": {"numba"},
    "edit": {"numba", "Cython, typed"},
    "particles": {"Cython, typed", "mypyc", "pythran"},
    "generators": {"Cython"},
    "regex": {"pythran"},
    "helpers": {"numba", "Cython, typed"},
    "inplace": {"Cython, typed", "pythran"},
    "bigint": {"Cython, typed", "mypyc"},
    "money": {"pythran"},
    "division": {"pythran"},
}
again = pytest.mark.thorough(
    "test_every_technique_is_equal_or_says_why_not",
    "test_integers_that_no_word_holds_get_no_type_that_would_wrap",
    "unit/test_try_outcomes.py::test_a_wrong_answer_is_told",
    "unit/test_try_outcomes.py::test_what_pythran_has_made_is_called",
    "unit/test_try_builder.py::test_a_compiler_that_fails_in_itself_gives_the_reason",
)
NOW = [
    (name, techniques) for name in SAYS if (techniques := SAYS[name].keys() - LATER.get(name, ()))
]


@pytest.fixture(
    params=[
        *(pytest.param(each, id=each[0]) for each in NOW),
        *(pytest.param(each, id=f"{each[0]}-later", marks=again) for each in LATER.items()),
    ]
)
def asked(request: pytest.FixtureRequest) -> tuple[str, dict[str, str]]:
    """A function, and what some of the techniques say."""
    name, techniques = request.param
    return name, {t: said for t, said in SAYS[name].items() if t in techniques}


def question(name: str) -> dict[str, object]:
    return {"source": source(name), "problem": problem(name), "setup": "", "seed": 1}


def recipe(name: str, technique: str, examined: Examined) -> Recipe:
    own: dict[str, dict[str, Any]] = {
        "Cython": {"watched": None},
        "pythran": {"function": FUNCTIONS[name], "types": list(examined.pythran)},
    }
    arguments = own.get(technique, {"watched": examined.watched})
    return Recipe(technique, BUILT[technique], path(name), name, arguments)


def outcome_of(
    name: str, examined: Examined, how: str, left: Path, built: Built | None = None
) -> Any:
    """What the call leaves, or why there was none."""
    sys.modules.pop(name, None)
    of = source(name)
    technique: dict[str, str | None] = {"how": how, "cache": None}
    if built is not None and how == "pythran":
        technique["extension"] = str(built.extension)
    elif built is not None:
        of["extension"] = str(built.extension)
    settings = {
        **question(name),
        "source": of,
        "fresh": examined.changes_arguments,
        "check": True,
        "answer_bytes": 10**8,
        "technique": technique,
    }
    try:
        calls = workload.prepare(settings)
        calls.call()
        calls.save(str(left))
        (found,) = pickle.loads(left.read_bytes())
        return found
    except Exception as error:
        return str(error)


def test_every_technique_is_equal_or_says_why_not(
    asked: tuple[str, dict[str, str]], place: Path
) -> None:
    name, says = asked
    examined = examine(question(name), 30.0, place)
    assert examined.seen.unwatched is None
    expected = outcome_of(name, examined, "as it is", place / "expected")
    said = {}
    with Builds(place) as builds:
        refused = {t: run.refusal(RUNG[t], examined) for t in says}
        wanted = [t for t in says if t in BUILT and refused[t] is None]
        for technique in wanted:
            builds.add(recipe(name, technique, examined))
        for technique in says:
            refusal = refused[technique]
            if refusal is not None:
                said[technique] = refusal.message
                continue
            built = builds.finish(technique) if technique in BUILT else None
            if isinstance(built, Lost):
                said[technique] = built.message
                continue
            how = run.HOW.get(technique, "as it is")
            found = outcome_of(name, examined, how, place / "found", built)
            said[technique] = judged(expected, found)
    for technique, words in says.items():
        assert (words in said[technique]) if words else (said[technique] == EQUAL), said


def test_integers_that_no_word_holds_get_no_type_that_would_wrap(place: Path) -> None:
    watched = examine(question("bigint"), 30.0, place).watched
    assert watched is not None
    text = path("bigint").read_text()
    typed = c_types.typed(text.encode(), watched).text
    assert typed == "cimport cython\n\ncpdef long long chain(long long n) except? -1\n"
    # mypyc's int is Python's.
    assert "def chain(n: int) -> int:\n" in annotated(text, watched)[0]


def judged(expected: Any, found: Any) -> str:
    if isinstance(found, str):
        return found
    rule = Rule("exact", exact=True, outcomes=True)
    types: dict[str, str] = {}
    rules = Rules(rule.close, rule.exact, scalars=True)
    return outcome.difference(expected, found, rules, types) or EQUAL
