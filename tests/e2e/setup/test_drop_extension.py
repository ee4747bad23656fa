"""DROP EXTENSION loses nothing: tables and rows stay, and everything else comes back with the next setup."""

import json

import psycopg
import pytest

import roles
from cluster import failed_checks, fill, value
from every_table import fill_every_table, rows, tables
from poller import Poller, environment_for, run
from rest import Rest


@pytest.fixture
def used(database):
    fill(database)
    database.execute("CALL refresh_pipeline_views()")
    database.execute("SELECT create_pipeline_forecast_snapshot()")
    assert failed_checks(database) == []
    return database


def test_without_cascade_it_is_refused(used):
    with pytest.raises(psycopg.errors.DependentObjectsStillExist):
        used.execute("DROP EXTENSION pipeline_forecast")
    assert failed_checks(used) == [], "and nothing happened"


def test_with_cascade_all_rows_stay(database):
    fill_every_table(database, roles.READER)
    before = {table: rows(database, table) for table in tables(database)}
    database.execute("DROP EXTENSION pipeline_forecast CASCADE")
    assert {table: rows(database, table) for table in tables(database)} == before
    assert value(database, "SELECT count(*) FROM pg_proc WHERE probin LIKE '%%pipeline_forecast%%'") == 0
    assert value(database, "SELECT to_regclass('vw_pipeline_forecast_project_v1')") is None


def test_setup_catches_up_with_what_was_written_meanwhile(used):
    former = used.execute("SELECT * FROM vw_pipeline_forecast_project_v1 ORDER BY project_id").fetchall()
    versions = value(used, "SELECT count(*) FROM project_history")
    used.execute("DROP EXTENSION pipeline_forecast CASCADE")
    # No trigger watches: one new project, one changed, one removed, one with another stage, one new analysis.
    used.execute("INSERT INTO projects (monday_id, item_name, pipeline_stage) VALUES ('new', 'New', 'Lost')")
    used.execute("UPDATE projects SET new_enquiry_value = 777.77, total_order_value = NULL WHERE monday_id = 'P2'")
    used.execute("DELETE FROM projects WHERE monday_id = 'P3'")
    used.execute("UPDATE projects SET pipeline_stage = 'Won - Closed (Invoiced)' WHERE monday_id = 'P5'")
    used.execute("DELETE FROM analysis_results WHERE project_id = 'P4'")
    used.execute(
        "UPDATE analysis_results SET expected_conversion_rate = 0.123 WHERE project_id = 'P7'"
    )

    used.execute("CREATE EXTENSION pipeline_forecast")
    used.execute("SELECT pipeline_setup()")
    used.execute("CALL refresh_pipeline_views()")
    assert failed_checks(used) == [], "views and history agree with the tables again"

    now = {
        row["project_id"]: row
        for row in used.execute("SELECT * FROM vw_pipeline_forecast_project_v1").fetchall()
    }
    assert "P3" not in now
    assert now["new"]["stage_bucket"] == "Lost"
    assert str(now["P2"]["contract_value"]) == "777.77"
    assert now["P5"]["stage_bucket"] == "Committed"
    assert str(now["P7"]["expected_conversion_rate"]) == "0.12300"
    touched = {"P2", "P3", "P4", "P5", "P7"}
    assert [now[row["project_id"]] for row in former if row["project_id"] not in touched] == [
        row for row in former if row["project_id"] not in touched
    ], "what nobody touched is forecast as before"

    history = used.execute(
        "SELECT project_id, state, valid_to FROM project_history WHERE project_id IN ('new', 'P2', 'P3', 'P5') "
        "ORDER BY project_id, valid_from"
    ).fetchall()
    assert [(row["project_id"], row["state"], row["valid_to"] is None) for row in history] == [
        ("P2", "active", False), ("P2", "active", True),
        ("P3", "active", False), ("P3", "deleted", True),
        ("P5", "active", False), ("P5", "active", True),
        ("new", "active", True),
    ]
    assert value(used, "SELECT count(*) FROM project_history") == versions + 4

    # The triggers are back.
    used.execute("UPDATE projects SET account = 'Account 999' WHERE monday_id = 'P1'")
    assert value(used, "SELECT count(*) FROM project_history WHERE project_id = 'P1'") == 2
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        used.execute("TRUNCATE projects")
    assert value(used, "SELECT create_pipeline_forecast_snapshot()") > 0


def test_a_second_setup_changes_nothing(used):
    def catalog():
        return used.execute(
            "SELECT oid, relname, relkind FROM pg_class WHERE relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace) ORDER BY 1"
        ).fetchall(), used.execute("SELECT count(*) FROM project_history").fetchall()

    before = catalog()
    assert value(used, "SELECT pipeline_setup()") == value(used, "SELECT max(version) FROM pipeline_schema_version")
    assert catalog() == before


def test_without_the_setup_everything_says_that_it_is_missing(used):
    """Tables are there and of this version, and what pipeline_setup() makes beside them is gone."""
    key = run("keys", "add", "page", "--scope", "read", environment=environment_for(used.database)).stdout.strip()
    used.execute("DROP EXTENSION pipeline_forecast CASCADE")
    used.execute("CREATE EXTENSION pipeline_forecast")
    answer = run("status", "--json", environment=environment_for(used.database, role=None))
    assert answer.returncode == 1, answer.stderr
    layout = json.loads(answer.stdout)["checks"][0]
    assert (layout["check"], layout["state"]) == ("layout", "bad") and "Call pipeline_setup()" in layout["detail"]
    with Poller(used.database, role=None) as poller:
        rest = Rest(poller, key)
        status = rest.get("/status")
        assert status.status == 200
        assert ("layout", "bad") in [(check["name"], check["state"]) for check in status.json()["checks"]]
        assert rest.get("/readyz").status == 503
        assert 'pipeline_check_state{check="layout"} 2' in rest.get("/metrics").text
    used.execute("SELECT pipeline_setup()")
    assert run("status", environment=environment_for(used.database, role=None)).returncode == 0
