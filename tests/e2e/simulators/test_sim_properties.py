"""Whatever is done to the simulated account, its API, its state and its activity logs tell the same story."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monday_client import HIDDEN, PARENT, SUBITEM, Client

BOARDS = [PARENT, SUBITEM, HIDDEN]
NUMBERS = st.decimals(min_value=-10**9, max_value=10**9, places=2).map(str)
TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=30)
STAGES = ["Lost", "Open Enquiry", "Check with IS", None]
PLACES = st.integers(0, 200)

ACTIONS = st.one_of(
    st.tuples(st.just("write"), PLACES, st.sampled_from([("numeric_days", NUMBERS), ("status", st.sampled_from(STAGES)),
                                                         ("text_project", TEXTS), ("date_start", st.dates().map(str))])
              .flatmap(lambda column: st.tuples(st.just(column[0]), column[1]))),
    st.tuples(st.just("edit"), PLACES, st.sampled_from([("material_value", NUMBERS), ("customer_po", TEXTS),
                                                        ("date_received", st.dates().map(str))])
              .flatmap(lambda field: st.tuples(st.just(field[0]), field[1]))),
    st.tuples(st.sampled_from(["archive", "delete", "restore"]), PLACES, st.sampled_from(BOARDS)),
    st.tuples(st.just("rename"), PLACES, st.tuples(st.sampled_from(BOARDS), st.text("abc _-.", min_size=1, max_size=20))),
    st.tuples(st.just("create"), PLACES, st.sampled_from(BOARDS)),
    st.tuples(st.just("move"), PLACES, PLACES),
)


@pytest.fixture(scope="module")
def simulator(start_simulator):
    return start_simulator("monday", projects=0)


def items(simulator, board, state=None):
    return simulator.control("GET", f"/items?board={board}" + (f"&state={state}" if state else ""))


def act(simulator, client, action, place, detail):
    """One action; what the account refuses (nothing there, already so) does nothing."""
    board = {"write": PARENT, "edit": HIDDEN, "move": SUBITEM}.get(action) or (detail if isinstance(detail, str) else detail[0])
    known = items(simulator, board, None if action == "restore" else "active")
    if not known:
        return
    item = known[place % len(known)]
    if action == "write":
        column, value = detail
        client.send(client.WRITE, {"b": PARENT, "i": item["id"], "v": json.dumps({column: value}), "c": False})
    elif action == "edit":
        simulator.control("PATCH", f"/items/{item['id']}", {"fields": {detail[0]: detail[1]}})
    elif action == "rename":
        simulator.control("PATCH", f"/items/{item['id']}", {"name": detail[1]})
    elif action == "create":
        more = {"parent_id": item["parent_id"]} if board == SUBITEM else {}
        if not more or item["parent_id"] in {each["id"] for each in items(simulator, PARENT, "active")}:
            simulator.control("POST", "/items", {"board_id": board, "name": "new", **more})
    elif action == "move":
        parents = [each for each in items(simulator, PARENT, "active") if each["id"] != item["parent_id"]]
        simulator.control("POST", f"/items/{item['id']}/move", {"parent_id": parents[detail % len(parents)]["id"]}) if parents else None
    else:
        simulator.control("POST", f"/items/{item['id']}/{action}")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(ACTIONS, max_size=12), page=st.integers(1, 40))
def test_api_and_state_agree(simulator, actions, page):
    simulator.control("POST", "/reset", {"projects": 6})
    client = Client(simulator)
    for action in actions:
        act(simulator, client, *action)
    for board in simulator.control("GET", "/state")["boards"]:
        columns = {column["id"]: column["field"] for column in board["columns"] if column["field"]}
        fields = "id name state updated_at parent_item{id} column_values(ids:%s){id text ... on BoardRelationValue{linked_item_ids}}" % (
            json.dumps(list(columns)))
        active = {item["id"]: item for item in board["items"] if item["state"] == "active"}
        found = client.all_items(board["id"], page, fields)
        assert {item["id"] for item in found} == set(active) and len(found) == len(active)
        rest = [item["id"] for item in board["items"]]
        for item in found + [each for start in range(0, len(rest), 100) for each in client.items(rest[start : start + 100], fields)]:
            expected = next(each for each in board["items"] if each["id"] == item["id"])
            assert (item["name"], item["state"], item["updated_at"]) == (expected["name"], expected["state"], expected["updated_at"])
            assert (item["parent_item"] or {"id": None})["id"] == expected["parent_id"]
            for cell in item["column_values"]:
                value = cell["linked_item_ids"] if "linked_item_ids" in cell else cell["text"] or None
                assert value == expected["fields"][columns[cell["id"]]], cell


def own(item):
    """Without what changes with another item: a link to one that was deleted disappears, and nobody is told."""
    return item and item | {"fields": {**item["fields"], "hidden_item_id": None}}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(ACTIONS, max_size=12))
def test_what_changed_since_a_moment_is_found_in_two_ways(simulator, actions):
    """By updated_at and by the activity logs, which alone tell of what is gone."""
    simulator.control("POST", "/reset", {"projects": 6})
    client = Client(simulator)
    before = {item["id"]: item for board in simulator.control("GET", "/state")["boards"] for item in board["items"]}
    for action in actions:
        act(simulator, client, *action)
    for board in simulator.control("GET", "/state")["boards"]:
        changed = {item["id"] for item in board["items"] if own(item) != own(before.get(item["id"]))}
        query = "query($b:[ID!]){boards(ids:$b){activity_logs(limit:1000){event data}}}"
        logs = client.data(query, b=[board["id"]])["boards"][0]["activity_logs"]
        logged = {str(json.loads(log["data"])["pulse_id"]) for log in logs}
        followers = {item["id"] for item in board["items"] if item["parent_id"] and item["state"] != before.get(item["id"], item)["state"]}
        assert changed - followers <= logged
        first = min((item["updated_at"] for item in board["items"] if item["id"] in changed), default=None)
        rule = {"column_id": "__last_updated__", "compare_value": ["EXACT", first], "operator": "greater_than_or_equals",
                "compare_attribute": "UPDATED_AT"}
        active = changed & {item["id"] for item in board["items"] if item["state"] == "active"}
        if active:
            assert active <= {item["id"] for item in client.page(board["id"], 500, rules=[rule])["items"]}
