"""What the documents point to is there: files, headings, and pages that the code names."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def tracked(*patterns: str) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return listed.stdout.split()


DOCUMENTS = tracked("*.md")


def prose(path: Path) -> str:
    return FENCED.sub("", path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    """Of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_to_files_and_headings(document: str) -> None:
    path = ROOT / document
    for file, heading in LINK.findall(prose(path)):
        target = path.parent / file if file else path
        assert target.exists(), file
        assert not heading or heading in anchors(target), f"{file}#{heading}"


def test_pages_that_are_named_are_there() -> None:
    for file in tracked("*.py", "*.pyx", "*.md", "*.yml", "*.toml", "Makefile", "scripts"):
        text = (ROOT / file).read_text(encoding="utf-8")
        for page in re.findall(r"(?<![\w/.-])docs/[\w-]+\.md", text):
            # Tests make up projects with pages of their own.
            assert file.startswith("tests/") or (ROOT / page).exists(), f"{file}: {page}"
