"""Writing to the simulated account: column values, items, updates, what the audit says of it. (monday-api 4, 8.8, 8.9)"""

import json

import pytest

from monday_client import HIDDEN, PARENT, SUBITEM, Client

SIMPLE = """mutation($b:ID!,$i:ID!,$c:String!,$v:String){
    change_simple_column_value(board_id:$b,item_id:$i,column_id:$c,value:$v){id}}"""


@pytest.fixture(scope="module")
def simulator(start_simulator):
    return start_simulator("monday", projects=20, today="2026-11-24", clean=True)


@pytest.fixture(scope="module")
def client(simulator):
    return Client(simulator)


@pytest.fixture
def project(simulator):
    return simulator.control("POST", "/items", {"board_id": PARENT, "name": "17425"})["id"]


@pytest.fixture
def hidden(simulator):
    return simulator.control("POST", "/items", {"board_id": HIDDEN, "name": "17425_25.01 - A"})["id"]


@pytest.mark.parametrize(
    "column, value, text",
    [
        ("numeric_days", "42.50", "42.5"),
        ("numeric_days", 42, "42"),
        ("numeric_days", "", ""),
        ("numeric_days", "123456789012345678901234567890", "123456789012345678901234567890"),
        ("text_project", "plain", "plain"),
        ("status", {"index": 3}, "Lost"),
        ("status", {"label": "Open Enquiry"}, "Open Enquiry"),
        ("status", "Lost", "Lost"),
        ("status", None, None),
        ("date_start", {"date": "2026-06-15"}, "2026-06-15"),
        ("date_start", {"date": "2026-06-15", "time": "09:00:00"}, "2026-06-15 09:00"),
        ("date_start", "2026-06-15", "2026-06-15"),
        ("date_start", None, ""),
        ("dropdown_funding", {"labels": ["Public", "Mixed"]}, "Public, Mixed"),
        ("dropdown_funding", {"ids": [1]}, "Private"),
        ("long_text_feedback", {"text": "two\nlines"}, "two\nlines"),
        ("people_rep", {"personsAndTeams": [{"id": 7001, "kind": "person"}]}, "Rep 01"),
        ("timeline", {"from": "2026-06-01", "to": "2026-06-30"}, "2026-06-01 - 2026-06-30"),
    ],
)
def test_a_value_reads_as_it_was_written(client, project, column, value, text):
    client.write(PARENT, project, {column: value})
    assert client.cell(project, column)["text"] == text


@pytest.mark.parametrize(
    "column, value, code",
    [
        ("status", {"label": "nonsense"}, "ColumnValueException"),
        ("status", {"index": 77}, "ColumnValueException"),
        ("numeric_days", "many", "ColumnValueException"),
        ("numeric_days", "NaN", "ColumnValueException"),
        ("date_start", {"date": "15/06/2026"}, "ColumnValueException"),
        ("date_start", {"date": "2026-02-30"}, "ColumnValueException"),
        ("dropdown_funding", {"labels": ["nonsense"]}, "ColumnValueException"),
        ("lookup_account", "x", "ColumnValueException"),
        ("formula_weighted", "1", "ColumnValueException"),
        ("last_updated", "2026-01-01", "ColumnValueException"),
        ("no_such_column", "1", "InvalidColumnIdException"),
    ],
)
def test_one_bad_value_refuses_the_whole_call(client, project, column, value, code):
    error = client.refused_write(PARENT, project, {"text_project": "new name", column: value})
    assert error["extensions"]["code"] == code and error["path"] == ["change_multiple_column_values"]
    assert client.cell(project, "text_project")["text"] == ""


def test_messages_are_the_services(client, project):
    assert client.refused_write(PARENT, project, {"status": "nonsense"})["message"].startswith(
        "invalid value - label does not exist in column.")
    assert client.refused_write(PARENT, project, {"formula_weighted": "1"})["message"] == (
        "This column type can not be updated or created (client side auto calculated column)")
    error = client.error(SIMPLE, b=PARENT, i=project, c="formula_weighted", v="1")
    assert error["message"] == "column type FormulaColumn is not supporting changing the column value with simple column value"


def test_an_unknown_label_is_made_on_request(client, project):
    client.write(PARENT, project, {"status_type": "Conversion", "dropdown_funding": {"labels": ["Grant"]}}, create_labels=True)
    assert client.cell(project, "status_type")["text"] == "Conversion"
    assert client.cell(project, "dropdown_funding")["text"] == "Grant"
    client.write(PARENT, project, {"status_type": "Conversion"})


def test_simple_values(client, project):
    for column, value, text in (("status", "3", "Lost"), ("status", "Open Enquiry", "Open Enquiry"), ("numeric_days", "7", "7"),
                                ("date_start", "2026-06-15 09:00:00", "2026-06-15 09:00"), ("date_start", "", "")):
        client.data(SIMPLE, b=PARENT, i=project, c=column, v=value)
        assert client.cell(project, column)["text"] == text
    assert client.code(SIMPLE, b=SUBITEM, i=subitem_of(client, project), c="board_relation_mkq2", v="1") == "CorrectedValueException"


def subitem_of(client, project):
    made = client.data('mutation($p:ID!){create_subitem(parent_item_id:$p,item_name:"s"){id}}', p=project)
    return made["create_subitem"]["id"]


def test_the_board_has_to_be_the_items_own(client, project):
    assert client.refused_write(HIDDEN, project, {"status": "Lost"})["extensions"]["code"] == "ResourceNotFoundException"
    assert client.refused_write("123", project, {"status": "Lost"})["extensions"]["code"] == "InvalidBoardIdException"
    assert client.code(client.WRITE, b=PARENT, i=project, v="no json", c=False) == "JsonParseException"


def test_links_show_at_once_in_the_mirrors(client, project, hidden):
    client.write(HIDDEN, hidden, {"status_reason": "New Enquiry", "numeric_material": "1000", "numeric_transport": "50",
                                  "numeric_tp": "10", "numeric_order": "250.5"})
    subitem = subitem_of(client, project)
    client.write(SUBITEM, subitem, {"board_relation_mkq2": {"item_ids": [int(hidden)]}})
    shown = "... on MirrorValue{display_value}"
    assert client.cell(subitem, "lookup_formula_quote", shown)["display_value"] == "1166.67"
    assert client.cell(project, "lookup_orders", shown)["display_value"] == "250.5"


def test_the_worked_example(simulator, client, project):
    """flows 4: two quotes of one project."""
    for name, fields in (
        ("17425_25.01 - A", {"reason_for_change": "New Enquiry", "material_value": "18737.37", "transport_cost": "0",
                             "date_design_completed": "2025-03-01", "invoice_date": "2025-05-20",
                             "cust_order_value_material": "1000", "date_order_received": "2025-05-01",
                             "account": {"labels": ["Acme"]}}),
        ("17425_25.02 - B", {"reason_for_change": "Amendment - Other", "material_value": "500", "transport_cost": "0",
                             "cust_order_value_material": "250.5", "account": {"labels": ["Beta"]}}),
    ):
        item = simulator.control("POST", "/items", {"board_id": HIDDEN, "name": name, "fields": fields})["id"]
        simulator.control("POST", "/items", {"parent_id": project, "board_id": SUBITEM, "name": name,
                                             "fields": {"hidden_item_id": {"item_ids": [item]}}})
    figures = simulator.control("GET", f"/items/{project}")["figures"]
    assert figures["new_enquiry_value"] == "18737.37" and figures["gestation_period"] == "80"
    assert figures["total_order_value"] == "1250.5" and figures["date_order_received"] == "2025-05-01"
    assert (figures["first_date_designed"], figures["first_date_invoiced"]) == ("2025-03-01", "2025-05-20")
    assert figures["project_value"] == "19237.37" and figures["weighted_pipeline"] is None
    assert figures["account"] in ("Acme", "Beta")


def test_names_have_1_to_255_characters(client, project):
    create = 'mutation($n:String!){create_item(board_id:"4100000001",item_name:$n){id}}'
    assert client.code(create, n="x" * 256) == client.code(create, n="") == "ItemNameTooLongException"
    assert client.data(create, n="x" * 255)["create_item"]["id"]


def test_a_board_may_be_full(simulator, client):
    simulator.control("PATCH", "/settings", {"most_items": 5})
    try:
        assert client.code('mutation{create_item(board_id:"4100000001",item_name:"n"){id}}') == "ItemsLimitationException"
    finally:
        simulator.control("PATCH", "/settings", {"most_items": None})


def test_several_mutations_run_in_order_and_one_failure_is_partial(client, project):
    _, _, body = client.send(
        """mutation($i:ID!,$v:JSON!){
             a:change_multiple_column_values(board_id:"4100000001",item_id:$i,column_values:$v){id}
             b:change_simple_column_value(board_id:"4100000001",item_id:$i,column_id:"status",value:"nonsense"){id}
             c:change_simple_column_value(board_id:"4100000001",item_id:$i,column_id:"numeric_days",value:"9"){id}}""",
        {"i": project, "v": json.dumps({"numeric_days": "8"})},
    )
    assert body["data"] == {"a": {"id": project}, "b": None, "c": {"id": project}}
    assert [error["path"] for error in body["errors"]] == [["b"]]
    assert client.cell(project, "numeric_days")["text"] == "9"


def test_items_that_are_gone_are_not_written(client, project):
    client.data("mutation($i:ID!){archive_item(item_id:$i){id state}}", i=project)
    assert client.refused_write(PARENT, project, {"numeric_days": "1"})["extensions"]["code"] == "InvalidArgumentException"
    assert client.refused_write(PARENT, "999", {"numeric_days": "1"})["extensions"]["code"] == "ResourceNotFoundException"


def test_a_deleted_project_takes_its_subitems_along(client, project):
    subitem = subitem_of(client, project)
    client.data("mutation($i:ID!){delete_item(item_id:$i){id}}", i=project)
    assert {item["state"] for item in client.items([project, subitem])} == {"deleted"}


def test_tokens_without_the_right_change_nothing(simulator, project):
    simulator.control("POST", "/tokens", {"secret": "reader", "writable_boards": [], "user_id": 8003})
    reader = Client(simulator, token="reader")
    error = reader.refused_write(PARENT, project, {"numeric_days": "1"})
    assert error["extensions"] == {"code": "UserUnauthorizedException", "status_code": 403}
    assert reader.cell(project, "numeric_days")["text"] == ""
    simulator.control("POST", "/tokens", {"secret": "silent", "scopes": ["boards:read", "boards:write"]})
    silent = Client(simulator, token="silent")
    assert silent.code('mutation($i:ID!){create_update(item_id:$i,body:"x"){id}}', i=project) == "missingRequiredPermissions"


# Updates -------------------------------------------------------------------------------------------------------------


def test_an_update_is_rewritten_when_stored(client, project):
    create = "mutation($i:ID!,$b:String!){create_update(item_id:$i,body:$b){id body text_body item_id creator_id}}"
    made = client.data(create, i=project, b='<p style="x">A &amp; B<br>C</p><script>bad()</script><div>D')["create_update"]
    assert made["body"] == "<p>A &amp; B<br>C</p>D" and made["text_body"] == "A & B\nC\nD\n"
    assert made["item_id"] == project and made["creator_id"] == "8001"
    assert client.data(create, i=project, b="no tags")["create_update"]["body"] == "<p>no tags</p>"


def test_updates_are_edited_in_place_listed_newest_first_and_deleted(client, project):
    ids = [client.data('mutation($i:ID!,$b:String!){create_update(item_id:$i,body:$b){id}}', i=project, b=text)
           ["create_update"]["id"] for text in ("one", "two")]
    client.data('mutation($u:ID!){edit_update(id:$u,body:"<b>three</b>"){id body}}', u=ids[0])
    (item,) = client.items([project], "updates{id text_body}")
    assert item["updates"] == [{"id": ids[1], "text_body": "two\n"}, {"id": ids[0], "text_body": "three\n"}]
    assert [each["id"] for each in client.data("query($u:[ID!]){updates(ids:$u){id}}", u=ids)["updates"]] == ids[::-1]
    client.data("mutation($u:ID!){delete_update(id:$u){id}}", u=ids[0])
    error = client.error('mutation($u:ID!){edit_update(id:$u,body:"late"){id}}', u=ids[0])
    assert error["extensions"]["code"] == "ResourceNotFoundException"


def test_replies_hang_on_their_update(client, project):
    create = "mutation($i:ID,$p:ID){create_update(item_id:$i,parent_id:$p,body:\"x\"){id}}"
    update = client.data(create, i=project)["create_update"]["id"]
    reply = client.data(create, p=update)["create_update"]["id"]
    (item,) = client.items([project], "updates{id replies{id}}")
    assert item["updates"] == [{"id": update, "replies": [{"id": reply}]}]


def test_more_than_100_updates_a_page_are_refused(client):
    assert client.code("{updates(limit:101){id}}") == "InvalidArgumentException"


# What it looks like afterwards ---------------------------------------------------------------------------------------


def test_a_write_moves_updated_at_and_an_equal_one_does_not(simulator, client, project):
    client.write(PARENT, project, {"numeric_days": "5"})
    simulator.control("PATCH", f"/items/{project}", {"updated_at": 1_700_000_000})
    client.write(PARENT, project, {"numeric_days": "5.0"})
    assert client.items([project], "updated_at")[0]["updated_at"] == "2023-11-14T22:13:20Z"
    client.write(PARENT, project, {"numeric_days": "6"})
    assert client.items([project], "updated_at")[0]["updated_at"] > "2026"


def test_readers_may_see_a_change_later(start_simulator):
    simulator = start_simulator("monday", projects=5)
    client = Client(simulator)
    simulator.control("PATCH", "/settings", {"lag_seconds": 30})
    item = client.page(PARENT, limit=1)["items"][0]["id"]
    client.write(PARENT, item, {"numeric_days": "5"})
    made = client.data('mutation{create_item(board_id:"4100000001",item_name:"new"){id}}')["create_item"]["id"]
    assert client.cell(item, "numeric_days")["text"] == "" and client.items([made]) == []
    assert made not in {each["id"] for each in client.all_items(PARENT)}
    simulator.control("POST", "/clock", {"advance": 31})
    assert client.cell(item, "numeric_days")["text"] == "5" and made in {each["id"] for each in client.all_items(PARENT)}


def test_activity_logs_tell_what_happened(client, project):
    client.write(PARENT, project, {"numeric_days": "5"})
    subitem = subitem_of(client, project)
    client.data("mutation($i:ID!){archive_item(item_id:$i){id}}", i=subitem)
    query = """query($b:[ID!],$i:[ID!]){boards(ids:$b){activity_logs(item_ids:$i,limit:10){event data created_at user_id}}}"""
    logs = client.data(query, b=[PARENT], i=[project])["boards"][0]["activity_logs"]
    assert [log["event"] for log in logs] == ["update_column_value", "update_column_value", "create_pulse"]
    assert json.loads(logs[1]["data"])["column_id"] == "numeric_days" and logs[1]["user_id"] == "8001"
    assert len(logs[0]["created_at"]) == 17, "units of 100 ns"
    logs = client.data(query, b=[SUBITEM], i=[subitem])["boards"][0]["activity_logs"]
    assert [log["event"] for log in logs] == ["archive_pulse", "create_pulse"]


def test_the_audit_counts_what_was_effective(start_simulator):
    simulator = start_simulator("monday", projects=5)
    client = Client(simulator)
    item = client.page(PARENT, limit=1)["items"][0]["id"]
    for value in ("5", "5", "6"):
        client.write(PARENT, item, {"numeric_days": value})
    client.data('mutation($i:ID!){create_update(item_id:$i,body:"x"){id}}', i=item)
    client.refused_write(PARENT, item, {"status": "nonsense"})
    audit = simulator.control("GET", "/audit?effects=1&calls=1")
    assert (audit["calls"], audit["mutations"], audit["effects"], audit["effective"]) == (6, 5, 4, 3)
    assert audit["updates_per_item"] == {item: 1} and audit["exceeded"] == {}
    assert [effect["changed"] for effect in audit["effect_list"]] == [True, False, True, True]
    assert audit["effect_list"][2]["before"] == {"numeric_days": "5"} and audit["effect_list"][2]["values"] == {"numeric_days": "6"}
    assert audit["call_list"][-1]["codes"] == ["ColumnValueException"]
