"""``scripts/compute-beside-timeit``: its table from figures that are given."""

import pytest

from scripts.beside_timeit import command

COLUMNS = ["timeit", "pyperf", "alone"]


def test_the_table_has_the_ratios_and_names_who_is_off() -> None:
    rounds = [
        {
            "timeit": {"lanes": 1e-3, "threads": 6e-3},
            "pyperf": {"lanes": 1.02e-3, "threads": 6e-3},
            "alone": {"lanes": 0.99e-3, "threads": slow * 6e-3},
        }
        for slow in (1.5, 2.5, 2.0)
    ]
    assert command.table(["lanes", "threads"], COLUMNS, rounds).splitlines() == [
        "variant    timeit        pyperf         alone",
        "lanes     1.00 ms   1.02 ± 0.00   0.99 ± 0.00",
        "threads   6.00 ms   1.00 ± 0.00   2.00 ± 0.50",
        "further than 5% from timeit: threads alone",
    ]


def test_one_round_has_no_spread() -> None:
    one = [{"timeit": {"lanes": 2.0}, "alone": {"lanes": 2.08}}]
    assert command.table(["lanes"], ["timeit", "alone"], one).splitlines()[1:] == [
        "lanes      2.00 s          1.04",
        "further than 5% from timeit: none",
    ]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["lane"], "did you mean lanes"), (["lanes", "--size", "3"], "WxH is wanted")],
)
def test_what_cannot_be_asked_for_ends_with_2(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(arguments) == 2
    assert complaint in capsys.readouterr().err
