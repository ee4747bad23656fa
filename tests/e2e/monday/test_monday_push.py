"""Writing back: the item shows what the database says, written once, with one comment, whatever happens on the way."""

import itertools
import json
import signal
import time

import pytest

from pipeline import Pipeline
from monday_client import Client
from poller import wait_until

DAYS, RATE, RATING = "numeric_days", "numeric_conversion", "numeric_rating"
HEADING = "Pipeline analysis"


@pytest.fixture
def pipeline(database, account):
    """40 projects that were read and analysed; nothing is written yet."""
    account.control("DELETE", "/faults")
    account.control("PATCH", "/settings", {"plan": "enterprise", "latency_ms": 0, "lag_seconds": 0})
    account.control("POST", "/reset", {"projects": 40, "clean": True, "seed": 1})
    pipeline = Pipeline(database, account)
    pipeline.done("rehydrate", "full")
    pipeline.connection.execute("DELETE FROM job_queue")
    pipeline.connection.execute("SELECT analyze_projects()")
    pipeline.forget_audit()
    return pipeline


@pytest.fixture
def project(pipeline):
    """One that gets a comment."""
    return commented(pipeline)


def item(pipeline, project):
    return pipeline.simulator.control("GET", f"/items/{project}")


def comments(pipeline, project):
    return item(pipeline, project).get("updates", [])


def shown(pipeline, project):
    """The three columns as the item has them."""
    client = Client(pipeline.simulator)
    (found,) = client.items([project], 'column_values(ids:["numeric_days","numeric_conversion","numeric_rating"]){id text}')
    return {cell["id"]: cell["text"] for cell in found["column_values"]}


def wanted(pipeline, project):
    columns = pipeline.value("SELECT monday_push_payload(%s)->'columns'", [project])
    return {DAYS: columns.get("days", ""), RATE: columns["rate"], RATING: columns["rating"]}


def is_shown(pipeline, project):
    numbers = {column: float(text) for column, text in shown(pipeline, project).items() if text}
    return numbers == {column: float(text) for column, text in wanted(pipeline, project).items() if text}


def change_numbers(pipeline, project, rating=None):
    pipeline.connection.execute(
        "UPDATE analysis_results SET rating_score = coalesce(%s, 101 - rating_score), updated_at = now() WHERE project_id = %s",
        [rating, project],
    )


def check_effects(pipeline, writes_of_columns=None):
    """Never two comments on one item, and no effective write twice for one state."""
    audit = pipeline.audit(effects=True)
    assert max(audit["updates_per_item"].values(), default=0) <= 1
    assert audit["overlapping_writes"] == 0
    if writes_of_columns is not None:
        effects = [each for each in audit["effect_list"] if each["effect"] == "write_values" and each["changed"]]
        assert len(effects) == writes_of_columns, effects
    return audit


# One push -------------------------------------------------------------------------------------------------------------


def test_numbers_and_a_comment_are_written(pipeline, project):
    output = pipeline.done("push", project)
    assert "columns" in output and "comment made" in output
    assert pipeline.audit()["calls"] == 2, "a look for a comment that may be there, and one for columns and comment"
    assert is_shown(pipeline, project)
    (comment,) = comments(pipeline, project)
    assert comment["text_body"].startswith(HEADING)
    state = pipeline.rows("SELECT * FROM push_state WHERE project_id = %s", [project])[0]
    assert state.update_id == comment["id"] and state.attempts == 0 and state.last_error is None


def test_nothing_changed_means_no_call(pipeline, project):
    pipeline.done("push", project)
    pipeline.forget_audit()
    assert "nothing differs" in pipeline.done("push", project)
    assert pipeline.audit()["calls"] == 0


def test_changed_numbers_are_written_and_the_comment_is_edited_in_place(pipeline, project):
    pipeline.done("push", project)
    (before,) = comments(pipeline, project)
    change_numbers(pipeline, project)
    pipeline.forget_audit()
    pipeline.done("push", project)
    assert pipeline.audit()["calls"] == 2
    assert is_shown(pipeline, project)
    (after,) = comments(pipeline, project)
    assert after["id"] == before["id"] and after["text_body"] != before["text_body"]


def test_numbers_alone_take_one_call(pipeline, project):
    pipeline.done("push", project)
    change_numbers(pipeline, project)
    pipeline.forget_audit()
    pipeline.done("push", project, "--no-comment")
    assert pipeline.audit()["calls"] == 1 and is_shown(pipeline, project)


def test_a_dry_run_writes_nothing(pipeline, project):
    for arguments, settings in ((["--dry-run"], {}), ([], {"MONDAY_SYNC_DRY_RUN": "1"})):
        output = pipeline.done("push", project, *arguments, **settings)
        assert "dry run" in output and "numeric_rating" in output
    assert pipeline.audit()["calls"] == 0
    assert pipeline.value("SELECT count(*) FROM push_state") == 0
    job, sync = pipeline.enqueue("push_to_monday", project), pipeline.enqueue("monday_sync")
    pipeline.run_jobs(MONDAY_SYNC_DRY_RUN="1")
    for row in pipeline.rows("SELECT * FROM job_queue WHERE id = ANY (%s)", [[job, sync]]):
        assert row.status == "completed" and "dry run" in row.detail
    assert pipeline.audit()["mutations"] == 0 and pipeline.value("SELECT count(*) FROM push_state") == 0


def test_a_comment_that_was_deleted_is_made_again(pipeline, project):
    pipeline.done("push", project)
    Client(pipeline.simulator).data("mutation($i:ID!){delete_update(id:$i){id}}", i=comments(pipeline, project)[0]["id"])
    change_numbers(pipeline, project)
    pipeline.done("push", project)
    (comment,) = comments(pipeline, project)
    assert pipeline.value("SELECT update_id FROM push_state WHERE project_id = %s", [project]) == comment["id"]


def test_a_database_that_forgot_finds_its_comment(pipeline, project):
    pipeline.done("push", project)
    (before,) = comments(pipeline, project)
    pipeline.connection.execute("DELETE FROM push_state")
    pipeline.forget_audit()
    pipeline.done("push", project)
    (after,) = comments(pipeline, project)
    assert after["id"] == before["id"]
    check_effects(pipeline, writes_of_columns=0)


def test_comments_of_people_are_left_alone(pipeline, project):
    pipeline.simulator.control("POST", f"/items/{project}/update", {"body": f"<p>{HEADING}: I disagree</p>"})
    pipeline.done("push", project)
    bodies = [comment["text_body"] for comment in comments(pipeline, project)]
    assert len(bodies) == 2 and any("I disagree" in body for body in bodies)


def test_an_item_that_is_gone(pipeline, project):
    pipeline.simulator.control("POST", f"/items/{project}/delete")
    result = pipeline.command("push", project)
    assert result.returncode == 1 and "deleted" in result.stdout
    assert "deleted" in pipeline.value("SELECT last_error FROM push_state WHERE project_id = %s", [project])


def test_a_token_that_may_not_write(pipeline, project):
    pipeline.simulator.control("POST", "/tokens", {"secret": "reader", "writable_boards": []})
    result = pipeline.command("push", project, MONDAY_API_KEY="reader")
    assert result.returncode == 1 and "failed" in result.stdout
    assert pipeline.value("SELECT last_error FROM push_state WHERE project_id = %s", [project])
    pipeline.done("push", project)
    assert is_shown(pipeline, project)


def test_text_of_the_crm_is_escaped(pipeline, project):
    pipeline.connection.execute(
        "UPDATE analysis_results SET summary = '<script>alert(1)</script> & \"quoted\"' WHERE project_id = %s", [project])
    pipeline.done("push", project)
    (comment,) = comments(pipeline, project)
    assert "<script>" not in comment["body"] and "alert(1)" in comment["text_body"]


# All that differs -----------------------------------------------------------------------------------------------------


def test_monday_sync_pushes_whatever_differs_once(pipeline):
    pipeline.enqueue("monday_sync")
    pipeline.run_jobs()
    projects = [row.project_id for row in pipeline.rows("SELECT project_id FROM analysis_results")]
    assert len(projects) == 40 and all(is_shown(pipeline, project) for project in projects)
    check_effects(pipeline, writes_of_columns=40)
    pipeline.forget_audit()
    pipeline.enqueue("monday_sync")
    pipeline.run_jobs()
    assert pipeline.audit()["calls"] == 0


def test_changed_pushes_all_and_says_so(pipeline):
    assert len(pipeline.done("push", "--changed", timeout=200).splitlines()) == 40
    assert pipeline.value("SELECT count(*) FROM monday_push_due()") == 0


def test_a_first_push_takes_less_than_half_a_call_a_project(pipeline):
    pipeline.done("push", "--changed", timeout=200)
    audit = check_effects(pipeline, writes_of_columns=40)
    assert audit["calls"] <= 20 and sum(audit["updates_per_item"].values()) == 40 - closed(pipeline)
    pipeline.connection.execute("UPDATE analysis_results SET rating_score = 101 - rating_score, updated_at = now()")
    pipeline.forget_audit()
    pipeline.done("push", "--changed", timeout=200)
    assert pipeline.audit()["calls"] <= 20 and pipeline.value("SELECT count(*) FROM monday_push_due()") == 0


def closed(pipeline):
    return pipeline.value("SELECT count(*) FROM projects WHERE stage_bucket <> 'Open'")


def test_closed_projects_are_not_commented_unless_that_is_set(pipeline):
    project = pipeline.value("SELECT monday_id FROM projects WHERE stage_bucket <> 'Open' ORDER BY 1 LIMIT 1")
    pipeline.done("push", project)
    assert is_shown(pipeline, project) and comments(pipeline, project) == []
    pipeline.value("SELECT configure_pipeline('push_comments_on_closed', '1')")
    pipeline.done("push", project)
    assert len(comments(pipeline, project)) == 1


def test_one_item_that_is_refused_does_not_hold_up_the_others(pipeline):
    gone, *others = [row.project_id for row in pipeline.rows("SELECT project_id FROM monday_push_due() LIMIT 6")]
    pipeline.simulator.control("POST", f"/items/{gone}/delete")
    assert pipeline.command("push", gone, *others).returncode == 1
    assert all(is_shown(pipeline, project) for project in others)
    pipeline.simulator.control("POST", f"/items/{others[0]}/archive")
    change_numbers(pipeline, others[0])
    change_numbers(pipeline, others[1])
    assert pipeline.command("push", *others).returncode == 1
    assert is_shown(pipeline, others[1])
    assert pipeline.value("SELECT last_error FROM push_state WHERE project_id = %s", [others[0]])


def test_a_missing_column_does_not_hold_up_the_comment(pipeline):
    project = commented(pipeline)
    pipeline.simulator.control("DELETE", f"/boards/4100000001/columns/{RATING}")
    result = pipeline.command("push", project)
    assert result.returncode == 1 and "failed" in result.stdout
    assert len(comments(pipeline, project)) == 1
    assert "olumn" in pipeline.value("SELECT last_error FROM push_state WHERE project_id = %s", [project])


# Who pushes -----------------------------------------------------------------------------------------------------------


def commented(pipeline):
    """A project that gets a comment."""
    return pipeline.value("SELECT project_id FROM monday_push_due() WHERE comment_changed LIMIT 1")


def test_the_token_of_another_user_makes_one_comment_of_its_own(pipeline):
    project = commented(pipeline)
    pipeline.done("push", project)
    (first,) = comments(pipeline, project)
    pipeline.simulator.control("POST", "/tokens", {"secret": "other", "user_id": 9_002})
    for rating in (11, 66):
        change_numbers(pipeline, project, rating)
        pipeline.done("push", project, MONDAY_API_KEY="other")
    mine, theirs = sorted(comments(pipeline, project), key=lambda comment: comment["creator_id"])
    assert (mine["id"], theirs["creator_id"]) == (first["id"], "9002") and "66 of 100" in theirs["text_body"]
    state = pipeline.rows("SELECT update_id, written_by, last_error FROM push_state WHERE project_id = %s", [project])[0]
    assert (state.update_id, state.written_by, state.last_error) == (theirs["id"], "9002", None)
    change_numbers(pipeline, project, 33)
    pipeline.done("push", project)
    assert len(comments(pipeline, project)) == 2, "the first user finds its own again"


def test_a_view_only_token_stops_writing_and_goes_on_reading(pipeline):
    pipeline.simulator.control("POST", "/tokens", {"secret": "viewer", "view_only": True})
    viewer = {"MONDAY_API_KEY": "viewer"}
    project = commented(pipeline)
    result = pipeline.command("push", project, **viewer)
    assert result.returncode == 1 and "may not write" in result.stdout
    pipeline.done("rehydrate", project, **viewer)
    pipeline.forget_audit()
    assert pipeline.command("push", project, **viewer).returncode == 1
    assert pipeline.audit()["mutations"] == 0, "not tried again for an hour"
    assert "may not write" in pipeline.command("status").stdout
    pipeline.done("push", project)


# The day --------------------------------------------------------------------------------------------------------------


def test_pushes_leave_a_quarter_of_the_day_to_reading(pipeline):
    pipeline.value("SELECT configure_pipeline('monday_daily_calls', '12')")
    pipeline.connection.execute("UPDATE provider_gate SET day_used = 8, day = (now() AT TIME ZONE 'UTC')::date WHERE provider = 'monday'")
    result = pipeline.command("push", "--changed", timeout=200)
    assert result.returncode == 1 and pipeline.audit()["calls"] == 1
    pipeline.done("rehydrate", "delta")
    job = pipeline.enqueue("push_to_monday", commented(pipeline))
    with pipeline.poller():
        wait_until(lambda: pipeline.value("SELECT run_at > now() + interval '1 minute' FROM job_queue WHERE id = %s", [job])
                   or pipeline.value("SELECT now() > date_trunc('day', now(), 'UTC') + interval '23 h 58 min'"))
    limits = pipeline.rows("SELECT used_today, day_quota FROM provider_limits WHERE provider = 'monday'")[0]
    assert limits.used_today == 8 + pipeline.audit()["calls"] and limits.day_quota == 12
    status = pipeline.command("status").stdout
    assert "used up" in status if limits.used_today >= 12 else str(limits.used_today) in status


def test_a_preview_says_what_a_push_does(pipeline):
    pipeline.simulator.control("PATCH", "/settings", {"plan": "standard"})
    output = pipeline.done("push", "--changed", "--preview")
    due = pipeline.value("SELECT count(*) FROM monday_push_due() WHERE columns_changed")
    assert f"{due} items get numbers" in output and "of the 1000 a day" in output and "told of comments" in output
    assert pipeline.audit()["mutations"] == 0
    said = json.loads(pipeline.done("push", "--changed", "--preview", "--json"))
    pipeline.forget_audit()
    pipeline.done("push", "--changed", timeout=200)
    audit = pipeline.audit()
    assert audit["calls"] <= said["calls"] <= audit["calls"] + 1
    assert said["boards"][0]["new_comments"] == sum(audit["updates_per_item"].values())


# Trouble --------------------------------------------------------------------------------------------------------------

AFTER_THE_WRITE = [{"kind": "drop", "when": "after"}, {"kind": "raw", "http": 502, "body": "<html>", "when": "after"},
                   {"code": "INTERNAL_SERVER_ERROR", "when": "after"}]


@pytest.mark.parametrize("field", ["change_multiple_column_values", "create_update"])
@pytest.mark.parametrize("fault", AFTER_THE_WRITE, ids=["dropped", "gateway", "error"])
def test_a_write_whose_answer_is_lost_is_read_back_and_not_repeated(pipeline, project, field, fault):
    pipeline.simulator.control("POST", "/faults", {"operation": "mutation", "field": field, "times": 1, **fault})
    pipeline.enqueue("push_to_monday", project)
    with pipeline.poller():
        wait_until(lambda: pipeline.value("SELECT count(*) FROM monday_push_due() WHERE project_id = %s", [project]) == 0, 60)
    assert is_shown(pipeline, project)
    check_effects(pipeline, writes_of_columns=1)
    calls = [call["name"] for call in pipeline.audit(calls=True)["call_list"]]
    assert "pushed_items" in calls[calls.index("write_2"):], "looked at before it is written again"


@pytest.mark.parametrize("lag", [0, 20])
def test_a_lost_answer_while_reading_lags_behind_writing(pipeline, project, lag):
    pipeline.simulator.control("PATCH", "/settings", {"lag_seconds": lag})
    for field in ("change_multiple_column_values", "create_update"):
        pipeline.simulator.control("POST", "/faults", {"operation": "mutation", "field": field, "times": 1, "kind": "drop", "when": "after"})
    pipeline.enqueue("push_to_monday", project)
    with pipeline.poller():
        wait_until(lambda: pipeline.value("SELECT count(*) FROM monday_push_due() WHERE project_id = %s", [project]) == 0, 60)
    check_effects(pipeline, writes_of_columns=1)


@pytest.mark.parametrize("code", ["LOCKED", "IDEMPOTENCY_CONFLICT", "MINUTE_RATE_LIMIT_EXCEEDED", "maxConcurrencyExceeded"])
def test_refused_writes_are_repeated_until_they_pass(pipeline, project, code):
    order = {"operation": "mutation", "code": code, "times": 2, "retry_in": 0, "retry_after": True}
    pipeline.simulator.control("POST", "/faults", order)
    pipeline.done("push", project)
    assert is_shown(pipeline, project)
    check_effects(pipeline, writes_of_columns=1)


def test_a_storm_of_limits(pipeline):
    pipeline.simulator.control("POST", "/faults", {"operation": "mutation", "code": "MAX_CONCURRENCY_EXCEEDED", "times": None, "share": 0.3,
                                                   "retry_in": 0})
    pipeline.enqueue("monday_sync")
    pipeline.run_jobs(timeout=240)
    assert pipeline.value("SELECT count(*) FROM monday_push_due()") == 0
    check_effects(pipeline, writes_of_columns=40)


def test_three_pollers_write_each_state_once_and_never_at_the_same_time(pipeline):
    pipeline.simulator.control("PATCH", "/settings", {"latency_ms": 20})
    pipeline.enqueue("monday_sync")
    few = {"POLLER_JOB_CONCURRENCY": "push_to_monday=4"}
    with pipeline.poller(**few) as one, pipeline.poller(**few) as two, pipeline.poller(**few) as three:
        pipeline.wait_for_jobs(120)
        assert all("monday.com call" in poller.log for poller in (one, two, three))
    assert pipeline.value("SELECT count(*) FROM monday_push_due()") == 0
    check_effects(pipeline, writes_of_columns=40)


def test_killed_at_every_step(pipeline):
    """kill -9 again and again, a little later each time, until everything is written."""
    pipeline.simulator.control("PATCH", "/settings", {"latency_ms": 30})
    pipeline.connection.execute("UPDATE job_type SET max_attempts = 1000 WHERE job_type = 'push_to_monday'")
    pipeline.value("SELECT enqueue_due_monday_pushes()")
    # Crashes are the point here, not a reason to give a job up.
    forgive = "UPDATE job_queue SET crashes = 0, run_at = least(run_at, now()) WHERE status IN ('queued', 'running')"
    for step in itertools.count():
        assert step < 60, pipeline.describe_jobs()
        with pipeline.poller(POLLER_LEASE_SECONDS=3) as poller:
            time.sleep(0.15 + 0.037 * step)
            poller.signal(signal.SIGKILL)
        pipeline.connection.execute("UPDATE job_queue_running SET lease_until = now() - interval '1 s'")
        pipeline.connection.execute("UPDATE queue_upkeep SET leases_checked_at = '-infinity'")
        pipeline.connection.execute(forgive)
        if pipeline.value("SELECT count(*) FROM monday_push_due()") == 0:
            break
    assert step > 3, "the kills came too late to matter"
    check_effects(pipeline, writes_of_columns=40)
    assert all(is_shown(pipeline, row.project_id) for row in pipeline.rows("SELECT project_id FROM analysis_results"))
