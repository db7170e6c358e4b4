"""Figures that are stored as they were measured, named as in the JSON: each is declared once.

Pure, so that a stored result is read without any client.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Latency:
    """Latency from the intended send time to the user function, at one offered rate.

    ``late``: records not seen by the end, counted with the time until then.
    ``limited_by``: as of a probe; anything but "nothing" makes the figures doubtful.
    """

    offered_per_second: float
    records: int
    p50_seconds: float
    p90_seconds: float
    p99_seconds: float
    p999_seconds: float
    max_seconds: float
    late: int
    limited_by: str

    def __post_init__(self) -> None:
        if not 0 <= self.p50_seconds <= self.p90_seconds <= self.p99_seconds <= self.p999_seconds:
            raise ValueError(f"percentiles out of order at {self.offered_per_second} records/s")
