"""Every row of the schedule, started by pg_cron itself and carried out to its end against simulated services."""

import time
import types

import pytest

import roles
from cluster import Cluster, failed_checks, set_up, value
from llm_client import provider
from pipeline import Pipeline, differences

SYNCS = {"rehydrate_delta", "rehydrate_recent", "reconcile"}
BY_THE_POLLER = SYNCS | {"monday_sync", "llm_backfill"}
IN_THE_DATABASE = {"refresh_conversion_views", "forecast_snapshot_maintenance", "analysis_catch_up", "snapshot_catch_up", "cleanup", "outlook",
                   "job_catch_up"}
# Some jobs find work only in the minute after others did theirs.
PATIENCE = 240


@pytest.fixture
def pipeline(start_simulator, llm):
    """A server of its own, since pg_cron lives in one database of a server; boards that were never read."""
    cluster = Cluster()
    try:
        with cluster.connect("pipeline") as connection:
            connection.execute("CREATE EXTENSION pg_cron")
            set_up(connection)
            roles.grant(connection)
            connection.database = types.SimpleNamespace(name="pipeline", cluster=cluster)
            account = start_simulator("monday", projects=30, clean=True)
            yield Pipeline(connection, account, **provider(llm, "gemini"))
    finally:
        cluster.destroy()


def wait_for(condition, message):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, message()
        time.sleep(0.5)


def test_every_job_of_the_schedule_does_its_work(pipeline):
    connection = pipeline.connection
    connection.execute("INSERT INTO webhook_events (event_key, event_type, received_at, processed_at, status)"
                       " VALUES ('old', 'create_item', now() - interval '90 days', now() - interval '90 days', 'processed')")
    scheduled = {row["job_name"] for row in connection.execute("SELECT * FROM schedule_pipeline_jobs()")}
    assert scheduled == BY_THE_POLLER | IN_THE_DATABASE
    connection.execute("SELECT cron.alter_job(jobid, schedule => '* * * * *') FROM cron.job")

    def runs():
        return {row.job_name: row.last_outcome for row in pipeline.rows("SELECT job_name, last_outcome FROM pipeline_schedule")}

    def finished():
        return {row.job_type for row in pipeline.rows("SELECT DISTINCT job_type FROM job_queue WHERE status = 'completed'")}

    with pipeline.poller():
        wait_for(lambda: all(outcome in ("succeeded", "running") for outcome in runs().values()), runs)
        wait_for(lambda: BY_THE_POLLER <= finished(), pipeline.describe_jobs)
        explained = "SELECT count(*) = 30 FROM analysis_results WHERE llm_status = 'ok'"
        wait_for(lambda: pipeline.value(explained), pipeline.describe_jobs)
        connection.execute("SELECT cron.alter_job(jobid, active => false) FROM cron.job")
        pipeline.wait_for_jobs(120)

    assert pipeline.rows("SELECT job_type, detail FROM job_queue WHERE status = 'failed'") == []
    assert differences(connection, pipeline.simulator) == []
    assert {row.sync_type for row in pipeline.rows("SELECT sync_type FROM sync_log WHERE status = 'completed'")} >= SYNCS
    assert pipeline.value("SELECT count(*) FROM sync_log WHERE status <> 'completed'") == 0
    assert pipeline.value("SELECT count(*) FROM monday_push_due()") == 0
    assert max(pipeline.audit(effects=True)["updates_per_item"].values()) == 1
    views = pipeline.value("SELECT count(*) FROM pg_matviews WHERE schemaname IN ('pipeline', 'pipeline_data')")
    assert pipeline.value("SELECT count(DISTINCT view_name) FROM refresh_log WHERE outcome = 'refreshed'") == views
    assert pipeline.value("SELECT count(*) FROM pipeline_forecast_snapshot_day") == 1
    assert pipeline.value("SELECT count(*) FROM webhook_events WHERE event_key = 'old'") == 0, "cleaned up"
    assert pipeline.value("SELECT count(*) FROM data_freshness WHERE overdue") == 0
    assert value(connection, "SELECT count(*) FROM sync_health WHERE last_success IS NULL") == 0
    assert failed_checks(connection) == []
