"""/healthz, /readyz and /metrics."""

import json
import re
import time

import pytest

from cluster import value
from poller import SECRET, Receiver, environment_for, run, wait_until
from rest import Rest
from webhooks import event

PATH = f"/webhooks/monday/{SECRET}"
SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*")*\})? (\S+)$')


def samples(text):
    """The exposition as {name and labels: number}; fails on a line that is none of its format."""
    found, kinds = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in kinds, f"{name} stands twice"
            kinds[name] = kind
        elif not line.startswith("# HELP "):
            match = SAMPLE.match(line)
            assert match, line
            family = re.sub(r"_(bucket|sum|count)$", "", match[1])
            assert match[1] in kinds or kinds.get(family) == "histogram", line
            assert match[1] + (match[2] or "") not in found, line
            found[match[1] + (match[2] or "")] = float(match[3])
    return found


@pytest.fixture
def poller(database):
    with Receiver(database.database) as running:
        yield running


@pytest.fixture
def rest(poller):
    return Rest(poller)


def checks(answer):
    return {check["name"]: (check["ready"], check["detail"]) for check in answer.json()["checks"]}


def test_ready_when_all_is_in_order(rest):
    answer = rest.get("/readyz")
    assert (answer.status, answer.json()["status"]) == (200, "ready")
    assert [check["name"] for check in answer.json()["checks"]] == ["database", "layout", "writable", "queue", "waiting", "boards"]


def blocks_read(connection, query):
    """Pages that a statement touches, once its plans and caches are warm."""
    for _ in range(2):
        [plan] = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}").fetchone().values()
    return plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]


def test_readiness_reads_no_more_where_more_jobs_wait(database):
    fill = """
        INSERT INTO job_queue (job_type, project_id, dedupe_key, priority, run_at, created_at, detail)
        SELECT (ARRAY['analyze', 'push_to_monday', 'llm_explain', 'rehydrate_and_analyze'])[1 + n %% 4], 'q' || n, 'q' || n, 10 + n %% 3,
            now() + (n %% 7 - 3) * interval '1 minute', now() - n * interval '1 second', CASE WHEN n %% 5 = 0 THEN 'put off' END
        FROM generate_series(%s::integer, %s::integer) n"""
    database.execute(fill, [1, 2_000])
    database.execute("ANALYZE job_queue_queued")
    few = blocks_read(database, "SELECT * FROM pipeline_readiness()")
    database.execute(fill, [2_001, 100_000])
    many = blocks_read(database, "SELECT * FROM pipeline_readiness()")
    assert many <= 1.5 * few, "fifty times as many jobs"


def test_requests_that_are_refused_are_counted_for_everyone(database, poller, rest):
    for _ in range(3):
        assert rest.post("/webhooks/monday/wrong", event(1)).status == 401
    wait_until(lambda: value(database, "SELECT sum(requests) FROM webhook_refusal") == 3)
    shown = "3 requests were refused within a day: 3 signature; no event was taken in"
    assert shown in run("status", environment=environment_for(database.database)).stdout
    assert shown in json.dumps(rest.get("/status").json())


def test_not_ready_says_why(database, rest):
    database.execute("INSERT INTO monday_board (board_id, role, name) VALUES ('77', 'parent', 'B')")
    database.execute("INSERT INTO job_queue (job_type, run_at, created_at) VALUES ('analyze', now() - interval '1 hour', now() - interval '1 hour')")
    answer = rest.get("/readyz")
    assert (answer.status, answer.json()["status"]) == (503, "not_ready")
    assert checks(answer)["queue"][0] is False
    assert checks(answer)["boards"] == (False, "board 77 was never read")
    database.execute("UPDATE pipeline_schema_version SET version = version + 1000 WHERE version = layout_version()")
    assert checks(rest.get("/readyz"))["layout"][0] is False


def test_limits_of_readiness_are_settings(database):
    database.execute("INSERT INTO monday_board (board_id, role, name, high_water_mark) VALUES ('77', 'parent', 'B', now() - interval '2 hours')")
    with Receiver(database.database, POLLER_READY_BOARD_AGE_SECONDS="3600") as poller:
        assert checks(Rest(poller).get("/readyz"))["boards"][0] is False
        [board] = Rest(poller).get("/status").json()["boards"]
        assert board["overdue"] is True
    with Receiver(database.database, POLLER_READY_BOARD_AGE_SECONDS="8000") as poller:
        assert checks(Rest(poller).get("/readyz"))["boards"][0] is True


def all_verdicts(database, rest):
    """What each of those who speak of health says of it: {check: state}."""
    states = {"ok": 0, "warn": 1, "bad": 2}
    command = run("status", "--json", environment=environment_for(database.database))
    told = {check["check"]: check["state"] for check in json.loads(command.stdout)["checks"]}
    assert command.returncode == ("bad" in told.values())
    verdicts = {row["check_name"]: row["state"] for row in database.execute("SELECT * FROM pipeline_checks()").fetchall()}
    document = rest.get("/status").json()
    assert told == verdicts == {check["name"]: check["state"] for check in document["checks"]}
    gauges = samples(rest.get("/metrics").text)
    assert {f'pipeline_check_state{{check="{name}"}}': states[state] for name, state in verdicts.items()} == {
        name: number for name, number in gauges.items() if name.startswith("pipeline_check_state")
    }
    answer = rest.get("/readyz")
    ready = {check["name"]: check for check in answer.json()["checks"]}
    assert ready.pop("database")["state"] == "ok"
    assert {name: check["state"] for name, check in ready.items()} == {name: verdicts[name] for name in ready}
    assert all(check["ready"] == (check["state"] != "bad") for check in [*ready.values(), *document["checks"]])
    is_ready = all(check["ready"] for check in ready.values())
    assert (answer.status, answer.json()["status"]) == ((200, "ready") if is_ready else (503, "not_ready"))
    for board in document["boards"]:
        assert board["overdue"] == (verdicts["boards"] != "ok") == value(database, "SELECT overdue FROM data_freshness")
    return verdicts


def test_all_who_speak_of_health_say_the_same(database, rest):
    def with_state(state):
        return {name for name, found in all_verdicts(database, rest).items() if found == state}

    assert with_state("bad") == set() and with_state("warn") == {"schedule", "snapshot", "refresh"}
    database.execute("SELECT refresh_conversion_views(false), create_pipeline_forecast_snapshot()")
    database.execute("SELECT block_provider('monday', '1 hour', 'spent')")
    assert with_state("warn") == {"schedule", "gates"}
    database.execute("INSERT INTO monday_board (board_id, role, name, high_water_mark) VALUES ('77', 'parent', 'B', now() - interval '150 minutes')")
    assert with_state("warn") == {"schedule", "gates", "boards"} and with_state("bad") == set()
    database.execute("UPDATE monday_board SET high_water_mark = now() - interval '4 hours'")
    assert with_state("bad") == {"boards"} and rest.get("/readyz").status == 503


def test_a_database_that_only_reads_is_not_ready(database, rest):
    assert rest.get("/readyz").status == 200
    database.execute(f"ALTER DATABASE {database.database.name} SET default_transaction_read_only = on")
    answer = rest.get("/readyz")
    assert answer.status == 503 and checks(answer)["writable"] == (False, "the database is read only (default_transaction_read_only)")
    assert all_verdicts(database, rest)["writable"] == "bad"
    database.execute(f"ALTER DATABASE {database.database.name} RESET default_transaction_read_only")
    assert rest.get("/readyz").status == 200


def test_without_a_database_the_process_lives_and_is_not_ready(mortal_database):
    database = mortal_database
    with Receiver(database) as poller:
        rest = Rest(poller)
        assert rest.get("/readyz").status == 200
        database.cluster.control("stop")
        assert rest.get("/healthz").status == 200
        answer = rest.get("/readyz")
        assert answer.status == 503
        assert checks(answer)["database"][0] is False
        assert rest.get("/forecast/pipeline").status == 503
        database.cluster.control("start")
        wait_until(lambda: rest.get("/readyz").status == 200, message="ready again")
        assert samples(rest.get("/metrics").text)["pipeline_database_up"] == 1


def test_metrics_count_what_happens(database, rest):
    database.execute("INSERT INTO monday_board (board_id, role, name) VALUES ('77867', 'parent', 'B')")
    body = event()
    for answer in (202, 200):
        assert rest.post(PATH, body).status == answer
    rest.post("/webhooks/monday", body)
    rest.post(PATH, b"{")
    database.execute("INSERT INTO job_queue (job_type) VALUES ('made up by somebody \"1\"')")
    found = samples(rest.get("/metrics").text)
    for outcome, count in {"stored": 1, "duplicate": 1, "refused_missing": 1, "malformed": 1, "ignored": 0, "overloaded": 0}.items():
        assert found[f'pipeline_webhook_requests_total{{outcome="{outcome}"}}'] == count
    assert found["pipeline_webhook_batch_events_count"] == 2
    assert found["pipeline_webhook_pending_events"] == 1
    assert found['pipeline_queue_waiting_jobs{job_type="rehydrate_and_analyze"}'] == 1
    assert found['pipeline_queue_waiting_jobs{job_type="other"}'] == 1, "labels come from fixed sets"
    assert found['pipeline_queue_oldest_due_seconds{job_type="other"}'] >= 0
    assert found["pipeline_queue_expired_leases"] == 0
    assert found['pipeline_http_requests_total{method="POST",route="/webhooks/monday/{token}",status="202"}'] == 1
    assert found['pipeline_http_request_seconds_count{route="/webhooks/monday/{token}"}'] == 3
    assert found["process_resident_memory_bytes"] > 1e6
    assert [name for name in found if name.startswith('pipeline_build_info{version="')]
    assert SECRET not in rest.get("/metrics").text


def test_labels_do_not_grow_with_what_strangers_send(rest):
    def sizes():
        return len(samples(rest.get("/metrics").text))

    rest.get("/nothing/0")
    rest.get("/metrics")
    before = sizes()
    for n in range(50):
        rest.get(f"/nothing/{n}")
        rest.post(f"/webhooks/monday/guess-{n}", event())
        rest.request("PUT", "/nothing")
        rest._exchange(f"METHOD{n}", "/nothing", {}, None)
    after = sizes()
    assert after - before < 60, "one series for each route, method of a fixed set, and status"


def test_jobs_wake_the_workers_of_other_processes(database, rest):
    """At most one notification in 4 ms, however many events come in."""
    database.execute("INSERT INTO monday_board (board_id, role, name) VALUES ('77867', 'parent', 'B')")
    listener = database.database.connection()
    received = []
    listener.add_notify_handler(received.append)
    listener.execute("LISTEN pipeline_jobs")
    started = time.monotonic()
    for _ in range(50):
        assert rest.post(PATH, event()).status == 202
    took = time.monotonic() - started
    time.sleep(0.3)
    listener.execute("SELECT 1")
    assert 1 <= len(received) <= took / 0.004 + 2
