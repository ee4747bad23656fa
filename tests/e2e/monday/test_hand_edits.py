"""What people do to what was written: edited and cleared columns, deleted comments. It is noticed, and written again."""

import pytest

from monday_client import Client
from pipeline import Pipeline
from poller import SECRET, wait_until

RATING, DAYS = "numeric_rating", "numeric_days"


@pytest.fixture
def pushed(database, account):
    """15 projects whose numbers and comments were written some hours ago."""
    account.control("DELETE", "/faults")
    account.control("PATCH", "/settings", {"plan": "enterprise", "latency_ms": 0, "lag_seconds": 0})
    account.control("POST", "/reset", {"projects": 15, "clean": True, "seed": 5})
    pipeline = Pipeline(database, account)
    pipeline.done("rehydrate", "full")
    pipeline.connection.execute("SELECT analyze_projects()")
    pipeline.done("push", "--changed")
    pipeline.connection.execute("DELETE FROM job_queue")
    pipeline.connection.execute("UPDATE push_state SET pushed_at = pushed_at - interval '2 hours'")
    pipeline.forget_audit()
    return pipeline


def two(pipeline):
    return [row.project_id for row in pipeline.rows("SELECT project_id FROM push_state WHERE update_id IS NOT NULL AND columns_shown->'days' <> 'null' ORDER BY 1 LIMIT 2")]


def cell(pipeline, project, column):
    return Client(pipeline.simulator).cell(project, column)["text"]


def test_the_nightly_comparison_finds_edits_and_deleted_comments(pushed):
    edited, cleared = two(pushed)
    before = cell(pushed, edited, RATING), cell(pushed, cleared, DAYS)
    pushed.simulator.control("PATCH", f"/items/{edited}", {"values": {RATING: "99.5"}})
    pushed.simulator.control("PATCH", f"/items/{cleared}", {"values": {DAYS: ""}})
    comment = pushed.value("SELECT update_id FROM push_state WHERE project_id = %s", [edited])
    Client(pushed.simulator).data("mutation($i:ID!){delete_update(id:$i){id}}", i=comment)
    pushed.done("rehydrate", "reconcile")
    due = pushed.rows("SELECT project_id, columns_changed, comment_changed FROM monday_push_due() ORDER BY 1")
    assert [tuple(vars(row).values()) for row in due] == [(edited, True, True), (cleared, True, False)]
    pushed.done("push", "--changed")
    assert (cell(pushed, edited, RATING), cell(pushed, cleared, DAYS)) == before
    assert len(pushed.simulator.control("GET", f"/items/{edited}")["updates"]) == 1
    pushed.connection.execute("UPDATE push_state SET pushed_at = pushed_at - interval '2 hours'")
    pushed.forget_audit()
    pushed.done("rehydrate", "reconcile")
    assert pushed.value("SELECT count(*) FROM monday_push_due()") == 0
    # The boards, three lists of ids, what changed a moment ago, a page of columns, a list of comments.
    assert pushed.audit()["calls"] <= 7


def test_an_edit_of_somebody_else_is_noticed_at_once_and_our_own_echo_is_not(pushed):
    edited, untouched = two(pushed)
    before = cell(pushed, edited, RATING)
    with pushed.poller() as poller:
        pushed.done("webhooks", "register", MONDAY_WEBHOOK_URL=f"{poller.url}/webhooks/monday", WEBHOOK_SECRET=SECRET)
        pushed.simulator.control("PATCH", f"/items/{edited}", {"values": {RATING: "1.5"}, "user_id": 7777})
        wait_until(lambda: cell(pushed, edited, RATING) == before, 30)
        pushed.simulator.control("POST", "/webhooks/flush")
        wait_until(lambda: pushed.value("SELECT count(*) = 0 FROM job_queue WHERE status IN ('queued', 'running')"), 30)
    assert pushed.value("SELECT count(*) FROM job_queue WHERE job_type = 'push_to_monday'") == 1
    assert pushed.value("SELECT columns_hash IS NOT NULL FROM push_state WHERE project_id = %s", [untouched])
