"""The REST interface: its numbers, its parameters, who may use it. rest.py holds each answer against the OpenAPI document."""

import hashlib
import json
import re
import secrets
from decimal import Decimal

import pytest

from cluster import fill, value
from poller import SECRET, Receiver
from rest import Rest
from webhooks import event

PIPELINE_KEYS = ["source", "window_start", "window_end_exclusive", "months_requested", "stage_bucket", "row_count", "totals", "rows",
                 "scope", "quality"]
SNAPSHOT_KEYS = {"source", "snapshot_date", "project_id", "stage_bucket", "offset", "limit", "row_count", "total_rows", "rows", "next_cursor"}
PAGE_DOCUMENTS = ("/forecast/months", "/forecast/filters", "/forecast/drift", "/forecast/accuracy", "/projects", "/projects/P7", "/status")
MONEY = ("contract_value", "committed_value", "expected_value", "best_case_value", "worst_case_value")


@pytest.fixture
def filled(database):
    fill(database)
    database.execute("SELECT refresh_conversion_views(false), create_pipeline_forecast_snapshot()")
    return database


@pytest.fixture
def rest(filled):
    with Receiver(filled.database) as poller:
        yield Rest(poller)


def add_key(connection, *scopes):
    """A key as `pipeline-poller keys add` makes them."""
    key = "pfk_" + secrets.token_urlsafe(32)
    name = f"test {secrets.token_hex(4)}"
    key_id = value(connection, "SELECT add_api_key(%s, %s, %s)", [name, list(scopes), hashlib.sha256(key.encode()).digest()])
    return key, key_id


def assert_two_decimals(text, names=MONEY):
    for name in names:
        numbers = re.findall(rf'"{name}" ?: ?([^,}}\]]+)', text)
        assert numbers and all(re.fullmatch(r"-?\d+\.\d\d", number) for number in numbers), (name, numbers)


# GET /forecast/pipeline ---------------------------------------------------------------------------------------------


def test_pipeline_is_the_monthly_forecast(filled, rest):
    answer = rest.get("/forecast/pipeline")
    document = answer.json()
    assert answer.status == 200
    assert list(document) == PIPELINE_KEYS
    rows = filled.execute(
        f"SELECT forecast_month::text, stage_bucket, project_count, {', '.join(MONEY)} "
        'FROM mv_pipeline_forecast_monthly_12m_v1 ORDER BY forecast_month, stage_bucket COLLATE "C"'
    ).fetchall()
    assert document["rows"] == rows
    assert document["row_count"] == len(rows) > 5
    for name in MONEY:
        assert document["totals"][name] == sum(row[name] for row in rows)
    assert document["totals"]["project_count"] == sum(row["project_count"] for row in rows)
    assert_two_decimals(answer.text)


def test_pipeline_window_and_bucket(filled, rest):
    today = value(filled, "SELECT pipeline_today()::text")
    assert rest.get("/forecast/pipeline", months="3").json()["months_requested"] == 3
    assert rest.get("/forecast/pipeline", as_of_month=today).json() == rest.get("/forecast/pipeline").json()
    for bucket in ("open", " OPEN ", "Open"):
        document = rest.get("/forecast/pipeline", stage_bucket=bucket).json()
        assert document["stage_bucket"] == "Open"
        assert {row["stage_bucket"] for row in document["rows"]} == {"Open"}
    assert rest.get("/forecast/pipeline", stage_bucket=" ").json()["stage_bucket"] is None
    past = rest.get("/forecast/pipeline", as_of_month="1999-05-17").json()
    assert (past["window_start"], past["window_end_exclusive"], past["rows"]) == ("1999-05-01", "2000-05-01", [])
    assert past["totals"]["contract_value"] == Decimal("0.00")


@pytest.mark.parametrize(
    "parameters, status, detail",
    [
        ({"months": "0"}, 422, 'months must be a whole number from 1 to 12, not "0"'),
        ({"months": "13"}, 422, 'months must be a whole number from 1 to 12, not "13"'),
        ({"months": "two"}, 422, 'months must be a whole number from 1 to 12, not "two"'),
        ({"as_of_month": "2026-02-30"}, 422, 'as_of_month must be a day as YYYY-MM-DD, not "2026-02-30"'),
        ({"as_of_month": "May"}, 422, 'as_of_month must be a day as YYYY-MM-DD, not "May"'),
        ({"month": "3"}, 422, 'unknown parameter "month"; allowed: months, as_of_month, stage_bucket'),
        ({"stage_bucket": "won"}, 400, 'unknown stage_bucket "won". Name Committed, Open or Lost, in any case; leave it out for all.'),
        ({"stage_bucket": "a\0b"}, 422, "the address holds a NUL character"),
    ],
)
def test_pipeline_parameters_are_checked(rest, parameters, status, detail):
    answer = rest.get("/forecast/pipeline", **parameters)
    assert (answer.status, answer.json()["detail"]) == (status, detail)


def test_pipeline_is_not_sent_again_until_it_changes(filled, rest):
    first = rest.get("/forecast/pipeline")
    etag = first.headers["etag"]
    for shown in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        assert rest.get("/forecast/pipeline", {"If-None-Match": shown}).status == 304
    assert rest.get("/forecast/pipeline", {"If-None-Match": '"other"'}).status == 200
    assert rest.get("/forecast/pipeline", {"If-None-Match": etag}, months=3).status == 200, "another question"
    filled.execute("UPDATE projects SET total_order_value = 12345.67 WHERE monday_id = 'P2'")
    assert rest.get("/forecast/pipeline", {"If-None-Match": etag}).status == 304, "not refreshed yet"
    filled.execute("SELECT refresh_conversion_views(false)")
    second = rest.get("/forecast/pipeline", {"If-None-Match": etag})
    assert second.status == 200
    assert second.headers["etag"] != etag
    assert second.json() != first.json()


def test_head_has_no_body(rest):
    answer = rest.request("HEAD", "/forecast/pipeline")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 100


# GET /forecast/snapshot ---------------------------------------------------------------------------------------------


def test_snapshot_holds_all_columns_in_order(filled, rest):
    answer = rest.get("/forecast/snapshot")
    document = answer.json()
    assert set(document) == SNAPSHOT_KEYS
    assert document["snapshot_date"] == value(filled, "SELECT pipeline_today()::text")
    assert (document["offset"], document["limit"], document["next_cursor"]) == (0, 1000, None)
    rows = filled.execute(
        f"SELECT project_id, forecast_month::text, stage_bucket, probability, source, {', '.join(MONEY)} "
        "FROM pipeline_forecast_snapshot ORDER BY forecast_month, project_id"
    ).fetchall()
    assert document["row_count"] == document["total_rows"] == len(rows) > 50
    assert [{name: row[name] for name in rows[0]} for row in document["rows"]] == rows
    columns = [c["attname"] for c in filled.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'pipeline_forecast_snapshot'::regclass AND attnum > 0 ORDER BY attnum")]
    assert list(document["rows"][0]) == columns
    assert_two_decimals(answer.text)
    assert re.search(r'"created_at":"\d{4}-\d\d-\d\dT[\d:.]+\+00:00"', answer.text), "moments are UTC"


def test_snapshot_pages_by_offset_and_by_cursor_give_the_same(rest):
    everything = rest.get("/forecast/snapshot").json()["rows"]
    by_offset, by_cursor, cursor = [], [], None
    for offset in range(0, len(everything) + 7, 7):
        page = rest.get("/forecast/snapshot", offset=offset, limit=7).json()
        assert page["total_rows"] == len(everything)
        by_offset += page["rows"]
    while True:
        page = rest.get("/forecast/snapshot", limit=7, **({"cursor": cursor} if cursor else {})).json()
        assert page["row_count"] == len(page["rows"]) <= 7
        assert page["total_rows"] == len(everything)
        by_cursor += page["rows"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert by_offset == by_cursor == everything
    assert page["row_count"] > 0, "the last page is not empty"


def test_snapshot_of_a_project_and_a_bucket(rest):
    everything = rest.get("/forecast/snapshot").json()["rows"]
    project = everything[3]["project_id"]
    one = rest.get("/forecast/snapshot", project_id=project).json()
    assert one["rows"] == [row for row in everything if row["project_id"] == project]
    assert (one["project_id"], one["total_rows"]) == (project, 1)
    lost = rest.get("/forecast/snapshot", stage_bucket="lost", limit=2).json()
    assert lost["stage_bucket"] == "Lost"
    rest_of_it = rest.get("/forecast/snapshot", stage_bucket="LOST", cursor=lost["next_cursor"]).json()
    assert lost["rows"] + rest_of_it["rows"] == [row for row in everything if row["stage_bucket"] == "Lost"]
    nobody = rest.get("/forecast/snapshot", project_id="nobody's \"<project>\" é").json()
    assert (nobody["project_id"], nobody["rows"], nobody["total_rows"]) == ("nobody's \"<project>\" é", [], 0)


def test_snapshot_past_the_end_and_of_another_day(rest):
    assert rest.get("/forecast/snapshot", offset=100000).json()["rows"] == []
    other = rest.get("/forecast/snapshot", snapshot_date="2001-02-03").json()
    assert (other["snapshot_date"], other["total_rows"], other["rows"]) == ("2001-02-03", 0, [])


def test_without_a_snapshot_there_is_none(database):
    with Receiver(database.database) as poller:
        document = Rest(poller).get("/forecast/snapshot").json()
    assert document["snapshot_date"] is None
    assert (document["rows"], document["row_count"], document["total_rows"], document["next_cursor"]) == ([], 0, 0, None)


@pytest.mark.parametrize(
    "parameters, status, detail",
    [
        ({"limit": "0"}, 422, 'limit must be a whole number from 1 to 5000, not "0"'),
        ({"limit": "5001"}, 422, 'limit must be a whole number from 1 to 5000, not "5001"'),
        ({"offset": "-1"}, 422, 'offset must be a whole number from 0 to 1000000000, not "-1"'),
        ({"snapshot_date": "yesterday"}, 422, 'snapshot_date must be a day as YYYY-MM-DD, not "yesterday"'),
        ({"cursor": "abc"}, 422, 'cursor must be the next_cursor of an answer, not "abc"'),
        ({"stage_bucket": "Lost; DROP"}, 400, 'unknown stage_bucket "Lost; DROP". Name Committed, Open or Lost, in any case; leave it out for all.'),
    ],
)
def test_snapshot_parameters_are_checked(rest, parameters, status, detail):
    answer = rest.get("/forecast/snapshot", **parameters)
    assert (answer.status, answer.json()["detail"]) == (status, detail)


def test_a_cursor_stays_with_its_question(rest):
    cursor = rest.get("/forecast/snapshot", limit=1).json()["next_cursor"]
    assert rest.get("/forecast/snapshot", limit=1, cursor=cursor, project_id="P1").status == 422
    assert rest.get("/forecast/snapshot", limit=1, cursor=cursor, stage_bucket="Open").status == 422
    assert rest.get("/forecast/snapshot", limit=1, cursor=cursor, offset=1).status == 422


# POST /analysis/{project_id}/run ------------------------------------------------------------------------------------


def test_an_analysis_is_made_now(filled, rest):
    key, _ = add_key(filled, "run")
    rest = rest.with_key(key)
    filled.execute("DELETE FROM analysis_results")
    answer = rest.post("/analysis/P7/run")
    assert answer.status == 200
    document = answer.json()
    assert document["success"] is True
    expected = filled.execute("SELECT to_json(a) AS row FROM analysis_results a").fetchall()
    assert len(expected) == 1
    assert document["result"]["project_id"] == "P7"
    assert document["result"]["rating_score"] == expected[0]["row"]["rating_score"]
    for flag in ("true", "false", "1", "0"):
        assert rest.post("/analysis/P7/run", with_llm=flag).status == 200
    assert value(filled, "SELECT count(*) FROM job_queue") == 0, "no language model is configured"
    assert rest.post("/analysis/P7/run", with_llm="maybe").status == 422


def test_an_analysis_is_explained_where_a_model_is_configured(filled):
    with Receiver(filled.database, OPENAI_API_KEY="a-key-of-the-tests") as poller:
        rest = Rest(poller, add_key(filled, "run")[0])
        assert rest.post("/analysis/P7/run").status == 200
        assert value(filled, "SELECT count(*) FROM job_queue") == 0
        assert rest.post("/analysis/P7/run", with_llm="true").status == 200
        jobs = filled.execute("SELECT job_type, payload FROM job_queue").fetchall()
        assert jobs == [{"job_type": "llm_explain", "payload": {"project_id": "P7"}}]


def test_an_unknown_project_is_not_found(filled, rest):
    rest = rest.with_key(add_key(filled, "run")[0])
    for project in ("nobody", "a%2Fb", "a%00b", "%FF"):
        answer = rest.post(f"/analysis/{project}/run")
        assert (answer.status, answer.json()["code"]) == (404, "not_found"), project
    assert rest.get("/analysis/P7/run").status == 405


# GET /forecast/drift ------------------------------------------------------------------------------------------------


def test_what_moved_is_kept_until_the_next_snapshot(filled, rest):
    filled.execute("SELECT create_pipeline_forecast_snapshot(pipeline_today() - 40, true)")
    first = rest.get("/forecast/drift")
    assert len(first.json()["bars"]) == 15
    filled.execute("UPDATE projects SET item_name = 'another', new_enquiry_value = new_enquiry_value + 5000 WHERE monday_id IN ('P2', 'P6', 'P14', 'P22')")
    assert rest.get("/forecast/drift").body == first.body
    assert rest.get("/forecast/drift", {"If-None-Match": first.headers["etag"]}).status == 304
    filled.execute("SELECT create_pipeline_forecast_snapshot()")
    second = rest.get("/forecast/drift", {"If-None-Match": first.headers["etag"]})
    assert second.status == 200
    value_up = next(bar for bar in second.json()["bars"] if bar["bar"] == "value_up")
    assert value_up["project_count"] > 0 and value_up["projects"][0]["project_name"] == "another"
    assert rest.get("/forecast/drift", since=value(filled, "SELECT pipeline_today()::text")).json()["from_snapshot"] == second.json()["to_snapshot"]


# Who may use it -----------------------------------------------------------------------------------------------------


def test_until_the_first_key_programs_on_this_machine_read(filled, rest):
    assert rest.get("/forecast/pipeline").status == 200
    assert rest.get("/metrics").status == 200
    assert rest.post("/analysis/P7/run").status == 401, "to run something a key is needed"
    for header in ({"Host": "evil.example.com"}, {"X-Forwarded-For": "192.0.2.1"}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}):
        expected = 200 if header == {"Authorization": "Basic x"} else 401
        assert rest.get("/forecast/pipeline", header).status == expected, header
    _, key_id = add_key(filled, "read")
    answer = rest.get("/forecast/pipeline")
    assert (answer.status, answer.json()["code"]) == (401, "unauthorized")
    filled.execute("SELECT revoke_api_key(%s)", [key_id])
    assert rest.get("/forecast/pipeline").status == 401, "it does not open again"
    for path in ("/healthz", "/readyz", "/openapi.json"):
        assert rest.get(path).status == 200


def test_behind_a_proxy_nobody_comes_from_this_machine(filled):
    with Receiver(filled.database, POLLER_BEHIND_PROXY="1") as poller:
        assert Rest(poller).get("/forecast/pipeline").status == 401


def test_scopes(filled, rest):
    allowed = {
        "read": {"/forecast/pipeline": 200, "/forecast/snapshot": 200, "/metrics": 200, "/analysis/P7/run": 403},
        "run": {"/forecast/pipeline": 403, "/forecast/snapshot": 403, "/metrics": 403, "/analysis/P7/run": 200},
        "admin": {"/forecast/pipeline": 200, "/forecast/snapshot": 200, "/metrics": 200, "/analysis/P7/run": 200},
    }
    for scope, paths in allowed.items():
        client = rest.with_key(add_key(filled, scope)[0])
        for path, status in paths.items():
            answer = client.post(path) if path.startswith("/analysis") else client.get(path)
            assert answer.status == status, (scope, path)
            if status == 403:
                assert answer.json()["code"] == "insufficient_scope"
    both = rest.with_key(add_key(filled, "read", "run")[0])
    assert both.get("/metrics").status == both.post("/analysis/P7/run").status == 200


def test_a_revoked_key_ends_at_once(filled, rest):
    key, key_id = add_key(filled, "read")
    client = rest.with_key(key)
    assert client.get("/forecast/pipeline").status == 200
    assert value(filled, "SELECT last_used_at IS NOT NULL FROM api_key")
    filled.execute("SELECT revoke_api_key(%s)", [key_id])
    assert client.get("/forecast/pipeline").status == 401


def test_guessing_keys_is_limited(filled, rest):
    known = rest.with_key(add_key(filled, "read")[0])
    assert known.get("/forecast/pipeline").status == 200
    guesses = [rest.with_key(f"pfk_{n}").get("/forecast/pipeline").status for n in range(120)]
    assert set(guesses) == {401, 429}
    assert guesses[0] == 401 and guesses[-1] == 429
    for key in ("", " ", "x" * 10000):
        assert rest.with_key(key).get("/forecast/pipeline").status == 429
    assert known.get("/forecast/pipeline").status == 200, "who is known is not limited"


def test_a_key_that_was_not_used_since_the_start_is_not_limited_for_what_a_stranger_does(filled, rest):
    key = add_key(filled, "read")[0]
    guesses = [rest.with_key(f"pfk_{n}").get("/forecast/pipeline").status for n in range(120)]
    assert guesses[-1] == 429
    assert rest.with_key(key).get("/forecast/pipeline").status == 200
    assert rest.with_key("pfk_other").get("/forecast/pipeline").status == 429, "others still are"


def test_guesses_at_reports_and_at_webhooks_are_limited_apart(filled, rest):
    add_key(filled, "read")
    assert [rest.with_key(f"pfk_{n}").get("/forecast/pipeline").status for n in range(120)][-1] == 429
    assert rest.post("/webhooks/monday", b"no json").status == 400, "a stranger with a webhook is still heard"
    assert [rest.post("/webhooks/monday", b"no json").status for _ in range(120)][-1] == 429


def test_keys_are_never_logged(filled):
    with Receiver(filled.database, POLLER_LOG_LEVEL="debug") as poller:
        key, _ = add_key(filled, "read")
        rest = Rest(poller, key)
        assert rest.get("/forecast/pipeline").status == 200
        assert rest.with_key("pfk_wrong_but_secret").get("/forecast/pipeline").status == 401
        assert key not in poller.log and "pfk_wrong" not in poller.log


# Other origins ------------------------------------------------------------------------------------------------------


def test_pages_of_other_origins_read_nothing(rest):
    origin = {"Origin": "https://reports.example.com"}
    answer = rest.get("/forecast/pipeline", origin)
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert rest.request("OPTIONS", "/forecast/pipeline", origin).status == 405


def test_named_origins_may_read(filled):
    named = "https://reports.example.com"
    with Receiver(filled.database, POLLER_CORS_ORIGINS=f"{named},http://localhost:3000") as poller:
        rest = Rest(poller)
        for path in ("/forecast/pipeline", "/forecast/pipeline?months=99"):
            answer = rest.get(path, {"Origin": named})
            assert answer.headers["access-control-allow-origin"] == named
            assert answer.headers["vary"] == "Origin"
        answer = rest.get("/forecast/pipeline", {"Origin": named + ".evil.example"})
        assert "access-control-allow-origin" not in answer.headers
        answer = rest._exchange("OPTIONS", "/forecast/pipeline", {"Origin": named, "Access-Control-Request-Method": "GET"}, None)
        assert answer.status == 204
        assert answer.headers["access-control-allow-origin"] == named
        assert "Authorization" in answer.headers["access-control-allow-headers"]
        answer = rest._exchange("OPTIONS", "/forecast/pipeline", {"Origin": "https://evil.example"}, None)
        assert "access-control-allow-origin" not in answer.headers


# The document -------------------------------------------------------------------------------------------------------


def test_every_promised_answer_is_one_that_the_server_gives(filled):
    """Asks for each answer of the document once; rest.py has checked the form of each."""
    with Receiver(filled.database) as poller:
        rest = Rest(poller)
        page_files = ("/", "/web/page.css", "/web/main.js", "/web/icon.svg")
        documents = ("/forecast/pipeline", *PAGE_DOCUMENTS)
        for path in ("/healthz", "/readyz", "/openapi.json", "/metrics", "/forecast/snapshot", *documents, *page_files):
            rest.get(path)
        for path in ("/openapi.json", *documents, *page_files):
            rest.get(path, {"If-None-Match": "*"})
        read = rest.with_key(add_key(filled, "read")[0])
        run = rest.with_key(add_key(filled, "run")[0])
        body = event()
        for path in ("/webhooks/monday", f"/webhooks/monday/{SECRET}"):
            token = {} if path.endswith(SECRET) else {"token": SECRET}
            rest.post(path, event(), **token)
            rest.post(path, body, **token)
            rest.post(path, body, **token)
            rest.post(path, b"{", **token)
            rest.post(path, b"x" * 300_000, **token)
        rest.post("/webhooks/monday", event())
        rest.post("/webhooks/monday/wrong", event())
        for path in ("/forecast/pipeline", "/forecast/snapshot"):
            read.get(path, stage_bucket="won")
        for path in ("/forecast/snapshot", *documents):
            read.get(path, nonsense="1")
        rest.get("/web/nothing.js")
        read.get("/projects/nobody")
        read.get("/forecast/accuracy", account="a", category="b")
        for path in ("/forecast/snapshot", "/metrics", *documents):
            run.get(path)
            rest.get(path)
        rest.post("/analysis/P7/run")
        read.post("/analysis/P7/run")
        run.post("/analysis/P7/run")
        run.post("/analysis/nobody/run")
        run.post("/analysis/P7/run", with_llm="maybe")

        # The server's own failures: a function that is gone, tables of another layout.
        for function in ("forecast_pipeline_version()", "forecast_snapshot_page(date, text, text, bigint, integer, date, text)",
                         "analyze_project(text, timestamptz)"):
            filled.execute(f"ALTER FUNCTION {function} RENAME TO gone")
            read.get("/forecast/pipeline")
            read.get("/forecast/snapshot")
            run.post("/analysis/P7/run")
            filled.execute(f"ALTER FUNCTION gone{function[function.index('('):]} RENAME TO {function[:function.index('(')]}")
        filled.execute("ALTER FUNCTION require_layout() RENAME TO gone")
        # What is kept until the next snapshot is answered without the function; a filter asks it.
        for path in PAGE_DOCUMENTS:
            read.get(path, **({"account": "A"} if path == "/forecast/drift" else {}))
        filled.execute("ALTER FUNCTION gone() RENAME TO require_layout")
        filled.execute("UPDATE pipeline_schema_version SET version = version + 1000 WHERE version = layout_version()")
        for path in ("/readyz", "/forecast/snapshot", "/metrics", *documents):
            read.get(path, **({"account": "A"} if path == "/forecast/drift" else {}))
        run.post("/analysis/P7/run")
        for path in ("/webhooks/monday", f"/webhooks/monday/{SECRET}"):
            rest.post(path, event(), **({} if path.endswith(SECRET) else {"token": SECRET}))

        for _ in range(110):
            rest.post("/webhooks/monday", b"{")
            rest.with_key("pfk_guess").get("/forecast/pipeline")
        for path in ("/forecast/snapshot", "/metrics", *documents):
            rest.get(path)
        rest.post("/analysis/P7/run")
        rest.post("/webhooks/monday", event())
        rest.post("/webhooks/monday/wrong", event())
        missing = rest.contract.promised() - rest.contract.seen
    # Nothing is known that breaks /metrics; with tables of another layout it and /status say so in a check, and only a
    # database that cannot be reached makes them 503.
    assert missing == {("get", "/metrics", 500), ("get", "/metrics", 503), ("get", "/status", 503)}


def test_the_document_is_valid_openapi(rest):
    document = json.loads(rest.get("/openapi.json").body)
    assert document["openapi"] == "3.1.0"
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(names) == len(set(names))
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert references == set(document["components"]["schemas"])
