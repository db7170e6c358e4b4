"""The page of ``hotloop report`` in a real browser: wide and narrow, by keyboard, read aloud."""

import importlib.util
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotloop import cli
from tests import browser, reported

pytestmark = pytest.mark.skipif(
    bool(browser.MISSING), reason=f"not installed: {', '.join(browser.MISSING)}"
)
WIDE, NARROW = 1280, 390
CONTROLS = "a, input, summary, [tabindex]"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with a result of every kind."""
    folder = tmp_path_factory.mktemp("page")
    results = reported.write(folder)
    assert cli.main(["report", *results, "-o", str(folder)], io.StringIO()) == 0
    return (folder / "index.html").as_uri()


@pytest.fixture(scope="module")
def page() -> Iterator[browser.Browser]:
    with browser.browser() as opened:
        yield opened


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_it_fits_and_every_chart_can_be_seen(page: browser.Browser, url: str, width: int) -> None:
    page.open(url, width)
    assert page.run("return window.innerWidth") == width
    assert page.run("return document.documentElement.scrollWidth") <= width
    charts = page.run(
        "return [...document.querySelectorAll('svg.chart')].map(c => {"
        "const box = c.getBoundingClientRect();"
        "const drawn = c.querySelectorAll('circle, path, rect.box');"
        "return [box.left, box.right, box.height, drawn.length]})"
    )
    assert len(charts) >= 10
    for left, right, height, points in charts:
        assert 0 <= left < right <= width
        assert right - left > width / 3
        assert height > 50
        assert points > 0


def test_nothing_is_asked_for_and_nothing_complains(page: browser.Browser, url: str) -> None:
    page.open(url, WIDE)
    requests = page.run("return performance.getEntriesByType('resource').map(e => e.name)")
    assert requests == []
    assert page.complaints() == []


def test_the_keyboard_reaches_every_control(page: browser.Browser, url: str) -> None:
    page.open(url, WIDE)
    page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    controls = page.run(f"return document.querySelectorAll('{CONTROLS}').length")
    reached = set()
    for _ in range(controls + 1):
        page.press(browser.TAB)
        reached.add(
            page.run(
                f"return [...document.querySelectorAll('{CONTROLS}')]"
                ".indexOf(document.activeElement)"
            )
        )
    assert reached - {-1} == set(range(controls))


def test_the_filter_hides_what_is_as_it_should_be_until_it_is_switched_off(
    page: browser.Browser, url: str
) -> None:
    page.open(url, WIDE)
    shown = "return [...document.querySelectorAll('tr.plain')].filter(r => r.offsetHeight).length"
    few = page.run(shown)
    boxes = page.run(
        "const boxes = document.querySelectorAll('.only'); boxes.forEach(b => b.click());"
        "return boxes.length"
    )
    assert boxes > 0
    assert page.run(shown) > few


def test_why_it_changed_can_be_read_on_a_telephone(page: browser.Browser, url: str) -> None:
    page.open(url, NARROW)
    ends = page.run(
        "return [...document.querySelectorAll('.remark')].map(e => e.getBoundingClientRect().right)"
    )
    assert ends
    assert max(ends) <= NARROW


# Only colours are others in the dark.
@pytest.mark.parametrize(
    ("scheme", "options"), [("light", "{}"), ("dark", "{runOnly: ['color-contrast']}")]
)
def test_axe_finds_nothing_serious(
    page: browser.Browser, url: str, scheme: str, options: str
) -> None:
    found = importlib.util.find_spec("axe_core_python")
    assert found is not None
    assert found.origin is not None
    axe = (Path(found.origin).parent / "axe.min.js").read_text()
    page.open(url, WIDE)
    page.prefer(scheme)
    page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.run(axe)
    violations = page.run_async(f"axe.run({options}).then(r => arguments[0](r.violations))")
    serious = [v for v in violations if v["impact"] in ("serious", "critical")]
    assert [(v["id"], v["nodes"][0]["html"]) for v in serious] == []
