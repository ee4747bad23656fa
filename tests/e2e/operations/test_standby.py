"""A hot standby: everything that reads works there, everything that writes says why it does not."""

import hashlib
import shutil
import subprocess
import time
import types

import psycopg
import pytest

import roles
from cluster import PG_BIN, Cluster, as_server, failed_checks, fill, set_up, value
from poller import SECRET, Receiver, wait_until
from rest import Rest
from webhooks import event

PATIENCE = 60


class Standby:
    """A streaming copy of a cluster, in a folder beside it."""

    def __init__(self, primary):
        self.primary = primary
        self.home = primary.folder / "s"
        self.data = self.home / "data"
        self.port = primary.port + 1
        self.home.mkdir(mode=0o700)
        if as_server(["true"]) != ["true"]:
            shutil.chown(self.home, "postgres", "postgres")
        self._server(
            "pg_basebackup", "-R", "-X", "stream", "-c", "fast", "-D", self.data,
            "-h", primary.home, "-p", primary.port, "-U", primary.user,
        )
        # The copied configuration names the folder of the primary; what comes later counts. Where others already
        # use the port, the next one is tried.
        for self.port in range(self.port, self.port + 20):
            with open(self.data / "postgresql.conf", "a", encoding="utf-8") as conf:
                conf.write(f"unix_socket_directories = '{self.home}'\nport = {self.port}\n")
            try:
                self._server("pg_ctl", "-D", self.data, "-l", self.home / "log", "-w", "-t", "60", "start")
                return
            except subprocess.CalledProcessError:
                continue
        raise RuntimeError((self.home / "log").read_text())

    def _server(self, program, *arguments):
        command = [f"{PG_BIN}/{program}", *(str(argument) for argument in arguments)]
        subprocess.run(as_server(command), check=True, stdout=subprocess.DEVNULL, cwd="/")

    def connect(self, database):
        return psycopg.connect(
            host=str(self.home), port=self.port, user=self.primary.user, dbname=database, autocommit=True,
            row_factory=psycopg.rows.dict_row,
        )

    def wait_for(self, connection, position):
        deadline = time.monotonic() + PATIENCE
        while not value(connection, "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [position]):
            assert time.monotonic() < deadline, "the standby does not catch up"
            time.sleep(0.1)

    def stop(self):
        self._server("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")


@pytest.fixture(scope="module")
def primary():
    primary = Cluster()
    try:
        with primary.connect("pipeline") as connection:
            # Only to offer the jobs something to be refused on.
            connection.execute("CREATE EXTENSION pg_cron")
            set_up(connection)
            roles.grant(connection)
            fill(connection)
            connection.execute("CALL refresh_pipeline_views()")
            connection.execute("SELECT create_pipeline_forecast_snapshot()")
            connection.execute("SELECT * FROM schedule_pipeline_jobs()")
            connection.execute("CREATE TABLE staging (id text)")
            connection.execute("CREATE ROLE reader")
            yield connection, primary
    finally:
        primary.destroy()


@pytest.fixture(scope="module")
def standby(primary):
    connection, cluster = primary
    standby = Standby(cluster)
    try:
        with standby.connect("pipeline") as reader:
            standby.wait_for(reader, value(connection, "SELECT pg_current_wal_lsn()"))
            yield reader
    finally:
        standby.stop()


READS = [
    "SELECT * FROM vw_pipeline_forecast_project_v1 ORDER BY project_id",
    "SELECT * FROM vw_pipeline_forecast_monthly_12m_v1 ORDER BY 1, 2",
    "SELECT * FROM mv_pipeline_forecast_monthly_12m_v1 ORDER BY 1, 2",
    "SELECT * FROM conversion_metrics ORDER BY 1, 2, 3, 4",
    "SELECT * FROM conversion_metrics_recent ORDER BY 1, 2, 3, 4",
    "SELECT * FROM pipeline_forecast_as_of(now()) ORDER BY project_id",
    "SELECT * FROM pipeline_forecast_snapshot ORDER BY 1, 2, 3",
    "SELECT * FROM explain_forecast('P1')",
    "SELECT * FROM vw_forecast_explanation_v1 ORDER BY 1, 2",
    "SELECT * FROM validate_pipeline_forecast()",
    "SELECT pipeline_cron_next('10 3 * * *', '2026-11-24 03:10+00')",
    "SELECT pipeline_cron_previous('10 3 * * *', '2026-11-24 03:10+00')",
    "SELECT pipeline_setting('snapshot_retention_days')",
    "SELECT * FROM pipeline_settings ORDER BY name",
    "SELECT pipeline_today()",
    "SELECT forecast_pipeline_document()::text",
    "SELECT forecast_month, project_id, document::text FROM forecast_snapshot_page(pipeline_today())",
    "SELECT * FROM forecast_snapshot_selection()",
    "SELECT * FROM pipeline_readiness() WHERE check_name <> 'writable'",
    "SELECT check_name, state FROM pipeline_checks() WHERE check_name <> 'writable'",
    "SELECT job_name, schedule, active, next_run FROM pipeline_schedule",
]


@pytest.mark.parametrize("query", READS)
def test_reading_gives_what_the_primary_gives(primary, standby, query):
    connection, _ = primary
    expected = connection.execute(query).fetchall()
    assert expected, "there is something to read"
    assert standby.execute(query).fetchall() == expected


def test_a_standby_is_there_to_be_read(standby):
    [check] = standby.execute("SELECT ready, state, detail FROM pipeline_readiness() WHERE check_name = 'writable'").fetchall()
    assert check == {"ready": True, "state": "warn", "detail": "standby"}


def test_validation_passes(standby):
    assert value(standby, "SELECT pg_is_in_recovery()") is True
    assert failed_checks(standby) == []


WRITES = [
    "SELECT pipeline_setup()",
    "SELECT create_pipeline_forecast_snapshot()",
    "SELECT create_pipeline_forecast_snapshot(NULL)",
    "SELECT cleanup_old_pipeline_forecast_snapshots()",
    "SELECT cleanup_old_pipeline_forecast_snapshots(0)",
    "SELECT * FROM run_daily_forecast_snapshot_maintenance()",
    "SELECT * FROM refresh_conversion_views()",
    "SELECT * FROM refresh_analytics_views()",
    "CALL refresh_pipeline_views()",
    "SELECT * FROM schedule_pipeline_jobs()",
    "SELECT unschedule_pipeline_jobs()",
    "SELECT catch_up_forecast_snapshots()",
    "CALL cleanup_pipeline_records()",
    """SELECT * FROM import_projects('staging', '{"fields": {"project_id": "id"}}')""",
    "SELECT analyze_projects()",
    "SELECT analyze_due_projects()",
    "SELECT store_llm_result('P1', 'hash', '{}'::text, '{}')",
    "SELECT * FROM record_llm_failure('P1', 'hash', 'timeout', '{}')",
    "SELECT reuse_llm_result('P1', 'model')",
    "SELECT grant_forecast_reader('reader')",
    "SELECT grant_pipeline_poller('reader')",
    "SELECT grant_pipeline_owner('reader')",
    "SELECT configure_pipeline('{}')",
    # The queue.
    "SELECT enqueue_job('analyze')",
    "SELECT * FROM claim_jobs('worker', ARRAY['analyze'], ARRAY[1])",
    "SELECT renew_leases(ARRAY[1], ARRAY[1])",
    "SELECT finish_jobs(ARRAY[1], ARRAY[1])",
    "SELECT fail_job(1, 1, 'reason')",
    "SELECT wait_job(1, 1, '1 s', 'reason')",
    "SELECT return_jobs(ARRAY[1], ARRAY[1])",
    "SELECT purge_finished_jobs()",
    "SELECT retry_failed_jobs()",
    "SELECT enqueue_scheduled_job('rehydrate_delta')",
    "SELECT catch_up_scheduled_jobs()",
    "SELECT block_provider('monday', '1 s', 'reason')",
    "SELECT take_provider_tokens('monday', 1)",
    "SELECT reserve_provider_tokens(ARRAY['monday'], ARRAY[1])",
    "SELECT settle_provider_tokens(ARRAY['monday'], ARRAY[1], ARRAY[1])",
    "SELECT set_provider_quota('monday', 1, '1 s')",
    # Webhooks and keys.
    "SELECT * FROM record_webhook_events('{k}', '{s}', '{b}', '{i}', '{t}', '{p}', '{c}', ARRAY['{}'], '{127.0.0.1}')",
    "SELECT sweep_webhook_events()",
    "SELECT purge_webhook_events()",
    r"SELECT add_api_key('name', ARRAY['read'], sha256('\x00'))",
    "SELECT revoke_api_key(1)",
    # Language models.
    "SELECT * FROM begin_llm_explanation('P1', 'openai', 'model')",
    "SELECT * FROM end_llm_explanation('P1', 'hash', 'ok', '{}', '{}')",
    "SELECT enqueue_llm_explanations()",
    # monday.com.
    "SELECT import_monday_boards('{}')",
    "SELECT refresh_monday_labels('{}')",
    "SELECT begin_sync_run('rehydrate_delta')",
    "SELECT add_sync_progress(1, 1, 1)",
    "SELECT end_sync_run(1)",
    "SELECT fail_abandoned_sync_runs()",
    "SELECT * FROM ingest_monday_items('1', '[]')",
    "SELECT soft_delete_monday_items('1', ARRAY['1'])",
    "SELECT soft_delete_missing_subitems(ARRAY['1'], ARRAY['1'])",
    "SELECT * FROM derive_pipeline_values()",
    "SELECT advance_high_water_mark('1')",
    "SELECT record_monday_scan(1, '1', '[]')",
    "SELECT complete_monday_scan(1, '1')",
    "SELECT enqueue_due_monday_pushes()",
    "SELECT * FROM analyze_and_enqueue_pushes()",
    "SELECT record_monday_push('P1')",
    "SELECT record_monday_push_failure('P1', 'error')",
    "SELECT begin_monday_writes('{P1}')",
    "SELECT cancel_monday_writes('{P1}')",
    "SELECT await_monday_items('{1}')",
    "SELECT compare_written_columns('1', '[]')",
    "SELECT forget_comments('{1}')",
    "SELECT remember_monday_page_size('1', 100)",
    "SELECT take_board_turn('1', 'poller', interval '30 seconds')",
    "SELECT keep_board_turn('1', 1, interval '30 seconds')",
    "SELECT give_back_board_turn('1', 1)",
    "SELECT require_board_turn('1', 1)",
    "SELECT count_webhook_refusals('{wrong secret}', '{1}')",
    "SELECT begin_monday_log('1')",
    "SELECT record_monday_log('1', '[]', 1)",
    "SELECT end_monday_log('1')",
    "SELECT name_monday_people('[]')",
    "SELECT walk_monday_items(1, '1')",
    "SELECT merge_monday_past(1)",
    "SELECT end_monday_past(1)",
    "SELECT import_project_history('projects')",
    "SELECT infer_project_history()",
    "CALL replay_forecast_snapshots(pipeline_today() - 60, pipeline_today() - 1)",
    "SELECT fit_outlook()",
    "CALL replay_outlook(pipeline_today() - 60, pipeline_today())",
    "CALL maintain_outlook()",
]

# Write only where there is something to write: when a key was used last, what a board lacks; or not at all.
WRITES_NOTHING_THERE = [
    r"SELECT find_api_key(sha256('\x00'))",
    "SELECT enqueue_monday_push('P1')",
    "SELECT (SELECT plan FROM monday_push_plans('{}'))",
    "SELECT propose_import('projects')->>'nothing'",
]


@pytest.mark.parametrize("statement", WRITES)
def test_writing_is_refused_with_the_reason(standby, statement):
    with pytest.raises(psycopg.Error) as raised:
        standby.execute(statement)
    assert raised.value.sqlstate == "25006"
    assert raised.value.diag.message_primary.endswith("on a standby")
    assert "primary" in raised.value.diag.message_hint


@pytest.mark.parametrize("statement", WRITES_NOTHING_THERE)
def test_where_there_is_nothing_to_write_nothing_is_refused(standby, statement):
    assert value(standby, statement) is None


def test_every_function_that_writes_is_among_them(standby):
    """Whoever adds a function that writes adds it above."""
    functions = standby.execute(
        """
        SELECT DISTINCT p.proname AS name
        FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'pipeline_forecast'
        JOIN pg_proc p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass
        WHERE p.prokind IN ('f', 'p') AND p.provolatile = 'v' AND p.pronamespace IN ('pipeline'::regnamespace, 'pipeline_work'::regnamespace)
        """
    ).fetchall()
    tested = WRITES + WRITES_NOTHING_THERE
    untested = {row["name"] for row in functions if not any(row["name"] + "(" in write for write in tested)}
    assert untested == set()


def test_the_poller_serves_reports_from_there(primary, standby):
    connection, _ = primary
    key = "pfk_of_this_test"
    connection.execute("SELECT add_api_key('standby', ARRAY['read', 'run'], %s)", [hashlib.sha256(key.encode()).digest()])
    wait_until(lambda: value(standby, "SELECT count(*) FROM api_key") == 1, message="the key arrives")
    where = types.SimpleNamespace(home=standby.info.host, port=standby.info.port, user=standby.info.user)
    with Receiver(types.SimpleNamespace(name="pipeline", cluster=where)) as poller:
        rest = Rest(poller, key)
        answer = rest.get("/forecast/pipeline")
        assert answer.status == 200, answer.json()
        assert answer.json()["row_count"] > 0
        assert rest.get("/forecast/snapshot").json()["row_count"] > 0
        assert rest.get("/readyz").status == 200
        answer = rest.post("/analysis/P1/run")
        assert (answer.status, answer.json()["code"]) == (503, "read_only")
        assert rest.post(f"/webhooks/monday/{SECRET}", event()).status == 503
