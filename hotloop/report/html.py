"""Pages as one HTML document that asks for nothing else: no script, no font, no picture.

The texts of others are escaped by the template's engine, and the document forbids itself
everything but its own style (https://www.w3.org/TR/CSP3/).
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING

from hotloop import __version__
from hotloop.base.text import name, sentence
from hotloop.report import svg
from hotloop.report.charts import Chart
from hotloop.report.layout import Align, Style, Table
from hotloop.report.listing import Listing
from hotloop.report.page import Page

if TYPE_CHECKING:
    from jinja2 import Template

MANY_ROWS = 20
_ALIGNMENT = {Align.LEFT: "words", Align.RIGHT: "figures", Align.ESTIMATE: "figures"}


@dataclass(frozen=True, slots=True)
class Section:
    """A page under its title, with its charts, the most important first.

    ``source``: where it is from, in a few words. ``command``: what made it, as a shell takes it.
    ``listings``: texts to unfold and read. ``links``: where a cell with that text leads, by http
    or https.
    """

    title: str
    source: str
    page: Page
    charts: Sequence[Chart]
    command: str | None = None
    listings: Sequence[Listing] = ()
    links: Mapping[str, str] = field(default_factory=dict)


def render(sections: Sequence[Section], title: str = "hotloop") -> str:
    """The whole document. Raises ImportError without Jinja2."""
    return _template().render(
        title=title,
        sections=sections,
        version=__version__,
        alignment=lambda table, place: _ALIGNMENT[table.columns[place].align],
        is_long=_is_long,
        standing_out=_standing_out,
    )


@functools.cache
def _template() -> "Template":
    """Compiling it takes longer than a page."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["name"] = name
    environment.filters["sentence"] = sentence
    environment.filters["draw"] = lambda chart: Markup(svg.draw(chart))
    folder = files(__package__)
    css = [folder.joinpath(f).read_text(encoding="utf-8") for f in ("chart.css", "page.css")]
    environment.globals["css"] = Markup("".join(css))
    return environment.from_string(folder.joinpath("page.html.j2").read_text(encoding="utf-8"))


def _is_long(table: Table) -> bool:
    """Whether a reader may want to hide the rows that are as they should be."""
    plain = len(table.rows) - _standing_out(table)
    return len(table.rows) > plain >= MANY_ROWS


def _standing_out(table: Table) -> int:
    """How many rows are not as they should be, or say something."""
    return sum(row.style is not Style.PLAIN or row.remark is not None for row in table.rows)
