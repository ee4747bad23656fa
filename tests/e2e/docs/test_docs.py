"""README and docs/: every link leads somewhere, every page is in the index."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def prose(page):
    """The text of a page without fenced code, in which nothing is a link or a heading."""
    return re.sub(r"^(```|~~~).*?^\1[^\n]*$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page):
    """The anchors that GitHub makes of headings: lower case, no punctuation, blanks as hyphens, repeats numbered."""
    found = []
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", prose(page), flags=re.MULTILINE):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        count = sum(1 for base, _ in found if base == slug)
        found.append((slug, f"{slug}-{count}" if count else slug))
    return {anchor for _, anchor in found}


def links(page):
    text = re.sub(r"`[^`\n]*`", "", prose(page))
    return re.findall(r"\[[^\]]*\]\(\s*<?([^)>\s]+)>?[^)]*\)", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page):
    broken = []
    for link in links(page):
        if re.match(r"[a-z][a-z+.-]*:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            broken.append(f"{link}: no such file")
        elif anchor and (target.suffix != ".md" or anchor not in anchors(target)):
            broken.append(f"{link}: no such heading")
    assert broken == []


def test_the_checker_sees_what_is_broken(tmp_path):
    """Else a mistake in it would pass every page."""
    page = tmp_path / "page.md"
    page.write_text("# A `heading`, twice\n\n```\n# no heading [no](link)\n```\n## A heading, twice\n[a](x.md) `[b](y)` [c](#d)\n")
    assert links(page) == ["x.md", "#d"]
    assert anchors(page) == {"a-heading-twice", "a-heading-twice-1"}


def test_every_page_is_in_the_index():
    index = DOCS / "README.md"
    named = {(DOCS / link.partition("#")[0]).resolve() for link in links(index)}
    pages = {page.resolve() for page in DOCS.glob("*.md")} - {index.resolve()}
    assert pages <= named, "pages that nobody finds"
