"""The page for people, in a headless Chromium: its files, the forecast that it shows, and its filters."""

import re

import pytest

from browser import Keys
from cluster import fill, value
from page_site import exact, whole
from poller import Receiver
from rest import Rest

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
    assert all(term.get_attribute("title") for term in browser.all(".waterfall tbody th a.term"))
    assert len(browser.all(".waterfall tbody th a.term")) == len(rows), "every step has its meaning behind it"

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


def test_opening_and_closing_count_all_projects_and_name_what_is_not_in_them(database, browser):
    database.execute("""
        INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, total_order_value, expected_start_date) VALUES
            ('1', 'Valued', 'Customer Has Order', 5000, NULL, pipeline_today() + 40), ('2', 'Free', 'Customer Has Order', NULL, NULL, pipeline_today() + 40),
            ('3', 'Gone', 'Lost', 700, NULL, pipeline_today() + 40), ('4', 'Late', 'Customer Has Order', 3000, NULL, pipeline_today() - 70),
            ('5', 'Ordered', 'Won - Open (Order Received)', NULL, 9000, pipeline_today() + 400)""")
    database.execute("SELECT create_pipeline_forecast_snapshot(pipeline_today() - 20, true)")
    database.execute("UPDATE projects SET new_enquiry_value = 6000 WHERE monday_id = '1'")
    database.execute("SELECT refresh_conversion_views(false), create_pipeline_forecast_snapshot()")
    database.execute("CALL refresh_pipeline_views()")
    with Receiver(database.database) as poller:
        browser.open(poller.url)
        rows = {row[0]: row[3] for row in browser.rows("What moved it")}
        said = browser.one(".waterfall").find_element("xpath", "ancestor::section").text
        totals = browser.rows("Stage buckets")
    assert (rows["opening"], rows["closing"], rows["value up"]) == ("3", "3", "1")
    assert sum(int(row[1]) for row in totals) == 3, "as everywhere on the page"
    assert "Not in them today: 1 project past due (3,000), 1 project later (9,000)." in said
    assert "Ordered and still to be invoiced, whatever its month: 1 project of the backlog (9,000)." in said


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
