"""From an edit on a board to the new numbers on its item: webhook, read, analysis, push; and from the numbers no echo."""

import pytest

from monday_client import HIDDEN, PARENT, SUBITEM
from pipeline import Pipeline, differences
from poller import SECRET, wait_until
from test_monday_push import check_effects, is_shown

EVENTS = {PARENT: 13, HIDDEN: 6}


@pytest.fixture
def pipeline(database, account):
    """60 projects: read, analysed, written back, webhooks registered, a poller that serves."""
    account.control("DELETE", "/faults")
    account.control("PATCH", "/settings", {"plan": "enterprise", "latency_ms": 0, "lag_seconds": 0,
                                           "webhooks": {"loss": 0, "duplicates": 0, "spread_ms": 0, "lose_next": 0, "bad_jwt": None}})
    account.control("POST", "/reset", {"projects": 60, "clean": True, "seed": 1})
    pipeline = Pipeline(database, account)
    pipeline.done("rehydrate", "full")
    pipeline.connection.execute("DELETE FROM job_queue")
    pipeline.done("analyze", "--all")
    with pipeline.poller() as poller:
        pipeline.server = poller
        pipeline.settings["MONDAY_WEBHOOK_URL"] = f"{poller.url}/webhooks/monday"
        pipeline.done("webhooks", "register")
        pipeline.wait_for_jobs(120)
        pipeline.forget_audit()
        yield pipeline


def items(pipeline, board, **query):
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return pipeline.simulator.control("GET", f"/items?board={board}&{text}")


def settled(pipeline, timeout=60):
    """Every event delivered, every job done."""
    pipeline.simulator.control("POST", "/webhooks/flush")
    pipeline.wait_for_jobs(timeout)


def is_current(pipeline):
    return differences(pipeline.connection, pipeline.simulator) == [] and pipeline.value("SELECT count(*) FROM monday_push_due()") == 0


# Registration ---------------------------------------------------------------------------------------------------------


def subscriptions(pipeline):
    return pipeline.simulator.control("GET", "/webhooks")["subscriptions"]


def test_every_event_is_subscribed_to_once_however_often(pipeline):
    assert len(subscriptions(pipeline)) == sum(EVENTS.values())
    assert all(each["url"].endswith(f"?token={SECRET}") for each in subscriptions(pipeline))
    output = pipeline.done("webhooks", "register")
    assert output.count("unchanged") == sum(EVENTS.values())
    assert len(subscriptions(pipeline)) == sum(EVENTS.values())
    assert pipeline.done("webhooks", "list").count("active") == sum(EVENTS.values())


def test_a_new_address_replaces_the_old_one(pipeline):
    url = pipeline.settings["MONDAY_WEBHOOK_URL"]
    pipeline.done("webhooks", "register", MONDAY_WEBHOOK_URL=url.replace("127.0.0.1", "localhost"))
    found = subscriptions(pipeline)
    assert len(found) == sum(EVENTS.values()) and all("localhost" in each["url"] for each in found)


def test_what_was_deleted_at_monday_is_made_again(pipeline):
    pipeline.connection.execute("UPDATE monday_webhook SET webhook_id = '999' || webhook_id WHERE event = 'change_name'")
    result = pipeline.command("webhooks", "list")
    assert result.returncode == 1 and result.stdout.count("gone") == 2
    assert pipeline.done("webhooks", "register").count("created") == 2


def test_all_are_deleted(pipeline):
    output = pipeline.done("webhooks", "delete").splitlines()
    assert len(output) == sum(EVENTS.values()) and all(line.rstrip().endswith(" deleted") for line in output)
    assert subscriptions(pipeline) == [] and pipeline.value("SELECT count(*) FROM monday_webhook") == 0


def test_an_address_that_does_not_answer_is_told(pipeline):
    pipeline.done("webhooks", "delete")
    result = pipeline.command("webhooks", "register", MONDAY_WEBHOOK_URL="http://127.0.0.1:9/webhooks/monday")
    assert result.returncode == 1 and "refused" in result.stdout
    assert pipeline.value("SELECT count(*) FROM monday_webhook") == 0


# The chain ------------------------------------------------------------------------------------------------------------


def test_an_edit_of_a_hidden_item_arrives_on_the_project(pipeline):
    row = pipeline.rows("SELECT parent_monday_id AS project, hidden_item_id AS hidden FROM subitems"
                        " WHERE hidden_item_id IS NOT NULL AND state = 'active' ORDER BY monday_id LIMIT 1")[0]
    pipeline.simulator.control("PATCH", f"/items/{row.hidden}", {"fields": {"material_value": "98765.43"}})
    settled(pipeline)
    assert is_current(pipeline) and is_shown(pipeline, row.project)
    check_effects(pipeline)
    events = pipeline.rows("SELECT * FROM webhook_events")
    assert {event.status for event in events} <= {"processed", "ignored"}


def test_the_pipelines_own_writes_start_nothing(pipeline):
    project = items(pipeline, PARENT, limit=1)[0]["id"]
    pipeline.simulator.control("PATCH", f"/items/{project}", {"fields": {"probability_percent": "77"}})
    settled(pipeline)
    ignored = pipeline.value("SELECT count(*) FROM webhook_events WHERE status = 'ignored'")
    pipeline.connection.execute("UPDATE analysis_results SET rating_score = 101 - rating_score WHERE project_id = %s", [project])
    done = pipeline.value("SELECT count(*) FROM job_queue")
    pipeline.done("push", project)
    settled(pipeline)
    assert pipeline.value("SELECT count(*) FROM webhook_events WHERE status = 'ignored'") > ignored
    assert pipeline.value("SELECT count(*) FROM job_queue") == done


def test_new_items_deletes_archives_moves_and_renames(pipeline):
    simulator = pipeline.simulator
    first, second, third = (each["id"] for each in items(pipeline, PARENT, limit=3))
    moved = items(pipeline, SUBITEM, parent=first, state="active", limit=1)[0]["id"]
    new = simulator.control("POST", "/items", {"board_id": PARENT, "name": "55555", "fields": {"probability_percent": "40"}})["id"]
    simulator.control("POST", "/items", {"board_id": SUBITEM, "parent_id": new, "name": "55555_25.01 - A"})
    simulator.control("POST", "/items", {"board_id": HIDDEN, "name": "55555_25.01 - A",
                                         "fields": {"reason_for_change": "New Enquiry", "material_value": "1000"}})
    simulator.control("POST", f"/items/{moved}/move", {"parent_id": second})
    simulator.control("POST", f"/items/{third}/archive")
    simulator.control("PATCH", f"/items/{first}", {"name": "renamed"})
    settled(pipeline)
    assert differences(pipeline.connection, simulator) == []
    assert is_shown(pipeline, new)
    simulator.control("POST", f"/items/{third}/restore")
    simulator.control("POST", f"/items/{new}/delete")
    settled(pipeline)
    assert differences(pipeline.connection, simulator) == []
    check_effects(pipeline)


def test_a_burst_is_coalesced(pipeline):
    projects = [each["id"] for each in items(pipeline, PARENT, limit=10)]
    pipeline.connection.execute("DELETE FROM job_queue")
    for value in range(200):
        pipeline.simulator.control("PATCH", f"/items/{projects[value % 10]}", {"fields": {"probability_percent": str(value % 97)}})
    settled(pipeline, 120)
    assert is_current(pipeline)
    counts = {row.job_type: row.count for row in pipeline.rows("SELECT job_type, count(*) FROM job_queue GROUP BY 1")}
    assert counts["rehydrate_and_analyze"] < 100, counts
    check_effects(pipeline)


def test_duplicates_disorder_and_loss_are_repaired_by_the_comparison(pipeline):
    simulator = pipeline.simulator
    simulator.control("PATCH", "/settings", {"webhooks": {"loss": 0.3, "duplicates": 0.5, "spread_ms": 200}})
    found = items(pipeline, HIDDEN, state="active", limit=20)
    for number, each in enumerate(found):
        if number % 5 == 4:
            simulator.control("POST", f"/items/{each['id']}/delete")
        else:
            simulator.control("PATCH", f"/items/{each['id']}", {"fields": {"material_value": str(1000 + number)}})
    settled(pipeline)
    pipeline.enqueue("reconcile")
    settled(pipeline)
    assert is_current(pipeline)
    check_effects(pipeline)


def test_a_poller_that_dies_between_the_steps(pipeline):
    """Each step was enqueued with the data it depends on: another poller goes on."""
    project = items(pipeline, PARENT, limit=1)[0]["id"]
    pipeline.simulator.control("PATCH", "/settings", {"latency_ms": 150})
    pipeline.simulator.control("PATCH", f"/items/{project}", {"fields": {"pipeline_stage": {"label": "Lost"}}})
    pipeline.simulator.control("POST", "/webhooks/flush")
    wait_until(lambda: pipeline.value("SELECT count(*) FROM job_queue WHERE status = 'running'"), 20)
    pipeline.server.kill()
    pipeline.connection.execute("UPDATE job_queue_running SET lease_until = now() - interval '1 s'")
    with pipeline.poller():
        settled(pipeline)
        assert is_current(pipeline) and is_shown(pipeline, project)
    check_effects(pipeline)
