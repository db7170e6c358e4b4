"""Charts as SVG, as wide as the place they stand in.

Places along an axis are percentages of the width, heights are pixels, so that letters keep their
size whatever the width. Colours come from classes, which the page that holds a chart defines in
light and in dark; ``alone`` adds them to a chart in a file of its own.
"""

import math
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from itertools import groupby

from hotloop.base.text import name as safe_name
from hotloop.report.charts import (
    Axis,
    Box,
    Chart,
    Curves,
    Estimate,
    Estimates,
    Icicle,
    Mark,
    Scale,
    Shades,
)

# Of the width in per cent, so that a marker at the edge is whole.
LEFT, RIGHT = 2.0, 98.0
ROW = 38
AXIS = 42
MOST_TICKS = 6
CURVES_HEIGHT = 300
LEGEND = 20
MARKER = 4
# Of what the values span, free on either side.
MARGIN = 0.03
# A row of an icicle, and how wide a box has to be for a letter of its name.
BOX = 22
NAMED_BOX = 0.03
# So that letters can be read on it.
DARKEST_BOX = 0.55
# Of an icicle in words: what changed most.
MOST_TOLD = 10
# More of a name would reach the value beside it at 390 px.
NAME_CHARS = 34
WIDTH_ALONE = 720
# How series are told apart without colour: the dashes of their lines.
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 2", "12 4")
STEPS = (1.0, 2.0, 5.0, 10.0)


def draw(chart: Chart) -> str:
    """An ``<svg>`` element, with its title and the chart in words."""
    match chart:
        case Estimates():
            body, height = _estimates(chart)
        case Curves():
            body, height = _curves(chart)
        case Shades():
            body, height = _shades(chart)
        case Icicle():
            body, height = _icicle(chart)
    return (
        f'<svg class="chart" role="img" width="100%" height="{height}" '
        f'xmlns="http://www.w3.org/2000/svg">'
        f"<title>{_text(chart.title)}</title><desc>{_text(_in_words(chart))}</desc>{body}</svg>"
    )


def alone(chart: Chart) -> str:
    """The same as a file of its own, with its colours."""
    head, _, body = draw(chart).partition("<title>")
    head = head.replace('width="100%"', f'width="{WIDTH_ALONE}"')
    css = files(__package__).joinpath("chart.css").read_text(encoding="utf-8")
    return f"{head}<style>{css}</style><title>{body}\n"


def _in_words(chart: Chart) -> str:
    match chart:
        case Estimates():
            said = [f"{row.name}: {row.said}" for row in chart.rows]
        case Curves():
            said = [
                f"{series.name}: "
                + ", ".join(f"{chart.y.show(y)} at {chart.x.show(x)}" for x, y in series.points)
                for series in chart.series
            ]
        case Shades():
            said = [chart.note]
        case Icicle():
            most = sorted(chart.boxes, key=lambda box: -abs(box.change))[:MOST_TOLD]
            said = [f"{box.name}: {box.said}" for box in most]
    return "; ".join(said)


def _estimates(chart: Estimates) -> tuple[str, int]:
    values = [
        value
        for row in chart.rows
        for value in (row.value, row.low, row.high)
        if value is not None and (value > 0 or chart.axis.scale is Scale.LINEAR)
    ]
    values += [mark.value for mark in chart.marks] + list(chart.band or ())
    place = _Places(chart.axis.scale, values)
    bottom = ROW * len(chart.rows)
    parts = [
        *_band(chart, place, bottom),
        *_grid(chart.axis, place, bottom),
        *_marks(chart.marks, place, bottom),
        *(part for n, row in enumerate(chart.rows) for part in _row(row, place, n * ROW)),
    ]
    return "".join(parts), bottom + AXIS


def _row(row: Estimate, place: "_Places", top: int) -> Iterator[str]:
    line = top + ROW - 12
    yield f'<g class="{row.style.value}"><title>{_text(f"{row.name}: {row.said}")}</title>'
    yield f'<text x="0" y="{top + 15}">{_text(_short(row.name))}</text>'
    yield f'<text class="said" x="100%" y="{top + 15}">{_text(row.said)}</text>'
    if row.low is not None and row.high is not None:
        low, high = place.of(row.low), place.of(row.high)
        yield f'<line class="interval" x1="{low}%" x2="{high}%" y1="{line}" y2="{line}"/>'
    marked = " marked" if row.is_marked else ""
    yield f'<circle class="value{marked}" cx="{place.of(row.value)}%" cy="{line}" r="{MARKER}"/>'
    yield "</g>"


def _band(chart: Estimates, place: "_Places", bottom: int) -> Iterator[str]:
    if chart.band is not None:
        low, high = map(place.of, chart.band)
        yield f'<rect class="band" x="{low}%" width="{high - low:.3f}%" y="0" height="{bottom}"/>'


def _marks(marks: Sequence[Mark], place: "_Places", bottom: int) -> Iterator[str]:
    for mark in marks:
        x = place.of(mark.value)
        yield f'<line class="mark" x1="{x}%" x2="{x}%" y1="0" y2="{bottom}">'
        yield f"<title>{_text(mark.name)}</title></line>"


def _grid(axis: Axis, place: "_Places", bottom: int) -> Iterator[str]:
    """Lines at round values, the values below them, and below those the axis' title."""
    for value in place.ticks():
        x = place.of(value)
        anchor = "start" if x < 10 else "end" if x > 90 else "middle"
        yield f'<line class="grid" x1="{x}%" x2="{x}%" y1="0" y2="{bottom}"/>'
        yield f'<text class="tick {anchor}" x="{x}%" y="{bottom + 14}">'
        yield f"{_text(axis.show(value))}</text>"
    yield f'<text class="tick middle" x="50%" y="{bottom + 32}">{_text(axis.title)}</text>'


def _curves(chart: Curves) -> tuple[str, int]:
    points = [point for series in chart.series for point in series.points]
    across = _Places(chart.x.scale, [x for x, _ in points])
    up = _Places(chart.y.scale, [y for _, y in points] + [mark.value for mark in chart.marks])
    bottom = CURVES_HEIGHT

    def height(value: float) -> float:
        return round(bottom * (1 - up.of(value) / 100), 1)

    parts = list(_grid(chart.x, across, bottom))
    for value in up.ticks():
        parts.append(_level("grid", height(value)))
        parts.append(f'<text class="tick start" x="0" y="{height(value) - 3}">')
        parts.append(f"{_text(chart.y.show(value))}</text>")
    for mark in chart.marks:
        parts.append(_level("mark", height(mark.value)))
    legend = bottom + AXIS
    for n, series in enumerate(chart.series):
        colour, dash = f"series-{n % len(DASHES)}", DASHES[n % len(DASHES)]
        joined = " ".join(f"{across.of(x)},{100 - up.of(y):.3f}" for x, y in series.points)
        if not series.is_scatter:
            parts.append(
                f'<svg x="0" y="0" width="100%" height="{bottom}" viewBox="0 0 100 100" '
                f'preserveAspectRatio="none"><polyline class="curve {colour}" '
                f'stroke-dasharray="{dash}" points="{joined}"/></svg>'
            )
        parts += (
            f'<circle class="{colour}" cx="{across.of(x)}%" cy="{height(y)}" r="{MARKER - 1}">'
            f"<title>{_text(f'{series.name}: {chart.y.show(y)} at {chart.x.show(x)}')}</title>"
            "</circle>"
            for x, y in series.points
        )
        if len(chart.series) == 1:
            continue
        y = legend + n * LEGEND
        parts.append(
            f'<line class="curve {colour}" stroke-dasharray="{dash}" x1="0" x2="28" '
            f'y1="{y + 8}" y2="{y + 8}"/><text x="36" y="{y + 12}">{_text(series.name)}</text>'
        )
    named = len(chart.series) if len(chart.series) > 1 else 0
    return "".join(parts), legend + LEGEND * named + 4


def _shades(chart: Shades) -> tuple[str, int]:
    """A path for each shade, of a box for each run of equal points in a row."""
    boxes: dict[str, list[str]] = {}
    for y, row in enumerate(chart.rows):
        x = 0
        for digit, run in groupby(row):
            width = len(list(run))
            boxes.setdefault(digit, []).append(f"M{x} {y}h{width}v1h-{width}z")
            x += width
    # The palest shade is the paper.
    paths = "".join(
        f'<path fill-opacity="{int(digit, 16) / 15:.2f}" d="{"".join(boxes[digit])}"/>'
        for digit in sorted(boxes)
        if digit != "0"
    )
    size = f"0 0 {len(chart.rows[0])} {len(chart.rows)}"
    return (
        f'<svg class="shades" width="100%" height="{CURVES_HEIGHT}" viewBox="{size}" '
        f'preserveAspectRatio="xMinYMid">{paths}</svg>'
    ), CURVES_HEIGHT


def _icicle(chart: Icicle) -> tuple[str, int]:
    """Boxes in rows; what fits of a name stands in its box, and all of it in the box's title."""
    depth = max((box.depth for box in chart.boxes), default=0)
    return "".join(map(_box, chart.boxes)), (depth + 1) * BOX


def _box(box: Box) -> str:
    kind, shade = "more" if box.change > 0 else "less", DARKEST_BOX * abs(box.change)
    place = f'x="{box.left * 100:.3f}%" y="{box.depth * BOX}"'
    size = f'width="{box.width * 100:.3f}%" height="{BOX - 1}"'
    drawn = (
        f"<svg {place} {size}><title>{_text(f'{box.name}: {box.said}')}</title>"
        f'<rect class="box" width="100%" height="100%"/>'
        f'<rect class="{kind}" width="100%" height="100%" fill-opacity="{shade:.2f}"/>'
    )
    if box.width >= NAMED_BOX:
        drawn += f'<text x="4" y="{BOX - 7}">{_text(box.name.rpartition("/")[2])}</text>'
    return f"{drawn}</svg>"


def _level(kind: str, y: float) -> str:
    return f'<line class="{kind}" x1="0" x2="100%" y1="{y}" y2="{y}"/>'


class _Places:
    """Where on an axis from LEFT to RIGHT a value is."""

    def __init__(self, scale: Scale, values: Sequence[float]) -> None:
        self._scale = scale
        known = [self._to(value) for value in values if value > 0 or scale is Scale.LINEAR] or [0.0]
        low, high = min(known), max(known)
        # A single value stands in the middle.
        beside = (high - low) * MARGIN or abs(low) / 2 or 0.5
        self._low, self._high = low - beside, high + beside

    def of(self, value: float) -> float:
        """In per cent; what is not on the axis is at its start or its end."""
        if value <= 0 and self._scale is Scale.LOG:
            return LEFT
        part = (self._to(value) - self._low) / (self._high - self._low)
        return round(LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, part)), 3)

    def ticks(self) -> list[float]:
        """Round values on the axis, at most MOST_TICKS."""
        if self._scale is Scale.LOG:
            decades = range(math.ceil(self._low), math.floor(self._high) + 1)
            if len(decades) >= 3:
                step = math.ceil(len(decades) / MOST_TICKS)
                return [10.0**decade for decade in decades[::step]]
            within = [
                digit * 10.0**decade
                for decade in range(math.floor(self._low), math.ceil(self._high) + 1)
                for digit in (1, 2, 5)
            ]
            found = [v for v in within if self._low <= math.log10(v) <= self._high]
            if len(found) >= 2:
                return found[:MOST_TICKS]
            return _round_values(10.0**self._low, 10.0**self._high)
        return _round_values(self._low, self._high)

    def _to(self, value: float) -> float:
        return math.log10(value) if self._scale is Scale.LOG else value


def _round_values(low: float, high: float) -> list[float]:
    least = (high - low) / MOST_TICKS
    power = 10.0 ** math.floor(math.log10(least))
    step = next(step * power for step in STEPS if step * power >= least)
    first = math.ceil(low / step)
    return [(first + n) * step for n in range(math.floor(high / step) - first + 1)]


def _short(name: str) -> str:
    """The end of a long name says more than its beginning."""
    return name if len(name) <= NAME_CHARS else f"…{name[1 - NAME_CHARS :]}"


def _text(text: str) -> str:
    return escape(safe_name(text))
