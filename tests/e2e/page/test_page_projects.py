"""Projects on the page: each explained and found, names that are long or look like markup, units and terms."""

from decimal import Decimal

from browser import NARROW, WIDE, Keys
from cluster import fill, value
from page_site import exact
from poller import Receiver


def test_a_project_is_explained(site, browser):
    browser.open(site.url + "/#/project/P14")
    assert browser.driver.title == "Project 14 · Pipeline forecast"
    assert browser.one("h1").get_attribute("textContent") == "Project Project 14"
    steps = site.connection.execute("SELECT * FROM explain_forecast('P14')").fetchall()
    shown = browser.rows("How the forecast comes about")
    assert [(row[0].replace(" ", "_"), row[1], row[2]) for row in shown] == [(s["step"], s["value"], s["rule"]) for s in steps]
    analysis = site.connection.execute("SELECT * FROM explain_analysis('P14')").fetchall()
    assert [row[1] for row in browser.rows("How the analysis comes about")] == [s["value"] for s in analysis]
    history = browser.rows("History")
    assert [row[2] for row in history][-1] == "1,400.70" and history[0][2] == "2,400.70", "the newest version first"
    assert exact(Decimal("2400.70")) in browser.texts("section mark"), "what changed is marked"
    assert "Job push_to_monday failed: the board refused it" in browser.section("Lineage").text
    assert exact(value(site.connection, "SELECT expected_value FROM vw_pipeline_forecast_project_v1 WHERE project_id = 'P14'")) in browser.texts(".figures dd")[0]


def test_money_has_its_unit(database, browser):
    fill(database, 20)
    database.execute("SELECT configure_pipeline('currency', 'EUR')")
    database.execute("SELECT create_pipeline_forecast_snapshot(pipeline_today() - 40, true), refresh_conversion_views(false), create_pipeline_forecast_snapshot()")
    with Receiver(database.database) as poller:
        browser.open(poller.url)
        assert all(text.endswith(" EUR") for text in browser.texts("main > section:first-of-type .figures dd")[:4])
        assert browser.section("What moved it").find_element("css selector", "h2").text.endswith("· EUR")
        assert browser.section("Stage buckets").find_element("css selector", "h2").text.endswith("· EUR")
        browser.follow("#/project/P12")
        assert " EUR" in browser.texts(".figures dd")[0]


def test_days_and_moments_stay_in_one_piece(site, browser):
    browser.size(*NARROW)
    browser.open(site.url + "/#/project/P14")
    assert browser.run("return [...document.querySelectorAll('.piece')].every((day) => day.getClientRects().length === 1)")
    assert len(browser.all(".piece")) > 3
    assert "\u00a0UTC" in browser.run("return arguments[0].textContent", browser.section("Lineage"))
    assert browser.run("return Math.min(...[...document.querySelectorAll('td.long')].map((cell) => cell.offsetWidth))") >= 200, "words have room"


def test_a_project_that_is_gone_and_one_that_never_was(site, browser):
    browser.open(site.url + "/#/project/P30")
    assert "This project is archived and is not forecast. Its history stays." in browser.section("Project 30").text
    assert "Only active projects are forecast." in browser.section("How the forecast comes about").text
    browser.follow("#/project/nobody")
    alert = browser.one("main [role=alert]")
    assert 'unknown project "nobody"' in alert.text and alert.find_element("css selector", "button").text == "Try again"
    assert [problem for problem in browser.problems() if "404" not in problem] == []


def test_names_are_text_and_never_markup(site, browser):
    browser.open(site.url + "/#/project/P2")
    assert browser.one("main > section:first-of-type h2").text.startswith("<img src=x onerror=alert(1)> & Söhne")
    assert not browser.all("main img")
    browser.follow("#/find?q=%3Cimg")
    browser.wait(lambda: browser.driver.current_url.endswith("#/project/P2"), "the one project that fits")
    browser.settled()


def test_projects_are_found(site, browser):
    browser.open(site.url)
    field = browser.one("#find-project")
    field.send_keys("Project 12")
    browser.wait(lambda: browser.run("return document.querySelectorAll('#found-projects option').length") > 5, "suggestions")
    field.send_keys(Keys.ENTER)
    browser.wait(lambda: "#/find" in browser.driver.current_url and browser.all("main tbody"), "the list")
    browser.settled()
    assert {row[1] for row in browser.rows("Projects for")} == {"Project 12", *(f"Project 12{n}" for n in range(10))}
    browser.one("main a[href='#/project/P127']").click()
    browser.wait(lambda: browser.driver.title.startswith("Project 127"), "the project")
    browser.settled()
    assert browser.focused().get_attribute("id") == "content", "the focus goes to the new view"
    browser.follow("#/find?q=nothing+like+it")
    assert "No project has such a number, or such words in its name, account or owner." in browser.section("Projects for").text


def test_open_and_large_projects_are_found_first_and_the_others_counted(site, browser):
    browser.open(site.url + "/#/find?q=Account")
    rows = browser.rows("Projects for")
    assert len(rows) == 20
    matching = "FROM projects WHERE state = 'active' AND concat_ws(' ', item_name, project_name, account) ILIKE '%account%'"
    first = site.connection.execute(
        f"SELECT monday_id {matching} ORDER BY stage_bucket <> 'Lost' DESC, coalesce(nullif(total_order_value, 0), new_enquiry_value) DESC NULLS LAST LIMIT 1")
    assert rows[0][0] == first.fetchone()["monday_id"]
    total = value(site.connection, f"SELECT count(*) {matching}")
    assert f"and {total - 20} more" in browser.section("Projects for").text
    values = [float(row[6].replace(",", "")) for row in rows]
    assert values == sorted(values, reverse=True)


def test_every_term_has_its_meaning_behind_it(site, browser):
    browser.open(site.url)
    terms = browser.run("return [...document.querySelectorAll('a.term')].map((term) => [term.textContent, term.title, term.hash])")
    # A mark beside a name that does something else has no text of its own.
    named = {name.lower() for name, _, _ in terms if name}
    assert {"expected", "committed", "worst case", "best case", "projects", "stage buckets", "skill", "bias", "missed", "foreseen"} <= named
    assert all(title for _, title, _ in terms)
    browser.follow("#/glossary?term=skill")
    assert browser.one(".glossary .wanted dt").text == "skill"
    known = set(browser.texts(".glossary dt"))
    assert named <= known


LONG = "Extraordinarily" * 12


def test_long_names_do_not_widen_the_page(database, browser):
    fill(database, 40)
    database.execute("UPDATE projects SET account = %s || (monday_id = 'P1'), project_name = %s, type = %s, category = %s, sales_representative = %s",
                     [LONG] * 5)
    database.execute("SELECT create_pipeline_forecast_snapshot(pipeline_today() - 40, true), refresh_conversion_views(false), create_pipeline_forecast_snapshot()")
    with Receiver(database.database) as poller:
        for width in (NARROW, WIDE):
            browser.size(*width)
            for fragment in ("#/", "#/operations", "#/project/P12", "#/find?q=Extra", f"#/?account={LONG}false&type={LONG}"):
                browser.open(f"{poller.url}/{fragment}")
                assert browser.run("return document.documentElement.scrollWidth") <= width[0], (width, fragment)


def test_a_new_currency_shows_without_a_restart(database, browser):
    fill(database, 20)
    database.execute("SELECT configure_pipeline('currency', 'EUR')")
    database.execute("SELECT create_pipeline_forecast_snapshot(pipeline_today() - 40, true), refresh_conversion_views(false), create_pipeline_forecast_snapshot()")
    with Receiver(database.database) as poller:
        browser.open(poller.url)
        assert browser.section("What moved it").find_element("css selector", "h2").text.endswith("EUR")
        database.execute("SELECT configure_pipeline('currency', 'CHF')")
        browser.open(poller.url + "/#/operations")
        browser.open(poller.url + "/#/")
        assert browser.section("What moved it").find_element("css selector", "h2").text.endswith("CHF")
