"""Reading boards through the simulator: pages, cursors, ids, filters. (monday-api 3.1 to 3.7, 8.5, 8.6)"""

import pytest

from monday_client import HIDDEN, PARENT, SUBITEM, Client
from simulators.process import request


@pytest.fixture(scope="module")
def simulator(start_simulator):
    return start_simulator("monday", projects=60, today="2026-11-24")


@pytest.fixture(scope="module")
def client(simulator):
    return Client(simulator)


@pytest.fixture(scope="module")
def state(simulator):
    return {board["id"]: board for board in simulator.control("GET", "/state")["boards"]}


@pytest.mark.parametrize("board", [PARENT, SUBITEM, HIDDEN])
def test_paging_gives_every_active_item_once(client, state, board):
    found = [item["id"] for item in client.all_items(board, limit=7)]
    assert sorted(found) == sorted(item["id"] for item in state[board]["items"])


def test_ids_are_text_and_exceed_32_bits(client):
    (item,) = client.page(PARENT, limit=1)["items"]
    assert isinstance(item["id"], str) and int(item["id"]) > 2**32


def test_a_page_holds_25_unless_asked_and_500_at_most(client):
    query = "query($b:[ID!]){boards(ids:$b){items_page{items{id}}}}"
    assert len(client.data(query, b=[HIDDEN])["boards"][0]["items_page"]["items"]) == 25
    assert client.code("query($b:[ID!]){boards(ids:$b){items_page(limit:501){items{id}}}}", b=[HIDDEN]) == "InvalidArgumentException"


def test_the_last_page_has_no_cursor(client, state):
    count = len(state[PARENT]["items"])
    assert client.page(PARENT, limit=count)["cursor"] is None
    first = client.page(PARENT, limit=count - 1)
    last = client.next_page(first["cursor"], limit=500)
    assert len(last["items"]) == 1 and last["cursor"] is None


def test_a_cursor_and_query_params_exclude_each_other(client):
    cursor = client.page(PARENT, limit=2)["cursor"]
    query = "query($b:[ID!],$c:String){boards(ids:$b){items_page(cursor:$c,query_params:{operator:and}){items{id}}}}"
    assert client.code(query, b=[PARENT], c=cursor) == "InvalidArgumentException"
    query = "query($b:[ID!],$c:String){boards(ids:$b){items_page(cursor:$c){items{id}}}}"
    assert client.data(query, b=[PARENT], c=cursor)["boards"][0]["items_page"]["items"]


def test_a_cursor_is_bound_to_its_filter(client):
    rule = {"column_id": "status", "compare_value": [8], "operator": "any_of"}
    page = client.page(PARENT, limit=2, rules=[rule], fields='id column_values(ids:["status"]){text}')
    found = page["items"]
    while page["cursor"]:
        page = client.next_page(page["cursor"], limit=2, fields='id column_values(ids:["status"]){text}')
        found += page["items"]
    assert len(found) > 4
    assert {item["column_values"][0]["text"] for item in found} == {"Open Enquiry"}


def test_cursors_die_an_hour_after_the_first_page_whatever_the_paging(start_simulator):
    simulator = start_simulator("monday", projects=30)
    client = Client(simulator)
    cursor = client.page(HIDDEN, limit=5)["cursor"]
    simulator.control("POST", "/clock", {"advance": 3000})
    cursor = client.next_page(cursor, limit=5)["cursor"]
    simulator.control("POST", "/clock", {"advance": 590})
    cursor = client.next_page(cursor, limit=5)["cursor"]
    simulator.control("POST", "/clock", {"advance": 20})
    error = client.error("query($c:String!){next_items_page(cursor:$c){items{id}}}", c=cursor)
    assert error["extensions"]["code"] == "CursorException" and "CursorExpiredError" in error["message"]
    assert client.code('{next_items_page(cursor:"nonsense"){items{id}}}') == "CursorException"


def test_scans_may_come_in_an_order_of_their_own(start_simulator):
    simulator = start_simulator("monday", projects=30)
    client = Client(simulator)
    simulator.control("PATCH", "/settings", {"shuffled": True})
    scans = [[item["id"] for item in client.all_items(HIDDEN, limit=9)] for _ in range(2)]
    assert scans[0] != scans[1] and sorted(scans[0]) == sorted(scans[1])
    order = [{"column_id": "name", "direction": "desc"}]
    names = [item["name"] for item in client.page(HIDDEN, limit=500, order_by=order)["items"]]
    assert names == sorted(names, key=str.lower, reverse=True)


def test_items_by_id_are_25_unless_a_limit_is_sent(client, state):
    ids = [item["id"] for item in state[HIDDEN]["items"]][:60]
    assert len(client.data("query($i:[ID!]){items(ids:$i){id}}", i=ids)["items"]) == 25
    assert len(client.items(ids, limit=60)) == 60


def test_more_than_100_ids_are_refused(client, state):
    ids = [item["id"] for item in state[HIDDEN]["items"]][:101]
    assert len(ids) == 101
    assert client.code("query($i:[ID!]){items(ids:$i,limit:101){id}}", i=ids) == "InvalidArgumentException"


def test_unknown_ids_are_missing_and_gone_items_come_with_their_state(start_simulator):
    simulator = start_simulator("monday", projects=10)
    client = Client(simulator)
    kept, archived, deleted = [item["id"] for item in client.page(PARENT, limit=3)["items"]]
    simulator.control("POST", f"/items/{archived}/archive")
    simulator.control("POST", f"/items/{deleted}/delete")
    found = {item["id"]: item["state"] for item in client.items([kept, archived, deleted, 1, "no number"])}
    assert found == {kept: "active", archived: "archived", deleted: "deleted"}
    query = "query($i:[ID!]){items(ids:$i,exclude_nonactive:true){id}}"
    assert [item["id"] for item in client.data(query, i=[kept, archived, deleted])["items"]] == [kept]
    assert {archived, deleted}.isdisjoint(item["id"] for item in client.all_items(PARENT))


def test_subitems_have_a_board_and_a_parent(client, state):
    (project,) = client.page(PARENT, limit=1, fields="id subitems{id name board{id} parent_item{id}}")["items"]
    expected = {item["id"] for item in state[SUBITEM]["items"] if item["parent_id"] == project["id"]}
    assert {each["id"] for each in project["subitems"]} == expected and expected
    assert {each["board"]["id"] for each in project["subitems"]} == {SUBITEM}
    assert {each["parent_item"]["id"] for each in project["subitems"]} == {project["id"]}


def test_unknown_boards_are_missing(client):
    assert client.data('{boards(ids:["123",4100000001]){id}}') == {"boards": [{"id": PARENT}]}


# Filters -----------------------------------------------------------------------------------------------------------


def ids(client, board, **rule):
    return {item["id"] for item in client.page(board, limit=500, rules=[rule])["items"]}


def by_field(state, board, keep):
    return {item["id"] for item in state[board]["items"] if keep(item["fields"])}


def test_numbers_compare_as_numbers(client, state):
    expected = by_field(state, HIDDEN, lambda fields: fields["area"] is not None and float(fields["area"]) > 900)
    assert expected and ids(client, HIDDEN, column_id="numeric_area", compare_value=900, operator="greater_than") == expected
    expected = by_field(state, HIDDEN, lambda fields: fields["area"] is None)
    assert ids(client, HIDDEN, column_id="numeric_area", compare_value=[], operator="is_empty") == expected


def test_status_is_compared_with_label_ids(client, state):
    expected = by_field(state, PARENT, lambda fields: fields["pipeline_stage"] == "Lost")
    assert expected and ids(client, PARENT, column_id="status", compare_value=[3], operator="any_of") == expected
    assert ids(client, PARENT, column_id="status", compare_value="lost", operator="contains_terms") == expected


def test_dates_compare_by_day(client, state):
    limit = "2026-01-01"
    expected = by_field(state, HIDDEN, lambda fields: fields["date_received"] and fields["date_received"] >= limit)
    assert expected
    for value in (["EXACT", limit], [limit]):
        assert ids(client, HIDDEN, column_id="date_received", compare_value=value, operator="greater_than_or_equals") == expected


def test_last_updated_works_without_such_a_column_and_by_day(start_simulator):
    simulator = start_simulator("monday", projects=30)
    client = Client(simulator)
    first, second = [item["id"] for item in client.page(HIDDEN, limit=2)["items"]]
    for id, days in ((first, 0), (second, 1)):
        now = simulator.control("GET", "/health")["now"]
        simulator.control("PATCH", f"/items/{id}", {"updated_at": now - days * 86_400})
    rule = {"column_id": "__last_updated__", "compare_attribute": "UPDATED_AT"}
    today = ids(client, HIDDEN, **rule, compare_value=["TODAY"], operator="any_of")
    assert first in today and second not in today
    both = ids(client, HIDDEN, **rule, compare_value=["TODAY", "YESTERDAY"], operator="any_of")
    assert {first, second} <= both and len(both) < len(client.all_items(HIDDEN))
    assert {first} <= today <= both
    query = 'query($b:[ID!]){boards(ids:$b){items_page(query_params:{rules:[{column_id:"__last_updated__",compare_value:["TODAY"]}]}){items{id}}}}'
    assert client.code(query, b=[HIDDEN]) == "InvalidArgumentException"


def test_newest_first_by_last_updated(client):
    order = [{"column_id": "__last_updated__", "direction": "desc"}]
    found = [item["updated_at"] for item in client.page(HIDDEN, limit=500, fields="updated_at", order_by=order)["items"]]
    assert found == sorted(found, reverse=True) and len(set(found)) > 10


@pytest.mark.parametrize("column", ["lookup_account", "formula_weighted"])
def test_mirrors_and_formulas_are_not_filterable(client, column):
    query = "query($b:[ID!],$p:ItemsQuery){boards(ids:$b){items_page(query_params:$p){items{id}}}}"
    rule = {"column_id": column, "compare_value": ["x"], "operator": "contains_text"}
    assert client.code(query, b=[PARENT], p={"rules": [rule]}) == "InvalidArgumentException"


def test_rules_combine(client, state):
    rules = [{"column_id": "status", "compare_value": [3]}, {"column_id": "status", "compare_value": [0]}]
    either = {item["id"] for item in client.page(PARENT, limit=500, rules=rules, operator="or")["items"]}
    expected = by_field(state, PARENT, lambda fields: fields["pipeline_stage"] in ("Lost", "Won - Closed (Invoiced)"))
    assert either == expected and not client.page(PARENT, limit=500, rules=rules)["items"]


def test_items_by_column_values(client, state):
    query = """query($b:ID!,$c:[ItemsPageByColumnValuesQuery!]){
        items_page_by_column_values(board_id:$b,columns:$c,limit:500){cursor items{id name}}}"""
    name = state[HIDDEN]["items"][0]["name"]
    found = client.data(query, b=HIDDEN, c=[{"column_id": "name", "column_values": [name]}])["items_page_by_column_values"]
    assert [item["name"] for item in found["items"]] == [name]
    lost = client.data(query, b=PARENT, c=[{"column_id": "status", "column_values": ["Lost"]}])["items_page_by_column_values"]
    assert {item["id"] for item in lost["items"]} == by_field(state, PARENT, lambda fields: fields["pipeline_stage"] == "Lost")
    error = client.code(query, b=PARENT, c=[{"column_id": "lookup_account", "column_values": ["x"]}])
    assert error == "InvalidArgumentException"


# Transport ---------------------------------------------------------------------------------------------------------


def test_every_answer_has_a_request_id_and_the_version_that_served_it(client):
    status, headers, body = client.send("{me{id name}}")
    assert status == 200 and headers["API-Version"] == "2026-10" and body["extensions"]["request_id"]
    assert body["data"]["me"]["id"] == "8001"


@pytest.mark.parametrize(
    "asked, served", [(None, "2026-10"), ("2026-07", "2026-07"), ("2025-01", "2025-04"), ("2024-02", "2026-10")]
)
def test_a_retired_version_is_served_by_another(simulator, asked, served):
    headers = {"Authorization": simulator.place["token"]} | ({"API-Version": asked} if asked else {})
    _, answered, body = request("POST", simulator.url, {"query": "{version{value kind}}"}, headers)
    assert answered["API-Version"] == served == body["data"]["version"]["value"]


def test_a_malformed_version_is_refused(simulator):
    _, _, body = Client(simulator, version="2023").send("{me{id}}")
    assert body["errors"][0]["extensions"]["code"] == "InvalidVersionException"


def test_wrong_requests_say_what_is_wrong(simulator, client):
    assert client.code("{boards{nonsense}}") == "GRAPHQL_VALIDATION_FAILED"
    status, _, body = client.send("{boards")
    assert status == 400 and body["errors"][0]["message"].startswith("Parse error on")
    status, _, body = request("POST", simulator.url, b"no json", client.headers)
    assert status == 400 and body["errors"][0]["extensions"]["code"] == "JsonParseException"
    status, _, body = request("POST", simulator.url, {"query": "{me{id}}", "variables": "{}"}, client.headers)
    assert status == 400 and "variables" in body["errors"][0]["message"]
    assert client.code("query($b:[ID!]!){boards(ids:$b){id}}") == "GRAPHQL_VALIDATION_FAILED"


# Tokens ------------------------------------------------------------------------------------------------------------


def test_a_wrong_token_is_not_authenticated(simulator):
    status, _, body = Client(simulator, token="wrong").send("{me{id}}")
    assert status == 401 and body["errors"][0]["extensions"]["code"] == "USER_NOT_AUTHENTICATED"
    data = Client(simulator, token=f"Bearer {simulator.place['token']}").data("{me{id}}")
    assert data["me"]["id"] == "8001"


def test_a_board_that_the_token_may_not_read_is_a_null(simulator):
    simulator.control("POST", "/tokens", {"secret": "half", "boards": [PARENT], "user_id": 8002})
    half = Client(simulator, token="half")
    assert half.data("query($b:[ID!]){boards(ids:$b){id}}", b=[PARENT, HIDDEN]) == {"boards": [{"id": PARENT}, None]}
    item = Client(simulator).page(HIDDEN, limit=1)["items"][0]["id"]
    assert half.items([item]) == []


def test_a_token_may_be_revoked_in_the_middle_of_a_run(simulator):
    simulator.control("POST", "/tokens", {"secret": "short", "calls_left": 2})
    short = Client(simulator, token="short")
    statuses = [short.send("{me{id}}")[0] for _ in range(4)]
    assert statuses == [200, 200, 401, 401]
