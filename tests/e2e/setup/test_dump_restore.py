"""pg_dump and pg_restore carry everything: rows, views with their content, triggers, sequences."""

import re

import pytest
from psycopg import sql

import roles
from cluster import failed_checks, fill, set_up, value
from every_table import fill_every_table, rows as rows_of, tables

VIEWS = [
    "vw_pipeline_forecast_project_v1",
    "vw_pipeline_forecast_monthly_12m_v1",
    "vw_forecast_explanation_v1",
    "mv_pipeline_forecast_monthly_12m_v1",
    "conversion_metrics",
    "conversion_metrics_recent",
    "pipeline_settings",
]


def counts(connection):
    """Of every table there is, by the catalog: a new one cannot be forgotten."""
    names = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace)"
        " AND relkind IN ('r', 'p', 'm') ORDER BY relname"
    ).fetchall()
    return {
        row["relname"]: value(connection, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(row["relname"])))
        for row in names
    }


def rows(connection, view):
    # A restore refreshes materialized views, which is all that may differ.
    query = sql.SQL("SELECT (to_jsonb(v) - 'refreshed_at')::text AS row FROM {} v ORDER BY 1").format(
        sql.Identifier(view)
    )
    return [row["row"] for row in connection.execute(query).fetchall()]


def triggers(connection):
    return connection.execute(
        "SELECT tgrelid::regclass::text AS relation, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
    ).fetchall()


@pytest.fixture
def pair(empty_database, cluster, tmp_path):
    """The filled source, and the database into which its dump was restored."""
    source = empty_database.connection()
    set_up(source)
    fill(source)
    source.execute("UPDATE projects SET new_enquiry_value = 1 + coalesce(new_enquiry_value, 0) WHERE monday_id < 'P15'")
    source.execute("DELETE FROM projects WHERE monday_id = 'P100'")
    source.execute("UPDATE pipeline_stage SET default_probability = 0.25 WHERE stage = 'Check with IS'")
    source.execute("SELECT configure_pipeline('snapshot_retention_days', '1000')")
    source.execute("SELECT configure_pipeline('snapshot_retention_days', '3650')")
    source.execute("CREATE TEMP TABLE staging (id text, amount text)")
    source.execute("INSERT INTO staging VALUES ('imported', '£1,000.00'), ('damaged', 'many')")
    source.execute(
        """SELECT import_projects('staging', '{"fields": {"project_id": "id", "new_enquiry_value": "amount"}}')"""
    )
    source.execute("SELECT create_pipeline_forecast_snapshot()")
    source.execute("SELECT create_pipeline_forecast_snapshot(pipeline_today() - 40, use_current_state => true)")
    # Last, because a restore refreshes views from everything that was dumped.
    source.execute("CALL refresh_pipeline_views()")
    assert failed_checks(source) == []

    target_name = empty_database.name + "_restored"
    cluster.create_database(target_name)
    dump = tmp_path / "dump"
    cluster.run("pg_dump", "-Fc", "-f", dump, empty_database.name)
    # One error is a failed restore.
    cluster.run("pg_restore", "--exit-on-error", "-d", target_name, dump)
    target = cluster.connect(target_name)
    yield source, target
    target.close()
    cluster.drop_database(target_name)


def test_everything_is_restored(pair):
    source, target = pair
    before = counts(source)
    assert before["projects"] > 200 and before["project_history"] > before["projects"]
    assert before["pipeline_forecast_snapshot"] > 0 and before["sync_reject"] == 1
    assert counts(target) == before, "every table and materialized view has as many rows"
    assert value(target, "SELECT count(*) FROM pg_class WHERE relkind = 'm' AND NOT relispopulated") == 0
    for view in VIEWS:
        assert rows(target, view) == rows(source, view), f"{view} says the same"
    assert triggers(target) == triggers(source)

    # Settings are there, with those of the past: nightly jobs remove no more than they did.
    assert value(target, "SELECT pipeline_setting('snapshot_retention_days')") == "3650"
    assert rows(target, "setting_value") == rows(source, "setting_value") and len(rows(target, "setting_value")) == 2

    # Functions work, and nothing that was kept has to be set up again.
    assert failed_checks(target) == []
    taken = value(target, "SELECT create_pipeline_forecast_snapshot()")
    assert taken == value(
        source, "SELECT row_count FROM pipeline_forecast_snapshot_day WHERE snapshot_date = pipeline_today()"
    )
    target.execute("CALL refresh_pipeline_views()")
    assert target.execute("SELECT * FROM explain_forecast('P1')").fetchall()

    # History goes on where it stopped.
    target.execute("UPDATE projects SET account = 'Account 999' WHERE monday_id = 'P1'")
    assert value(target, "SELECT count(*) FROM project_history WHERE project_id = 'P1' AND valid_to IS NULL") == 1
    assert value(target, "SELECT account FROM project_history WHERE project_id = 'P1' AND valid_to IS NULL") == "Account 999"
    former_rules = value(target, "SELECT count(*) FROM pipeline_stage_history")
    target.execute("UPDATE pipeline_stage SET default_probability = 0.26 WHERE stage = 'Check with IS'")
    assert value(target, "SELECT count(*) FROM pipeline_stage_history") == former_rules + 1

    # The next numbers follow the last ones.
    newest = value(source, "SELECT max(id) FROM sync_log")
    assert value(target, "INSERT INTO sync_log (sync_type) VALUES ('test') RETURNING id") == newest + 1
    newest = value(target, "SELECT max(id) FROM refresh_log")
    target.execute("SELECT refresh_conversion_views()")
    assert value(target, "SELECT min(id) FROM refresh_log WHERE id > %s", [newest]) == newest + 1
    assert failed_checks(target) == []

    # A second setup finds nothing to do, and changes nothing.
    before = counts(target)
    target.execute("SELECT pipeline_setup()")
    assert counts(target) == before


def test_every_table_is_restored(cluster, database, tmp_path):
    fill_every_table(database, roles.READER)
    before = {table: rows_of(database, table) for table in tables(database)}
    name = database.info.dbname + "_restored"
    cluster.create_database(name)
    try:
        cluster.run("pg_dump", "-Fc", "-f", tmp_path / "dump", database.info.dbname)
        cluster.run("pg_restore", "--exit-on-error", "-d", name, tmp_path / "dump")
        with cluster.connect(name) as target:
            assert tables(target) == list(before)
            for table, kept in before.items():
                assert sorted(map(str, rows_of(target, table))) == sorted(map(str, kept)), table
    finally:
        cluster.drop_database(name)


def test_a_plain_dump_shows_no_member_with_data(cluster, empty_database):
    set_up(empty_database.connection())
    dump = cluster.run("pg_dump", empty_database.name, capture_output=True, text=True).stdout
    assert re.search(r"^CREATE TABLE pipeline\.projects ", dump, re.MULTILINE), "tables belong to their owner"
    assert not re.search(r"^CREATE FUNCTION pipeline\.analyze_projects", dump, re.MULTILINE), (
        "functions belong to the extension"
    )
