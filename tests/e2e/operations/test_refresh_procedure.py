"""CALL refresh_pipeline_views(): one view that fails keeps neither the others nor the record of it from being kept."""

import random
import threading
import time

import psycopg
import pytest

from cluster import fill, value


@pytest.fixture
def broken(database):
    """conversion_metrics divides by zero as soon as there are 200 projects."""
    database.execute("DROP MATERIALIZED VIEW conversion_metrics")
    database.execute(
        "CREATE MATERIALIZED VIEW conversion_metrics AS SELECT 1 / (count(*) - 200) AS n FROM projects"
    )
    database.execute("CREATE UNIQUE INDEX ON conversion_metrics (n)")
    fill(database, 200)
    return database


def test_the_others_are_refreshed_and_committed(broken):
    with pytest.raises(psycopg.Error) as raised:
        broken.execute("CALL refresh_pipeline_views()")
    assert raised.value.sqlstate == "55000"
    assert raised.value.diag.message_primary == "could not refresh every materialized view"
    assert "conversion_metrics: division by zero (SQLSTATE 22012)" in raised.value.diag.message_detail
    assert raised.value.diag.message_hint == (
        "Refreshed: mv_pipeline_forecast_monthly_12m_v1, conversion_metrics_recent, mv_forecast_scope, mv_forecast_quality. refresh_log holds the outcome of each.")

    with broken.database.connection() as other:
        log = other.execute("SELECT view_name, outcome, row_count, message FROM refresh_log ORDER BY id").fetchall()
        assert [(row["view_name"], row["outcome"]) for row in log] == [
            ("mv_pipeline_forecast_monthly_12m_v1", "refreshed"),
            ("conversion_metrics", "failed"),
            ("conversion_metrics_recent", "refreshed"),
            ("mv_forecast_scope", "refreshed"),
            ("mv_forecast_quality", "refreshed"),
        ], "every view has its line, seen by another session"
        assert log[0]["row_count"] > 0 and log[2]["row_count"] > 0
        assert log[1]["row_count"] is None
        assert value(other, "SELECT sum(project_count) FROM mv_pipeline_forecast_monthly_12m_v1") > 0
        assert value(other, "SELECT sum(total_projects) FROM conversion_metrics_recent") > 0


def test_a_time_out_in_one_view_loses_neither_the_one_before_nor_its_own_record(database):
    fill(database, 50)
    with database.database.connection(autocommit=False) as reader:
        reader.execute("REFRESH MATERIALIZED VIEW conversion_metrics")
        database.execute("SET statement_timeout = '2s'")
        with pytest.raises(psycopg.errors.QueryCanceled) as raised:
            database.execute("CALL refresh_pipeline_views()")
        reader.rollback()
    database.execute("RESET statement_timeout")
    assert raised.value.diag.message_hint == "Refreshed: mv_pipeline_forecast_monthly_12m_v1. refresh_log holds the outcome of each."
    log = database.execute("SELECT view_name, outcome, message FROM refresh_log ORDER BY id").fetchall()
    assert [(row["view_name"], row["outcome"]) for row in log] == [
        ("mv_pipeline_forecast_monthly_12m_v1", "refreshed"), ("conversion_metrics", "failed")]
    assert "(SQLSTATE 57014)" in log[1]["message"]
    assert value(database, "SELECT sum(project_count) FROM mv_pipeline_forecast_monthly_12m_v1") > 0


def test_the_function_reports_the_failure_without_raising(broken):
    notices = []
    broken.add_notice_handler(lambda diagnostic: notices.append(diagnostic.message_primary))
    rows = broken.execute("SELECT * FROM refresh_conversion_views()").fetchall()
    assert [row["outcome"] for row in rows] == ["refreshed", "failed", "refreshed"]
    assert any("conversion_metrics" in notice for notice in notices), "the failure is a warning as well"


def test_a_missing_view_is_skipped(database):
    database.execute("DROP MATERIALIZED VIEW conversion_metrics_recent")
    database.execute("CALL refresh_pipeline_views()")
    outcomes = database.execute("SELECT view_name, outcome FROM refresh_log WHERE outcome <> 'refreshed'").fetchall()
    assert outcomes == [{"view_name": "conversion_metrics_recent", "outcome": "skipped"}]


def test_a_view_that_is_not_populated_is_refreshed_plainly(database):
    database.execute("REFRESH MATERIALIZED VIEW conversion_metrics WITH NO DATA")
    database.execute("CALL refresh_pipeline_views()")
    log = database.execute("SELECT view_name, was_concurrent, outcome FROM refresh_log ORDER BY id").fetchall()
    assert {row["view_name"]: row["was_concurrent"] for row in log} == {
        "mv_pipeline_forecast_monthly_12m_v1": True,
        "conversion_metrics": False,
        "conversion_metrics_recent": True,
        "mv_forecast_scope": True,
        "mv_forecast_quality": True,
    }
    assert {row["outcome"] for row in log} == {"refreshed"}


def test_inside_a_transaction_it_cannot_commit(database):
    with database.transaction(force_rollback=True):
        with pytest.raises(psycopg.errors.InvalidTransactionTermination):
            with database.transaction():
                database.execute("CALL refresh_pipeline_views()")
    assert value(database, "SELECT count(*) FROM refresh_log") == 0, "nothing half done"


def test_the_accuracy_is_refreshed_once_after_each_snapshot(database):
    def refreshed():
        database.execute("CALL refresh_pipeline_views()")
        return value(database, "SELECT count(*) FROM refresh_log WHERE view_name = 'mv_forecast_accuracy'")

    assert refreshed() == 0, "nothing to compare with yet"
    database.execute("""
        INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, follow_up_date)
        VALUES ('p', 'P', 'Won Via Other Ref', 100, pipeline_forecast_month(pipeline_today()) - 1)""")
    # The last day before last month, whose forecast of last month can be compared with what came.
    database.execute("""
        SELECT create_pipeline_forecast_snapshot(
            (pipeline_forecast_month(pipeline_today()) - interval '1 month')::date - 1, true)""")
    database.execute("""
        INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced)
        VALUES ('s', 'S', 'p', pipeline_forecast_month(pipeline_today()) - 1, 80)""")
    assert refreshed() == 1
    assert refreshed() == 1
    row = database.execute("SELECT * FROM vw_forecast_accuracy WHERE segment = 'total' AND horizon = 1").fetchone()
    assert (row["expected_value"], row["actual_value"], float(row["bias"])) == (100, 80, 0.25)
    database.execute("SELECT create_pipeline_forecast_snapshot()")
    assert refreshed() == 2
    log = database.execute("SELECT * FROM refresh_log WHERE view_name = 'mv_forecast_accuracy' ORDER BY id").fetchall()
    assert [(entry["outcome"], entry["was_concurrent"]) for entry in log] == [("refreshed", True)] * 2


def test_a_failing_accuracy_is_raised_and_tried_again(database):
    database.execute("DROP MATERIALIZED VIEW mv_forecast_accuracy CASCADE")
    database.execute("CREATE MATERIALIZED VIEW mv_forecast_accuracy AS SELECT 1 / (count(*) - 1) AS n FROM projects")
    database.execute("CREATE UNIQUE INDEX ON mv_forecast_accuracy (n)")
    database.execute("INSERT INTO projects (monday_id, item_name) VALUES ('p', 'P')")
    database.execute("SELECT create_pipeline_forecast_snapshot()")
    for attempt in (1, 2):
        with pytest.raises(psycopg.Error) as raised:
            database.execute("CALL refresh_pipeline_views()")
        assert "mv_forecast_accuracy: division by zero" in raised.value.diag.message_detail
        assert value(database, "SELECT count(*) FROM refresh_log WHERE outcome = 'failed'") == attempt
        assert value(database, "SELECT count(*) FROM refresh_log WHERE outcome = 'refreshed'") == 5 * attempt


def write_in_open_transactions(connect, number, stop):
    """Changes that are stamped well before they are committed: of values, months and stages, of new projects and removed ones."""
    dice = random.Random(number)
    with connect(autocommit=False) as connection:
        while not stop.is_set():
            project = f"W{number}-{dice.randrange(12)}"
            change = dice.randrange(5)
            if change == 0:
                connection.execute("DELETE FROM projects WHERE monday_id = %s", [project])
            elif change == 1:
                connection.execute("INSERT INTO analysis_results (project_id, expected_conversion_rate) SELECT %s, %s WHERE EXISTS"
                                   " (SELECT FROM projects WHERE monday_id = %s) ON CONFLICT (project_id)"
                                   " DO UPDATE SET expected_conversion_rate = excluded.expected_conversion_rate",
                                   [project, round(dice.random(), 3), project])
            else:
                connection.execute(
                    "INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, follow_up_date)"
                    " VALUES (%s, 'P', %s, %s, pipeline_forecast_month(pipeline_today()) + 40 * %s::integer) ON CONFLICT (monday_id) DO UPDATE"
                    " SET (pipeline_stage, new_enquiry_value, follow_up_date)"
                    " = (excluded.pipeline_stage, excluded.new_enquiry_value, excluded.follow_up_date)",
                    [project, dice.choice(["Lost", "Open Enquiry", "Won Via Other Ref"]), dice.randrange(1000), dice.randrange(9)])
            time.sleep(dice.random() * 0.03)
            connection.commit() if dice.random() < 0.8 else connection.rollback()


def test_checks_raise_no_false_alarm_beside_writers(database):
    fill(database, 100)
    database.execute("SELECT create_pipeline_forecast_snapshot()")
    stop = threading.Event()
    writers = [threading.Thread(target=write_in_open_transactions, args=(database.database.connection, n, stop)) for n in range(3)]
    for writer in writers:
        writer.start()
    try:
        alarms = []
        for _ in range(200):
            database.execute("SELECT refresh_view('mv_pipeline_forecast_monthly_12m_v1', false)")
            alarms += database.execute("SELECT check_name, sample FROM validate_pipeline_forecast() WHERE NOT passed").fetchall()
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert alarms == []
