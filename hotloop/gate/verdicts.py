"""What can be said about a benchmark and about the whole run; verdicts are declared only here.

Tables, comments, annotations and the exit code follow from this. A new verdict is a line of
``Verdict``, and the place in ``hotloop.gate.rule`` that reaches it.
"""

from enum import Enum
from typing import Self

from hotloop.base.outcome import EXIT_FINE, EXIT_NOT_MEASURED, EXIT_UNDECIDED, EXIT_WRONG
from hotloop.report.layout import Style

# How often a run on equal commits may flag anything, unless it is asked for otherwise.
DEFAULT_FALSE_ALARMS = 0.01


class Conclusion(Enum):
    """The verdict of the whole, the first that applies, with its exit code.

    ``NOT_MEASURED``: no benchmark gave a figure on base. ``SLOWER``: at least one is.
    ``BROKEN``: none is slower, at least one broke. ``UNDECIDED``: neither, and at least
    one could be either, which fails a strict run only. ``FINE``: none of that. ``UNTOUCHED``:
    fine too, because tracing has shown that no benchmark of base runs what changed.
    """

    code: int

    NOT_MEASURED = "not measured", EXIT_NOT_MEASURED
    SLOWER = "slower", EXIT_WRONG
    BROKEN = "broken", EXIT_WRONG
    UNDECIDED = "undecided", EXIT_UNDECIDED
    FINE = "fine", EXIT_FINE
    UNTOUCHED = "untouched", EXIT_FINE

    def __new__(cls, word: str, code: int) -> Self:
        self = object.__new__(cls)
        self._value_ = word
        self.code = code
        return self


class Control(Enum):
    """What the level of a rule limits; the words are those in a stored result.

    ALARMS: the chance that a run on equal commits flags anything. DISCOVERIES: the part of all
    that is flagged that is not so, on average over runs.
    """

    ALARMS = "false alarms"
    DISCOVERIES = "false discoveries"


class Verdict(Enum):
    """The verdict on one benchmark, in the order of a reader's interest.

    ``conclusion`` is what one of them means for the whole run. ``by_numbers``: pairs decided, and
    another rule may decide differently; otherwise a reason says why there are no figures.
    ``style`` is how it is shown: what is bad becomes an error beside the commit, what is doubtful
    a warning. ``most_rows``: more of them are grouped by their reasons; nobody reads hundreds.
    """

    conclusion: Conclusion
    by_numbers: bool
    style: Style
    most_rows: int | None

    SLOWER = "slower", Conclusion.SLOWER, True, Style.BAD
    BROKEN = "broken", Conclusion.BROKEN, False, Style.BAD, 20
    FASTER = "faster", Conclusion.FINE, True, Style.GOOD
    UNDECIDED = "undecided", Conclusion.UNDECIDED, True, Style.DOUBT
    NEW = "new", Conclusion.FINE, False, Style.ABSENT, 10
    GONE = "gone", Conclusion.FINE, False, Style.ABSENT, 10
    SKIPPED = "skipped", Conclusion.FINE, False, Style.ABSENT, 1
    FAILED = "failed", Conclusion.FINE, False, Style.DOUBT, 10
    SAME = "same", Conclusion.FINE, True, Style.PLAIN
    UNTOUCHED = "untouched", Conclusion.UNTOUCHED, False, Style.PLAIN, 1

    def __new__(
        cls,
        word: str,
        conclusion: Conclusion,
        by_numbers: bool,
        style: Style,
        most_rows: int | None = None,
    ) -> Self:
        self = object.__new__(cls)
        self._value_ = word
        self.conclusion, self.by_numbers = conclusion, by_numbers
        self.style, self.most_rows = style, most_rows
        return self

    @property
    def is_flag(self) -> bool:
        """Whether pairs have shown a change, for the worse or for the better."""
        return self.by_numbers and self.style in (Style.BAD, Style.GOOD)

    @property
    def is_open(self) -> bool:
        """Whether an answer was wanted, and there is none."""
        return self.conclusion is Conclusion.UNDECIDED
