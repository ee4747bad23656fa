"""8,800 opportunities exported from a CRM, read through the mapping that is shipped for them.

The data is not part of the source tree. PIPELINE_TEST_DATA names the folder that holds crm_opportunities/; without it
the folder shared/data beside the source tree is looked for.
"""

import csv
import datetime
import os
import pathlib
from decimal import Decimal

import pytest
from psycopg import sql

from cluster import ROOT, failed_checks, value

DATA = pathlib.Path(os.environ.get("PIPELINE_TEST_DATA") or ROOT.parent / "shared" / "data") / "crm_opportunities"
MAPPING = ROOT / "sql" / "mappings" / "crm_opportunities.json"

pytestmark = pytest.mark.skipif(
    not (DATA / "sales_pipeline.csv").is_file(),
    reason=f"no {DATA}/sales_pipeline.csv; set PIPELINE_TEST_DATA to the folder that holds crm_opportunities",
)


def records(name):
    with open(DATA / name, newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def load(connection, table, name):
    """A staging table as a loader makes it: every column is text."""
    rows = records(name)
    columns = [sql.Identifier(column) for column in rows[0]]
    connection.execute(
        sql.SQL("CREATE TABLE {} ({})").format(
            sql.Identifier(table), sql.SQL(", ").join(sql.SQL("{} text").format(column) for column in columns)
        )
    )
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
        for row in rows:
            copy.write_row(list(row.values()))


def run_import(connection):
    return connection.execute(
        "SELECT inserted, updated, unchanged, rejected FROM import_projects('sales_pipeline', %s::jsonb)", [MAPPING.read_text(encoding="utf-8")]
    ).fetchone()


@pytest.fixture(scope="module")
def imported(cluster):
    name = "real_data"
    cluster.create_set_up_database(name)
    with cluster.connect(name) as connection:
        load(connection, "sales_pipeline", "sales_pipeline.csv")
        load(connection, "products", "products.csv")
        connection.outcome = run_import(connection)
        connection.execute("CALL refresh_pipeline_views()")
        connection.execute("SELECT create_pipeline_forecast_snapshot()")
        yield connection
    cluster.drop_database(name)


@pytest.fixture(scope="module")
def source():
    return {row["opportunity_id"]: row for row in records("sales_pipeline.csv")}


@pytest.fixture(scope="module")
def prices():
    return {row["product"]: Decimal(row["sales_price"]) for row in records("products.csv")}


@pytest.fixture(scope="module")
def projects(imported):
    return {row["monday_id"]: row for row in imported.execute("SELECT * FROM projects").fetchall()}


@pytest.fixture(scope="module")
def shifted_days(imported):
    return value(imported, "SELECT (metadata->>'shifted_days')::integer FROM sync_log ORDER BY id LIMIT 1")


def test_every_row_is_inserted(imported, projects, source):
    assert imported.outcome == {"inserted": 8800, "updated": 0, "unchanged": 0, "rejected": 0}
    assert projects.keys() == source.keys()
    assert value(imported, "SELECT count(*) FROM sync_reject") == 0


def test_stages_keep_their_meaning(imported):
    counts = imported.execute(
        "SELECT s.outcome, count(*) AS n FROM projects p JOIN pipeline_stage s ON s.stage = p.pipeline_stage GROUP BY 1"
    ).fetchall()
    assert {row["outcome"]: row["n"] for row in counts} == {"won": 4238, "lost": 2473, "open": 2089}


def test_values_are_list_prices_until_won(projects, source, prices):
    """'GTXPro' is the list's 'GTX Pro'; what is won has the value it was closed with."""
    misspelt = [row for row in source.values() if row["product"] == "GTXPro"]
    assert len(misspelt) == 1480, "the defect is in the data"
    for key, row in source.items():
        product = "GTX Pro" if row["product"] == "GTXPro" else row["product"]
        project = projects[key]
        assert project["product_type"] == product
        assert project["new_enquiry_value"] == prices[product]
        assert project["total_order_value"] == (Decimal(row["close_value"]) if row["deal_stage"] == "Won" else None)


def test_open_deals_are_worth_the_list_price(imported, source, prices):
    forecast = imported.execute(
        "SELECT project_id, stage_bucket, contract_value FROM vw_pipeline_forecast_project_v1 WHERE stage_bucket = 'Open'"
    ).fetchall()
    assert len(forecast) == 2089
    for row in forecast:
        product = source[row["project_id"]]["product"].replace("GTXPro", "GTX Pro")
        assert row["contract_value"] == prices[product], row["project_id"]


def test_gestation_is_the_time_from_engagement_to_close(projects, source):
    known = 0
    for key, row in source.items():
        expected = None
        if row["engage_date"] and row["close_date"]:
            engaged, closed = (datetime.date.fromisoformat(row[name]) for name in ("engage_date", "close_date"))
            expected = (closed - engaged).days
            known += 1
        assert projects[key]["gestation_period"] == expected, key
    assert known == 4238 + 2473


def test_all_dates_move_by_the_same_days(imported, projects, source, shifted_days):
    today = value(imported, "SELECT pipeline_today()")
    read = ["date_created", "date_order_received", "first_date_invoiced", "follow_up_date"]
    newest = max(project[name] for project in projects.values() for name in read if project[name])
    assert newest == today, "the newest day became today"
    assert (today - datetime.date(2017, 12, 31)).days == shifted_days
    shift = datetime.timedelta(days=shifted_days)
    for key, row in source.items():
        engaged = datetime.date.fromisoformat(row["engage_date"]) + shift if row["engage_date"] else None
        assert projects[key]["date_created"] == engaged, key
        if row["deal_stage"] == "Won":
            assert projects[key]["date_order_received"] == datetime.date.fromisoformat(row["close_date"]) + shift, key
        if row["deal_stage"] in ("Engaging", "Prospecting"):
            due = engaged + datetime.timedelta(days=90) if engaged else None
            assert projects[key]["expected_start_date"] == due, key


def test_blank_accounts_stay_unknown(projects, source):
    assert sum(not row["account"] for row in source.values()) == 1425, "the defect is in the data"
    for key, row in source.items():
        assert projects[key]["account"] == (row["account"] or None), key


def test_months_add_up_to_the_projects(imported):
    columns = ["project_count", "contract_value", "committed_value", "expected_value", "best_case_value",
               "worst_case_value"]
    by_month = imported.execute(
        "SELECT " + ", ".join(f"sum({column}) AS {column}" for column in columns)
        + " FROM vw_pipeline_forecast_monthly_12m_v1"
    ).fetchone()
    by_project = imported.execute(
        "SELECT count(*) AS project_count, "
        + ", ".join(f"sum({column}) AS {column}" for column in columns[1:])
        + """ FROM vw_pipeline_forecast_project_v1
              WHERE forecast_month >= pipeline_window_start(pipeline_today())
                AND forecast_month < pipeline_window_end(pipeline_today())"""
    ).fetchone()
    assert by_month == by_project
    # On the first day of a month the newest order is the only one of it.
    assert by_month["project_count"] > 100 and by_month["expected_value"] > 0


def test_validation_passes(imported):
    assert failed_checks(imported) == []


def test_a_second_import_changes_nothing(imported):
    versions = value(imported, "SELECT count(*) FROM project_history")
    assert run_import(imported) == {"inserted": 0, "updated": 0, "unchanged": 8800, "rejected": 0}
    assert value(imported, "SELECT count(*) FROM project_history") == versions == 8800


def pushes_due(connection):
    return value(connection, "SELECT count(*) FROM pipeline_data.push_due")


def test_one_change_makes_no_storm(imported):
    """Of 8,800 projects one per cent change; what nobody would notice on the others is neither stored nor written."""
    with imported.transaction(force_rollback=True):
        imported.execute("SELECT analyze_projects()")
        imported.execute(
            "SELECT pipeline_work.record_monday_push(project_id, columns_hash, comment_hash) FROM pipeline_data.push_content"
        )
        assert pushes_due(imported) == 0
        imported.execute(
            """UPDATE projects SET new_enquiry_value = new_enquiry_value + 10
               WHERE monday_id = (SELECT max(monday_id) FROM projects WHERE state = 'active' AND total_order_value IS NULL)"""
        )
        assert value(imported, "SELECT analyze_projects()") <= 3
        assert pushes_due(imported) <= 3
        imported.execute(
            """UPDATE projects SET pipeline_stage = CASE WHEN mod(n, 5) < 3 THEN 'Won - Closed (Invoiced)' ELSE 'Lost' END
               FROM (SELECT monday_id AS id, row_number() OVER (ORDER BY md5(monday_id)) AS n FROM projects
                     WHERE pipeline_stage = 'Customer Confident Of Project Success') AS open
               WHERE monday_id = open.id AND open.n <= 88"""
        )
        imported.execute("SELECT analyze_projects()")
        assert pushes_due(imported) <= 150
        drift = imported.execute(
            """SELECT abs(sum((f.expected_conversion_rate - a.expected_conversion_rate) * p.new_enquiry_value))
                      / sum(f.expected_conversion_rate * p.new_enquiry_value) AS share
               FROM pipeline_internal.compute_analyses(NULL, now(), false) f
               JOIN analysis_results a USING (project_id) JOIN projects p ON p.monday_id = a.project_id
               JOIN pipeline_stage s ON s.stage = p.stage_rule WHERE s.stage_bucket = 'Open'"""
        ).fetchone()
        assert drift["share"] <= 0.005
