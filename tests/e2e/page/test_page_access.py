"""Who may see the page, by which means, and what it says where nothing is there: operations, keys, keyboard, colours, widths."""

import hashlib
import re
import secrets

import pytest

from browser import NARROW, Keys
from cluster import fill
from poller import Receiver

# Operations ---------------------------------------------------------------------------------------------------------


def test_operations(site, browser):
    browser.open(site.url + "/#/operations")
    assert browser.one("nav a[aria-current]").text == "Operations"
    assert browser.rows("Newest webhooks")[0][1:] == ["update column value", "77001", "P12", "processed"]
    assert browser.rows("Newest failures")[0][1:] == ["job push to monday", "P14", "the board refused it"]
    assert browser.rows("Queue")[0][0] == "push to monday"
    assert "No board is configured" in browser.section("Boards").text
    assert "Nothing is scheduled." in browser.section("Scheduled jobs").text
    assert browser.one("#health a").text == "1 of 18 checks failing"
    checks = browser.section("Not all is in order").text
    assert checks.count("✓") == 15 and "1 failed within a day: push_to_monday" in checks
    assert "nothing is scheduled" in checks and "of 198 projects 129 have no analysis" in checks


# Who may see it, and what is not there ------------------------------------------------------------------------------


def test_an_empty_database_says_what_is_missing(database, browser):
    with Receiver(database.database) as poller:
        browser.open(poller.url)
        assert "No forecast has been computed yet." in browser.section("The twelve months ahead").text
        assert "There is no snapshot yet." in browser.section("What moved it").text
        assert "No complete month has both" in browser.section("How good former forecasts were").text
        assert browser.one("#health a").text == "In order, 3 worth a look"
        browser.follow("#/operations")
        assert "there is no snapshot" in browser.section("In order, with something worth a look").text
        for sentence in ("The queue is empty", "No flow has run yet.", "No webhook has arrived yet.", "Nothing failed in the last seven days.", "Nothing is scheduled."):
            assert sentence in browser.one("main").text
        database.execute("SELECT refresh_conversion_views(false), create_pipeline_forecast_snapshot()")
        browser.follow("#/")
        browser.wait(lambda: browser.all(".chart"), "the chart")
        browser.settled()
        months = browser.section("The twelve months ahead").text
        assert "No project is forecast for the twelve months ahead." in months
        assert "There is no snapshot of an earlier day yet" in months and "Nothing was invoiced in the last six months" in months
        assert "There is one snapshot so far" in browser.section("What moved it").text


def test_a_key_is_asked_for_and_kept_in_the_tab(database, browser):
    key = "pfk_" + secrets.token_urlsafe(32)
    fill(database, 20)
    database.execute("SELECT refresh_conversion_views(false)")
    database.execute("SELECT add_api_key('reader', '{read}', %s)", [hashlib.sha256(key.encode()).digest()])
    with Receiver(database.database) as poller:
        browser.open(poller.url)
        dialog = browser.one("dialog[open]")
        assert "This server asks for a key" in dialog.text
        assert browser.focused().get_attribute("id") == "key"
        browser.press("pfk_wrong", Keys.ENTER)
        browser.wait(lambda: "the key is not known, or was revoked" in browser.one("dialog").text, "the refusal")
        browser.press(key, Keys.ENTER)
        browser.wait(lambda: browser.all(".chart svg"), "the page")
        browser.settled()
        assert browser.one("dialog").get_attribute("open") is None
        assert key not in browser.driver.current_url and key not in browser.driver.page_source
        browser.driver.refresh()
        browser.settled()
        assert browser.all(".chart svg"), "the tab has the key"
        browser.run("sessionStorage.clear()")
        browser.driver.refresh()
        browser.settled()
        browser.press(Keys.ESCAPE)
        browser.wait(lambda: browser.all("main [role=alert]"), "what is the matter")
        assert "a key is needed" in browser.one("main [role=alert]").text
        assert [problem for problem in browser.problems() if "401" not in problem] == []


# With the keyboard, in the dark, on a small screen, read aloud ------------------------------------------------------


def test_with_the_keyboard(site, browser):
    browser.open(site.url + "/#/operations")
    browser.press(Keys.TAB)
    assert browser.focused().text == "Skip to the content" and browser.focused().is_displayed()
    browser.press(Keys.ENTER)
    assert browser.focused().get_attribute("id") == "content"
    assert browser.driver.current_url.endswith("#/operations"), "the view stays"
    browser.follow("#/")
    now = browser.run("return document.querySelector('.column[tabindex=\"0\"]').getAttribute('aria-label')")
    assert len(browser.all(".column[tabindex='0']")) == 1, "a chart is one stop"
    seen = set()
    for _ in range(30):
        browser.press(Keys.TAB)
        if browser.focused().get_attribute("class") == "column":
            break
        seen.add(browser.focused().get_attribute("id"))
    assert {"filter-account", "filter-type", "filter-category"} <= seen
    assert browser.focused().get_attribute("aria-label") == now
    browser.press(Keys.ARROW_RIGHT)
    after = browser.focused().get_attribute("aria-label")
    assert after != now and browser.one("output.reading").text == after
    assert browser.run("return getComputedStyle(document.activeElement.querySelector('.hit')).strokeWidth") == "2px", "the focus is seen"
    browser.press(Keys.END)
    last = browser.focused().get_attribute("aria-label")
    browser.press(Keys.ARROW_RIGHT)
    assert browser.focused().get_attribute("aria-label") == last, "there is no month after the last"
    browser.press(Keys.HOME)
    assert "invoiced" in browser.focused().get_attribute("aria-label")
    browser.press(Keys.TAB)
    assert browser.focused().tag_name == "summary"
    browser.press(Keys.ENTER)
    assert browser.section("The twelve months ahead").find_element("css selector", "table").is_displayed()


def luminance(color):
    channels = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_light_and_dark_can_be_read(site, browser):
    papers = {}
    for scheme in ("light", "dark"):
        browser.scheme(scheme)
        browser.open(site.url)
        colors = browser.run("""
            const color = (selector, name) => getComputedStyle(document.querySelector(selector))[name];
            return {paper: color('section', 'backgroundColor'), ink: color('h2', 'color'), quiet: color('caption', 'color'),
                link: color('.skip', 'color'), good: color('.badge', 'color'), axis: color('.chart text', 'fill'),
                placeholder: getComputedStyle(document.getElementById('find-project'), '::placeholder').color}""")
        papers[scheme] = colors.pop("paper")
        for name, color in colors.items():
            assert contrast(color, papers[scheme]) >= 4.5, (scheme, name, color)
        marks = browser.run("""
            const color = (selector, name) => getComputedStyle(document.querySelector(selector))[name];
            return {band: color('.mark-band', 'stroke'), committed: color('.mark-committed', 'fill'), expected: color('.line-expected', 'stroke'),
                earlier: color('.line-earlier', 'stroke'), actual: color('.dot-actual', 'fill'), open: color('.mark-open', 'fill'), lost: color('.mark-lost', 'fill'),
                up: color('.mark-up', 'fill'), down: color('.mark-down', 'fill'), total: color('.mark-total', 'fill'), miss: color('.mark-miss', 'fill')}""")
        for name, color in marks.items():
            assert contrast(color, papers[scheme]) >= 3, (scheme, name, color)
    assert luminance(papers["dark"]) < 0.05 < 0.9 < luminance(papers["light"])


@pytest.mark.parametrize("fragment", ["#/", "#/operations", "#/project/P12", "#/find?q=P1"])
def test_a_narrow_screen_is_wide_enough(site, browser, fragment):
    browser.size(*NARROW)
    browser.open(f"{site.url}/{fragment}")
    assert browser.run("return document.documentElement.scrollWidth") <= NARROW[0]
    for chart in browser.all(".chart svg"):
        assert chart.size["width"] <= NARROW[0]
    tall = browser.run("return Math.min(...[...document.querySelectorAll('header a, header button, main button, main select, main input')].filter((e) => e.offsetHeight).map((e) => e.offsetHeight))")
    assert tall >= 20, "what is pressed is large enough"


def test_a_chart_follows_the_width(site, browser):
    browser.open(site.url)
    wide = browser.one(".chart svg").size["width"]
    browser.size(*NARROW)
    browser.wait(lambda: browser.one(".chart svg").size["width"] < wide / 2, "the chart drawn anew")


@pytest.mark.parametrize("fragment", ["#/", "#/operations", "#/project/P12", "#/find?q=P1"])
def test_everything_has_a_name(site, browser, fragment):
    browser.open(f"{site.url}/{fragment}")
    nameless = browser.run("""
        const nameOf = (node) => node.getAttribute('aria-label') || node.textContent.trim() || node.getAttribute('alt')
            || [...(node.labels ?? [])].map((label) => label.textContent).join('');
        const described = (id) => document.getElementById(id)?.textContent;
        return [
            ...[...document.querySelectorAll('a, button, input, select, summary, svg[role], .column')].filter((node) => !nameOf(node)),
            ...[...document.querySelectorAll('section')].filter((node) => !described(node.getAttribute('aria-labelledby'))),
            ...[...document.querySelectorAll('table')].filter((node) => !node.caption || !node.tHead),
            ...[...document.querySelectorAll('svg:not(svg svg)')].filter((node) => !node.hasAttribute('role') && node.getAttribute('aria-hidden') !== 'true'),
            ...[...document.querySelectorAll('img')].filter((node) => !node.hasAttribute('alt')),
        ].map((node) => node.outerHTML.slice(0, 200))""")
    assert nameless == []
    assert browser.run("return document.documentElement.lang") == "en"
    assert len(browser.all("h1")) == len(browser.all("main")) == len(browser.all("header")) == len(browser.all("nav")) == 1
    ids = browser.run("return [...document.querySelectorAll('[id]')].map((node) => node.id)")
    assert len(ids) == len(set(ids))
