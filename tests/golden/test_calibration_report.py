"""What ``hotloop calibrate`` prints, held to stored texts."""

from dataclasses import replace

import pytest

from hotloop.calibrate import page as calibration_page
from hotloop.calibrate.result import CalibrationResult
from hotloop.report import screen
from tests import printed
from tests.calibrations import ALL_WELL, LOOP, NOTHING, RESULT


@pytest.mark.parametrize(
    ("name", "result", "width"),
    [
        ("calibration_every_kind", RESULT, 110),
        ("calibration_every_kind_80", RESULT, 80),
        ("calibration_all_well", ALL_WELL, 110),
        ("calibration_nothing", NOTHING, 110),
    ],
)
def test_the_calibration_reads_like_this(
    name: str, result: CalibrationResult, width: int, golden: printed.Golden
) -> None:
    golden(name, printed.text(calibration_page.page(result), width))


def test_enough_pairs_leave_no_excuse_but_a_bias() -> None:
    assert LOOP.recorded is not None
    many = replace(LOOP, recorded=replace(LOOP.recorded, log_ratios=(0.001,) * 120))
    lines = screen.lines(calibration_page.page(replace(RESULT, benchmarks=(many,))), 110)
    (doubt,) = (line.text for line in lines if "flags equal commits" in line.text)
    assert doubt.endswith("more than 1 %: the pairs are biased")
