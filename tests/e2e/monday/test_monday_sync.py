"""The flows that read the boards: what they bring in equals the boards, whatever happens on the way."""


import pytest

from pipeline import Pipeline, differences, shown_on
from monday_client import HIDDEN, PARENT, SUBITEM
from poller import wait_until


def seeded(account, projects, **options):
    account.control("DELETE", "/faults")
    account.control("PATCH", "/settings", {"plan": "enterprise", "latency_ms": 0, "shuffled": False, "lag_seconds": 0})
    account.control("POST", "/reset", {"projects": projects, "clean": True, "seed": 1, **options})
    account.control("DELETE", "/audit")
    return account


@pytest.fixture
def pipeline(database, account):
    """60 projects that nobody has read yet."""
    return Pipeline(database, seeded(account, 60))


@pytest.fixture
def read(pipeline):
    """The same, read once."""
    pipeline.done("rehydrate", "full")
    pipeline.connection.execute("UPDATE job_queue SET run_at = 'infinity' WHERE status = 'queued'")
    pipeline.forget_audit()
    return pipeline


def items(simulator, board, **query):
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return simulator.control("GET", f"/items?board={board}&{text}")


def edit(simulator, item, **body):
    return simulator.control("PATCH", f"/items/{item}", body)


def act(simulator, item, action, **body):
    return simulator.control("POST", f"/items/{item}/{action}", body)


def create(simulator, board, name, parent=None, **fields):
    body = {"board_id": board, "name": name, "fields": fields} | ({"parent_id": parent} if parent else {})
    return simulator.control("POST", "/items", body)["id"]


def pass_time(simulator, seconds):
    simulator.control("POST", "/clock", {"advance": seconds})


# Everything -----------------------------------------------------------------------------------------------------------


def test_a_full_read_equals_the_boards(pipeline):
    output = pipeline.done("rehydrate", "full")
    assert differences(pipeline.connection, pipeline.simulator) == []
    assert [run.status for run in pipeline.runs()] == ["completed"] * 3
    assert [run.board_name for run in pipeline.runs()] == ["Quotes and Orders", "Subitems of Projects", "Projects"]
    assert "Quotes and Orders" in output and "completed" in output
    audit = pipeline.audit()
    assert sum(run.api_calls for run in pipeline.runs()) == audit["calls"] - 1, "the boards themselves were looked at once"
    assert sum(run.complexity_used for run in pipeline.runs()) > 0
    assert audit["mutations"] == 0


def test_reading_twice_changes_nothing(read):
    before = read.value("SELECT sum(xmin::text::bigint) FROM projects")
    read.done("rehydrate", "full")
    assert read.value("SELECT sum(xmin::text::bigint) FROM projects") == before
    assert {(run.items_created, run.items_updated) for run in read.runs()[3:]} == {(0, 0)}
    assert read.value("SELECT count(*) FROM job_queue WHERE run_at < 'infinity'") == 0


def test_pages_of_500_and_few_calls(database, account):
    pipeline = Pipeline(database, seeded(account, 1200))
    pipeline.done("rehydrate", "full", timeout=300)
    assert differences(pipeline.connection, account) == []
    sizes = [len(account.control("GET", f"/items?board={board}")) for board in (PARENT, SUBITEM, HIDDEN)]
    pages = sum(-(-size // 500) for size in sizes)
    assert pipeline.audit()["calls"] == pages + 1


def test_odd_values_are_refused_and_counted_and_their_neighbours_kept(database, account):
    pipeline = Pipeline(database, seeded(account, 60, clean=False))
    pipeline.done("rehydrate", "full")
    rejects = pipeline.rows("SELECT field, raw_value, reason, item_id FROM sync_reject")
    assert rejects and all(reject.reason for reject in rejects)
    assert sum(run.items_rejected for run in pipeline.runs()) == len(rejects)
    refused = {(place, reject.field) for reject in rejects for place in shown_on(database, reject.item_id)}
    others = [
        text for text in differences(pipeline.connection, account)
        if not any(f" {item} " in text and f" {field}:" in text for item, field in refused)
    ]
    assert others == []


def test_empty_boards(database, account):
    seeded(account, 1)
    pipeline = Pipeline(database, account)
    for board in (PARENT, HIDDEN):
        for item in items(account, board):
            act(account, item["id"], "delete")
    pipeline.done("rehydrate", "full")
    assert pipeline.value("SELECT count(*) FROM projects WHERE state = 'active'") == 0
    assert [run.status for run in pipeline.runs()] == ["completed"] * 3


# What changed ---------------------------------------------------------------------------------------------------------


def test_a_delta_reads_what_changed(read):
    simulator = read.simulator
    pass_time(simulator, 60)
    project, hidden = items(simulator, PARENT, limit=1)[0]["id"], items(simulator, HIDDEN, limit=1)[0]["id"]
    edit(simulator, project, name="17425 renamed", fields={"probability_percent": "37"})
    edit(simulator, hidden, fields={"material_value": "12345.67"})
    create(simulator, PARENT, "99999")
    read.done("rehydrate", "delta")
    assert differences(read.connection, simulator) == []
    # One page of each board, and a look at the boards.
    assert read.audit()["calls"] == 4


def test_the_high_water_mark_moves_with_the_rows(read):
    marks = "SELECT min(high_water_mark) FROM monday_board"
    before = read.value(marks)
    read.done("rehydrate", "delta")
    middle = read.value(marks)
    assert middle > before
    read.simulator.control("POST", "/faults", {"field": "items_page", "code": "InvalidArgumentException", "times": None})
    assert read.command("rehydrate", "delta").returncode == 1
    assert read.value(marks) == middle


def test_a_delta_of_a_board_that_was_never_read_reads_all_of_it(pipeline):
    pipeline.done("rehydrate", "delta")
    assert differences(pipeline.connection, pipeline.simulator) == []


def test_new_projects_are_analysed(read):
    new = create(read.simulator, PARENT, "99999")
    read.done("rehydrate", "delta")
    assert read.rows("SELECT job_type, project_id FROM job_queue WHERE run_at < 'infinity'")[0].project_id == new


def test_recent_sees_what_left_the_boards(read):
    simulator = read.simulator
    gone, archived, back = (item["id"] for item in items(simulator, PARENT, limit=3))
    act(simulator, back, "archive")
    read.done("rehydrate", back)
    act(simulator, gone, "delete")
    act(simulator, archived, "archive")
    act(simulator, back, "restore")
    subitem = items(simulator, SUBITEM, state="active", limit=1)[0]["id"]
    act(simulator, subitem, "delete")
    read.done("rehydrate", "recent")
    assert differences(read.connection, simulator) == []
    rows = read.rows("SELECT monday_id, state FROM projects WHERE monday_id = ANY (%s)", [[gone, archived, back]])
    assert {row.monday_id: row.state for row in rows} == {gone: "deleted", archived: "archived", back: "active"}


@pytest.mark.parametrize("command", [("rehydrate", "recent"), ("run-once", "rehydrate_recent")])
def test_recent_means_fourteen_days_as_a_command_and_as_a_job(read, command):
    simulator = read.simulator
    for days, item in zip((13, 5), items(simulator, PARENT, limit=2)):
        pass_time(simulator, -days * 86400)
        act(simulator, item["id"], "archive")
        pass_time(simulator, days * 86400)
    read.done(*command)
    assert differences(read.connection, simulator) == []


# Projects -------------------------------------------------------------------------------------------------------------


def test_a_project_takes_at_most_four_calls(read):
    simulator = read.simulator
    for project in items(simulator, PARENT, limit=5):
        edit(simulator, project["id"], fields={"probability_percent": "61"})
        read.forget_audit()
        read.done("rehydrate", project["id"])
        assert read.audit()["calls"] <= 4
    assert differences(read.connection, simulator) == []


def test_a_project_is_read_with_all_that_belongs_to_it(read):
    simulator = read.simulator
    project = create(simulator, PARENT, "88888", probability_percent="50")
    related = create(simulator, HIDDEN, "88888_25.01 - A", reason_for_change="New Enquiry", material_value="1000", area="10")
    create(simulator, HIDDEN, "88888_25.02 - B", reason_for_change="New Enquiry", material_value="500")
    create(simulator, SUBITEM, "odd name", project, hidden_item_id={"item_ids": [related]})
    create(simulator, SUBITEM, "88888_25.02 - B", project)
    read.forget_audit()
    read.done("rehydrate", project)
    assert read.audit()["calls"] <= 4, "by relation, and by name where there is none"
    assert differences(read.connection, simulator) == []


def test_a_subitem_that_moved_left_and_was_renamed(read):
    simulator = read.simulator
    first, second = (item["id"] for item in items(simulator, PARENT, limit=2))
    moved, deleted = (item["id"] for item in items(simulator, SUBITEM, parent=first, state="active", limit=2))
    act(simulator, moved, "move", parent_id=second)
    act(simulator, deleted, "archive")
    read.done("rehydrate", first, second)
    assert differences(read.connection, simulator) == []


def test_a_project_that_is_gone(read):
    simulator = read.simulator
    project = items(simulator, PARENT, limit=1)[0]["id"]
    act(simulator, project, "delete")
    read.done("rehydrate", project)
    assert read.value("SELECT state FROM projects WHERE monday_id = %s", [project]) == "deleted"


def test_a_hidden_item_that_was_renamed_or_deleted(read):
    simulator = read.simulator
    row = read.rows("SELECT parent_monday_id AS project, hidden_item_id AS hidden FROM subitems"
                    " WHERE hidden_item_id IS NOT NULL ORDER BY monday_id LIMIT 1")[0]
    edit(simulator, row.hidden, name="another name")
    read.done("rehydrate", row.project)
    assert differences(read.connection, simulator) == []
    act(simulator, row.hidden, "delete")
    read.done("rehydrate", row.project)
    assert differences(read.connection, simulator) == []


# Comparison -----------------------------------------------------------------------------------------------------------


def test_reconcile_repairs_everything_and_fetches_only_what_differs(read):
    simulator = read.simulator
    projects = [item["id"] for item in items(simulator, PARENT, limit=8)]
    subitems = [item["id"] for item in items(simulator, SUBITEM, state="active", limit=3)]
    pass_time(simulator, 5)
    edit(simulator, projects[0], fields={"probability_percent": "3"})
    act(simulator, projects[1], "delete")
    act(simulator, projects[2], "archive")
    act(simulator, subitems[0], "move", parent_id=projects[4])
    act(simulator, subitems[1], "delete")
    create(simulator, HIDDEN, "nobody asked")
    create(simulator, SUBITEM, "nobody asked", projects[5])
    # What the database says is wrong behind everybody's back.
    read.connection.execute("UPDATE projects SET state = 'deleted' WHERE monday_id = %s", [projects[6]])
    read.connection.execute("DELETE FROM subitems WHERE monday_id = %s", [subitems[2]])
    read.done("rehydrate", "reconcile")
    assert differences(read.connection, simulator) == []
    calls = read.audit(calls=True)["call_list"]
    assert sum(call["name"] == "items_by_id" for call in calls) == 3, "one for each board"


def test_reconcile_sees_the_second_change_of_a_second(read):
    """monday.com dates changes by the second: an item may change again within the second in which it was read."""
    simulator = read.simulator
    project = items(simulator, PARENT, limit=1)[0]["id"]
    moment = int(simulator.control("GET", "/health")["now"])
    edit(simulator, project, fields={"probability_percent": "41"}, updated_at=moment)
    read.done("rehydrate", project)
    edit(simulator, project, fields={"probability_percent": "42"}, updated_at=moment)
    read.done("rehydrate", "reconcile")
    assert differences(read.connection, simulator) == []


@pytest.mark.parametrize("flow", ["delta", "reconcile"])
def test_a_label_that_was_renamed_is_taken_over(read, flow):
    """No item says that it changed: it has the label's number, and the board has its text."""
    simulator = read.simulator
    for board, field, column, text in ((PARENT, "pipeline_stage", "status", "Lost"), (HIDDEN, "status", "status", "Won Closed"),
                                       (HIDDEN, "account", "dropdown_account", "Account 001")):
        labels = read.value("SELECT labels FROM monday_column WHERE board_id = %s AND field = %s", [board, field])
        (number,) = (int(id) for id, each in labels.items() if each == text)
        simulator.control("PATCH", f"/boards/{board}/columns/{column}", {"label": [number, f"{text}, renamed"]})
    read.done("rehydrate", flow)
    assert differences(read.connection, simulator) == []
    assert read.value("SELECT count(*) FROM projects WHERE pipeline_stage = 'Lost, renamed'") > 0
    read.forget_audit()
    read.done("rehydrate", "reconcile")
    calls = [call["name"] for call in read.audit(calls=True)["call_list"]]
    assert calls == ["board_settings", "board_index", "board_index", "board_index"], "once is enough"


# Errors on the way ----------------------------------------------------------------------------------------------------


def test_an_expired_cursor_begins_again_at_page_1(database, account):
    pipeline = Pipeline(database, seeded(account, 700))
    account.control("PATCH", "/settings", {"shuffled": True})
    account.control("POST", "/faults", {"field": "next_items_page", "code": "CursorException", "form": "old", "times": 1})
    pipeline.done("rehydrate", "full", timeout=300)
    assert differences(database, account) == []
    assert all(run.status == "completed" for run in pipeline.runs())


@pytest.mark.parametrize("form", ["new", "old", "strings"])
@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "API_TEMPORARILY_BLOCKED", "MINUTE_RATE_LIMIT_EXCEEDED",
                                  "FIELD_LIMIT_EXCEEDED", "complexityBudgetExhausted", "LOCKED"])
def test_what_passes_is_waited_for(pipeline, code, form):
    order = {"field": "items_page", "code": code, "form": form, "times": 1, "retry_in": 1, "retry_after": True}
    pipeline.simulator.control("POST", "/faults", order)
    pipeline.done("rehydrate", "full")
    assert differences(pipeline.connection, pipeline.simulator) == []
    assert all(run.status == "completed" for run in pipeline.runs())


@pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "drop", "when": "after"}, {"kind": "raw", "http": 502, "body": "<html>"},
                                   {"kind": "raw", "http": 200, "body": "{\"data\":"}])
def test_broken_answers_are_asked_for_again(pipeline, fault):
    pipeline.simulator.control("POST", "/faults", {"field": "items_page", "times": 1, **fault})
    pipeline.done("rehydrate", "full")
    assert differences(pipeline.connection, pipeline.simulator) == []


def test_a_permanent_error_fails_the_run_of_its_board_alone(pipeline):
    pipeline.simulator.control("PATCH", f"/boards/{SUBITEM}", {"state": "archived"})
    result = pipeline.command("rehydrate", "full")
    assert result.returncode == 1 and SUBITEM in result.stderr
    by_board = {run.board_name: run for run in pipeline.runs()}
    assert by_board["Subitems of Projects"].status == "failed"
    assert SUBITEM in by_board["Subitems of Projects"].error_message
    assert by_board["Projects"].status == by_board["Quotes and Orders"].status == "completed"
    assert pipeline.value("SELECT count(*) FROM subitems WHERE state = 'deleted'") == 0


def test_a_token_that_is_revoked_on_the_way(database, account):
    pipeline = Pipeline(database, seeded(account, 700))
    account.control("POST", "/tokens", {"secret": "short-lived", "calls_left": 4})
    result = pipeline.command("rehydrate", "full", MONDAY_API_KEY="short-lived", timeout=300)
    assert result.returncode == 1
    assert "Not Authenticated" in result.stderr and "short-lived" not in result.stderr
    assert [run.status for run in pipeline.runs()].count("failed") == 1
    assert "completed" not in {run.status for run in pipeline.runs() if run.board_name == "Projects"}
    assert pipeline.value("SELECT count(*) FROM sync_log WHERE status = 'running'") == 0


def test_a_wrong_token_is_told_and_stops_everybody_who_has_it(pipeline):
    result = pipeline.command("rehydrate", "full", MONDAY_API_KEY="wrong")
    assert result.returncode == 1 and "Not Authenticated: the token of MONDAY_API_KEY is not accepted" in result.stderr
    job = pipeline.enqueue("reconcile")
    calls = pipeline.audit()["calls"]
    pipeline.run_jobs("reconcile", MONDAY_API_KEY="wrong")
    assert pipeline.audit()["calls"] == calls
    (state,) = pipeline.rows("SELECT status, run_at > now() + interval '3 minutes' AS is_late, detail FROM job_queue WHERE id = %s", [job])
    assert state.status == "queued" and state.is_late and "the token of MONDAY_API_KEY is not accepted" in state.detail
    # The right one is not kept waiting.
    pipeline.done("rehydrate", "full", timeout=60)


def test_without_a_token_the_setting_is_named(pipeline):
    result = pipeline.command("rehydrate", "full", MONDAY_API_KEY=None)
    assert result.returncode == 2 and "MONDAY_API_KEY" in result.stderr


def test_another_version_of_the_api_is_not_believed(pipeline):
    result = pipeline.command("rehydrate", "full", MONDAY_API_VERSION="2024-10")
    assert result.returncode == 1 and "2024-10" in result.stderr and "MONDAY_API_VERSION" in result.stderr
    assert pipeline.value("SELECT count(*) FROM projects") == 0


def test_a_board_that_the_token_may_not_read(pipeline):
    pipeline.simulator.control("POST", "/tokens", {"secret": "narrow", "boards": [PARENT, SUBITEM]})
    result = pipeline.command("rehydrate", "full", MONDAY_API_KEY="narrow")
    assert result.returncode == 1 and HIDDEN in result.stderr
    assert pipeline.value("SELECT count(*) FROM hidden_items WHERE state = 'deleted'") == 0


def test_a_mapped_column_that_is_gone_is_an_error_and_the_rest_is_read(read):
    read.simulator.control("DELETE", f"/boards/{PARENT}/columns/status_type")
    project = create(read.simulator, PARENT, "77777", probability_percent="12")
    result = read.command("rehydrate", "delta")
    assert result.returncode == 1 and "status_type" in result.stderr
    run = read.runs()[-1]
    assert (run.status, run.board_name) == ("failed", "Projects") and "type" in run.error_message
    assert read.value("SELECT probability_percent FROM projects WHERE monday_id = %s", [project]) == 12


def test_no_limit_of_the_smallest_plan_is_exceeded(database, account):
    pipeline = Pipeline(database, seeded(account, 1000))
    account.control("PATCH", "/settings", {"plan": "free"})
    pipeline.done("rehydrate", "full", timeout=600)
    assert differences(database, account) == []
    assert pipeline.audit()["exceeded"] == {}


def test_a_spent_day_is_waited_for_by_the_job(pipeline):
    pipeline.simulator.control("PATCH", "/settings", {"plan": "free", "limits": {"daily": 2}})
    job = pipeline.enqueue("rehydrate_full")
    with pipeline.poller() as poller:
        poller.wait_for_log("Daily limit exceeded")
        wait_until(lambda: pipeline.value("SELECT status FROM job_queue WHERE id = %s", [job]) == "queued")
    row = pipeline.rows("SELECT * FROM job_queue WHERE id = %s", [job])[0]
    assert row.attempts == 0 and "Daily limit" in row.detail
    assert pipeline.value("SELECT count(*) FROM sync_log WHERE status = 'running'") == 0


# As jobs --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("job_type", ["rehydrate_full", "rehydrate_delta", "rehydrate_recent", "reconcile"])
def test_every_flow_runs_as_a_job(pipeline, job_type):
    job = pipeline.enqueue(job_type)
    pipeline.run_jobs(job_type, "analyze")
    row = pipeline.rows("SELECT * FROM job_queue WHERE id = %s", [job])[0]
    assert row.status == "completed", row.detail
    assert differences(pipeline.connection, pipeline.simulator) == []
    # What came in was analysed, and is on its way to the items.
    assert pipeline.value("SELECT count(*) FROM analysis_results") == pipeline.value("SELECT count(*) FROM projects WHERE state = 'active'")


def test_a_poller_that_is_killed_leaves_no_success_behind(database, account):
    pipeline = Pipeline(database, seeded(account, 700))
    account.control("PATCH", "/settings", {"latency_ms": 300})
    job = pipeline.enqueue("rehydrate_full")
    with pipeline.poller(POLLER_LEASE_SECONDS=3) as poller:
        wait_until(lambda: pipeline.value("SELECT count(*) FROM hidden_items"))
        poller.kill()
    assert {run.status for run in pipeline.runs()} == {"running"}
    account.control("PATCH", "/settings", {"latency_ms": 0})
    pipeline.run_jobs("rehydrate_full", timeout=120, POLLER_LEASE_SECONDS=3)
    assert pipeline.value("SELECT status FROM job_queue WHERE id = %s", [job]) == "completed"
    assert differences(database, account) == []


def test_names_that_are_hard_to_store(read):
    simulator = read.simulator
    names = ["a\x00b", "half \ud83d pair".encode("utf-8", "surrogatepass").decode("utf-8", "replace"), "x" * 255, "<b>&amp;</b>", "'; DROP TABLE projects; --"]
    ids = [create(simulator, PARENT, name) for name in names]
    read.done("rehydrate", "delta")
    assert read.value("SELECT count(*) FROM projects WHERE monday_id = ANY (%s)", [ids]) == len(ids)
    assert read.value("SELECT item_name FROM projects WHERE monday_id = %s", [ids[0]]) == "a\ufffdb"


# Slow and wide boards -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [{"kind": "raw", "http": 504, "body": "<html>"}, {"kind": "drop"},
                                   {"code": "ComplexityException", "extensions": {"complexity": 6_000_000, "maxComplexity": 5_000_000}},
                                   {"code": "FIELD_MINUTE_RATE_LIMIT_EXCEEDED", "retry_in": 0}],
                         ids=["gateway", "dropped", "complexity", "formulas"])
def test_a_board_that_is_too_wide_for_large_pages_is_read_in_smaller_ones(database, account, fault):
    pipeline = Pipeline(database, seeded(account, 130))
    account.control("POST", "/faults", {"operation": "query", "field": "column_values", "larger_than": 100, "times": None, **fault})
    pipeline.done("rehydrate", "full", timeout=300)
    assert differences(database, account) == []
    sizes = {row.name: row.page_size for row in pipeline.rows("SELECT name, page_size FROM monday_board")}
    assert sizes["Projects"] == 100
    pipeline.forget_audit()
    pipeline.done("rehydrate", "delta")
    assert all(call["fault"] is None for call in pipeline.audit(calls=True)["call_list"]), "what is too large is remembered"
    account.control("DELETE", "/faults")
    pipeline.done("rehydrate", "full", timeout=300)
    assert pipeline.value("SELECT page_size FROM monday_board WHERE name = 'Projects'") == 250, "and tried again with time"


def test_a_limit_of_one_board_does_not_keep_the_others_from_being_read(pipeline):
    order = {"field": "items_page", "code": "FIELD_LIMIT_EXCEEDED", "retry_in": 3600, "times": 1}
    pipeline.simulator.control("POST", "/faults", order)
    result = pipeline.command("rehydrate", "full")
    assert result.returncode == 1 and "FIELD_LIMIT_EXCEEDED" in result.stderr
    assert [run.status for run in pipeline.runs()] == ["failed", "completed", "completed"]


# Edits that come together ---------------------------------------------------------------------------------------------


def test_edits_of_twenty_items_are_read_with_three_calls(read):
    projects = [item["id"] for item in items(read.simulator, PARENT, limit=20)]
    for project in projects:
        edit(read.simulator, project, fields={"probability_percent": "73"})
        read.enqueue("rehydrate_and_analyze", project)
    read.run_jobs("rehydrate_and_analyze")
    assert differences(read.connection, read.simulator) == []
    # One for the projects, one for each hundred of their subitems and of the hidden items behind those.
    assert read.audit()["calls"] <= 3
    assert read.value("SELECT count(*) FROM sync_log WHERE sync_type = 'rehydrate_and_analyze'") == 1


def test_a_project_that_cannot_be_stored_does_not_hold_up_its_neighbours(read):
    bad, *good = [item["id"] for item in items(read.simulator, PARENT, limit=5)]
    read.connection.execute(f"ALTER TABLE projects ADD CONSTRAINT no_bad CHECK (monday_id <> '{bad}' OR probability_percent <> 74) NOT VALID")
    for project in (bad, *good):
        edit(read.simulator, project, fields={"probability_percent": "74"})
        read.enqueue("rehydrate_and_analyze", project)
    read.run_jobs("rehydrate_and_analyze")
    failed = read.rows("SELECT project_id FROM job_queue WHERE job_type = 'rehydrate_and_analyze' AND status = 'failed'")
    assert [row.project_id for row in failed] == [bad]
    assert read.value("SELECT count(*) FROM projects WHERE probability_percent = 74") == len(good)
