"""Answers that do not tell everything: what failed in them, or what the token may not see, is unknown and stays as it is."""

import pytest

from monday_client import HIDDEN, PARENT, SUBITEM
from pipeline import Pipeline, differences

NARROW = {"MONDAY_API_KEY": "narrow"}


@pytest.fixture
def read(database, account):
    """25 projects that were read once."""
    account.control("DELETE", "/faults")
    account.control("PATCH", "/settings", {"plan": "enterprise", "latency_ms": 0, "lag_seconds": 0})
    account.control("POST", "/reset", {"projects": 25, "clean": True, "seed": 3})
    pipeline = Pipeline(database, account)
    pipeline.done("rehydrate", "full")
    pipeline.connection.execute("UPDATE job_queue SET run_at = 'infinity' WHERE status = 'queued'")
    pipeline.forget_audit()
    return pipeline


def fail_at(pipeline, *path, **order):
    order = {"kind": "partial", "code": "tooManyRequests", "path": list(path), "times": None, "retry_in": 0} | order
    pipeline.simulator.control("POST", "/faults", order)


def everything(pipeline):
    """All rows that come from boards, but for when they were looked at."""
    query = "SELECT to_jsonb(t) - '{last_synced_at,updated_at}'::text[] AS row FROM %s t ORDER BY monday_id"
    return {table: [each.row for each in pipeline.rows(query % table)] for table in ("projects", "subitems", "hidden_items")}


def mapped_columns(pipeline, board):
    """(field, place among the columns of an answer) of what is read of a board."""
    columns = pipeline.rows("SELECT column_id, field FROM monday_column WHERE board_id = %s AND NOT writable", [board])
    fields = {column.column_id: column.field for column in columns}
    place = 0
    for board_state in pipeline.simulator.control("GET", f"/state?board={board}")["boards"]:
        for column in board_state["columns"]:
            if column["id"] in fields:
                yield fields[column["id"]], place
                place += 1


def versions(pipeline):
    return pipeline.value("SELECT count(*) FROM project_history")


# Errors beside data ---------------------------------------------------------------------------------------------------


def test_a_cell_that_failed_keeps_its_value_at_every_flow(read):
    before, kept = everything(read), versions(read)
    project = before["projects"][0]["monday_id"]
    for field, place in list(mapped_columns(read, PARENT))[::6]:
        read.simulator.control("DELETE", "/faults")
        fail_at(read, "items", 0, "column_values", place, code="InvalidColumnIdException")
        fail_at(read, "boards", 0, "items_page", "items", 0, "column_values", place, code="InvalidColumnIdException")
        assert read.command("rehydrate", project).returncode == 1, field
        assert read.command("rehydrate", "delta").returncode == 1, field
        assert everything(read) == before, field
    assert versions(read) == kept
    read.simulator.control("DELETE", "/faults")
    read.done("rehydrate", "delta")
    assert differences(read.connection, read.simulator) == []


@pytest.mark.parametrize("member", ["state", "name", "updated_at", "board", "parent_item"])
def test_an_item_of_which_something_failed_is_left_as_it_is(read, member):
    project = read.value("SELECT monday_id FROM projects ORDER BY monday_id LIMIT 1")
    read.simulator.control("POST", f"/items/{project}/archive")
    read.done("rehydrate", project)
    before = everything(read)
    fail_at(read, "items", 0, member, code="InvalidArgumentException")
    assert read.command("rehydrate", project).returncode == 1
    assert everything(read)["projects"] == before["projects"]
    read.simulator.control("DELETE", "/faults")
    read.done("rehydrate", project)
    assert differences(read.connection, read.simulator) == []


@pytest.mark.parametrize("path", [("subitems",), ("subitems", 0), ("subitems", 0, "id")])
def test_a_list_of_subitems_that_failed_deletes_none(read, path):
    project = read.value("SELECT parent_monday_id FROM subitems GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1")
    before = everything(read)
    fail_at(read, "items", 0, *path, code="InvalidArgumentException")
    assert read.command("rehydrate", project).returncode == 1
    assert everything(read) == before


@pytest.mark.parametrize("path", [("items_page", "cursor"), ("items_page", "items", 0), ("items_page",)])
def test_a_page_that_failed_in_part_deletes_nothing_and_moves_no_mark(read, path):
    before, marks = everything(read), "SELECT board_id, high_water_mark FROM monday_board ORDER BY 1"
    marked = read.rows(marks)
    fail_at(read, "boards", 0, *path, code="InvalidArgumentException")
    for flow in ("full", "delta"):
        assert read.command("rehydrate", flow).returncode == 1
    assert everything(read) == before and read.rows(marks) == marked


def test_a_cell_that_failed_for_a_moment_is_read_again_by_its_job(read):
    project = read.value("SELECT monday_id FROM projects ORDER BY monday_id LIMIT 1")
    read.simulator.control("PATCH", f"/items/{project}", {"fields": {"probability_percent": "44"}})
    fail_at(read, "items", 0, "column_values", 0, code="INTERNAL_SERVER_ERROR", times=6)
    job = read.enqueue("rehydrate_and_analyze", project)
    read.run_jobs("rehydrate_and_analyze")
    assert read.value("SELECT status FROM job_queue WHERE id = %s", [job]) == "completed"
    assert differences(read.connection, read.simulator) == []


# What the token may not see -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [PARENT, SUBITEM, HIDDEN])
def test_items_of_a_board_that_the_token_lost_are_kept(read, lost):
    before, kept = everything(read), versions(read)
    read.simulator.control("POST", "/tokens", {"secret": "narrow", "boards": [id for id in (PARENT, SUBITEM, HIDDEN) if id != lost]})
    project = read.value("SELECT parent_monday_id FROM subitems WHERE hidden_item_id IS NOT NULL ORDER BY 1 LIMIT 1")
    result = read.command("rehydrate", project, **NARROW)
    assert result.returncode == 1 and lost in result.stderr and "may not read it" in result.stderr
    for flow in ("recent", "full"):
        result = read.command("rehydrate", flow, **NARROW)
        assert result.returncode == 1 and lost in result.stderr
    assert everything(read) == before and versions(read) == kept
    assert read.runs()[-1].status == "failed" or "failed" in {run.status for run in read.runs()[-3:]}


def test_what_is_really_gone_from_a_board_that_may_be_read_is_deleted(read):
    project, subitem = read.rows("SELECT parent_monday_id, monday_id FROM subitems ORDER BY 2 LIMIT 1")[0].__dict__.values()
    hidden = read.value("SELECT hidden_item_id FROM subitems WHERE hidden_item_id IS NOT NULL AND parent_monday_id <> %s ORDER BY 1 LIMIT 1", [project])
    for gone in (subitem, hidden):
        read.simulator.control("POST", f"/items/{gone}/delete")
    read.done("rehydrate", project)
    read.done("rehydrate", "full")
    assert differences(read.connection, read.simulator) == []
