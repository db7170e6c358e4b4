"""What ``hotloop calibrate`` prints, held to stored texts."""

from collections.abc import Callable

import pytest

from hotloop.calibration_result import CalibrationResult
from hotloop.report import calibration_table
from tests.calibrations import ALL_WELL, NOTHING, RESULT


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
    name: str, result: CalibrationResult, width: int, golden: Callable[..., None]
) -> None:
    lines = calibration_table.render(result, width)
    golden(name, "".join(f"{line.text}\n" for line in lines))
