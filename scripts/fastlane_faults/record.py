"""What one variant did under one schedule."""

from dataclasses import dataclass

from stream.account.figures import Account


@dataclass(frozen=True, slots=True)
class Run:
    """``verdict``: "kept", "broken" or "untested", and ``reason`` says why it is not "kept".

    ``longest_s``: over how long records that came twice had been handled, in one stretch.
    """

    seed: int
    variant: str
    idea: str
    verdict: str
    reason: str | None
    account: Account | None
    longest_s: float | None
