"""The page for people in a headless Chromium, over a database with everything that it can show."""

import pytest

from browser import WIDE, Browser
from cluster import fill
from conftest import new_database
from poller import Receiver


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
