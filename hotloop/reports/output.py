"""The files of ``hotloop report``: the page, the same in Markdown, each chart."""

import re
from collections.abc import Sequence
from pathlib import Path

from hotloop.base.errors import MeasurementError
from hotloop.base.files import write_whole
from hotloop.report import html, markdown, png, svg
from hotloop.report.html import Section

INDEX = "index.html"


def write(folder: Path, sections: Sequence[Section], title: str, *, has_png: bool) -> Path:
    """Write them, and return the page's path. Raises MeasurementError if that fails."""
    charts = {
        f"{number:02}-{_file_name(chart.title)}": svg.alone(chart)
        for number, chart in enumerate((c for s in sections for c in s.charts), start=1)
    }
    texts = {
        INDEX: html.render(sections, title),
        "report.md": "\n".join(
            f"## {markdown.safe(section.title)}\n\n{markdown.render(section.page)}"
            for section in sections
        ),
        **{f"{name}.svg": drawn for name, drawn in charts.items()},
    }
    files = {name: text.encode(errors="backslashreplace") for name, text in texts.items()}
    if has_png:
        files |= {f"{name}.png": png.rendered(drawn) for name, drawn in charts.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_whole(folder / name, content)
    except OSError as error:
        raise MeasurementError(f"cannot write {folder}: {error.strerror or error}") from error
    return folder / INDEX


def _file_name(title: str) -> str:
    """Letters, digits and hyphens of a title."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40]
