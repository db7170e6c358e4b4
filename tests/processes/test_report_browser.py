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
CONTRAST = "runOnly: ['color-contrast']"
# Nine tenths of the page. Returns how many it removed.
WITHOUT_THOSE_THAT_LOOK_ALIKE = """
const shown = e => {
    const {color, backgroundColor, fill, fontSize, fontWeight, opacity} = getComputedStyle(e);
    return [
        e.tagName, e.getAttribute('class'), e.getAttribute('style'),
        color, backgroundColor, fill, fontSize, fontWeight, opacity,
    ].join();
};
const known = new Set(), again = [];
for (const part of document.querySelectorAll('tr, figure')) {
    const looks = [part.parentElement, part, ...part.querySelectorAll('*')].map(shown).join();
    if (known.has(looks)) again.push(part);
    known.add(looks);
}
again.forEach(part => part.remove());
return again.length;
"""


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
    page.run(
        "window.reached = new Set();"
        f"const controls = [...document.querySelectorAll('{CONTROLS}')];"
        "document.addEventListener('focusin', e => reached.add(controls.indexOf(e.target)))"
    )
    page.press(browser.TAB, controls + 1)
    assert set(page.run("return [...reached]")) - {-1} == set(range(controls))


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


@pytest.fixture(scope="module")
def found(page: browser.Browser, url: str) -> dict[str, list[tuple[str, str]]]:
    """What axe finds wrong: of all of the page but its contrast, and of that in two schemes."""
    show_all(page, url, "light")
    all_but_contrast = serious(page, "rules: {'color-contrast': {enabled: false}}")
    assert page.run(WITHOUT_THOSE_THAT_LOOK_ALIKE) > 0
    light = serious(page, CONTRAST)
    page.prefer("dark")
    return {"": all_but_contrast, "light": light, "dark": serious(page, CONTRAST)}


def test_axe_finds_nothing_serious(found: dict[str, list[tuple[str, str]]]) -> None:
    assert found[""] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_kind_of_row_and_chart_is_rich_in_contrast(
    found: dict[str, list[tuple[str, str]]], scheme: str
) -> None:
    assert found[scheme] == []


@pytest.mark.thorough("test_each_kind_of_row_and_chart_is_rich_in_contrast")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_of_the_page_is_rich_in_contrast(page: browser.Browser, url: str, scheme: str) -> None:
    show_all(page, url, scheme)
    assert serious(page, CONTRAST) == []


def show_all(page: browser.Browser, url: str, scheme: str) -> None:
    """Open the page with all that can be unfolded."""
    page.open(url, WIDE)
    page.prefer(scheme)
    page.run("document.querySelectorAll('details').forEach(d => d.open = true)")


def serious(page: browser.Browser, options: str) -> list[tuple[str, str]]:
    """What axe finds: the rule, and the first element that breaks it."""
    found = importlib.util.find_spec("axe_core_python")
    assert found is not None
    assert found.origin is not None
    page.run((Path(found.origin).parent / "axe.min.js").read_text())
    # Of what is as it should be it would look for the shortest name of each element.
    options = f"{{resultTypes: ['violations'], {options}}}"
    violations = page.run_async(f"axe.run({options}).then(r => arguments[0](r.violations))")
    return [
        (violation["id"], violation["nodes"][0]["html"])
        for violation in violations
        if violation["impact"] in ("serious", "critical")
    ]
