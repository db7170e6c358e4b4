"""Where a benchmark's time goes at head, and where it was less or more at base: as a chart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hotloop.base.units import duration
from hotloop.gate.explanation import Stack
from hotloop.gate.result import BenchmarkResult
from hotloop.report.charts import Box, Icicle

# Narrower boxes can be neither read nor pointed at.
NARROWEST = 0.004
# hotloop's own chains are less than half as deep; a file may say anything.
DEEPEST = 100
NOTE = (
    "as wide as the time at head, under its profiler; red: takes more time itself than at base, "
    "blue: less; put together from who calls whom"
)


def icicle_of(benchmark: BenchmarkResult) -> Icicle | None:
    """The chart of its explanation; None if it has none, or nothing took any time at head."""
    told = benchmark.explanation
    if told is None:
        return None
    root = _tree(told.stacks)
    whole_s = root.head_s
    if not whole_s > 0:
        return None
    most_s = max(abs(node.own_growth_s) for node in root.all())
    boxes: list[Box] = []
    left = 0.0
    for node in root.children.values():
        left = _place(node, left, 0, whole_s, most_s, boxes)
    return Icicle(f"Calls of {benchmark.label}", boxes, note=NOTE)


@dataclass(slots=True)
class _Node:
    """A function as it is called by those above; seconds are its own and of all that it calls."""

    name: str
    head_s: float = 0.0
    own_base_s: float = 0.0
    own_head_s: float = 0.0
    children: "dict[str, _Node]" = field(default_factory=dict)

    @property
    def own_growth_s(self) -> float:
        return self.own_head_s - self.own_base_s

    def all(self) -> "Iterator[_Node]":
        yield self
        for child in self.children.values():
            yield from child.all()


def _tree(stacks: Sequence[Stack]) -> _Node:
    root = _Node("")
    for stack in stacks:
        node = root
        node.head_s += stack.head_seconds
        for frame in stack.frames[:DEEPEST]:
            node = node.children.setdefault(frame, _Node(frame))
            node.head_s += stack.head_seconds
        node.own_base_s += stack.base_seconds
        node.own_head_s += stack.head_seconds
    return root


def _place(
    node: _Node, left: float, depth: int, whole_s: float, most_s: float, boxes: list[Box]
) -> float:
    """Add its box and those below; where the next one begins."""
    width = min(node.head_s / whole_s, 1 - left)
    if width >= NARROWEST:
        said = f"{duration(node.head_s)}, itself {duration(node.own_head_s)}"
        said += f" ({duration(node.own_base_s)} at base)"
        change = node.own_growth_s / most_s if most_s else 0.0
        boxes.append(Box(node.name, said, depth, left, width, change))
        inside = left
        for child in node.children.values():
            inside = _place(child, inside, depth + 1, whole_s, most_s, boxes)
    return min(1.0, left + width)
