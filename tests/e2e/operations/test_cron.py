"""pg_cron: jobs that really run, here and in another database of the cluster, and a cluster that has no pg_cron."""

import time

import psycopg
import pytest

from cluster import Cluster, failed_checks, fill, set_up, value

# What pg_cron only enqueues for the poller, and what it does itself.
ENQUEUED = {"rehydrate_delta", "rehydrate_recent", "monday_sync", "llm_backfill", "reconcile"}
JOBS = ENQUEUED | {
    "refresh_conversion_views", "forecast_snapshot_maintenance", "analysis_catch_up", "snapshot_catch_up", "cleanup", "job_catch_up",
    "outlook",
}
TRIED = ["refresh_conversion_views", "forecast_snapshot_maintenance"]
# Two minutes for a job of every minute, and a little for the server to start it.
PATIENCE = 130


@pytest.fixture(scope="module")
def home(cluster):
    """The database in which pg_cron lives."""
    with cluster.connect("pipeline") as connection:
        connection.execute("CREATE EXTENSION pg_cron")
        set_up(connection)
        fill(connection)
        yield connection


@pytest.fixture(scope="module")
def guest(cluster, home):
    """Another database of the cluster, which reaches pg_cron through dblink."""
    name = 'guest "of" cron'
    cluster.create_database(name)
    with cluster.connect(name) as connection:
        set_up(connection)
        fill(connection)
        yield connection
    cluster.drop_database(name)


def jobs(home, database):
    return home.execute(
        "SELECT jobname, schedule, command, active FROM cron.job WHERE database = %s ORDER BY jobname", [database]
    ).fetchall()


def run_every_minute(home, names):
    for name in names:
        changed = value(
            home,
            "SELECT count(cron.alter_job(jobid, schedule => '* * * * *')) FROM cron.job WHERE jobname = %s",
            [name],
        )
        assert changed == 1, f"{name} is scheduled"


def wait_for_success(home, names):
    deadline = time.monotonic() + PATIENCE
    query = """
        SELECT j.jobname, d.status, d.return_message
        FROM cron.job_run_details d JOIN cron.job j USING (jobid)
        WHERE j.jobname = ANY (%s) AND d.status IN ('succeeded', 'failed')
    """
    while True:
        runs = home.execute(query, [names]).fetchall()
        assert [run for run in runs if run["status"] == "failed"] == [], "no run failed"
        if {run["jobname"] for run in runs} == set(names):
            return
        assert time.monotonic() < deadline, f"still waiting for {set(names) - {run['jobname'] for run in runs}}"
        time.sleep(1)


def test_scheduling_says_what_it_did(home):
    first = home.execute("SELECT * FROM schedule_pipeline_jobs()").fetchall()
    assert {row["job_name"] for row in first} == JOBS
    assert {row["action"] for row in first} == {"installed"}
    second = home.execute("SELECT * FROM schedule_pipeline_jobs()").fetchall()
    assert {row["action"] for row in second} == {"unchanged"}
    assert {job["jobname"] for job in jobs(home, "pipeline")} == JOBS

    moved = home.execute("SELECT setting, action FROM configure_pipeline('snapshot_cron_hour_utc', '4')").fetchall()
    assert moved[1:] == [{"setting": "forecast_snapshot_maintenance", "action": "re-scheduled"}]
    home.execute("SELECT keep_setting('snapshot_cron_hour_utc', '3')")

    # A schedule that somebody changed is repaired; a job that somebody paused stays paused.
    home.execute("SELECT cron.alter_job(jobid, active => false) FROM cron.job WHERE jobname = 'cleanup'")
    run_every_minute(home, ["refresh_conversion_views"])
    actions = {row["job_name"]: row["action"] for row in home.execute("SELECT * FROM schedule_pipeline_jobs()")}
    updated = {"refresh_conversion_views", "forecast_snapshot_maintenance"}
    assert actions == {job: "updated" if job in updated else "unchanged" for job in JOBS}
    paused = home.execute("SELECT active, next_run FROM pipeline_schedule WHERE job_name = 'cleanup'").fetchone()
    assert paused == {"active": False, "next_run": None}
    home.execute("SELECT cron.alter_job(jobid, active => true) FROM cron.job WHERE jobname = 'cleanup'")


def test_without_dblink_another_database_is_told_what_to_do(guest):
    with pytest.raises(psycopg.Error) as raised:
        guest.execute("SELECT * FROM schedule_pipeline_jobs()")
    assert raised.value.sqlstate == "55000"
    assert '"pipeline"' in raised.value.diag.message_primary
    assert "CREATE EXTENSION dblink" in raised.value.diag.message_hint
    assert value(guest, "SELECT count(*) FROM pipeline_job") == 0, "nothing half done"


def test_jobs_really_run(home, guest):
    guest.execute("CREATE EXTENSION dblink")
    scheduled = guest.execute("SELECT * FROM schedule_pipeline_jobs()").fetchall()
    assert {(row["job_name"], row["action"]) for row in scheduled} == {(name, "installed") for name in JOBS}
    name = guest.info.dbname
    assert {job["jobname"] for job in jobs(home, name)} == {f"{job}@{name}" for job in JOBS}
    again = guest.execute("SELECT * FROM schedule_pipeline_jobs()").fetchall()
    assert {row["action"] for row in again} == {"unchanged"}

    home.execute("SELECT * FROM schedule_pipeline_jobs()")
    everything = TRIED + [f"{job}@{name}" for job in TRIED]
    run_every_minute(home, everything)
    wait_for_success(home, everything)

    for connection in (home, guest):
        # mv_forecast_accuracy waits for a snapshot that it does not know, which may come after the refresh.
        refreshed = connection.execute(
            "SELECT DISTINCT view_name, outcome FROM refresh_log WHERE view_name <> 'mv_forecast_accuracy' ORDER BY 1"
        ).fetchall()
        assert [(row["view_name"], row["outcome"]) for row in refreshed] == [
            ("conversion_metrics", "refreshed"),
            ("conversion_metrics_recent", "refreshed"),
            ("mv_forecast_quality", "refreshed"),
            ("mv_forecast_scope", "refreshed"),
            ("mv_pipeline_forecast_monthly_12m_v1", "refreshed"),
        ]
        assert value(connection, "SELECT sum(project_count) FROM mv_pipeline_forecast_monthly_12m_v1") > 0
        taken = connection.execute("SELECT source, row_count FROM pipeline_forecast_snapshot_day").fetchall()
        assert {row["source"] for row in taken} == {"live"}
        assert value(connection, "SELECT count(*) FROM pipeline_forecast_snapshot") == sum(
            row["row_count"] for row in taken
        )
        assert failed_checks(connection) == []

        shown = {
            row["job_name"]: row for row in connection.execute("SELECT * FROM pipeline_schedule").fetchall()
        }
        assert set(shown) == JOBS
        for job in TRIED:
            assert shown[job]["active"] is True
            assert shown[job]["last_outcome"] in ("succeeded", "running", "starting"), "a next run may have begun"
            assert shown[job]["last_run"] is not None
            assert shown[job]["next_run"] > shown[job]["last_run"]
            assert shown[job]["overdue"] is False
        assert shown["cleanup"]["next_run"] is not None


def test_jobs_of_the_poller_are_enqueued_where_boards_are_configured(home, guest):
    guest.execute("CREATE EXTENSION IF NOT EXISTS dblink")
    for connection in (home, guest):
        connection.execute("SELECT * FROM schedule_pipeline_jobs()")
        connection.execute("UPDATE pipeline_job SET enqueued_at = NULL")
    guest.execute("INSERT INTO monday_board (board_id, role, name) VALUES ('1', 'parent', 'Projects')")
    everything = sorted(ENQUEUED) + [f"{job}@{guest.info.dbname}" for job in sorted(ENQUEUED)]
    run_every_minute(home, everything)
    wait_for_success(home, everything)

    queued = guest.execute("SELECT job_type, count(*) FROM job_queue GROUP BY job_type").fetchall()
    assert {row["job_type"]: row["count"] for row in queued} == {job: 1 for job in ENQUEUED}
    assert home.execute("SELECT * FROM job_queue").fetchall() == [], "without boards there is nothing to do"


def test_a_failed_job_is_seen_in_the_schedule(home):
    home.execute("SELECT * FROM schedule_pipeline_jobs()")
    run_every_minute(home, ["refresh_conversion_views"])
    home.execute("ALTER MATERIALIZED VIEW conversion_metrics RENAME TO kept")
    home.execute("CREATE MATERIALIZED VIEW conversion_metrics AS SELECT 1 / 0 AS n WITH NO DATA")
    try:
        deadline = time.monotonic() + PATIENCE
        query = "SELECT last_outcome, last_message FROM pipeline_schedule WHERE job_name = 'refresh_conversion_views'"
        while (shown := home.execute(query).fetchone())["last_outcome"] != "failed":
            assert time.monotonic() < deadline, f"still {shown}"
            time.sleep(1)
        assert "could not refresh every materialized view" in shown["last_message"]
    finally:
        home.execute("DROP MATERIALIZED VIEW conversion_metrics")
        home.execute("ALTER MATERIALIZED VIEW kept RENAME TO conversion_metrics")


def test_unscheduling_removes_the_own_jobs_only(home, guest):
    guest.execute("CREATE EXTENSION IF NOT EXISTS dblink")
    for connection in (home, guest):
        connection.execute("SELECT * FROM schedule_pipeline_jobs()")
    home.execute("SELECT cron.schedule('of somebody else', '0 0 1 1 *', 'SELECT 1')")
    assert value(guest, "SELECT unschedule_pipeline_jobs()") == len(JOBS)
    assert jobs(home, guest.info.dbname) == []
    assert guest.execute("SELECT * FROM pipeline_schedule").fetchall() == []
    assert {job["jobname"] for job in jobs(home, "pipeline")} == JOBS | {"of somebody else"}

    assert value(home, "SELECT unschedule_pipeline_jobs()") == len(JOBS)
    assert [job["jobname"] for job in jobs(home, "pipeline")] == ["of somebody else"]
    assert value(home, "SELECT unschedule_pipeline_jobs()") == 0, "nothing left to remove"


@pytest.mark.parametrize(
    "schedule",
    ["*/30 * * * *", "5-59/10 * * * *", "0 0 */2 * 1", "1,2-4,50-58/4 * * * *", "0 0 29 2 *", "0 0 * * 6-7",
     "60 * * * *", "7/10 * * * *", "* * * * 8", "*/0 * * * *", "* * * *"],
)
def test_the_same_schedules_are_valid_for_pg_cron_and_for_the_forecast(home, schedule):
    def accepts(query):
        try:
            with home.transaction(force_rollback=True):
                home.execute(query, [schedule])
            return True
        except psycopg.Error:
            return False

    assert accepts("SELECT pipeline_cron_next(%s, now())") == accepts("SELECT cron.schedule('probe', %s, 'SELECT 1')")


def test_without_pg_cron_everything_works_by_hand():
    cluster = Cluster("shared_preload_libraries = ''")
    try:
        with cluster.connect("pipeline") as connection:
            set_up(connection)
            fill(connection)
            with pytest.raises(psycopg.Error) as raised:
                connection.execute("SELECT * FROM schedule_pipeline_jobs()")
            assert raised.value.sqlstate == "55000"
            assert raised.value.diag.message_primary == 'pg_cron is not available to database "pipeline"'
            assert "shared_preload_libraries" in raised.value.diag.message_hint
            assert value(connection, "SELECT count(*) FROM pipeline_job") == 0, "nothing half done"

            connection.execute("CALL refresh_pipeline_views()")
            daily = connection.execute("SELECT * FROM run_daily_forecast_snapshot_maintenance()").fetchone()
            assert daily["inserted"] > 0 and daily["deleted"] == 0
            assert connection.execute("SELECT catch_up_forecast_snapshots()").fetchone() is not None
            connection.execute("CALL cleanup_pipeline_records()")
            assert connection.execute("SELECT * FROM pipeline_schedule").fetchall() == []
            assert value(connection, "SELECT unschedule_pipeline_jobs()") == 0, "there is nothing to remove"
            assert failed_checks(connection) == []
    finally:
        cluster.destroy()
