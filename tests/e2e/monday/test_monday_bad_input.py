"""Boards as people leave them: a clear error or a counted refusal, never a wrong number, never a lost neighbour."""

import pytest

from monday_client import HIDDEN, PARENT, SUBITEM
from pipeline import Pipeline, differences, shown_on
from poller import wait_until
from webhooks import event


@pytest.fixture
def pipeline(database, account):
    """20 projects, read once."""
    account.control("DELETE", "/faults")
    account.control("POST", "/reset", {"projects": 20, "clean": True, "seed": 1})
    pipeline = Pipeline(database, account)
    pipeline.done("rehydrate", "full")
    return pipeline


def items(pipeline, board, **query):
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return pipeline.simulator.control("GET", f"/items?board={board}&{text}")


def edit(pipeline, item, **body):
    return pipeline.simulator.control("PATCH", f"/items/{item}", body)


def neighbours(pipeline, item):
    """What differs elsewhere than on this item, and where its fields are shown."""
    places = shown_on(pipeline.connection, item)
    return [text for text in differences(pipeline.connection, pipeline.simulator) if text.split()[1] not in places]


def test_a_name_of_10_kb_is_stored_as_it_is(pipeline):
    project = items(pipeline, PARENT, limit=1)[0]["id"]
    edit(pipeline, project, name="17425 " + "ß" * 5000)
    pipeline.done("rehydrate", "delta")
    assert differences(pipeline.connection, pipeline.simulator) == []
    pipeline.done("rehydrate", project)
    pipeline.done("analyze", project)


NUMBERS = ["1e400", "99999999999999999999999999", "9" * 4000, "-0x1F", "NaN", "Infinity", "(500)", "12%", "1.2k", "1,2,3,4", "१२३"]


@pytest.mark.parametrize("text", NUMBERS, ids=lambda text: text[:12])
def test_a_number_that_is_none_or_too_large_is_refused_and_counted(pipeline, text):
    item = next(each["id"] for each in items(pipeline, HIDDEN, state="active") if each["fields"].get("volume_m3"))
    edit(pipeline, item, raw={"text_volume": text}, fields={"fall": "still read"})
    pipeline.done("rehydrate", "delta")
    (row,) = pipeline.rows("SELECT volume_m3, fall FROM hidden_items WHERE monday_id = %s", [item])
    assert row.volume_m3 is None and row.fall == "still read"
    (reject,) = pipeline.rows("SELECT * FROM sync_reject WHERE item_id = %s", [item])
    assert reject.field == "volume_m3" and reject.reason and text.startswith(reject.raw_value[:50])
    assert pipeline.value("SELECT sum(items_rejected) FROM sync_log") == 1
    assert neighbours(pipeline, item) == []


@pytest.mark.parametrize("text", ["25/12/2026", "2026-02-30", "next week", "12/13/2026", "2026-1", "99999-01-01"])
def test_a_date_in_another_format_is_refused_and_counted(pipeline, text):
    item = items(pipeline, HIDDEN, state="active", limit=1)[0]["id"]
    edit(pipeline, item, raw={"text_requested": text})
    pipeline.done("rehydrate", "delta")
    assert pipeline.value("SELECT requested_delivery_date FROM hidden_items WHERE monday_id = %s", [item]) is None
    (reject,) = pipeline.rows("SELECT field, raw_value FROM sync_reject WHERE item_id = %s", [item])
    assert (reject.field, reject.raw_value) == ("requested_delivery_date", text)
    assert neighbours(pipeline, item) == []


def test_a_negative_enquiry_value_is_stored_and_fails_its_analysis_at_once(pipeline):
    """A credit note is no enquiry, and to try again helps nobody: the sum is exact, the project says why it is not analysed."""
    parts = pipeline.rows("SELECT DISTINCT ON (parent_monday_id) parent_monday_id AS project, hidden_item_id AS hidden FROM subitems"
                          " WHERE reason_for_change = 'New Enquiry' AND quote_amount > 0 AND state = 'active' ORDER BY 1, monday_id")
    credited, neighbour = parts[:2]
    pipeline.connection.execute("DELETE FROM job_queue")
    edit(pipeline, credited.hidden, fields={"material_value": "-9999999.99", "transport_cost": "0"})
    edit(pipeline, neighbour.hidden, fields={"material_value": "1234.56"})
    pipeline.done("rehydrate", "delta")
    assert differences(pipeline.connection, pipeline.simulator) == []
    assert pipeline.value("SELECT new_enquiry_value < 0 FROM projects WHERE monday_id = %s", [credited.project])

    def analyses():
        return {row.project_id: (row.status, row.attempts) for row in pipeline.rows("SELECT * FROM job_queue WHERE job_type = 'analyze'")}

    def finding():
        return pipeline.value("SELECT finding FROM project_lineage WHERE project_id = %s", [credited.project])

    pipeline.run_jobs("analyze")
    assert analyses() == {credited.project: ("failed", 1), neighbour.project: ("completed", 1)}
    assert finding().startswith(f'Job analyze failed: new_enquiry_value of project "{credited.project}" is negative')

    # Nobody else is kept waiting, and it is not tried again until it changes.
    pipeline.enqueue("analyze")
    pipeline.done("rehydrate", "reconcile")
    pipeline.run_jobs("analyze")
    assert analyses() == {credited.project: ("failed", 1), neighbour.project: ("completed", 1), None: ("completed", 1)}
    assert pipeline.value("SELECT count(*) FROM analysis_results WHERE project_id <> %s", [credited.project]) == \
        pipeline.value("SELECT count(*) FROM projects WHERE state = 'active'") - 1

    edit(pipeline, credited.hidden, fields={"material_value": "500"})
    pipeline.done("rehydrate", "delta")
    pipeline.run_jobs("analyze")
    assert not (finding() or "").startswith("Job analyze failed")


def test_a_column_whose_title_changed_is_still_read(pipeline):
    pipeline.simulator.control("PATCH", f"/boards/{HIDDEN}/columns/numeric_material", {"title": "Something else"})
    item = items(pipeline, HIDDEN, state="active", limit=1)[0]["id"]
    edit(pipeline, item, fields={"material_value": "4321"})
    pipeline.done("rehydrate", "delta")
    assert differences(pipeline.connection, pipeline.simulator) == []


def test_an_event_of_an_unknown_board_harms_nobody(pipeline):
    import urllib.request

    from poller import SECRET

    with pipeline.poller() as poller:
        url = f"{poller.url}/webhooks/monday?token={SECRET}"
        request = urllib.request.Request(url, event(boardId=1, pulseId=2), {"Content-Type": "application/json"})
        assert urllib.request.urlopen(request, timeout=10).status == 202
        pipeline.wait_for_jobs(60)
        wait_until(lambda: pipeline.value("SELECT status <> 'pending' FROM webhook_events"), 70)
    assert pipeline.value("SELECT count(*) FROM job_queue WHERE status = 'failed'") == 0
    assert differences(pipeline.connection, pipeline.simulator) == []


def test_an_item_that_moved_to_an_unknown_board_is_deleted_here(pipeline):
    """Asked for by its id it answers from a board that nobody configured."""
    pipeline.simulator.control("POST", "/boards", {"id": 4100000099, "name": "Elsewhere", "role": None, "columns": []})
    new = pipeline.simulator.control("POST", "/items", {"board_id": 4100000099, "name": "not ours"})["id"]
    result = pipeline.command("rehydrate", new)
    assert pipeline.value("SELECT count(*) FROM projects WHERE monday_id = %s AND state = 'active'", [new]) == 0
    assert result.returncode in (0, 1)
    assert differences(pipeline.connection, pipeline.simulator) == []


def test_boards_that_are_not_there_are_named_when_they_are_imported_and_checked(pipeline):
    pipeline.simulator.control("PATCH", f"/boards/{SUBITEM}", {"state": "deleted"})
    result = pipeline.command("boards", "check")
    assert result.returncode == 1 and SUBITEM in result.stdout + result.stderr
