"""What is shown of the ladder after its first set of processes."""

from hotloop.compute.first_look import first_look
from hotloop.report.layout import Table, fit
from hotloop.timing.record import Run


def run(name: str, *samples_s: float) -> Run:
    return Run(name, 0, 1, samples_s, first_call_s=9.0)


def lines(table: Table) -> list[str]:
    return [line.text for line in fit(table, 80).lines]


def test_medians_and_factors_line_up() -> None:
    runs = [run("python", 1.75), run("cython", 0.0362, 0.035, 0.9), run("lanes", 0.0012)]
    assert lines(first_look(runs, "python")) == [
        "variant     time  vs python",
        "python    1.75 s       1.0x",
        "cython   36.2 ms        48x",
        "lanes    1.20 ms     1,458x",
    ]


def test_without_the_reference_there_are_no_factors() -> None:
    assert lines(first_look([run("lanes", 0.0012)], "python")) == [
        "variant     time  vs python",
        "lanes    1.20 ms          -",
    ]
