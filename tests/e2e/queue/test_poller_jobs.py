"""The poller at work: jobs done, failed, tried again, shared, given back; crashes in every phase; a database that restarts."""

import contextlib
import json
import signal
import time
import types
import urllib.request

import psycopg
import pytest

import roles
from cluster import Cluster, set_up, value
from network import Line
from poller import Poller, environment_for, run, wait_until

LEASE = 6
FAST = {"POLLER_LEASE_SECONDS": LEASE}


def add_projects(connection, count=10):
    connection.execute(
        "INSERT INTO projects (monday_id, item_name, account, pipeline_stage, new_enquiry_value, date_created,"
        " expected_start_date)"
        " SELECT 'P' || n, 'Project ' || n, 'Account ' || mod(n, 3), 'Open Enquiry', 1000 * n, pipeline_today() - n,"
        " pipeline_today() + n FROM generate_series(1, %s) AS n",
        [count],
    )


@pytest.fixture
def pipeline(database):
    add_projects(database)
    return database


def enqueue(connection, job_type, project=None, payload=None):
    return value(connection, "SELECT enqueue_job(%s, %s, %s)", [job_type, project, json.dumps(payload or {})])


def job(connection, job_id):
    row = connection.execute("SELECT * FROM job_queue WHERE id = %s", [job_id]).fetchone()
    return types.SimpleNamespace(**row)


def wait_for_status(connection, job_id, *statuses, timeout=20):
    wait_until(lambda: job(connection, job_id).status in statuses, timeout, f"job {job_id} {statuses}: {job(connection, job_id)}")
    return job(connection, job_id)


@contextlib.contextmanager
def held_up(database, table, mode="SHARE"):
    """Whoever writes to the table waits until the end of the block."""
    with database.connection(autocommit=False) as connection:
        connection.execute(f"LOCK TABLE {table} IN {mode} MODE")
        yield
        with contextlib.suppress(psycopg.OperationalError):  # where the server was stopped meanwhile
            connection.rollback()


def waits_for_lock(connection, table):
    return value(
        connection,
        "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = %s::regclass AND pid <> pg_backend_pid())",
        [table],
    )


def test_every_job_of_the_database_is_done(pipeline):
    with Poller(pipeline.database) as poller:
        one = enqueue(pipeline, "analyze", "P1")
        some = enqueue(pipeline, "analyze", payload={"project_ids": ["P2", "P3"]})
        assert wait_for_status(pipeline, one, "completed", "failed").detail == "1 analyses changed, 0 pushes enqueued"
        assert wait_for_status(pipeline, some, "completed", "failed").detail == "2 analyses changed, 0 pushes enqueued"
        everything = enqueue(pipeline, "analyze")
        assert wait_for_status(pipeline, everything, "completed", "failed").detail == "7 analyses changed, 0 pushes enqueued"
        refresh = enqueue(pipeline, "refresh")
        assert wait_for_status(pipeline, refresh, "completed", "failed").status == "completed"
        snapshot = wait_for_status(pipeline, enqueue(pipeline, "snapshot"), "completed", "failed")
        assert snapshot.status == "completed" and "10 rows" in snapshot.detail
        assert wait_for_status(pipeline, enqueue(pipeline, "cleanup"), "completed", "failed").status == "completed"
        assert value(pipeline, "SELECT count(*) FROM analysis_results") == 10
        assert value(pipeline, "SELECT count(*) FROM refresh_log WHERE outcome = 'refreshed'") > 0
        assert value(pipeline, "SELECT count(*) FROM pipeline_forecast_snapshot_day") == 1
        done = job(pipeline, one)
        assert done.attempts == 1 and done.worker_id.endswith(f"/{poller.process.pid}")
        poller.wait_for_log(f"event=job job={one} type=analyze project=P1 outcome=done")


def test_a_job_that_can_never_be_done_fails_with_its_reason(pipeline):
    with Poller(pipeline.database):
        failed = wait_for_status(pipeline, enqueue(pipeline, "analyze", "P99"), "completed", "failed")
        assert failed.status == "failed" and failed.attempts == 1
        assert "unknown project" in failed.detail and "P0002" in failed.detail
        nonsense = wait_for_status(pipeline, enqueue(pipeline, "snapshot", payload={"snapshot_date": "soon"}), "failed")
        assert 'invalid input syntax for type date: "soon"' in nonsense.detail
        for job_type, payload, reason in (
            ("snapshot", {"snapshot_date": 20260131}, "snapshot_date must be a text"),
            ("analyze", {"project_ids": ["P1", 2]}, "project_ids must be a list of texts"),
        ):
            refused = wait_for_status(pipeline, enqueue(pipeline, job_type, payload=payload), "completed", "failed")
            assert (refused.status, refused.attempts, refused.detail) == ("failed", 1, reason)


@pytest.mark.parametrize(
    ("sqlstate", "message"), [("40001", "could not serialize access"), ("53200", "out of memory"), ("58030", "could not read block 7")])
def test_a_job_that_met_a_passing_error_is_tried_again(pipeline, sqlstate, message):
    pipeline.execute(
        "CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}', MESSAGE = '{message}'; END $$"
    )
    pipeline.execute("CREATE TRIGGER conflict BEFORE INSERT ON analysis_results EXECUTE FUNCTION conflict()")
    with Poller(pipeline.database) as poller:
        retried = enqueue(pipeline, "analyze", "P1")
        poller.wait_for_log(f"job={retried} .*outcome=retried attempt=1 .*{message}")
        assert job(pipeline, retried).status in ("queued", "running")
        pipeline.execute("DROP TRIGGER conflict ON analysis_results")
        done = wait_for_status(pipeline, retried, "completed", timeout=60)
        assert done.attempts >= 2


def test_jobs_of_a_type_run_side_by_side_up_to_its_limit(pipeline):
    with Poller(pipeline.database, POLLER_JOB_CONCURRENCY="analyze=3") as poller:
        with held_up(pipeline.database, "analysis_results"):
            jobs = [enqueue(pipeline, "analyze", f"P{n}") for n in range(1, 6)]
            wait_until(lambda: value(pipeline, "SELECT count(*) FROM job_queue WHERE status = 'running'") == 3)
            # Another type is not held up by it.
            assert wait_for_status(pipeline, enqueue(pipeline, "cleanup"), "completed", "failed").status == "completed"
            assert value(pipeline, "SELECT count(*) FROM job_queue WHERE status = 'running'") == 3
        for each in jobs:
            assert wait_for_status(pipeline, each, "completed", "failed").status == "completed"
        assert poller.stop() == 0


def test_a_process_works_only_the_types_it_is_told(pipeline):
    with Poller(pipeline.database, POLLER_JOB_TYPES="refresh"):
        other = enqueue(pipeline, "analyze", "P1")
        wait_for_status(pipeline, enqueue(pipeline, "refresh"), "completed")
        assert job(pipeline, other).status == "queued"


def test_two_pollers_share_the_work(pipeline):
    with Poller(pipeline.database) as first, Poller(pipeline.database) as second:
        with held_up(pipeline.database, "analysis_results"):
            jobs = [enqueue(pipeline, "analyze", f"P{n}") for n in range(1, 9)]
            wait_until(lambda: value(pipeline, "SELECT count(*) FROM job_queue WHERE status = 'running'") == 4)
            assert value(pipeline, "SELECT count(DISTINCT worker_id) FROM job_queue WHERE status = 'running'") == 2
        for each in jobs:
            done = wait_for_status(pipeline, each, "completed", "failed")
            assert done.status == "completed" and done.attempts == 1
        assert first.stop() == 0 and second.stop() == 0


@pytest.mark.parametrize(
    "phase, table, mode",
    [
        ("claiming", "job_queue_running", "SHARE"),
        ("claimed", "projects", "ACCESS EXCLUSIVE"),
        ("working", "analysis_results", "SHARE"),
        ("done but not told", "job_queue_finished", "SHARE"),
    ],
)
def test_a_crash_loses_no_job(pipeline, phase, table, mode):
    crashed = Poller(pipeline.database, **FAST)
    try:
        with held_up(pipeline.database, table, mode):
            lost = enqueue(pipeline, "analyze", "P1")
            wait_until(lambda: waits_for_lock(pipeline, table), message=phase)
            crashed.signal(signal.SIGSTOP)
            if phase == "done but not told":
                assert value(pipeline, "SELECT count(*) FROM analysis_results") == 1
            # Its sessions end with it, before they get what they wait for.
            pipeline.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name LIKE 'pipeline-poller%'"
            )
            crashed.kill()
        with Poller(pipeline.database, **FAST) as other:
            done = wait_for_status(pipeline, lost, "completed", "failed", timeout=30)
            assert done.status == "completed", done.detail
            assert done.worker_id.endswith(f"/{other.process.pid}")
            if phase != "claiming":
                assert (done.attempts, done.crashes) == (2, 1)
            assert value(pipeline, "SELECT count(*) FROM analysis_results WHERE project_id = 'P1'") == 1
    finally:
        crashed.close()


def test_a_poller_that_was_frozen_too_long_does_not_speak_for_its_job(pipeline):
    with Poller(pipeline.database, **FAST) as frozen:
        with held_up(pipeline.database, "analysis_results"):
            contested = enqueue(pipeline, "analyze", "P1")
            wait_until(lambda: waits_for_lock(pipeline, "analysis_results"))
            frozen.signal(signal.SIGSTOP)
            with Poller(pipeline.database, **FAST) as other:
                wait_until(lambda: (job(pipeline, contested).worker_id or "").endswith(f"/{other.process.pid}"), timeout=30)
                frozen.signal(signal.SIGCONT)
                frozen.wait_for_log(f"job={contested} .*outcome=lost|lease lost.* job={contested}")
                assert job(pipeline, contested).status == "running", "the other still has it"
                assert job(pipeline, contested).worker_id.endswith(f"/{other.process.pid}")
                assert other.process.poll() is None
    # Both pollers are gone without having let go properly; the row is still there for the next one.
    with Poller(pipeline.database, **FAST):
        assert wait_for_status(pipeline, contested, "completed", "failed", timeout=30).status == "completed"


def test_a_poller_that_is_cut_off_lets_go_in_time(pipeline):
    cluster = pipeline.database.cluster
    with Line(cluster) as line:
        url = f"host=127.0.0.1 port={line.port} user={cluster.user} dbname={pipeline.database.name}"
        with Poller(pipeline.database, DATABASE_URL=url, **FAST) as cut_off, held_up(pipeline.database, "analysis_results"):
            contested = enqueue(pipeline, "analyze", "P1")
            wait_until(lambda: waits_for_lock(pipeline, "analysis_results"))
            line.cut()
            cut_off.wait_for_log(f"lease not renewed in time, job broken off. job={contested}")
            with Poller(pipeline.database, **FAST) as other:
                name = f"/{other.process.pid}"
                wait_until(lambda: (job(pipeline, contested).worker_id or "").endswith(name), timeout=30)
                line.mend()
                # It tries to give the job back, and is refused.
                cut_off.wait_for_log(f"job={contested} .*outcome=lost")
                contested_now = job(pipeline, contested)
                assert contested_now.status == "running" and contested_now.worker_id.endswith(name)
                assert cut_off.stop() == 0


def test_leases_are_renewed_while_a_job_runs(pipeline):
    with Poller(pipeline.database, **FAST) as poller:
        with held_up(pipeline.database, "analysis_results"):
            long = enqueue(pipeline, "analyze", "P1")
            wait_until(lambda: waits_for_lock(pipeline, "analysis_results"))
            time.sleep(2 * LEASE)
            running = job(pipeline, long)
            assert running.status == "running" and running.attempts == 1
            assert value(pipeline, "SELECT lease_until > now() FROM job_queue WHERE id = %s", [long])
        done = wait_for_status(pipeline, long, "completed", "failed")
        assert (done.status, done.attempts, done.crashes) == ("completed", 1, 0)
        assert "lease" not in poller.log


def test_stopping_waits_for_what_runs(pipeline):
    with Poller(pipeline.database) as poller:
        with held_up(pipeline.database, "analysis_results"):
            running = enqueue(pipeline, "analyze", "P1")
            wait_until(lambda: waits_for_lock(pipeline, "analysis_results"))
            poller.signal(signal.SIGTERM)
            poller.wait_for_log("event=stopping")
            late = enqueue(pipeline, "analyze", "P2")
        assert poller.process.wait(20) == 0
        assert job(pipeline, running).status == "completed"
        assert job(pipeline, late).status == "queued", "nothing is claimed after SIGTERM"


def test_stopping_gives_back_what_takes_too_long(pipeline):
    with Poller(pipeline.database, POLLER_SHUTDOWN_SECONDS=3) as poller:
        with held_up(pipeline.database, "analysis_results"):
            running = enqueue(pipeline, "analyze", "P1")
            wait_until(lambda: waits_for_lock(pipeline, "analysis_results"))
            assert poller.stop() == 0
            returned = job(pipeline, running)
            assert (returned.status, returned.attempts, returned.crashes) == ("queued", 0, 0)
        poller.wait_for_log(f"job={running} .*outcome=returned")


def test_sighup_changes_the_number_of_jobs_at_a_time(pipeline, tmp_path):
    settings = tmp_path / "poller.env"
    settings.write_text("POLLER_JOB_CONCURRENCY=analyze=1\n")
    with Poller(pipeline.database, ["--env-file", settings]) as poller:
        with held_up(pipeline.database, "analysis_results"):
            for n in range(1, 6):
                enqueue(pipeline, "analyze", f"P{n}")
            wait_until(lambda: value(pipeline, "SELECT count(*) FROM job_queue WHERE status = 'running'") == 1)
            settings.write_text("POLLER_JOB_CONCURRENCY=analyze=4\n")
            poller.signal(signal.SIGHUP)
            wait_until(lambda: value(pipeline, "SELECT count(*) FROM job_queue WHERE status = 'running'") == 4)
            settings.write_text("POLLER_JOB_CONCURRENCY=nonsense=4\n")
            poller.signal(signal.SIGHUP)
            poller.wait_for_log("not read again.*unknown job type")


def test_unknown_job_types_are_refused(pipeline):
    ended = run("serve", environment=environment_for(pipeline.database, POLLER_JOB_TYPES="analyze,dance"))
    assert ended.returncode == 2
    assert 'POLLER_JOB_TYPES names the unknown job type "dance"; allowed: analyze' in ended.stderr


@pytest.fixture
def own_cluster():
    cluster = Cluster()
    cluster.create_database("own")
    yield types.SimpleNamespace(name="own", cluster=cluster, connection=lambda **options: cluster.connect("own", **options))
    cluster.destroy()


def test_a_database_that_restarts_is_taken_up_again(own_cluster):
    with own_cluster.connection() as connection:
        set_up(connection)
        roles.grant(connection)
        add_projects(connection)
    with Poller(own_cluster, **FAST) as poller:
        with own_cluster.connection() as connection:
            wait_for_status(connection, enqueue(connection, "analyze", "P1"), "completed")
            # One that runs while the database goes, and one that was not begun.
            with held_up(own_cluster, "analysis_results"):
                during = enqueue(connection, "analyze", "P2")
                wait_until(lambda: waits_for_lock(connection, "analysis_results"))
                own_cluster.cluster.control("stop")
        poller.wait_for_log("cannot claim jobs")
        with urllib.request.urlopen(poller.url + "/healthz", timeout=10) as answer:
            assert answer.status == 200
        own_cluster.cluster.control("start")
        with own_cluster.connection() as connection:
            after = enqueue(connection, "analyze", "P3")
            assert wait_for_status(connection, after, "completed", "failed").status == "completed"
            assert wait_for_status(connection, during, "completed", "failed", timeout=60).status == "completed"
        poller.wait_for_log("claiming jobs again")
        assert poller.stop() == 0


def test_settings_are_passed_on_to_the_database(pipeline):
    settings = {"FORECAST_SNAPSHOT_RETENTION_DAYS": 400, "WEBHOOK_PURGE_OLDER_THAN_DAYS": 14}
    with Poller(pipeline.database, role=roles.POLLER, **settings) as poller:
        poller.wait_for_log("setting=snapshot_retention_days action=changed former=730 value=400")
        poller.wait_for_log("setting=webhook_retention_days action=changed former=30 value=14")
    # The session was open before.
    assert value(pipeline, "SELECT pipeline_setting('snapshot_retention_days')") == "400"
    assert value(pipeline, "SELECT pipeline_setting('webhook_retention_days')") == "14"
    assert value(pipeline, "SELECT set_by FROM pipeline_settings WHERE name = 'webhook_retention_days'") == roles.POLLER
    with Poller(pipeline.database, role=roles.POLLER, **settings) as poller:
        poller.wait_for_log("database connected")
        wait_for_status(pipeline, enqueue(pipeline, "analyze", "P1"), "completed")
        assert "action=changed" not in poller.log


def test_settings_that_the_database_refuses_stay_as_they_are_there(pipeline):
    pipeline.execute(f"REVOKE EXECUTE ON FUNCTION configure_pipeline(jsonb) FROM {roles.POLLER}")
    with Poller(pipeline.database, role=roles.POLLER, FORECAST_SNAPSHOT_RETENTION_DAYS=400) as poller:
        poller.wait_for_log("level=warning .*settings not passed on to the database")
        done = wait_for_status(pipeline, enqueue(pipeline, "analyze", "P1"), "completed", "failed")
        assert done.status == "completed", done.detail
    assert value(pipeline, "SELECT pipeline_setting('snapshot_retention_days')") == "730"
