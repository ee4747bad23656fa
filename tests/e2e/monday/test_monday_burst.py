"""Many edits at once: what they cost in reads, analyses and pushes."""

import pytest

from monday_client import HIDDEN, PARENT
from pipeline import Pipeline, differences
from test_monday_push import check_effects


@pytest.fixture
def pipeline(database, start_simulator):
    """60 projects, read, analysed and written back."""
    account = start_simulator("monday", projects=60, clean=True)
    pipeline = Pipeline(database, account)
    pipeline.done("rehydrate", "full")
    database.execute("DELETE FROM job_queue")
    pipeline.done("analyze", "--all")
    pipeline.run_jobs(timeout=200)
    assert pipeline.value("SELECT count(*) FROM monday_push_due()") == 0
    database.execute("DELETE FROM job_queue")
    return pipeline


def items(pipeline, board, **query):
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return pipeline.simulator.control("GET", f"/items?board={board}&{text}")


def test_1000_edits_of_50_projects_end_in_50_analyses_and_50_pushes(pipeline):
    """Events that arrive before the work begins: each project is read, analysed and written once."""
    projects = [each["id"] for each in items(pipeline, PARENT, limit=50)]
    with pipeline.poller(POLLER_JOB_TYPES="cleanup") as intake:
        pipeline.done("webhooks", "register", MONDAY_WEBHOOK_URL=f"{intake.url}/webhooks/monday")
        for number in range(1000):
            fields = {"probability_percent": str((number // 50 * 7 + number) % 90 + 5)}
            pipeline.simulator.control("PATCH", f"/items/{projects[number % 50]}", {"fields": fields})
        pipeline.simulator.control("POST", "/webhooks/flush")
        assert pipeline.value("SELECT count(*) FROM webhook_events") == 1000
        assert pipeline.value("SELECT count(*) FROM job_queue") == 50
        pipeline.forget_audit()
        with pipeline.poller():
            pipeline.wait_for_jobs(200)

    done = {row.job_type: row.count for row in pipeline.rows("SELECT job_type, count(*) FROM job_queue GROUP BY 1")}
    assert done["rehydrate_and_analyze"] == 50
    assert done["analyze"] <= 50
    assert done.get("push_to_monday", 0) <= 50
    assert pipeline.value("SELECT count(*) FROM webhook_events WHERE status NOT IN ('processed', 'ignored')") == 0
    assert differences(pipeline.connection, pipeline.simulator) == []
    assert pipeline.value("SELECT count(*) FROM monday_push_due()") == 0
    check_effects(pipeline)


def test_edits_while_the_work_goes_on_cost_no_more_than_they_have_to(pipeline):
    """Every run of a project's analysis follows a read that found something new, and every push an analysis."""
    hidden = [each["id"] for each in items(pipeline, HIDDEN, state="active", limit=50)]
    with pipeline.poller() as poller:
        pipeline.done("webhooks", "register", MONDAY_WEBHOOK_URL=f"{poller.url}/webhooks/monday")
        pipeline.forget_audit()
        for number in range(300):
            fields = {"material_value": str(5000 + number * 17)}
            pipeline.simulator.control("PATCH", f"/items/{hidden[number % 50]}", {"fields": fields})
        pipeline.simulator.control("POST", "/webhooks/flush")
        pipeline.wait_for_jobs(200)
    done = {row.job_type: row.count for row in pipeline.rows("SELECT job_type, count(*) FROM job_queue GROUP BY 1")}
    assert done["rehydrate_and_analyze"] <= 300
    assert done["push_to_monday"] <= done["analyze"] <= done["rehydrate_and_analyze"], done
    assert differences(pipeline.connection, pipeline.simulator) == []
    assert pipeline.value("SELECT count(*) FROM monday_push_due()") == 0
    check_effects(pipeline)


def test_writing_back_exceeds_no_limit_of_the_smallest_plan(pipeline):
    pipeline.connection.execute("UPDATE analysis_results SET rating_score = 101 - rating_score")
    pipeline.simulator.control("PATCH", "/settings", {"plan": "free"})
    pipeline.forget_audit()
    pipeline.enqueue("monday_sync")
    pipeline.run_jobs(timeout=400)
    assert pipeline.value("SELECT count(*) FROM monday_push_due()") == 0
    assert pipeline.audit()["exceeded"] == {}
    check_effects(pipeline)
