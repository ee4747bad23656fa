"""Faults on order in every spelling, retries with an idempotency key. (monday-api 1.3 to 1.6, 2, 8.3, 8.8)"""

import concurrent.futures
import json
import time
import urllib.error

import pytest

from monday_client import PARENT, Client
from simulators.monday.faults import CATALOGUE


@pytest.fixture(scope="module")
def module_simulator(start_simulator):
    return start_simulator("monday", projects=10, clean=True)


@pytest.fixture
def simulator(module_simulator):
    module_simulator.control("DELETE", "/faults")
    return module_simulator


@pytest.fixture
def client(simulator):
    return Client(simulator)


@pytest.fixture
def item(simulator):
    return simulator.control("POST", "/items", {"board_id": PARENT, "name": "n"})["id"]


def order(simulator, **fault):
    return simulator.control("POST", "/faults", fault)


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_error_in_the_new_form(simulator, client, code):
    message, http, status, retry_in, _ = CATALOGUE[code]
    order(simulator, code=code)
    answered, headers, body = client.send("{me{id}}")
    assert answered == http and body["errors"][0]["message"] == message and body["extensions"]["request_id"]
    extensions = body["errors"][0]["extensions"]
    assert extensions["code"] == code and extensions["status_code"] == status
    assert extensions.get("retry_in_seconds") == retry_in
    assert headers.get("Retry-After") == (str(retry_in) if http == 429 and retry_in else None)
    assert client.data("{me{id}}"), "once"


def test_the_old_form(simulator, client):
    order(simulator, code="CursorException", form="old")
    status, _, body = client.send("{me{id}}")
    assert status == 200 and set(body) == {"error_code", "status_code", "error_message", "error_data"}
    assert body["error_code"] == "CursorException" and "CursorExpiredError" in body["error_message"]
    order(simulator, code="INTERNAL_SERVER_ERROR", form="old")
    assert client.send("{me{id}}")[2]["error_message"] == "Internal server error"


def test_errors_as_strings_with_the_hint_in_the_text(simulator, client):
    order(simulator, code="complexityBudgetExhausted", form="strings")
    status, headers, body = client.send("{me{id}}")
    assert status == 429 and "Retry-After" not in headers
    assert body["errors"] == [CATALOGUE["complexityBudgetExhausted"][0]] and "reset in 16 seconds" in body["errors"][0]
    assert body["error_code"] == "complexityBudgetExhausted" and body["status_code"] == 429


@pytest.mark.parametrize("http", [200, 429])
@pytest.mark.parametrize("retry_after", [True, False])
def test_a_limit_over_any_http_status_with_and_without_the_header(simulator, client, http, retry_after):
    order(simulator, code="COMPLEXITY_BUDGET_EXHAUSTED", http=http, retry_after=retry_after,
          extensions={"complexity": 7001, "complexity_budget_left": 250})
    status, headers, body = client.send("{me{id}}")
    assert status == http and headers.get("Retry-After") == ("37" if retry_after else None)
    assert body["errors"][0]["extensions"] == {"code": "COMPLEXITY_BUDGET_EXHAUSTED", "status_code": 429, "retry_in_seconds": 37,
                                               "complexity": 7001, "complexity_budget_left": 250}


def test_no_hint_at_all_and_the_hint_in_error_data(simulator, client):
    order(simulator, code="MINUTE_RATE_LIMIT_EXCEEDED", retry_in=None)
    order(simulator, code="MINUTE_RATE_LIMIT_EXCEEDED", retry_in=None, error_data={"retry_in_seconds": 3})
    assert "retry_in_seconds" not in client.error("{me{id}}")["extensions"]
    assert client.error("{me{id}}")["extensions"]["error_data"] == {"retry_in_seconds": 3}


def test_partial_data(simulator, client):
    order(simulator, kind="partial", code="FIELD_LIMIT_EXCEEDED", path=["items", 0, "subitems"])
    ids = [item["id"] for item in client.page(PARENT, limit=2)["items"]]
    status, _, body = client.send("query($i:[ID!]){items(ids:$i){id subitems{id}}}", {"i": ids})
    assert status == 200 and body["data"]["items"][0]["subitems"] is None and body["data"]["items"][1]["subitems"]
    assert body["errors"][0]["path"] == ["items", 0, "subitems"]
    assert body["errors"][0]["extensions"] == {"code": "FIELD_LIMIT_EXCEEDED", "status_code": 429, "retry_in_seconds": 15,
                                               "error_data": {"entity": "subitems"}}


def test_only_some_calls_are_hit(simulator, client, item):
    order(simulator, operation="mutation", code="LOCKED")
    order(simulator, field="items_page", code="INTERNAL_SERVER_ERROR", skip=1, times=2)
    assert client.data("{me{id}}")
    assert client.page(PARENT, limit=1)
    statuses = [client.send(f"{{boards(ids:[{PARENT}]){{items_page(limit:1){{items{{id}}}}}}}}")[0] for _ in range(3)]
    assert statuses == [500, 500, 200]
    assert client.send(client.WRITE, {"b": PARENT, "i": item, "v": "{}", "c": False})[0] == 423
    assert [fault["hits"] for fault in simulator.control("GET", "/faults")] == [1, 2]


def test_a_share_of_calls(simulator, client):
    order(simulator, code="INTERNAL_SERVER_ERROR", times=None, share=0.5)
    statuses = [client.send("{me{id}}")[0] for _ in range(60)]
    assert 10 < statuses.count(500) < 50


def test_an_answer_that_is_no_json(simulator, client):
    order(simulator, kind="raw", http=502, body="<html>Bad gateway</html>")
    status, headers, body = client.send("{me{id}}")
    assert status == 502 and body == "<html>Bad gateway</html>" and headers["Content-Type"].startswith("text/html")


def test_cursors_may_expire_on_order(simulator, client):
    cursor = client.page(PARENT, limit=2)["cursor"]
    simulator.control("DELETE", "/faults?cursors=1")
    assert client.code("query($c:String!){next_items_page(cursor:$c){items{id}}}", c=cursor) == "CursorException"


# What happened although nobody was told -------------------------------------------------------------------------------


def write(client, item, value, key=None, timeout=10):
    variables = {"b": PARENT, "i": item, "v": json.dumps({"numeric_days": value}), "c": False}
    return client.send(client.WRITE, variables, {"Idempotency-Key": key} if key else None, timeout=timeout)


def test_a_timeout_before_the_write(simulator, client, item):
    order(simulator, operation="mutation", kind="drop", when="before")
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        write(client, item, "5")
    assert client.cell(item, "numeric_days")["text"] == ""


@pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "hang", "seconds": 2}, {"code": "INTERNAL_SERVER_ERROR"}])
def test_an_answer_that_gets_lost_after_the_write(simulator, client, item, fault):
    order(simulator, operation="mutation", when="after", **fault)
    if fault.get("code"):
        assert write(client, item, "5")[0] == 500
    else:
        with pytest.raises((urllib.error.URLError, ConnectionError, TimeoutError)):
            write(client, item, "5", timeout=0.5)
    assert client.cell(item, "numeric_days")["text"] == "5"


def test_slow_answers(simulator, client):
    order(simulator, kind="hang", seconds=0.3)
    simulator.control("PATCH", "/settings", {"latency_ms": 100})
    started = time.monotonic()
    assert client.data("{me{id}}")
    assert time.monotonic() - started >= 0.4
    simulator.control("PATCH", "/settings", {"latency_ms": 0})


# Idempotency ---------------------------------------------------------------------------------------------------------

CREATE_UPDATE = 'mutation($i:ID!){create_update(item_id:$i,body:"x"){id}}'


def comment(client, item, key):
    status, headers, body = client.send(CREATE_UPDATE, {"i": item}, {"Idempotency-Key": key})
    return status, headers.get("Idempotency-Replayed"), body


def updates(client, item):
    return client.items([item], "updates{id}")[0]["updates"]


def test_the_same_key_gives_the_same_answer_and_one_effect(simulator, client, item):
    first, second = comment(client, item, f"{item}-a"), comment(client, item, f"{item}-a")
    assert first[1] is None and second[1] == "true" and first[2] == second[2]
    assert len(updates(client, item)) == 1
    comment(client, item, f"{item}-b")
    assert len(updates(client, item)) == 2


def test_a_key_is_kept_for_half_an_hour(simulator, client, item):
    comment(client, item, f"{item}-a")
    simulator.control("POST", "/clock", {"advance": 1790})
    assert comment(client, item, f"{item}-a")[1] == "true"
    simulator.control("POST", "/clock", {"advance": 20})
    assert comment(client, item, f"{item}-a")[1] is None and len(updates(client, item)) == 2


def test_a_key_survives_a_lost_answer(simulator, client, item):
    order(simulator, operation="mutation", kind="drop", when="after")
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        comment(client, item, f"{item}-a")
    assert comment(client, item, f"{item}-a")[1] == "true" and len(updates(client, item)) == 1


def test_a_key_in_flight_is_a_conflict(simulator, client, item):
    order(simulator, operation="mutation", kind="hang", when="during", seconds=1)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(comment, client, item, f"{item}-a")
        time.sleep(0.4)
        status, headers, body = client.send(CREATE_UPDATE, {"i": item}, {"Idempotency-Key": f"{item}-a"})
        assert status == 409 and body["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_CONFLICT" and headers["Retry-After"] == "1"
        assert slow.result()[0] == 200
    assert len(updates(client, item)) == 1


def test_a_refused_call_leaves_its_key_unused_and_queries_have_none(simulator, client, item):
    order(simulator, operation="mutation", code="MINUTE_RATE_LIMIT_EXCEEDED")
    assert comment(client, item, f"{item}-a")[0] == 429
    assert comment(client, item, f"{item}-a")[1] is None and len(updates(client, item)) == 1
    for _ in range(2):
        assert "Idempotency-Replayed" not in client.send("{me{id}}", headers={"Idempotency-Key": "q"})[1]
    audit = simulator.control("GET", "/audit")
    assert audit["replays"] >= 1
