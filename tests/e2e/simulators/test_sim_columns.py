"""Column values, and the boards that they come from. (monday-api 3.8, 8.7; flows 1 to 4)"""

import json
from decimal import ROUND_HALF_UP, Decimal

import pytest

from monday_client import HIDDEN, PARENT, SUBITEM, Client

TYPED = """id type text value
  ... on StatusValue{index label is_done} ... on DropdownValue{values{id label}} ... on DateValue{date time}
  ... on NumbersValue{number symbol} ... on PeopleValue{persons_and_teams{id kind}}
  ... on MirrorValue{display_value} ... on FormulaValue{display_value}
  ... on BoardRelationValue{linked_item_ids display_value linked_items{id}} ... on SubtasksValue{subitems_ids}"""


@pytest.fixture(scope="module")
def simulator(start_simulator):
    return start_simulator("monday", projects=60, today="2026-11-24", clean=True)


@pytest.fixture(scope="module")
def client(simulator):
    return Client(simulator)


@pytest.fixture(scope="module")
def boards(simulator):
    found = simulator.control("GET", "/state?derived=1")["boards"]
    return {board["id"]: {item["id"]: item for item in board["items"]} for board in found}


def cells(client, item_id):
    (item,) = client.items([item_id], f"column_values{{{TYPED}}}")
    return {cell["id"]: cell for cell in item["column_values"]}


def ordered(boards):
    """A hidden item with an order and everything before it."""
    return next(item for item in boards[HIDDEN].values() if item["fields"]["invoice_date"])


def test_plain_columns(client, boards):
    hidden = ordered(boards)
    found, fields = cells(client, hidden["id"]), hidden["fields"]
    status = found["status"]
    assert status["text"] == status["label"] == "Won Closed" and status["is_done"] is True
    assert json.loads(status["value"])["index"] == status["index"]
    assert found["date_invoice"]["text"] == found["date_invoice"]["date"] == fields["invoice_date"]
    assert json.loads(found["date_invoice"]["value"])["date"] == fields["invoice_date"] and found["date_invoice"]["time"] == ""
    assert json.loads(found["numeric_order"]["value"]) == found["numeric_order"]["text"] == fields["cust_order_value_material"]
    assert found["numeric_order"]["number"] == float(fields["cust_order_value_material"]) and found["numeric_order"]["symbol"] == "£"
    (account,) = found["dropdown_account"]["values"]
    assert account["label"] == found["dropdown_account"]["text"] == fields["account"]
    assert json.loads(found["dropdown_account"]["value"]) == {"ids": [int(account["id"])]}
    assert json.loads(found["text_po"]["value"]) == found["text_po"]["text"] == fields["customer_po"]
    (designer,) = found["people_designer"]["persons_and_teams"]
    assert designer["kind"] == "person" and found["people_designer"]["text"] == fields["designer"]


def test_empty_columns(client, boards):
    found = cells(client, next(iter(boards[HIDDEN])))
    for id, text in (("people_surveyor", ""), ("text_layering", ""), ("date_final", "")):
        assert (found[id]["text"], found[id]["value"]) == (text, None), id
    project = next(item for item in boards[PARENT].values() if not item["fields"]["probability_percent"])
    found = cells(client, project["id"])
    assert (found["numeric_probability"]["text"], found["numeric_probability"]["number"]) == ("", None)


def test_an_empty_status_is_null(simulator, client):
    item = client.page(PARENT, limit=1)["items"][0]["id"]
    simulator.control("PATCH", f"/items/{item}", {"fields": {"type": None}})
    assert client.cell(item, "status_type", TYPED)["text"] is None


def test_mirrors_relations_and_subtasks_have_no_text(client, boards):
    subitem = next(iter(boards[SUBITEM].values()))
    found = cells(client, subitem["id"])
    for cell in found.values():
        if cell["type"] in ("mirror", "board_relation"):
            assert cell["text"] is None and cell["value"] is None, cell
    relation = found["board_relation_mkq2"]
    (linked,) = relation["linked_item_ids"]
    assert relation["linked_items"] == [{"id": linked}] and relation["display_value"] == boards[HIDDEN][linked]["name"]
    project = cells(client, subitem["parent_id"])
    assert project["subtasks_mkp1"]["text"] is None and subitem["id"] in project["subtasks_mkp1"]["subitems_ids"]


def test_formulas_have_empty_text_and_their_value_apart(client, boards):
    hidden = ordered(boards)
    fields = {name: Decimal(value or 0) for name, value in hidden["fields"].items()
              if name in ("material_value", "transport_cost", "tp_margin", "distributor_margin", "commission", "area")}
    share = 1 - (fields["tp_margin"] + fields["distributor_margin"] + fields["commission"]) / 100
    quote = ((fields["material_value"] + fields["transport_cost"]) / share).quantize(Decimal("0.01"), ROUND_HALF_UP)
    found = cells(client, hidden["id"])["formula_quote"]
    assert (found["text"], found["value"]) == ("", None) and Decimal(found["display_value"]) == quote


def test_a_formula_over_a_mirror_cannot_be_read(client, boards):
    project = next(item for item in boards[PARENT].values() if Decimal(item["figures"]["new_enquiry_value"]) > 0)
    found = cells(client, project["id"])
    assert found["formula_gestation"]["display_value"] == found["formula_weighted"]["display_value"] == ""
    assert found["lookup_enquiry"]["display_value"] == ""


def test_the_mirrors_of_a_project_derive_from_hidden(client, boards):
    """Sum, first, last and list, through the subitems, as people see them."""
    compared = 0
    for project in boards[PARENT].values():
        if not project["figures"]["total_order_value"]:
            continue
        subitems = [item for item in boards[SUBITEM].values() if item["parent_id"] == project["id"]]
        hidden = [boards[HIDDEN][item["fields"]["hidden_item_id"][0]]["fields"] for item in subitems]
        found = cells(client, project["id"])
        orders = sum(Decimal(each["cust_order_value_material"]) for each in hidden if each["cust_order_value_material"])
        designed = [each["date_design_completed"] for each in hidden if each["date_design_completed"]]
        assert Decimal(found["lookup_orders"]["display_value"]) == orders == Decimal(project["figures"]["total_order_value"])
        assert found["lookup_first_design"]["display_value"] == min(designed) == project["figures"]["first_date_designed"]
        assert found["lookup_last_design"]["display_value"] == max(designed) == project["figures"]["last_date_designed"]
        accounts = found["lookup_account"]["display_value"].split(", ")
        assert accounts == [each["account"] for each in hidden] and project["figures"]["account"] in accounts
        compared += 1
    assert compared >= 10


def test_mirrored_items_show_where_a_value_comes_from(client, boards):
    subitem = next(iter(boards[SUBITEM].values()))
    fields = "... on MirrorValue{mirrored_items{linked_board_id linked_item{id} mirrored_value{... on StatusValue{label}}}}"
    (mirrored,) = client.cell(subitem["id"], "lookup_status", fields)["mirrored_items"]
    hidden = subitem["fields"]["hidden_item_id"][0]
    assert mirrored == {"linked_board_id": HIDDEN, "linked_item": {"id": hidden},
                        "mirrored_value": {"label": boards[HIDDEN][hidden]["fields"]["status"]}}


def test_columns_can_be_chosen(client, boards):
    hidden = next(iter(boards[HIDDEN]))
    (item,) = client.items([hidden], 'column_values(ids:["numeric_area","status","unknown"]){id}')
    assert [cell["id"] for cell in item["column_values"]] == ["status", "numeric_area"], "in the board's order"
    (item,) = client.items([hidden], "column_values(types:[status]){type}")
    assert {cell["type"] for cell in item["column_values"]} == {"status"}


def test_status_ids_are_not_positions(client):
    (board,) = client.data('query{boards(ids:["4100000001"]){columns(ids:["status"]){settings}}}')["boards"]
    labels = board["columns"][0]["settings"]["labels"]
    assert any(label["id"] != label["index"] for label in labels)
    assert {label["label"] for label in labels} >= {"Lost", "Open Enquiry", "Won - Closed (Invoiced)", "Check with IS"}


def test_multi_level_boards_give_rolled_up_columns_only_on_request(start_simulator):
    simulator = start_simulator("monday", projects=10)
    client = Client(simulator)
    simulator.control("PATCH", f"/boards/{PARENT}", {"rollup": True})
    (item,) = client.page(PARENT, limit=1, fields="column_values{id}")["items"]
    assert item["column_values"] == []
    (item,) = client.page(PARENT, limit=1, fields="column_values(capabilities:[CALCULATED]){id}")["items"]
    assert item["column_values"]


def test_multi_level_boards_show_what_their_subitems_hold(start_simulator):
    client = Client(start_simulator("monday", shape="multi_level"))
    board = "6200000011"
    cells = "column_values(capabilities:[CALCULATED]){id type text is_leaf ... on BatteryValue{battery_value{key count}}}"
    items = client.page(board, limit=500, fields=f"id name parent_item{{id}} subitems{{id}} {cells}")["items"]
    assert len(items) == 60 and all(item["parent_item"] is None for item in items), "the first level alone"
    shown = {cell["id"]: cell for cell in items[0]["column_values"]}
    assert "name" not in shown
    assert (shown["numeric_mkx4"]["text"], shown["numeric_mkx4"]["is_leaf"]) == ("1000", False)
    assert shown["color_mkx3"]["battery_value"] == [{"key": "0", "count": 1}, {"key": "1", "count": 1}]
    query = "query($b:[ID!]){boards(ids:$b){type hierarchy_type items_page(limit:500,hierarchy_scope_config:\"allItems\"){items{id}}}}"
    (found,) = client.data(query, b=[board])["boards"]
    assert (found["type"], found["hierarchy_type"], len(found["items_page"]["items"])) == ("board", "multi_level", 100)


def test_a_board_says_whether_it_holds_subitems(start_simulator):
    client = Client(start_simulator("monday", projects=2))
    boards = client.data("query($b:[ID!]){boards(ids:$b){id type}}", b=[PARENT, SUBITEM])["boards"]
    assert {board["id"]: board["type"] for board in boards} == {PARENT: "board", SUBITEM: "sub_items_board"}


# The boards ----------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_boards(start_simulator):
    dumps = []
    for seed in (7, 7, 8):
        simulator = start_simulator("monday", projects=25, seed=seed, today="2026-11-24")
        dumps.append(simulator.control("GET", "/state")["boards"])
    assert dumps[0] == dumps[1] != dumps[2]


def test_the_boards_are_as_large_as_asked(boards):
    assert len(boards[PARENT]) == 60 < len(boards[SUBITEM]) == len(boards[HIDDEN])
    assert all(item["parent_id"] in boards[PARENT] for item in boards[SUBITEM].values())
    names = {item["name"] for item in boards[HIDDEN].values()}
    assert names == {item["name"] for item in boards[SUBITEM].values()} and "10001_23.01 - A" in names


def test_dirty_boards_hold_odd_values_and_missing_links(start_simulator):
    simulator = start_simulator("monday", projects=400)
    found = {board["role"]: board["items"] for board in simulator.control("GET", "/state")["boards"]}
    links = [item["fields"]["hidden_item_id"] for item in found["subitem"]]
    assert 0.85 * len(links) < sum(map(bool, links)) < len(links)
    volumes = {item["fields"]["volume_m3"] for item in found["hidden"]}
    assert volumes & {"(500)", "12%", "1.2k", "n/a", "NaN"}
    assert any(not item["fields"]["project_name"] for item in found["parent"])


def test_the_board_file_maps_columns_that_exist(simulator, client):
    file = simulator.control("GET", "/board-file")
    assert [board["role"] for board in file["boards"]] == ["parent", "subitem", "hidden"]
    for board in file["boards"]:
        query = "query($b:[ID!]){boards(ids:$b){name columns{id title type}}}"
        (found,) = client.data(query, b=[board["board_id"]])["boards"]
        columns = {column["id"]: column for column in found["columns"]}
        assert found["name"] == board["name"] and board["columns"]
        assert len({column["field"] for column in board["columns"]}) == len(board["columns"])
        for column in board["columns"]:
            theirs = columns[column["column_id"]]
            assert (theirs["title"], theirs["type"]) == (column["title"], column["kind"])
            assert column["kind"] not in ("mirror", "formula")
    written = {column["field"] for board in file["boards"] for column in board["columns"] if column["writable"]}
    assert written == {"expected_gestation_days", "expected_conversion_rate", "rating_score"}
