"""pipeline-poller history: the activity logs of a simulated account, walked backward, against the account's own record."""

import datetime
import json
import os
import random

import pytest

from history_record import DAY, Record
from monday_client import HIDDEN, PARENT, SUBITEM
from pipeline import Pipeline

NAMES = ["10001_26.01 - A", "10001_26.01  -  a", "10002_26.01 - B", "another", "one, two"]
BOARDS = [PARENT, SUBITEM, HIDDEN]


def amount(rng):
    return f"{rng.randrange(10**6)}.{rng.randrange(100):02d}"


def day(rng):
    return str(datetime.date(1990 + rng.randrange(100), 1 + rng.randrange(12), 1 + rng.randrange(28)))


def percent(rng):
    return str(rng.randrange(101))


def label(*numbers):
    return lambda rng: {"index": rng.choice(numbers)}


# What people write into each field; now and then they clear it.
FIELDS = {
    PARENT: {
        "pipeline_stage": label(0, 3, 7, 8), "expected_start_date": day, "follow_up_date": day, "probability_percent": percent,
        "sales_representative": lambda rng: rng.choice(["7001", "7002", "7002,7003"]),
        "project_name": lambda rng: rng.choice(["", "Depot"]),
    },
    HIDDEN: {
        "material_value": amount, "transport_cost": amount, "tp_margin": percent, "reason_for_change": label(0, 3),
        "cust_order_value_material": amount, "date_order_received": day, "date_design_completed": day, "invoice_date": day,
        "account": lambda rng: {"ids": rng.choice([[1], [2], [1, 2]])}, "status": label(2, 4, 7), "area": percent,
    },
}
KINDS = ["edit"] * 8 + ["archive", "delete", "restore", "restore", "rename", "create", "link", "move"]


def random_action(rng):
    kind, place = rng.choice(KINDS), rng.randrange(30)
    if kind == "edit":
        board = rng.choice([PARENT, HIDDEN, HIDDEN])
        field = rng.choice(sorted(FIELDS[board]))
        return (kind, board, place, field, None if rng.random() < 0.15 else FIELDS[board][field](rng))
    if kind == "link":
        return (kind, SUBITEM, place, [rng.randrange(30) for _ in range(rng.randrange(3))])
    if kind == "move":
        return (kind, SUBITEM, place, rng.randrange(30))
    if kind == "delete":
        # A quote that is deleted vanishes from the links to it, and no log tells that there was one.
        return (kind, rng.choice([PARENT, SUBITEM]), place)
    rest = (rng.choice(NAMES),) if kind in ("rename", "create") else ()
    return (kind, rng.choice(BOARDS), place, *rest)


def random_life(seed, days=8, most_actions=14):
    rng = random.Random(seed)
    return [[random_action(rng) for _ in range(rng.randrange(1, most_actions))] for _ in range(days)]


@pytest.fixture(scope="module")
def simulator(start_simulator):
    return start_simulator("monday", projects=0)


@pytest.fixture
def lived(simulator, database):
    """A few days of one account, read into a database: (pipeline, record)."""
    days = [[("edit", PARENT, 0, "pipeline_stage", {"index": 8}), ("edit", HIDDEN, 1, "material_value", "5400.50")],
            [("create", PARENT, 0, "Depot 9"), ("edit", PARENT, 1, "sales_representative", "7002,7003")],
            [("archive", PARENT, 3), ("edit", PARENT, 0, "follow_up_date", "2031-04-30")],
            [("edit", PARENT, 0, "pipeline_stage", {"index": 3}), ("rename", PARENT, 0, "one, two")]]
    record = live(simulator, days)
    pipeline = Pipeline(database, simulator)
    pipeline.done("rehydrate", "full")
    return pipeline, record


def live(simulator, days, projects=3):
    """The account lives through days that end yesterday; each board's log begins on the first of them."""
    today = datetime.date.today()
    simulator.control("POST", "/reset", {"projects": projects, "clean": True, "seed": 3,
                                         "today": str(today - datetime.timedelta(days=len(days) + 9))})
    simulator.control("POST", "/clock", {"advance": -DAY * (len(days) + 1)})
    # Of each subitem the log tells to which project it belonged then.
    for item in [items(simulator, PARENT)[0], items(simulator, HIDDEN)[0], *items(simulator, SUBITEM)]:
        simulator.control("PATCH", f"/items/{item['id']}", {"name": f"{item['name']}!"})
    record = Record(simulator)
    for actions in days:
        for action in actions:
            act(simulator, action)
        record.end_day()
    return record


def items(simulator, board, *states):
    found = simulator.control("GET", f"/items?board={board}")
    return [item for item in found if item["state"] in (states or ("active",))]


def pick(simulator, board, place, *states):
    found = items(simulator, board, *states)
    return found[place % len(found)] if found else None


def act(simulator, action):
    """What is not possible (nothing there) does nothing."""
    kind, board, place, *rest = action
    item = pick(simulator, board, place, *(("archived", "deleted") if kind == "restore" else ()))
    if kind == "create":
        parent = pick(simulator, PARENT, place)
        if board != SUBITEM or parent:
            more = {"parent_id": parent["id"]} if board == SUBITEM else {}
            simulator.control("POST", "/items", {"board_id": board, "name": rest[0], **more})
        return
    if item is None:
        return
    address = f"/items/{item['id']}"
    if kind == "edit":
        simulator.control("PATCH", address, {"fields": {rest[0]: rest[1]}})
    elif kind == "rename":
        simulator.control("PATCH", address, {"name": rest[0]})
    elif kind == "link":
        ids = dict.fromkeys(each["id"] for each in (pick(simulator, HIDDEN, place) for place in rest[0]) if each)
        simulator.control("PATCH", address, {"fields": {"hidden_item_id": {"item_ids": list(ids)}}})
    elif kind == "move":
        parent = pick(simulator, PARENT, rest[0])
        if parent and item["parent_id"] != parent["id"]:
            simulator.control("POST", f"{address}/move", {"parent_id": parent["id"]})
    elif kind != "restore" or board != SUBITEM or item["parent_id"] in {each["id"] for each in items(simulator, PARENT)}:
        simulator.control("POST", f"{address}/{kind}")


def versions(pipeline, where="true"):
    query = f"SELECT * FROM project_history WHERE {where} ORDER BY project_id, valid_from"
    return pipeline.connection.execute(query).fetchall()


# The aim ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(int(os.environ.get("HISTORY_LIVES", "6"))))
def test_the_logs_walked_backward_tell_each_past_day(database, simulator, seed):
    record = live(simulator, random_life(seed))
    pipeline = Pipeline(database, simulator)
    pipeline.done("rehydrate", "full")
    read = {row.project_id for row in pipeline.rows(
        "SELECT DISTINCT h.project_id FROM project_history h WHERE h.origin = 'observed' AND h.state = 'active'")}
    pipeline.done("history")
    # Of what left before it was read the logs tell, if it was made within them.
    made = {row["project_id"] for row in versions(pipeline, "origin = 'log'")}
    assert record.differences(database, lambda project, _: project in read | made) == []
    assert read <= made


def test_a_second_run_writes_nothing_and_what_was_observed_stays(lived):
    pipeline, record = lived
    before = versions(pipeline)
    pipeline.done("history")
    after = versions(pipeline)
    assert record.differences(pipeline.connection) == []
    assert [row for row in before if row not in after] == []
    told = json.loads(pipeline.done("history", "--json"))
    assert versions(pipeline) == after
    assert told[-1]["versions"] == "0" and told[-1]["status"] == "completed"


def test_the_form_of_2027_tells_the_same(lived):
    pipeline, record = lived
    pipeline.done("history", MONDAY_API_VERSION="2027-01")
    assert record.differences(pipeline.connection) == []
    calls = [call for call in pipeline.audit(calls=1)["call_list"] if call["name"] == "board_activity_by_cursor"]
    assert len(calls) == 3 and {call["version_served"] for call in calls} == {"2027-01"}


def test_a_log_that_is_cut_off_leaves_the_days_before_it_unknown(lived):
    pipeline, record = lived
    cut = record.days[1][0]
    since = datetime.datetime.fromtimestamp(cut, datetime.timezone.utc).isoformat()
    pipeline.done("history", "--since", since)
    firsts = {row["project_id"]: row["valid_from"] for row in reversed(versions(pipeline))}
    wrong = record.differences(pipeline.connection, lambda project, moment: firsts[project].timestamp() <= moment)
    assert wrong == [], "what is told is right"
    assert all(first.timestamp() > cut for first in firsts.values()), "and nothing is told of what the log does not reach"
    pipeline.done("history")
    assert record.differences(pipeline.connection) == [], "the rest can be had later"


def test_what_left_before_the_first_read_has_a_past_as_well(simulator, database):
    record = live(simulator, [[("create", PARENT, 0, "Depot 9")], [("edit", PARENT, 3, "pipeline_stage", {"index": 8})],
                              [("delete", PARENT, 3), ("archive", PARENT, 0)]])
    pipeline = Pipeline(database, simulator)
    pipeline.done("rehydrate", "full")
    assert pipeline.value("SELECT count(*) FROM projects") == 2
    pipeline.done("history")
    gone = next(item["id"] for item in items(simulator, PARENT, "archived"))
    assert record.differences(database, lambda project, _: project != gone) == []
    assert versions(pipeline, f"origin = 'log' AND project_id = '{gone}'") == [], "its quotes are on no list"
    states = pipeline.value("SELECT string_agg(state, ' ' ORDER BY state) FROM projects")
    assert states == "active active archived deleted"


def test_a_run_that_is_broken_off_goes_on_where_it_was(lived):
    pipeline, record = lived
    for number in range(520):
        pipeline.simulator.control("PATCH", f"/items/{items(pipeline.simulator, HIDDEN)[0]['id']}", {"fields": {"area": str(number + 1)}})
    pipeline.simulator.control("POST", "/faults", {"kind": "drop", "field": "activity_logs", "skip": 1, "times": 50})
    assert pipeline.command("history").returncode == 1
    stored = pipeline.value("SELECT count(*) FROM pipeline_data.monday_log WHERE board_id = %s", [HIDDEN])
    assert stored == 500, "a page is kept"
    pipeline.simulator.control("DELETE", "/faults")
    pipeline.forget_audit()
    pipeline.done("history")
    assert record.differences(pipeline.connection) == []
    assert pipeline.value("SELECT count(*) FROM pipeline_data.monday_log WHERE board_id = %s", [HIDDEN]) > 520
    pipeline.forget_audit()
    pipeline.done("history")
    assert pipeline.audit()["by_field"]["boards"] == 4, "of a long log one page that is known, and what lies behind it"


def test_the_job_does_the_same(lived):
    pipeline, record = lived
    pipeline.enqueue("history")
    pipeline.run_jobs("history")
    assert record.differences(pipeline.connection) == []
    assert pipeline.value("SELECT detail FROM job_queue WHERE job_type = 'history'").endswith("calls")


def test_labels_that_were_renamed_since_go_by_their_present_text(lived):
    pipeline, _ = lived
    pipeline.simulator.control("PATCH", f"/boards/{PARENT}/columns/status", {"label": [3, "Verloren"]})
    pipeline.done("rehydrate", "full")
    pipeline.done("history")
    stages = {row["pipeline_stage"] for row in versions(pipeline, "origin = 'log'")}
    assert "Verloren" in stages and "Lost" not in stages


def test_what_cannot_be_read_is_counted_and_named(lived):
    pipeline, _ = lived
    text = next(item for item in items(pipeline.simulator, HIDDEN))
    pipeline.simulator.control("PATCH", f"/items/{text['id']}", {"fields": {"volume_m3": "some"}})
    pipeline.simulator.control("PATCH", f"/items/{text['id']}", {"fields": {"volume_m3": "41.5"}})
    told = json.loads(pipeline.done("history", "--json"))[-1]
    assert told["refused"] == "2", "once as what was written, once as what was there before"
    rejected = pipeline.rows("SELECT field, raw_value, reason FROM sync_reject WHERE reason LIKE 'in the activity log%'")
    assert {(row.field, row.raw_value) for row in rejected} == {("volume_m3", "some")}


@pytest.mark.parametrize(("arguments", "message"), [
    (["--since", "31.12.2024x"], "invalid input syntax for type date"),
    (["--since", "2024-13-01"], "date/time field value out of range"),
])
def test_a_day_that_is_none_is_refused(lived, arguments, message):
    pipeline, _ = lived
    result = pipeline.command("history", *arguments)
    assert result.returncode == 2 and message in result.stderr
    assert pipeline.value("SELECT count(*) FROM pipeline_data.monday_log") == 0


def test_a_stage_that_a_formula_shows_has_no_past(lived):
    pipeline, _ = lived
    pipeline.connection.execute("UPDATE monday_column SET kind = 'formula' WHERE board_id = %s AND field = 'pipeline_stage'", [PARENT])
    result = pipeline.command("history")
    assert result.returncode == 1 and "no log tells the past of column status (pipeline_stage), a formula" in result.stderr
    assert versions(pipeline, "origin = 'log'") == []
