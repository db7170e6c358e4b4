"""How benchmarks are called in the XML."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from hotloop.gate import junit
from tests import gate_runs


@pytest.mark.parametrize(
    ("name", "classname", "own"),
    [
        ("suite.TimeParse.time_it", "suite.TimeParse", "time_it"),
        ("time_it", "", "time_it"),
        ("tests/test_a.py::test_b", "tests/test_a.py", "test_b"),
        ("tests/test_a.py::TestC::test_b[0.5-x::y]", "tests/test_a.py::TestC", "test_b[0.5-x::y]"),
    ],
)
def test_a_case_is_called_by_what_it_belongs_to(name: str, classname: str, own: str) -> None:
    row = replace(gate_runs.SLOWER, name=name, params=())
    (case,) = ElementTree.fromstring(junit.render(gate_runs.result(row))).iter("testcase")
    assert (case.get("classname"), case.get("name")) == (classname, own)
