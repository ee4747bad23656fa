"""The control interface: what a test may do to the simulated account behind the API's back."""

import concurrent.futures
import json

import pytest

from monday_client import HIDDEN, PARENT, SUBITEM, Client


@pytest.fixture(scope="module")
def module_simulator(start_simulator):
    return start_simulator("monday", projects=0)


@pytest.fixture
def simulator(module_simulator):
    module_simulator.control("POST", "/reset", {"projects": 10, "seed": 3, "today": "2026-11-24"})
    return module_simulator


@pytest.fixture
def client(simulator):
    return Client(simulator)


def test_a_reset_gives_a_new_account(simulator, client):
    before = simulator.control("GET", "/state")["boards"]
    item = client.page(PARENT, limit=1)["items"][0]["id"]
    client.write(PARENT, item, {"numeric_days": "5"})
    simulator.control("POST", "/faults", {"code": "INTERNAL_SERVER_ERROR", "times": None})
    simulator.control("POST", "/clock", {"advance": 86_400})
    simulator.control("POST", "/reset", {"projects": 10, "seed": 3, "today": "2026-11-24"})
    assert simulator.control("GET", "/state")["boards"] == before
    assert simulator.control("GET", "/audit")["calls"] == 0 and simulator.control("GET", "/faults") == []
    simulator.control("POST", "/reset", {})
    assert simulator.control("GET", "/health")["boards"] == {} and client.data("{boards{id}}") == {"boards": []}


def test_values_that_no_api_would_take(simulator, client):
    name, number = "n" * 10_240, "9" * 400
    item = simulator.control("POST", "/items", {"board_id": HIDDEN, "name": name})["id"]
    simulator.control("PATCH", f"/items/{item}", {"raw": {"numeric_area": number, "text_volume": "1,2,3"}})
    assert client.items([item], "name")[0]["name"] == name
    assert client.cell(item, "numeric_area", "text ... on NumbersValue{number}") == {"text": number, "number": None}
    assert simulator.control("GET", f"/items/{item}")["fields"]["volume_m3"] == "1,2,3"


def test_fields_are_written_as_the_api_would(simulator, client):
    item = simulator.control("POST", "/items", {"board_id": PARENT, "name": "1", "fields": {"pipeline_stage": "Lost"}})["id"]
    simulator.control("PATCH", f"/items/{item}", {"fields": {"pipeline_stage": {"label": "New stage"}}, "name": "2", "group": "group_closed"})
    found = simulator.control("GET", f"/items/{item}")
    assert (found["name"], found["group"], found["fields"]["pipeline_stage"]) == ("2", "group_closed", "New stage")
    with pytest.raises(RuntimeError, match="no column holds nonsense"):
        simulator.control("PATCH", f"/items/{item}", {"fields": {"nonsense": 1}})
    with pytest.raises(RuntimeError, match="404"):
        simulator.control("GET", "/items/1")


def test_items_are_found_by_name_and_parent(simulator):
    subitem = simulator.control("GET", f"/items?board={SUBITEM}&limit=1")[0]
    same = simulator.control("GET", f"/items?board={SUBITEM}&parent={subitem['parent_id']}&name={subitem['name'].replace(' ', '%20')}")
    assert [item["id"] for item in same] == [subitem["id"]]


def test_columns_are_renamed_relabelled_and_deleted(simulator, client):
    lost = {item["id"] for item in simulator.control("GET", f"/items?board={PARENT}") if item["fields"]["pipeline_stage"] == "Lost"}
    simulator.control("PATCH", f"/boards/{PARENT}/columns/status", {"title": "Stage", "label": [3, "Gone"]})
    gone = {item["id"] for item in client.page(PARENT, 100, 'id column_values(ids:["status"]){text column{title}}')["items"]
            if item["column_values"][0] == {"text": "Gone", "column": {"title": "Stage"}}}
    assert gone == lost and gone
    simulator.control("DELETE", f"/boards/{PARENT}/columns/status")
    (item,) = client.page(PARENT, 1, 'column_values(ids:["status"]){id}')["items"]
    assert item["column_values"] == []
    assert client.refused_write(PARENT, next(iter(gone)), {"status": "Lost"})["extensions"]["code"] == "InvalidColumnIdException"


def test_a_deleted_relation_leaves_its_mirrors_empty(simulator, client):
    subitem = client.page(SUBITEM, limit=1)["items"][0]["id"]
    simulator.control("DELETE", f"/boards/{SUBITEM}/columns/board_relation_mkq2")
    assert client.cell(subitem, "lookup_status", "... on MirrorValue{display_value}") == {"display_value": ""}


def test_other_boards(simulator, client):
    simulator.control("POST", "/boards", {"id": "777", "name": "Other", "columns": [{"id": "a", "title": "A", "kind": "text"}]})
    simulator.control("POST", "/items", {"board_id": "777", "name": "n", "values": {"a": "x"}})
    assert client.page("777", fields="name column_values{id text}")["items"] == [
        {"name": "n", "column_values": [{"id": "a", "text": "x"}]}]
    assert "777" not in {board["board_id"] for board in simulator.control("GET", "/board-file")["boards"]}
    simulator.control("PATCH", "/boards/777", {"state": "deleted"})
    assert client.data("{boards(ids:[777]){id}}") == {"boards": []}


def test_dates_show_in_the_users_zone(simulator, client):
    item = client.page(PARENT, limit=1)["items"][0]["id"]
    client.write(PARENT, item, {"date_start": {"date": "2026-06-15", "time": "23:30:00"}})
    simulator.control("PATCH", "/settings", {"time_zone": "Europe/Berlin"})
    cell = client.cell(item, "date_start", "text value ... on DateValue{date time}")
    assert (cell["text"], cell["date"], cell["time"]) == ("2026-06-16 01:30", "2026-06-16", "01:30")
    assert json.loads(cell["value"])["date"] == "2026-06-15" and json.loads(cell["value"])["time"] == "23:30:00"


def test_writes_to_one_board_at_once_are_counted_and_may_be_refused(simulator, client):
    items = [item["id"] for item in client.page(PARENT, limit=4)["items"]]
    hidden = client.page(HIDDEN, limit=1)["items"][0]["id"]

    def write(item, board=PARENT, column="numeric_days"):
        simulator.control("POST", "/faults", {"operation": "mutation", "kind": "hang", "when": "during", "seconds": 0.4})
        return client.send(client.WRITE, {"b": board, "i": item, "v": json.dumps({column: "5"}), "c": False})[0]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert list(pool.map(write, items)) == [200] * 4
    assert simulator.control("GET", "/audit")["overlapping_writes"] == 3
    simulator.control("PATCH", "/settings", {"exclusive_writes": True})
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        other = pool.submit(write, hidden, HIDDEN, "numeric_area")
        assert sorted(pool.map(write, items[:2])) == [200, 423]
        assert other.result() == 200


def test_unknown_settings_are_refused(simulator):
    for path, body in (("/settings", {"nonsense": 1}), (f"/boards/{PARENT}", {"nonsense": 1})):
        with pytest.raises(RuntimeError, match="nonsense"):
            simulator.control("PATCH", path, body)
    with pytest.raises(RuntimeError, match="unknown kind of fault"):
        simulator.control("POST", "/faults", {"kind": "nonsense"})
