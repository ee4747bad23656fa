"""Webhooks of the simulated account: handshake, shapes, signatures, retries, troubles. (monday-api 5, 8.10)"""

import base64
import json
import time

import jwt
import pytest

from monday_client import HIDDEN, PARENT, SUBITEM, Client
from webhook_receiver import Receiver

CREATE = "mutation($b:ID!,$u:String!,$e:WebhookEventType!,$c:JSON){create_webhook(board_id:$b,url:$u,event:$e,config:$c){id board_id}}"
SECRET = "simulated-signing-secret"


@pytest.fixture(scope="module")
def simulator(start_simulator):
    return start_simulator("monday", projects=20, clean=True)


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def client(simulator):
    """Without subscriptions of an earlier test."""
    client = Client(simulator)
    for subscription in simulator.control("GET", "/webhooks")["subscriptions"]:
        client.data("mutation($i:ID!){delete_webhook(id:$i){id}}", i=subscription["id"])
    simulator.control("PATCH", "/settings", {"webhooks": {"loss": 0, "duplicates": 0, "spread_ms": 0, "lose_next": 0, "bad_jwt": ""}})
    return client


def subscribe(client, receiver, *events, board=PARENT, config=None):
    return [int(client.data(CREATE, b=board, u=receiver.url, e=event, c=config)["create_webhook"]["id"]) for event in events]


def delivered(simulator, receiver):
    """The events so far, once nothing is under way."""
    assert simulator.control("POST", "/webhooks/flush")["done"]
    return receiver.events


def first(client, board):
    return client.page(board, limit=1, fields="id name group{id}")["items"][0]


# Subscribing ---------------------------------------------------------------------------------------------------------


def test_the_url_has_to_echo_a_challenge(client, receiver):
    subscribe(client, receiver, "create_item")
    assert len(receiver.challenges) == 1 and set(receiver.challenges[0]) == {"challenge"}
    receiver.echoes = False
    _, _, body = client.send(CREATE, {"b": PARENT, "u": receiver.url, "e": "create_item"})
    assert body["data"] == {"create_webhook": None} and body["errors"]
    assert client.error(CREATE, b=PARENT, u="http://127.0.0.1:1/nobody", e="create_item")


def test_subscriptions_are_listed_without_their_url_and_may_be_double(client, receiver):
    ids = subscribe(client, receiver, "create_item", "create_item")
    listed = client.data("query($b:ID!){webhooks(board_id:$b){id event board_id config}}", b=PARENT)["webhooks"]
    assert [int(each["id"]) for each in listed] == ids and {each["event"] for each in listed} == {"create_item"}
    assert client.data("query($b:ID!){webhooks(board_id:$b,app_webhooks_only:true){id}}", b=PARENT)["webhooks"] == []
    client.data("mutation($i:ID!){delete_webhook(id:$i){id board_id}}", i=ids[0])
    assert client.code("mutation($i:ID!){delete_webhook(id:$i){id}}", i=ids[0]) == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "board, message", [(SUBITEM, "Creating webhook on subitems board isn't allowed"), ("123", "Board not found")]
)
def test_boards_that_are_refused(client, receiver, board, message):
    status, _, body = client.send(CREATE, {"b": board, "u": receiver.url, "e": "create_item"})
    assert status == 200 and body["data"] == {"create_webhook": None}
    assert body["errors"][0]["extensions"]["error_data"] == {"board_id": board}
    assert body["errors"][0]["message"] == message
    assert not receiver.challenges


def test_subitem_events_need_subitems_and_urls_are_short(client, receiver):
    error = client.error(CREATE, b=HIDDEN, u=receiver.url, e="create_subitem")
    assert error["extensions"]["code"] == "InvalidArgumentException"
    assert client.code(CREATE, b=PARENT, u=receiver.url + "x" * 255, e="create_item") == "InvalidArgumentException"


# Shapes --------------------------------------------------------------------------------------------------------------

COMMON = {"app", "type", "triggerTime", "subscriptionId", "isRetry", "userId", "originalTriggerUuid", "triggerUuid"}
OF_COLUMN = {"boardId", "groupId", "pulseId", "pulseName", "columnId", "columnType", "columnTitle", "value", "previousValue",
             "changedAt", "isTopGroup"}
OF_SUBITEM = {"parentItemId", "parentItemBoardId"}


def only(simulator, receiver):
    (event,) = delivered(simulator, receiver)
    assert COMMON <= set(event) and len(event["triggerUuid"]) == 32
    return event, set(event) - COMMON


def test_a_changed_column(simulator, client, receiver):
    (id,) = subscribe(client, receiver, "change_column_value")
    item = first(client, PARENT)
    client.write(PARENT, item["id"], {"status": {"label": "Check with IS"}})
    event, own = only(simulator, receiver)
    assert own == OF_COLUMN
    assert (event["type"], event["columnType"], event["subscriptionId"]) == ("update_column_value", "color", id)
    assert (event["pulseId"], event["boardId"], event["userId"]) == (int(item["id"]), int(PARENT), 8001), "our own echo"
    assert event["value"]["label"]["text"] == "Check with IS" and "post_id" in event["value"]
    assert isinstance(event["changedAt"], float)


def test_webhook_types_and_values_are_the_old_ones(simulator, client, receiver):
    subscribe(client, receiver, "change_column_value", board=HIDDEN)
    item = first(client, HIDDEN)["id"]
    simulator.control("PATCH", f"/items/{item}", {"fields": {
        "area": "7.5", "designer": "7101", "date_received": "2026-11-05", "account": {"labels": ["Account 002"]},
        "customer_po": "PO-1", "delivery_address": "there"}})
    found = {event["columnType"]: event["value"] for event in delivered(simulator, receiver)}
    assert found["numeric"] == {"value": 7.5, "unit": {"symbol": "m²", "direction": "right"}}
    assert found["multiple-person"]["personsAndTeams"] == [{"id": 7101, "kind": "person"}]
    assert found["date"]["date"] == "2026-11-05" and set(found["date"]) == {"date", "icon", "time", "changed_at"}
    assert found["dropdown"] == {"chosenValues": [{"id": 2, "name": "Account 002"}]}
    assert found["text"] == {"value": "PO-1"} and found["long-text"]["text"] == "there"


def test_a_changed_subitem_names_its_parent_in_text(simulator, client, receiver):
    subscribe(client, receiver, "change_subitem_column_value")
    subitem = client.page(SUBITEM, limit=1, fields="id parent_item{id}")["items"][0]
    client.write(SUBITEM, subitem["id"], {"text_note": "x"})
    event, own = only(simulator, receiver)
    assert own == OF_COLUMN | OF_SUBITEM and event["boardId"] == int(SUBITEM)
    assert (event["parentItemId"], event["parentItemBoardId"]) == (subitem["parent_item"]["id"], PARENT)


def test_a_new_item_and_a_new_name(simulator, client, receiver):
    subscribe(client, receiver, "create_item", "change_name")
    item = simulator.control("POST", "/items", {"board_id": PARENT, "name": "one", "fields": {"zip_code": "1"}})["id"]
    simulator.control("PATCH", f"/items/{item}", {"name": "two"})
    created, renamed = sorted(delivered(simulator, receiver), key=lambda event: event["type"])
    assert set(created) - COMMON == {"boardId", "pulseId", "pulseName", "groupId", "groupName", "groupColor", "isTopGroup",
                                     "columnValues"}
    assert created["type"] == "create_pulse" and created["columnValues"] == {"text_zip": {"value": "1"}}
    assert renamed["type"] == "update_name" and renamed["value"] == {"name": "two"} and renamed["previousValue"] == {"name": "one"}
    assert created["userId"] == 9001, "somebody else's change"


def test_a_new_subitem_gives_two_events(simulator, client, receiver):
    subscribe(client, receiver, "create_subitem", "change_column_value")
    parent = first(client, PARENT)["id"]
    made = client.data('mutation($p:ID!){create_subitem(parent_item_id:$p,item_name:"s"){id}}', p=parent)["create_subitem"]["id"]
    events = {event["type"]: event for event in delivered(simulator, receiver)}
    assert events["create_pulse"]["itemId"] == int(made) and events["create_pulse"]["parentItemId"] == parent
    column = events["update_column_value"]
    assert column["columnType"] == "subtasks" and column["pulseId"] == int(parent)
    assert {"linkedPulseId": int(made)} in column["value"]["linkedPulseIds"]
    assert events["create_pulse"]["triggerUuid"] != column["triggerUuid"]


@pytest.mark.parametrize("action, kind, event", [("archive", "archive_pulse", "item_archived"), ("delete", "delete_pulse", "item_deleted")])
def test_gone_items_have_no_pulse_id(simulator, client, receiver, action, kind, event):
    subscribe(client, receiver, event)
    item = simulator.control("POST", "/items", {"board_id": PARENT, "name": "gone"})["id"]
    simulator.control("POST", f"/items/{item}/{action}")
    body, own = only(simulator, receiver)
    assert body["type"] == kind and own == {"boardId", "itemId", "itemName"} and body["itemId"] == int(item)


def test_gone_subitems_name_their_parent_in_numbers(simulator, client, receiver):
    subscribe(client, receiver, "subitem_archived", "subitem_deleted")
    parent = first(client, PARENT)["id"]
    for action in ("archive", "delete"):
        item = simulator.control("POST", "/items", {"parent_id": parent, "board_id": SUBITEM, "name": "gone"})["id"]
        simulator.control("POST", f"/items/{item}/{action}")
    for event in delivered(simulator, receiver):
        assert set(event) - COMMON == {"boardId", "itemId", "itemName", "pulseId", "parentBoardId", "parentItemId"}
        assert (event["parentBoardId"], event["parentItemId"]) == (int(PARENT), int(parent))
    assert len(receiver.events) == 2


def test_restored_moved_and_commented(simulator, client, receiver):
    subscribe(client, receiver, "item_restored", "item_moved_to_any_group", "create_update", "edit_update", "delete_update",
              "move_subitem")
    one, two = [simulator.control("POST", "/items", {"board_id": PARENT, "name": name})["id"] for name in ("one", "two")]
    simulator.control("POST", f"/items/{one}/archive")
    simulator.control("POST", f"/items/{one}/restore")
    client.data('mutation($i:ID!){move_item_to_group(item_id:$i,group_id:"group_closed"){id}}', i=one)
    update = client.data('mutation($i:ID!){create_update(item_id:$i,body:"<p>x</p>"){id}}', i=one)["create_update"]["id"]
    client.data('mutation($u:ID!){edit_update(id:$u,body:"y"){id}}', u=update)
    client.data("mutation($u:ID!){delete_update(id:$u){id}}", u=update)
    subitem = simulator.control("POST", "/items", {"parent_id": one, "board_id": SUBITEM, "name": "s"})["id"]
    simulator.control("POST", f"/items/{subitem}/move", {"parent_id": two})
    events = {event["type"]: event for event in delivered(simulator, receiver)}
    assert events["restore_pulse"]["value"]["state"] == 1 and events["restore_pulse"]["itemId"] == int(one)
    moved = events["move_pulse_into_group"]
    assert (moved["sourceGroupId"], moved["destGroupId"], moved["destGroup"]["title"]) == ("topics", "group_closed", "Closed projects")
    assert events["create_update"]["updateId"] == int(update) and events["create_update"]["textBody"] == "x\n"
    assert {"edit_update", "delete_update"} <= set(events)
    move = events["move_subitem"]
    assert set(move) - COMMON == {"subitem", "sourcePulseId", "destPulseId", "sourceBoardId", "destBoardId"}
    assert (move["subitem"], move["sourcePulseId"], move["destPulseId"]) == (int(subitem), int(one), int(two))


def test_mirrors_and_formulas_tell_nobody(simulator, client, receiver):
    subscribe(client, receiver, "change_column_value", "change_subitem_column_value")
    hidden = first(client, HIDDEN)["id"]
    simulator.control("PATCH", f"/items/{hidden}", {"fields": {"cust_order_value_material": "77"}})
    assert delivered(simulator, receiver) == []


def test_specific_columns_and_labels(simulator, client, receiver):
    subscribe(client, receiver, "change_specific_column_value", config=json.dumps({"columnId": "text_zip"}))
    subscribe(client, receiver, "change_status_column_value", config=json.dumps({"columnId": "status", "columnValue": {"index": 3}}))
    item = simulator.control("POST", "/items", {"board_id": PARENT, "name": "n"})["id"]
    for fields in ({"zip_code": "1"}, {"project_name": "x"}, {"pipeline_stage": "Lost"}, {"pipeline_stage": "Open Enquiry"}):
        simulator.control("PATCH", f"/items/{item}", {"fields": fields})
    assert sorted(event["columnId"] for event in delivered(simulator, receiver)) == ["status", "text_zip"]


# Signatures ----------------------------------------------------------------------------------------------------------


def test_webhooks_of_a_personal_token_are_not_signed(simulator, client, receiver):
    subscribe(client, receiver, "create_item")
    simulator.control("POST", "/items", {"board_id": PARENT, "name": "n"})
    delivered(simulator, receiver)
    assert "Authorization" not in receiver.received[0]["headers"]


@pytest.fixture
def app(simulator, client):
    simulator.control("POST", "/tokens", {"secret": "app", "kind": "app", "user_id": 8004})
    return Client(simulator, token="app")


def test_webhooks_of_an_app_are_signed(simulator, app, receiver):
    subscribe(app, receiver, "create_item")
    simulator.control("POST", "/items", {"board_id": PARENT, "name": "n"})
    delivered(simulator, receiver)
    signed = receiver.received[0]["headers"]["Authorization"]
    claims = jwt.decode(signed, SECRET, algorithms=["HS256"], audience=receiver.url)
    assert claims["accountId"] == 12_345_678 and claims["userId"] == 8004 and claims["exp"] - claims["iat"] == 300


@pytest.mark.parametrize(
    "trouble, error",
    [("expired", jwt.ExpiredSignatureError), ("wrong_key", jwt.InvalidSignatureError),
     ("wrong_audience", jwt.InvalidAudienceError), ("none", jwt.InvalidAlgorithmError), ("missing", None)],
)
def test_bad_signatures_on_order(simulator, app, receiver, trouble, error):
    subscribe(app, receiver, "create_item")
    simulator.control("PATCH", "/settings", {"webhooks": {"bad_jwt": trouble}})
    simulator.control("POST", "/items", {"board_id": PARENT, "name": "n"})
    delivered(simulator, receiver)
    signed = receiver.received[0]["headers"].get("Authorization")
    if error is None:
        assert signed is None
    else:
        assert json.loads(base64.urlsafe_b64decode(signed.split(".")[0] + "=="))["typ"] == "JWT"
        with pytest.raises(error):
            jwt.decode(signed, SECRET, algorithms=["HS256"], audience=receiver.url)


# Delivery ------------------------------------------------------------------------------------------------------------


def wait_for(condition, seconds=10):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.01)


def last_delivery(simulator):
    return simulator.control("GET", "/webhooks")["deliveries"][-1]


def test_failed_deliveries_are_repeated_once_a_minute(simulator, client, receiver):
    subscribe(client, receiver, "create_item")
    receiver.answers = [500, 429, 202]
    simulator.control("POST", "/items", {"board_id": PARENT, "name": "n"})
    delivered(simulator, receiver)
    for count in (2, 3):
        simulator.control("POST", "/clock", {"advance": 50})
        assert len(receiver.events) == count - 1
        simulator.control("POST", "/clock", {"advance": 11})
        wait_for(lambda: len(receiver.events) == count)
    assert [event["isRetry"] for event in receiver.events] == [False, True, True]
    assert len({event["triggerUuid"] for event in receiver.events}) == 1
    wait_for(lambda: last_delivery(simulator)["outcome"] == "delivered")


def test_after_30_minutes_the_event_is_lost(start_simulator, receiver):
    simulator = start_simulator("monday", projects=5, clock_scale=6000)
    subscribe(Client(simulator), receiver, "create_item")
    receiver.answers = [500] * 40
    simulator.control("POST", "/items", {"board_id": PARENT, "name": "n"})
    wait_for(lambda: last_delivery(simulator)["outcome"] == "given up", 20)
    assert len(receiver.events) == 31


def test_a_slow_answer_counts_as_none(simulator, client, receiver):
    subscribe(client, receiver, "create_item")
    simulator.control("PATCH", "/settings", {"webhook_timeout_seconds": 0.1})
    receiver.delay_seconds = 0.4
    simulator.control("POST", "/items", {"board_id": PARENT, "name": "n"})
    delivered(simulator, receiver)
    assert last_delivery(simulator)["attempts"][0]["status"] == "timeout"
    simulator.control("PATCH", "/settings", {"webhook_timeout_seconds": 5})


def test_lost_duplicated_and_overtaking_events(simulator, client, receiver):
    subscribe(client, receiver, "create_item")
    create = lambda name: simulator.control("POST", "/items", {"board_id": PARENT, "name": name})
    simulator.control("PATCH", "/settings", {"webhooks": {"lose_next": 1}})
    create("lost")
    create("kept")
    assert [event["pulseName"] for event in delivered(simulator, receiver)] == ["kept"]
    simulator.control("PATCH", "/settings", {"webhooks": {"duplicates": 1}})
    create("twice")
    wait_for(lambda: len(receiver.events) == 3)
    assert receiver.events[1]["triggerUuid"] == receiver.events[2]["triggerUuid"]
    simulator.control("PATCH", "/settings", {"webhooks": {"duplicates": 0, "spread_ms": 300}})
    names = [f"n{number:02d}" for number in range(20)]
    for name in names:
        create(name)
    delivered(simulator, receiver)
    arrived = [event["pulseName"] for event in receiver.events[3:]]
    assert arrived != names and sorted(arrived) == names
    simulator.control("POST", "/webhooks/repeat", {"numbers": [last_delivery(simulator)["number"]]})
    wait_for(lambda: len(receiver.events) == 24)
