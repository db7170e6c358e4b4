"""How answers have to agree: what ``--check`` names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hotloop.base.errors import UsageError

CLOSE = "close:"


@dataclass(frozen=True, slots=True)
class Rule:
    """How answers have to agree; ``source``: the user's own check, as the judge loads it.

    ``outcomes``: not answers alone, but all that calls leave (``inside.outcome``).
    """

    name: str
    close: float = 0.0
    exact: bool = False
    source: Mapping[str, object] | None = None
    outcomes: bool = False

    @property
    def is_none(self) -> bool:
        return self.name == "none"

    def described(self) -> dict[str, object]:
        """As the judge gets it."""
        return {
            "close": self.close,
            "exact": self.exact,
            "source": self.source,
            "outcomes": self.outcomes,
        }


def parse_rule(text: str) -> Rule:
    """``equal``, ``exact``, ``close:1e-9``, ``none`` or ``FILE:FUNCTION``. Raises UsageError."""
    if text in ("equal", "exact", "none"):
        return Rule(text, exact=text == "exact")
    if text.startswith(CLOSE):
        return Rule(text, close=parse_close(text.removeprefix(CLOSE), "--check", CLOSE))
    file, _, function = text.rpartition(":")
    path = Path(file)
    if not file or not function.isidentifier():
        raise UsageError(
            f"--check {text}: give equal, exact, close:1e-9, none, or FILE:FUNCTION, a function "
            "of two answers that returns whether they agree"
        )
    if not path.is_file():
        raise UsageError(f"--check {text}: there is no file {file}")
    return Rule(text, source={"path": str(path.resolve()), "function": function})


def parse_close(text: str, option: str, before: str = "") -> float:
    """A relative error; ``before``: what stands before it in the option. Raises UsageError."""
    try:
        error = float(text)
    except ValueError:
        error = -1.0
    if not 0 < error < 1:
        raise UsageError(
            f"{option} {before}{text}: give a relative error between 0 and 1, as {before}1e-9"
        )
    return error
