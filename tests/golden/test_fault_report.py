"""What ``hotloop fault`` prints, held to stored texts."""

from dataclasses import replace

import pytest

from hotloop.faults import page as fault_page
from hotloop.faults.result import FaultResult
from tests import printed
from tests.fault_runs import OK, RESULT

NARROW = 60


@pytest.mark.parametrize(
    ("name", "result", "width"),
    [
        ("faults_every_ending", RESULT, 110),
        ("faults_every_ending_narrow", RESULT, NARROW),
        ("faults_one_ok", replace(RESULT, faults=(OK,)), 110),
    ],
)
def test_the_table_of_faults_reads_like_this(
    name: str, result: FaultResult, width: int, golden: printed.Golden
) -> None:
    golden(name, printed.text(fault_page.page(result), width))
