"""Which tests of a pytest suite are benchmarks: by the fixture, by a mark, by what they ask for."""

import pytest

from hotloop.gate.worker.pytests.which import how, must_call
from tests.pytest_project import ADDOPTS

SUITE = """
import pytest

def get(request):
    return request.getfixturevalue("benchmark")

@pytest.fixture
def helper(benchmark):
    return benchmark

@pytest.fixture
def lazy(request):
    return lambda function: request.getfixturevalue("benchmark")(function)

@pytest.fixture
def either(request):
    return request.getfixturevalue(request.param)

@pytest.fixture(autouse=True)
def looks(request):
    if "benchmark" in request.fixturenames:
        request.getfixturevalue("benchmark")

@pytest.fixture
def table():
    return {}

def test_argument(benchmark): ...
def test_by_a_fixture(helper): ...
@pytest.mark.usefixtures("benchmark")
def test_uses(): ...
def test_asks(request): request.getfixturevalue("benchmark")
def test_asks_for_a_helper(request): request.getfixturevalue("helper")
def test_asks_in_a_function(request): get(request)
def test_asks_in_a_closure(request): [request.getfixturevalue("benchmark") for _ in range(1)]
def test_by_a_fixture_that_asks(lazy): ...
def test_asks_for_a_fixture_that_asks(request): request.getfixturevalue("lazy")
@pytest.mark.parametrize("name", ["benchmark", "table"])
def test_asks_for_a_parameter(request, name): request.getfixturevalue(name)
@pytest.mark.parametrize("either", ["helper", "table"], indirect=True)
def test_indirect(either): ...
class TestClass:
    def _get(self, request): return request.getfixturevalue("benchmark")
    def test_method(self, request): self._get(request)
    def test_other(self, request): request.getfixturevalue("table")
def test_asks_for_another(request): request.getfixturevalue("table")
def test_says_the_word(request): assert "benchmark"
def test_nothing(tmp_path): ...
"""
ASKING = (
    "test_asks",
    "test_asks_for_a_helper",
    "test_asks_in_a_function",
    "test_asks_in_a_closure",
    "test_by_a_fixture_that_asks",
    "test_asks_for_a_fixture_that_asks",
    "test_asks_for_a_parameter[benchmark]",
    "test_indirect[helper]",
    "test_method",
)


class Collector:
    def __init__(self) -> None:
        self.items: dict[str, pytest.Item] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = {item.name: item for item in session.items}


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pytest.Item]:
    file = tmp_path_factory.mktemp("which") / "test_which.py"
    file.write_text(SUITE, encoding="utf-8")
    collector = Collector()
    options = ["--collect-only", "-q", "-c", "/dev/null", "-pno:cacheprovider", *ADDOPTS]
    pytest.main([*options, f"--rootdir={file.parent}", str(file)], plugins=[collector])
    return collector.items


def found(items: dict[str, pytest.Item], way: str | None) -> set[str]:
    return {name for name, item in items.items() if how(item) == way}


def test_by_the_fixture(items: dict[str, pytest.Item]) -> None:
    assert found(items, "fixture") == {"test_argument", "test_by_a_fixture", "test_uses"}


def test_those_that_ask_for_it_while_they_run(items: dict[str, pytest.Item]) -> None:
    assert found(items, "request") == set(ASKING)


def test_who_names_it_has_to_call_it(items: dict[str, pytest.Item]) -> None:
    naming = {name for name, item in items.items() if must_call(item)}
    assert naming == {"test_argument", "test_by_a_fixture", "test_by_a_fixture_that_asks"}
