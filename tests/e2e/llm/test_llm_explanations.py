"""Explanations by language models: asked once, stored when they fit, and never in the way of the numbers."""

import pytest

from llm_client import KEY, provider
from pipeline import Pipeline
from poller import wait_until


@pytest.fixture
def pipeline(database, account, llm):
    """12 analysed projects, none of them explained."""
    account.control("DELETE", "/faults")
    account.control("POST", "/reset", {"projects": 12, "clean": True, "seed": 1})
    llm.control("PATCH", "/settings", {"latency_ms": 0, "key": KEY, "requests_per_minute": 1_000_000, "tokens_per_minute": 1_000_000_000})
    pipeline = Pipeline(database, account, **provider(llm, "gemini"))
    pipeline.llm = llm
    pipeline.done("rehydrate", "full")
    pipeline.connection.execute("DELETE FROM job_queue")
    pipeline.connection.execute("SELECT analyze_projects()")
    return pipeline


WITHOUT_GEMINI = {"GEMINI_API_KEY": None, "GEMINI_MODEL": None, "GEMINI_BASE_URL": None}


def explained(pipeline):
    return pipeline.value("SELECT count(*) FROM analysis_results WHERE llm_status = 'ok'")


def outcomes(pipeline):
    return [row.outcome for row in pipeline.rows("SELECT outcome FROM llm_call ORDER BY id")]


def numbers(pipeline):
    return pipeline.rows("SELECT project_id, expected_gestation_days, expected_conversion_rate, conversion_confidence"
                         " FROM analysis_results ORDER BY 1")


@pytest.mark.parametrize("dialect", ["gemini", "openai-chat", "openai-responses", "anthropic", "openai-compatible"])
@pytest.mark.parametrize("mode", ["strict", "plain", "none"])
def test_every_dialect_explains_in_every_mode(pipeline, llm, dialect, mode):
    before = numbers(pipeline)
    settings = {**WITHOUT_GEMINI, **provider(llm, dialect), "LLM_SCHEMA_MODE": mode}
    pipeline.done("backfill-llm", "--throttle", "0", "--limit", "3", **settings)
    assert explained(pipeline) == 3 and outcomes(pipeline) == ["ok"] * 3
    assert numbers(pipeline) == before, "a model explains the numbers and never changes them"
    call = pipeline.rows("SELECT * FROM llm_call ORDER BY id LIMIT 1")[0]
    assert call.http_status == 200 and call.tokens_in > 0 and call.tokens_out > 0 and call.duration_ms is not None
    asked = llm.control("GET", "/audit")["call_list"]
    assert len(asked) == 3 and {each["dialect"] for each in asked} == {dialect}


def test_the_back_fill_is_a_job_and_goes_on_where_it_ended(pipeline):
    pipeline.value("SELECT configure_pipeline('push_comments_on_closed', '1')")
    pipeline.enqueue("llm_backfill", limit=5, throttle_ms=0)
    pipeline.run_jobs()
    assert explained(pipeline) == 5
    pipeline.enqueue("llm_backfill", throttle_ms=0)
    pipeline.run_jobs()
    assert explained(pipeline) == 12 and outcomes(pipeline) == ["ok"] * 12
    # What was explained belongs on the items.
    assert pipeline.value("SELECT count(*) FROM push_state WHERE comment_hash IS NOT NULL") == 12


def test_an_answer_is_used_again_for_the_same_request(pipeline, llm):
    pipeline.done("backfill-llm", "--throttle", "0")
    pipeline.connection.execute("UPDATE analysis_results SET llm_status = 'none', summary = NULL")
    llm.control("DELETE", "/audit")
    output = pipeline.done("backfill-llm", "--throttle", "0")
    assert "earlier answer" in output
    assert explained(pipeline) == 12 and llm.control("GET", "/audit?calls=0")["calls"] == 0


FAILURES = {
    "refusal": ("refusal", "refused"), "blocked": ("refusal", "refused"), "invalid_json": ("invalid_json", "failed"),
    "schema_violation": ("schema_violation", "failed"), "server_error": ("http_error", "failed"),
    "overloaded": ("http_error", "failed"), "timeout": ("http_error", "failed"), "too_long": ("http_error", "failed"),
    "unknown_finish": ("http_error", "failed"), "drop": ("http_error", "failed"),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_failures_are_told_apart_and_leave_the_numbers_alone(pipeline, llm, kind):
    outcome, status = FAILURES[kind]
    before = numbers(pipeline)
    llm.control("POST", "/faults", {"kind": kind, "times": None})
    project = pipeline.value("SELECT project_id FROM llm_backfill_candidates(max_projects => 1)")
    job = pipeline.enqueue("llm_explain", project_id=project)
    with pipeline.poller():
        wait_until(lambda: outcomes(pipeline), 30)
        wait_until(lambda: pipeline.value("SELECT status <> 'running' FROM job_queue WHERE id = %s", [job]), 30)
    assert outcomes(pipeline) == [outcome]
    assert pipeline.value("SELECT llm_status FROM analysis_results WHERE project_id = %s", [project]) == status
    assert numbers(pipeline) == before and explained(pipeline) == 0
    row = pipeline.rows("SELECT * FROM job_queue WHERE id = %s", [job])[0]
    assert outcome in row.detail
    again = outcome not in ("refusal",) and kind != "too_long"
    assert row.status == ("queued" if again else "failed")
    assert (pipeline.value("SELECT reason FROM provider_gate WHERE provider = 'llm'") is not None) == (kind == "overloaded") \
        if pipeline.value("SELECT count(*) FROM provider_gate WHERE provider = 'llm'") else kind != "overloaded"


def test_no_answer_in_time(pipeline, llm):
    llm.control("POST", "/faults", {"kind": "hang", "seconds": 30, "times": None})
    project = pipeline.value("SELECT project_id FROM llm_backfill_candidates(max_projects => 1)")
    pipeline.enqueue("llm_explain", project_id=project)
    with pipeline.poller(LLM_TIMEOUT_SECONDS="1"):
        wait_until(lambda: outcomes(pipeline), 30)
    assert outcomes(pipeline) == ["timeout"]


def test_a_cut_answer_is_asked_for_once_more_with_more_room(pipeline, llm):
    llm.control("POST", "/faults", {"kind": "truncated", "times": 1})
    pipeline.done("backfill-llm", "--throttle", "0", "--limit", "1")
    assert outcomes(pipeline) == ["truncated", "ok"] and explained(pipeline) == 1


def test_limits_are_waited_for_and_are_no_attempt(pipeline, llm):
    llm.control("POST", "/faults", {"kind": "rate_limit", "retry_after": 1, "times": 2})
    pipeline.enqueue("llm_backfill", throttle_ms=0, limit=3)
    pipeline.run_jobs(timeout=90)
    assert explained(pipeline) == 3
    assert sorted(set(outcomes(pipeline))) == ["ok", "rate_limited"]
    assert pipeline.value("SELECT max(attempts) FROM job_queue WHERE job_type = 'llm_explain'") == 1


def test_a_bill_pauses_the_provider(pipeline, llm):
    llm.control("POST", "/faults", {"kind": "billing", "times": None})
    pipeline.enqueue("llm_backfill", throttle_ms=0)
    with pipeline.poller():
        wait_until(lambda: "billing_error" in outcomes(pipeline), 30)
        wait_until(lambda: pipeline.value("SELECT count(*) FROM job_queue WHERE status = 'running'") == 0, 30)
    assert len(outcomes(pipeline)) <= 4, "those that were under way, and nobody after them"
    assert pipeline.value("SELECT blocked_until > now() + interval '10 minutes' FROM provider_gate WHERE provider = 'llm'")
    assert pipeline.value("SELECT count(*) FROM job_queue WHERE job_type = 'llm_explain' AND status = 'failed'") == 0


def test_a_wrong_key_stops_the_provider_and_is_not_logged(pipeline, llm):
    pipeline.enqueue("llm_backfill", throttle_ms=0)
    with pipeline.poller(GEMINI_API_KEY="a-wrong-key-that-is-long") as poller:
        wait_until(lambda: outcomes(pipeline), 30)
        wait_until(lambda: pipeline.value("SELECT count(*) FROM job_queue WHERE status = 'running'") == 0, 30)
        assert "a-wrong-key" not in poller.log
    assert set(outcomes(pipeline)) == {"http_error"} and len(outcomes(pipeline)) <= 4
    assert "a-wrong-key" not in str(pipeline.rows("SELECT * FROM llm_call"))


def test_a_budget_that_is_spent_puts_jobs_off_until_tomorrow(pipeline, llm):
    pipeline.connection.execute("SELECT configure_pipeline('llm_daily_calls', '4')")
    pipeline.enqueue("llm_backfill", throttle_ms=0)
    with pipeline.poller(POLLER_JOB_CONCURRENCY="llm_explain=1"):
        wait_until(lambda: pipeline.value("SELECT count(*) FROM job_queue WHERE job_type = 'llm_explain' AND detail LIKE '%%budget%%'") == 8, 60)
    assert outcomes(pipeline) == ["ok"] * 4
    assert pipeline.value("SELECT min(run_at) >= max(b.resets_at) AND max(run_at) < max(b.resets_at) + interval '1 minute'"
                          " FROM job_queue, llm_budget('gemini') b WHERE status = 'queued' AND job_type = 'llm_explain'")


def test_a_command_stops_at_a_budget_and_says_so(pipeline):
    pipeline.connection.execute("SELECT configure_pipeline('llm_daily_calls', '2')")
    result = pipeline.command("backfill-llm", "--throttle", "0")
    assert result.returncode == 1 and "budget" in result.stdout
    assert explained(pipeline) == 2


def test_without_any_key_the_numbers_stand_and_everything_else_works(pipeline, llm):
    explain, backfill = pipeline.enqueue("llm_explain", project_id="x"), pipeline.enqueue("llm_backfill")
    push = pipeline.enqueue("monday_sync")
    pipeline.run_jobs(**WITHOUT_GEMINI)
    for row in pipeline.rows("SELECT * FROM job_queue WHERE id = ANY (%s)", [[explain, backfill, push]]):
        assert row.status == "completed", row.detail
    assert llm.control("GET", "/audit?calls=0")["calls"] == 0
    assert pipeline.value("SELECT count(*) FROM monday_push_due()") == 0
    result = pipeline.command("backfill-llm", **WITHOUT_GEMINI)
    assert result.returncode == 2 and "GEMINI_API_KEY" in result.stderr


def test_a_dry_run_names_the_projects_and_asks_nobody(pipeline, llm):
    output = pipeline.done("backfill-llm", "--dry-run", "--limit", "5", **WITHOUT_GEMINI)
    assert output.count("created") + output.count("changed") == 5
    assert llm.control("GET", "/audit?calls=0")["calls"] == 0


def test_a_named_provider_that_lacks_something(pipeline):
    result = pipeline.command("backfill-llm", LLM_PROVIDER="anthropic")
    assert result.returncode == 2 and "ANTHROPIC_MODEL" in result.stderr


def test_costs_follow_the_prices(pipeline):
    pipeline.connection.execute("INSERT INTO llm_price (model, input_per_million, output_per_million) VALUES ('gemini-2.5-flash', 1000000, 2000000)")
    pipeline.done("backfill-llm", "--throttle", "0", "--limit", "1")
    call = pipeline.rows("SELECT * FROM llm_call")[0]
    assert call.cost == call.tokens_in + 2 * call.tokens_out


def test_killed_in_the_middle_each_project_is_explained_once(pipeline, llm):
    llm.control("PATCH", "/settings", {"latency_ms": 100})
    pipeline.enqueue("llm_backfill", throttle_ms=0)
    for _ in range(4):
        with pipeline.poller(POLLER_LEASE_SECONDS=3) as poller:
            wait_until(lambda: pipeline.value("SELECT count(*) FROM job_queue WHERE status = 'running'"), 20)
            poller.kill()
        pipeline.connection.execute("UPDATE job_queue_running SET lease_until = now() - interval '1 s'")
        pipeline.connection.execute("UPDATE queue_upkeep SET leases_checked_at = '-infinity'")
        pipeline.connection.execute("UPDATE job_queue SET crashes = 0 WHERE status IN ('queued', 'running')")
    pipeline.run_jobs(timeout=90)
    assert explained(pipeline) == 12
    assert pipeline.value("SELECT max(calls) FROM (SELECT count(*) AS calls FROM llm_call WHERE outcome = 'ok' GROUP BY project_id) c") == 1
