"""The API shows a change seconds after its webhook: what was read too early is read again."""

import pytest

from monday_client import PARENT
from pipeline import Pipeline
from poller import SECRET, wait_until


@pytest.mark.parametrize("lag", [0, 7])
def test_an_edit_that_shows_late_is_read_when_it_shows(database, account, lag):
    account.control("DELETE", "/faults")
    account.control("PATCH", "/settings", {"plan": "enterprise", "latency_ms": 0, "lag_seconds": 0})
    account.control("POST", "/reset", {"projects": 10, "clean": True, "seed": 4})
    pipeline = Pipeline(database, account)
    pipeline.done("rehydrate", "full")
    pipeline.connection.execute("UPDATE job_queue SET run_at = 'infinity' WHERE status = 'queued'")
    account.control("POST", "/clock", {"advance": 60})
    account.control("PATCH", "/settings", {"lag_seconds": lag})
    project = account.control("GET", f"/items?board={PARENT}&limit=1")[0]["id"]
    with pipeline.poller() as poller:
        pipeline.done("webhooks", "register", MONDAY_WEBHOOK_URL=f"{poller.url}/webhooks/monday", WEBHOOK_SECRET=SECRET)
        pipeline.forget_audit()
        account.control("PATCH", f"/items/{project}", {"fields": {"probability_percent": "58"}})
        wait_until(lambda: pipeline.value("SELECT probability_percent = 58 FROM projects WHERE monday_id = %s", [project]), 40)
        wait_until(lambda: pipeline.value("SELECT count(*) = 0 FROM job_queue WHERE job_type = 'rehydrate_and_analyze' AND status IN ('queued', 'running')"), 30)
    reads = [call for call in pipeline.audit(calls=True)["call_list"] if call["name"] == "project_items"]
    assert len(reads) == 1 if lag == 0 else 2 <= len(reads) <= 4
    account.control("PATCH", "/settings", {"lag_seconds": 0})
