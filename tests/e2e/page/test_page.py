"""The page for people, in a headless Chromium: what it shows, how it is used, and how it looks after itself."""

import hashlib
import re
import secrets
from decimal import Decimal

import pytest

from browser import NARROW, WIDE, Browser, Keys
from cluster import fill, value
from conftest import new_database
from poller import Receiver
from rest import Rest


def prepared(connection):
    """Projects, snapshots of five months, movements between them, invoices, and things that ran and failed."""
    fill(connection)
    for months in range(5, 0, -1):
        connection.execute("SELECT create_pipeline_forecast_snapshot((date_trunc('month', pipeline_today()) - %s * interval '1 month')::date - 1, true)", [months])
    connection.execute("SELECT create_pipeline_forecast_snapshot((pipeline_today() - interval '1 month')::date, true)")
    connection.execute("UPDATE projects SET new_enquiry_value = new_enquiry_value + 1000 WHERE monday_id IN ('P12', 'P14')")
    connection.execute("UPDATE projects SET pipeline_stage = 'Lost' WHERE monday_id = 'P28'")
    connection.execute("UPDATE projects SET item_name = '<img src=x onerror=alert(1)> & Söhne' WHERE monday_id = 'P2'")
    connection.execute("UPDATE projects SET state = 'archived' WHERE monday_id IN ('P30', 'P132')")
    connection.execute(
        """
        INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced)
        SELECT 'S' || n, 'Invoice', 'P' || n, pipeline_today() - n, n * 100 FROM generate_series(1, 119, 2) AS n
        """
    )
    connection.execute(
        """
        INSERT INTO webhook_events (event_key, event_type, item_id, status, project_ids)
        VALUES ('one', 'update_column_value', '77001', 'processed', '{P12}')
        """
    )
    connection.execute(
        "INSERT INTO job_queue (job_type, project_id, status, detail, finished_at) VALUES ('push_to_monday', 'P14', 'failed', 'the board refused it', now())"
    )
    connection.execute("SELECT analyze_projects(ARRAY['P12', 'P14'])")
    connection.execute("SELECT create_pipeline_forecast_snapshot()")
    connection.execute("CALL refresh_pipeline_views(false)")


@pytest.fixture(scope="module")
def site(cluster):
    """A poller on a database with data, which no test changes."""
    with new_database(cluster) as database:
        connection = database.connection()
        prepared(connection)
        with Receiver(database) as poller:
            poller.connection = connection
            yield poller


@pytest.fixture(scope="module")
def chromium():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium):
    """Nothing may go wrong in it unnoticed."""
    chromium.size(*WIDE)
    chromium.scheme("light")
    chromium.problems()
    yield chromium
    assert chromium.problems() == []


def whole(number):
    return f"{round(number):,}"


def exact(number):
    return f"{number:,.2f}"


# The files ----------------------------------------------------------------------------------------------------------


def test_the_page_is_served_with_its_files(site):
    rest = Rest(site)
    page = rest.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", page.text), "nothing inline"
    files = set(re.findall(r'(?:href|src)="(web/[^"]+)"', page.text))
    imported = True
    while imported:
        imported = {f"web/{name}" for file in files if file.endswith(".js")
                    for name in re.findall(r"from '\./([^']+)'", rest.get(f"/{file}").text)} - files
        files |= imported
    assert {file for file in files if file.endswith(".js")} == set(re.findall(r'"(web/[^"]+\.js)"', page.text)), "every module is asked for at once"
    types = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
    assert len(files) > 10
    for file in files:
        answer = rest.get(f"/{file}")
        assert (answer.status, answer.headers["content-type"]) == (200, types[file.rpartition(".")[2]]), file
        assert "http://www.w3.org/2000/svg" in answer.text or "://" not in answer.text, f"{file} asks for nothing from elsewhere"
        assert rest.get(f"/{file}", {"If-None-Match": answer.headers["etag"]}).status == 304
    assert rest.get("/web/../openapi.json").status == 404
    assert rest.get("/web/nothing.js").status == 404


# The forecast -------------------------------------------------------------------------------------------------------


def test_the_months_ahead(site, browser):
    browser.open(site.url)
    totals = site.connection.execute(
        "SELECT sum(expected_value) AS expected, sum(committed_value) AS committed, sum(worst_case_value) AS worst, sum(best_case_value) AS best, "
        "sum(project_count) AS projects, sum(project_count) FILTER (WHERE stage_bucket = 'Lost') AS lost FROM vw_pipeline_forecast_monthly_12m_v1").fetchone()
    assert totals["lost"] > 0
    assert browser.texts("main > section:first-of-type .figures dd") == [
        whole(totals[name]) for name in ("expected", "committed", "worst", "best")] + [f"{totals['projects']}\n{totals['lost']} of them lost"]
    months = site.connection.execute(
        "SELECT to_char(forecast_month, 'Mon YYYY') AS month, sum(expected_value) AS expected FROM vw_pipeline_forecast_monthly_12m_v1 "
        "GROUP BY forecast_month ORDER BY forecast_month").fetchall()
    rows = browser.rows("The twelve months ahead")
    assert [(row[0].replace("Sept", "Sep"), row[3]) for row in rows[-12:]] == [(m["month"], exact(m["expected"])) for m in months]
    assert len(rows) > 12 and rows[-13][3] == "–" and rows[-13][7] != "–", "what is over has an actual and no forecast"
    assert len(browser.all("svg .column")) == len(rows)
    for mark in ("mark-band", "mark-committed", "line-expected", "line-earlier", "line-actual"):
        assert browser.all(f".chart .{mark}"), mark
    assert [text.split(" on ")[0] for text in browser.texts(".legend li")] == ["committed", "expected", "worst to best case", "as forecast", "invoiced"]


def test_what_is_in_the_months_and_what_is_not(site, browser):
    browser.open(site.url)
    lines = site.connection.execute("SELECT * FROM vw_forecast_scope ORDER BY sort_order").fetchall()
    rows = browser.rows("In these months, and not")
    assert [(row[0], row[2], row[3], row[5]) for row in rows] == [
        (line["line"].replace("_", " "), str(line["project_count"]), whole(line["contract_value"]),
         "–" if line["open_value"] is None else whole(line["open_value"])) for line in lines]
    assert [row[1] for row in rows] == ["in"] * 3 + ["not in"] * 4 + ["of these"] * 2
    counts = {line["line"]: line["project_count"] for line in lines}
    assert counts["past_due"] > 0 and counts["backlog"] > 0
    assert sum(int(row[2]) for row in rows[:3]) == sum(int(row[1]) for row in browser.rows("Stage buckets")), "the same projects everywhere"


def test_what_the_forecast_rests_on(site, browser):
    browser.open(site.url)
    found = site.connection.execute("SELECT * FROM mv_forecast_quality").fetchone()
    assert found["verdict"] in browser.one(".checks.single").text
    assert browser.texts(".findings li") == found["detail"].split("\n")


def test_stage_buckets(site, browser):
    browser.open(site.url)
    buckets = site.connection.execute(
        "SELECT stage_bucket, sum(project_count) AS projects, sum(contract_value) AS value, sum(expected_value) AS expected "
        "FROM vw_pipeline_forecast_monthly_12m_v1 GROUP BY 1").fetchall()
    assert sorted(browser.rows("Stage buckets")) == sorted(
        [b["stage_bucket"], str(b["projects"]), whole(b["value"]), whole(b["expected"])] for b in buckets)
    assert [row[0] for row in browser.rows("Stage buckets")] == ["Committed", "Open", "Lost"]


def test_what_moved_the_forecast(site, browser):
    browser.open(site.url)
    bars = {b["bar"]: b for b in site.connection.execute(
        "SELECT * FROM forecast_waterfall((pipeline_today() - interval '1 month')::date, pipeline_today())").fetchall()}
    rows = {row[0]: row[2] for row in browser.rows("What moved it")}
    assert list(rows) == ["opening", "new projects", "won", "lost", "value up", "value down", "probability up", "probability down",
                          "pulled in", "pushed out", "moved earlier", "moved later", "month ended", "removed", "closing"]
    assert rows["opening"] == whole(bars["opening"]["expected_value"])
    assert rows["closing"] == whole(bars["closing"]["expected_value"])
    assert rows["value up"] == "+" + whole(bars["value_up"]["expected_value"]) != "+0"
    assert rows["removed"].startswith("-") and rows["lost"].startswith("-") and rows["month ended"].startswith("-")
    assert len(browser.all(".waterfall .mark-neutral")) == 1, "a month that is over is neither gained nor lost"

    name = browser.one("button[aria-controls=moved-value_up]")
    assert (name.get_attribute("aria-expanded"), browser.one("#moved-value_up").is_displayed()) == ("false", False)
    name.send_keys(Keys.ENTER)
    assert (name.get_attribute("aria-expanded"), browser.one("#moved-value_up").is_displayed()) == ("true", True)
    assert browser.run("return [...document.querySelectorAll('#moved-value_up a')].map((a) => a.getAttribute('href')).sort()") == [
        f"#/project/{row['project_id']}" for row in site.connection.execute(
            "SELECT project_id FROM forecast_waterfall_projects((pipeline_today() - interval '1 month')::date, pipeline_today()) WHERE bar = 'value_up' ORDER BY 1")]

    committed = {b["bar"]: b["committed_value"] for b in bars.values()}
    browser.follow("#/?measure=committed")
    assert browser.rows("What moved it")[0][2] == whole(committed["opening"])
    assert committed["value_up"] == 0 and not browser.all("button[aria-controls=moved-value_up]"), "what moved no committed value opens nothing"
    day = value(site.connection, "SELECT min(snapshot_date)::text FROM pipeline_forecast_snapshot_day")
    browser.run("const field = document.getElementById('since'); field.value = arguments[0]; field.dispatchEvent(new Event('change', {bubbles: true}))", day)
    browser.wait(lambda: f"since={day}" in browser.driver.current_url, "the address to hold the day")
    browser.settled()
    assert browser.one("#since").get_attribute("value") == day
    assert "measure=committed" in browser.driver.current_url, "other choices stay"


BARS = """
    const box = (found) => { const {left, width} = found.getBoundingClientRect(); return {left, width}; };
    return [...document.querySelectorAll('.waterfall tbody tr:not(.moved)')].map((row) => ({
        step: row.cells[0].textContent, value: row.cells[2].title.replaceAll(',', ''), room: box(row.querySelector('svg.bar')),
        bar: row.querySelector('rect') && box(row.querySelector('rect')), isBroken: row.querySelector('.break') !== null}))"""


def waterfall(browser):
    """The steps with their values and bars as drawn, what the caption says of the scale, and the labels of the axis."""
    return (browser.run(BARS), browser.one(".waterfall caption").text.partition("\n")[2],
            browser.run("return [...document.querySelectorAll('.waterfall thead .axis text')].map((label) => label.textContent)"))


def test_bars_of_large_changes_begin_at_zero(database, browser):
    database.execute("""
        INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, expected_start_date)
        SELECT n::text, 'Project ' || n, 'Customer Has Order', 1000 * n, pipeline_today() + 40 FROM generate_series(1, 4) AS n""")
    database.execute("SELECT create_pipeline_forecast_snapshot(pipeline_today() - 20, true)")
    database.execute("UPDATE projects SET new_enquiry_value = new_enquiry_value * 2 WHERE monday_id IN ('1', '3')")
    database.execute("UPDATE projects SET pipeline_stage = 'Lost' WHERE monday_id = '4'")
    database.execute("SELECT refresh_conversion_views(false), create_pipeline_forecast_snapshot()")
    with Receiver(database.database) as poller:
        browser.open(poller.url)
        steps, said, labels = waterfall(browser)
    assert (said, labels[0], [step["step"] for step in steps if step["isBroken"]]) == ("", "0", [])
    lengths = {step["step"]: step["bar"]["width"] / abs(float(step["value"])) for step in steps if step["bar"]}
    assert list(lengths) == ["opening", "lost", "value up", "closing"]
    assert list(lengths.values()) == pytest.approx([lengths["opening"]] * 4, rel=0.01), "bars are as long as their values"
    assert steps[0]["bar"]["left"] == pytest.approx(steps[0]["room"]["left"], abs=0.5)


def test_bars_of_small_changes_say_that_their_scale_is_broken(site, browser):
    browser.open(site.url)
    steps, said, labels = waterfall(browser)
    begin = re.fullmatch(r"The scale is broken between 0 and ([0-9,]+), so that the changes are seen: opening and closing are not drawn in full length\.", said)
    assert begin, said
    begin = float(begin[1].replace(",", ""))
    assert labels[0] == "0" and len(set(labels)) == len(labels) >= 3, "ticks can be told apart"
    assert [step["step"] for step in steps if step["isBroken"]] == ["opening", "closing"]
    assert browser.all(".waterfall thead .break"), "the axis too"
    values = [float(step["value"]) for step in steps]
    assert 0 < begin < min(values[0], values[-1])
    scale = {step["step"]: abs(step["bar"]["width"] / value) for step, value in zip(steps[1:-1], values[1:-1]) if step["bar"] and step["bar"]["width"] > 5}
    assert len(scale) >= 2
    changes = list(scale.values())
    assert changes == pytest.approx([changes[0]] * len(changes), rel=0.02)
    ends = [step["bar"]["left"] + step["bar"]["width"] for step in (steps[0], steps[-1])]
    assert ends[1] - ends[0] == pytest.approx((values[-1] - values[0]) * changes[0], abs=1), "opening and closing end where they should"


def test_how_good_forecasts_were(site, browser):
    browser.open(site.url)
    rows = site.connection.execute(
        "SELECT horizon, sum(expected_value) AS expected, sum(actual_value) AS actual, sum(monthly_error) AS error, count(*) AS months FROM vw_forecast_accuracy "
        "WHERE segment = 'total' AND project_count > 0 AND forecast_month >= date_trunc('month', pipeline_today()) - interval '12 months' "
        "GROUP BY horizon HAVING sum(actual_value) > 0 ORDER BY horizon").fetchall()
    shown = browser.rows("How good former forecasts were")
    assert len(rows) >= 3
    assert [row[1] for row in shown] == [f"{row['error'] / row['actual'] * 100:.1f} %" for row in rows]
    assert [row[7] for row in shown] == [str(row["months"]) for row in rows]
    for row, found in zip(shown, value(site.connection, "SELECT forecast_accuracy_document()")["horizons"], strict=True):
        worse = "worse than the mean" if (found["skill_against_mean"] or 1) <= 0 else "worse than a naive line"
        skill = found["skill"]
        assert row[6] == ("–" if skill is None else f"{skill * 100:.1f} %" if skill > 0 else worse)
    assert (shown[0][0], shown[1][0], shown[2][0]) == ("just before the month", "1 month earlier", "2 months earlier")
    browser.follow("#/?account=Account+003&type=Type+1")
    assert "other filters do not apply here" in browser.section("How good former forecasts were").text


# Filters ------------------------------------------------------------------------------------------------------------


def choose(browser, name, text):
    browser.run("const field = document.getElementById(arguments[0]); field.value = arguments[1]; field.focus();"
                "field.dispatchEvent(new Event('change', {bubbles: true}))", f"filter-{name}", text)


def expected_of(browser):
    return browser.texts("main > section:first-of-type .figures dd")[0]


def test_filters_narrow_what_is_shown(site, browser):
    browser.open(site.url)
    everything = expected_of(browser)
    sums = "SELECT sum(expected_value) FROM vw_pipeline_forecast_project_v1 WHERE forecast_date >= pipeline_window_start(pipeline_today()) AND forecast_date < pipeline_window_end(pipeline_today())"
    assert browser.run("return [...document.querySelectorAll('#filter-category option')].map((option) => option.value)") == ["", "Category 0", "Category 1"]
    choose(browser, "category", "Category 1")
    browser.wait(lambda: "category=Category+1" in browser.driver.current_url, "the address to hold the filter")
    browser.settled()
    of_category = whole(value(site.connection, sums + " AND category = 'Category 1'"))
    assert expected_of(browser) == of_category
    assert browser.focused().get_attribute("id") == "filter-category", "the focus stays"
    choose(browser, "account", "Account 003")
    browser.wait(lambda: "account=Account+003" in browser.driver.current_url, "both filters in the address")
    browser.settled()
    assert expected_of(browser) == whole(value(site.connection, sums + " AND category = 'Category 1' AND account = 'Account 003'"))
    assert browser.driver.title == "Account 003, Category 1 · Pipeline forecast"

    browser.driver.back()
    browser.wait(lambda: expected_of(browser) == of_category, "the former choice")
    browser.settled()
    assert browser.one("#filter-account").get_attribute("value") == ""
    [clear] = [button for button in browser.all("form.filters button") if button.text == "Show all projects"]
    clear.click()
    browser.wait(lambda: expected_of(browser) == everything, "everything again")
    browser.settled()


def test_a_filter_that_fits_nothing_says_so(site, browser):
    browser.open(site.url + "/#/?account=Nobody")
    assert "No project that fits the filters is forecast for the twelve months ahead." in browser.section("The twelve months ahead").text
    assert expected_of(browser) == "0"
    assert browser.run("return [...document.querySelectorAll('.chart text[text-anchor=end]')].map((label) => label.textContent)") == ["0"], "an axis of nothing has no other marks"
    assert "There is no expected value in either snapshot" in browser.section("What moved it").text
    assert browser.one("#filter-account").get_attribute("value") == "Nobody"


# Projects -----------------------------------------------------------------------------------------------------------


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


def test_filters_need_no_exact_spelling(database, browser):
    fill(database, 80)
    database.execute("UPDATE projects SET account = 'Account ' || lpad((substr(monday_id, 2)::integer % 40)::text, 3, '0')")
    database.execute("CALL refresh_pipeline_views(false)")
    with Receiver(database.database) as poller:
        browser.open(poller.url)
        choose(browser, "account", "aCCount 003")
        browser.wait(lambda: "account=Account+003" in browser.driver.current_url, "the account in its own letters")
        browser.settled()
        browser.open(poller.url + "/#/operations")
        browser.open(poller.url + "/#/")
        choose(browser, "account", "count 00")
        browser.wait(lambda: browser.all(".offer button"), "several to choose from")
        offered = browser.texts(".offer button")
        assert len(offered) > 1 and all(text.startswith("Account 00") for text in offered)
        browser.all(".offer button")[0].click()
        browser.wait(lambda: f"account={offered[0].replace(' ', '+')}" in browser.driver.current_url, "the one that was chosen")
        browser.settled()


def test_every_term_has_its_meaning_behind_it(site, browser):
    browser.open(site.url)
    terms = browser.run("return [...document.querySelectorAll('a.term')].map((term) => [term.textContent, term.title, term.hash])")
    named = {name.lower() for name, _, _ in terms}
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


# Operations ---------------------------------------------------------------------------------------------------------


def test_operations(site, browser):
    browser.open(site.url + "/#/operations")
    assert browser.one("nav a[aria-current]").text == "Operations"
    assert browser.rows("Newest webhooks")[0][1:] == ["update column value", "77001", "P12", "processed"]
    assert browser.rows("Newest failures")[0][1:] == ["job push to monday", "P14", "the board refused it"]
    assert browser.rows("Queue")[0][0] == "push to monday"
    assert "No board is configured" in browser.section("Boards").text
    assert "Nothing is scheduled." in browser.section("Scheduled jobs").text
    assert browser.one("#health a").text == "1 of 15 checks failing"
    checks = browser.section("Not all is in order").text
    assert checks.count("✓") == 11 and "1 failed within a day: push_to_monday" in checks
    assert "nothing is scheduled" in checks and "of 199 projects 130 have no analysis" in checks


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
