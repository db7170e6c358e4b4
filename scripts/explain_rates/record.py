"""One made cause, and what was said of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trial:
    """``number``: of the case in the batch of this ``seed``; ``suite``: asv or pytest.

    ``ratio``: head over base, as the gate measured it, or as a control was said to be;
    ``is_flagged``: as slower, in the seconds that the gate had. ``named``: "file:name" of each;
    ``ground`` as in a stored explanation; ``load``: of the machine; ``differs``: whether the file
    that is to blame, if it is no code, was told as a difference.
    """

    seed: int
    number: int
    suite: str
    cause: str
    strength: int
    ratio: float
    is_flagged: bool
    ground: str
    named: tuple[str, ...]
    attributed: float | None
    reason: str | None
    seconds: float
    python: str
    load: float
    differs: bool = False
