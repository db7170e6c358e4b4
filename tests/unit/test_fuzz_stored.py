"""Stored results of every kind with one value that somebody changed: shown, or refused."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hotloop.base.errors import HotloopError
from hotloop.base.stored import Named
from hotloop.diff.kinds import KINDS as COMPARED
from hotloop.diff.sources import Source
from hotloop.diff.summary import compare
from hotloop.report import html, markdown, screen
from hotloop.reports.kinds import KINDS
from tests.reported import RESULTS

# The results that are not much longer than others of their kind.
SHORT = [name for name in RESULTS if name not in ("many", "long", "others", "loads")]
CHANGES = 40
ODD: tuple[object, ...] = (
    -1, 0, -0.0, 1.5, 99, 2**70, 10**400, 1e300, -1e300, 5e-324,
    None, True, "", [], {}, "x" * 5000, "\ud800<script>\n\u202e",
)  # fmt: skip


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a value can be put, but for the schema."""
    if way and way != ("schema",):
        yield way
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*way, key))
    elif isinstance(value, list):
        for index, item in enumerate(value[:3]):
            yield from places(item, (*way, index))


def changed(content: Any, way: tuple[Any, ...], value: object) -> Any:
    """``content`` with ``value`` there; what is not on the way to it is the same."""
    found = home = copy.copy(content)
    for step in way[:-1]:
        home[step] = copy.copy(home[step])
        home = home[step]
    home[way[-1]] = value
    return found


@pytest.mark.parametrize("name", SHORT)
def test_one_odd_value_is_shown_or_refused(name: str) -> None:
    schema, result = RESULTS[name]
    content = json.loads(KINDS[schema].form.to_json(result))
    rng = random.Random(name)
    for way in rng.choices(list(places(content)), k=CHANGES):
        value = rng.choice(ODD)
        odd = changed(content, way, value)
        try:
            page = KINDS[schema].shown(odd, Named(name, Path(name))).section
        except HotloopError:
            continue
        text = html.render([page], "title")
        markdown.render(page.page)
        assert "<script>" not in text, (way, value)
        screen.lines(page.page, 110)
        if schema in COMPARED:
            sides = [
                Source(s, s, COMPARED[schema].content(c, s))
                for s, c in (("before", content), ("after", odd))
            ]
            for before, after in (sides, sides[::-1]):
                try:
                    found = compare([before, after])
                except HotloopError:
                    continue
                form = KINDS["hotloop.diff/1"].form
                assert form.from_json(form.to_json(found)) == found, (way, value)
