"""Charts as SVG: well formed whatever the values and the names, every value in its place."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    Series,
    Shades,
)
from hotloop.report.svg import DARKEST_BOX, LEFT, MOST_TICKS, RIGHT, alone, draw
from tests.drawn import CHARACTERS

SVG = "{http://www.w3.org/2000/svg}"


def axis(scale: Scale = Scale.LINEAR) -> Axis:
    return Axis("value", scale, "{:g}".format)


def estimates(*values: tuple[float, float | None, float | None], scale: Scale) -> Estimates:
    rows = [Estimate(f"row {n}", *value, f"{value[0]:g}") for n, value in enumerate(values)]
    return Estimates("A title", axis(scale), rows)


def drawn(chart: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(draw(chart))


def percents(element: ElementTree.Element) -> list[float]:
    text = ElementTree.tostring(element, encoding="unicode")
    return [float(found) for found in re.findall(r' (?:x|cx|x1|x2)="([^"]*)%"', text)]


def centres(chart: Chart) -> list[float]:
    return [float(c.attrib["cx"][:-1]) for c in drawn(chart).iter(f"{SVG}circle")]


@given(st.lists(st.text("0123456789abcdef", min_size=5, max_size=5), min_size=1, max_size=5))
def test_every_point_has_one_box_of_its_shade(rows: list[str]) -> None:
    boxes: dict[tuple[int, int], float] = {}
    for path in drawn(Shades("A title", rows)).iter(f"{SVG}path"):
        shade = float(path.attrib["fill-opacity"])
        for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path.attrib["d"]):
            for column in range(int(x), int(x) + int(width)):
                assert (column, int(y)) not in boxes
                boxes[column, int(y)] = shade
    points = {
        (x, y): int(digit, 16) / 15 for y, row in enumerate(rows) for x, digit in enumerate(row)
    }
    assert boxes == pytest.approx({at: dark for at, dark in points.items() if dark}, abs=0.01)


finite = st.floats(-1e12, 1e12)
positive = st.floats(1e-12, 1e12)


@given(st.lists(finite, min_size=1, max_size=6))
def test_larger_values_are_further_right(values: list[float]) -> None:
    rows = [(value, None, None) for value in sorted(values)]
    found = centres(estimates(*rows, scale=Scale.LINEAR))
    assert found == sorted(found)
    assert LEFT <= found[0] <= found[-1] <= RIGHT


@given(st.lists(positive, min_size=1, max_size=6), st.sampled_from(Scale))
def test_everything_lies_between_the_edges(values: list[float], scale: Scale) -> None:
    rows = [(value, value / 2, value * 2) for value in values]
    found = percents(drawn(estimates(*rows, scale=scale)))
    # A circle and both ends of its interval, at least.
    assert len(found) >= 3 * len(values)
    assert all(0 <= percent <= 100 for percent in found)


@given(positive, st.floats(1.0001, 1e6), st.sampled_from(Scale))
def test_an_axis_has_a_few_round_values(low: float, factor: float, scale: Scale) -> None:
    chart = drawn(estimates((low, None, None), (low * factor, None, None), scale=scale))
    texts = [text for text in chart.iter(f"{SVG}text") if "tick" in text.attrib.get("class", "")]
    *ticks, title = [text.text or "" for text in texts]
    assert title == "value"
    assert 1 <= len(ticks) <= 2 * MOST_TICKS
    assert list(map(float, ticks)) == sorted(map(float, ticks))


def test_an_interval_is_drawn_from_bound_to_bound() -> None:
    chart = estimates((10.0, 1.0, 100.0), (1.0, None, None), (100.0, None, None), scale=Scale.LOG)
    (line,) = (e for e in drawn(chart).iter(f"{SVG}line") if e.attrib["class"] == "interval")
    middle, first, last = centres(chart)
    assert line.attrib["x1"] == f"{first}%"
    assert line.attrib["x2"] == f"{last}%"
    assert middle == pytest.approx(50)


def test_a_value_of_0_stands_at_the_start_of_a_logarithmic_axis() -> None:
    chart = estimates((0.0, None, None), (1.0, None, None), (10.0, None, None), scale=Scale.LOG)
    assert centres(chart)[0] == LEFT


def test_only_values_of_0_can_be_drawn() -> None:
    for scale in Scale:
        assert len(centres(estimates((0.0, None, None), (0.0, None, None), scale=scale))) == 2


@given(st.text(CHARACTERS, max_size=300), st.text(CHARACTERS, max_size=300))
def test_no_name_breaks_the_document(name: str, said: str) -> None:
    row = Estimate(name, 1.0, None, None, said)
    assert drawn(Estimates(name, axis(), [row], [Mark(1.0, name)])).tag == f"{SVG}svg"
    curves = Curves(name, axis(), axis(), [Series(name, [(1.0, 2.0), (2.0, 3.0)])])
    assert drawn(curves).tag == f"{SVG}svg"
    assert ElementTree.fromstring(alone(curves)).find(f"{SVG}style") is not None


def test_the_chart_is_there_in_words() -> None:
    described = drawn(estimates((3.0, None, None), (4.0, None, None), scale=Scale.LINEAR))
    assert described.findtext(f"{SVG}title") == "A title"
    assert described.findtext(f"{SVG}desc") == "row 0: 3; row 1: 4"
    assert described.attrib["role"] == "img"


def test_a_curve_goes_up_where_its_values_do() -> None:
    chart = Curves("c", axis(), axis(Scale.LOG), [Series("s", [(1.0, 1.0), (2.0, 100.0)])])
    first, last = (float(c.attrib["cy"]) for c in drawn(chart).iter(f"{SVG}circle"))
    assert first > last
    (line,) = drawn(chart).iter(f"{SVG}polyline")
    assert len(line.attrib["points"].split()) == 2


def test_points_of_a_scatter_are_not_joined() -> None:
    chart = Curves("c", axis(), axis(), [Series("s", [(1.0, 1.0), (2.0, 2.0)], is_scatter=True)])
    assert list(drawn(chart).iter(f"{SVG}polyline")) == []
    assert len(centres(chart)) == 2


@given(st.text(CHARACTERS, max_size=60), st.floats(0, 1), st.floats(-1, 1))
def test_a_box_is_as_wide_as_its_part_and_says_what_it_is(
    name: str, width: float, change: float
) -> None:
    boxes = [Box("all", "2 ms", 0, 0.0, 1.0, 0.0), Box(name, "1 ms", 1, 0.0, width, change)]
    _, inner = drawn(Icicle("A title", boxes)).findall(f"{SVG}svg")
    assert float(inner.attrib["width"][:-1]) == pytest.approx(100 * width, abs=0.001)
    title = inner.find(f"{SVG}title")
    assert title is not None
    assert (title.text or "").endswith("1 ms")
    shade = inner.findall(f"{SVG}rect")[1]
    assert shade.attrib["class"] == ("more" if change > 0 else "less")
    assert float(shade.attrib["fill-opacity"]) == pytest.approx(DARKEST_BOX * abs(change), abs=0.01)


def test_a_box_beyond_the_whole_is_refused() -> None:
    with pytest.raises(ValueError, match="no part of the whole"):
        Box("a", "1 ms", 0, 0.0, 1.1, 0.0)
