"""Whatever a session says of dates, strings and numbers, tables are built and figures are computed alike."""

import psycopg.sql
import pytest

from cluster import failed_checks, fill, set_up, value
from poller import environment_for, run

UNUSUAL = {
    "standard_conforming_strings": "off",
    "escape_string_warning": "off",
    "backslash_quote": "off",
    "array_nulls": "off",
    "bytea_output": "escape",
    "datestyle": "SQL, DMY",
    "intervalstyle": "sql_standard",
    "timezone": "Asia/Kolkata",
    "extra_float_digits": "-15",
}


@pytest.fixture
def unusual(empty_database):
    with empty_database.connection() as connection:
        for name, setting in UNUSUAL.items():
            connection.execute(psycopg.sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                psycopg.sql.Identifier(empty_database.name), psycopg.sql.Identifier(name), psycopg.sql.Literal(setting)))
    connection = empty_database.connection()
    assert value(connection, "SHOW standard_conforming_strings") == "off"
    set_up(connection)
    connection.database = empty_database
    return connection


def test_tables_and_links_are_built_as_they_are_meant(unusual):
    unusual.execute("INSERT INTO hidden_items (monday_id, item_name) VALUES ('1', E' 12  Mill\tLane ')")
    assert value(unusual, "SELECT name_key FROM hidden_items") == "12 mill lane"
    assert value(unusual, "SELECT name_key(E' 12  Mill\tLane ')") == "12 mill lane"
    index = value(unusual, "SELECT pg_get_indexdef('hidden_items_number_idx'::regclass)")
    assert "d+" in index and "\\" in index


def test_the_day_of_the_pipeline_is_the_same(unusual):
    fill(unusual)
    unusual.execute("CALL refresh_pipeline_views()")
    unusual.execute("SELECT create_pipeline_forecast_snapshot(pipeline_today() - 1, true), create_pipeline_forecast_snapshot()")
    unusual.execute("SELECT cleanup_old_pipeline_forecast_snapshots(1), catch_up_forecast_snapshots()")
    unusual.execute("CALL cleanup_pipeline_records()")
    assert failed_checks(unusual) == []
    unusual.execute("INSERT INTO projects (monday_id, item_name, account) VALUES ('percent', '100% of a_b', 'x')")
    [found] = [row["project_id"] for row in unusual.execute(
        "SELECT p->>'project_id' AS project_id FROM json_array_elements(projects_document('0% of a_')->'projects') p")]
    assert found == "percent", "a percent sign and a line below stand for themselves"
    assert value(unusual, "SELECT count(*) FROM forecast_backtest(replay => true)") == 0
    status = run("status", environment=environment_for(unusual.database, role=None))
    assert status.returncode in (0, 1) and "layout" in status.stdout and status.stderr == ""
