"""One made cause, and what was said of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trial:
    """``ratio``: head over base; ``is_flagged``: as slower, in the seconds that the gate had.

    ``named``: "file:name" of each; ``ground`` as in a stored explanation; ``load``: of the machine.
    """

    cause: str
    ratio: float
    is_flagged: bool
    ground: str
    named: tuple[str, ...]
    attributed: float | None
    reason: str | None
    seconds: float
    python: str
    load: float
