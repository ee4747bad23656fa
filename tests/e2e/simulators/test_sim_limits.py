"""Budgets of the simulated account and the headers that tell of them. (monday-api 2, 8.4)"""

import concurrent.futures
import re

import pytest

from monday_client import HIDDEN, PARENT, Client


@pytest.fixture(scope="module")
def module_simulator(start_simulator):
    return start_simulator("monday", projects=0)


@pytest.fixture
def simulator(module_simulator):
    """With all budgets full."""
    module_simulator.control("POST", "/reset", {"projects": 30, "clean": True})
    return module_simulator


@pytest.fixture
def client(simulator):
    return Client(simulator)


def limits(simulator, plan="standard", **changes):
    simulator.control("PATCH", "/settings", {"plan": plan, "limits": changes})


def refusal(client, query="{me{id}}"):
    status, headers, body = client.send(query)
    assert body["errors"], body
    return status, headers, body["errors"][0]


def test_the_plans(simulator):
    found = {}
    for plan in ("free", "standard", "pro", "enterprise"):
        found[plan] = simulator.control("PATCH", "/settings", {"plan": plan})["limits"]
    assert {plan: each["daily"] for plan, each in found.items()} == {"free": 1000, "standard": 1000, "pro": 10_000, "enterprise": 25_000}
    assert [each["minute"] for each in found.values()] == [1000, 1000, 2500, 5000]
    assert [each["concurrency"] for each in found.values()] == [40, 40, 100, 250]
    assert [each["personal_complexity"] for each in found.values()] == [1_000_000, 10_000_000, 10_000_000, 10_000_000]


def test_every_answer_tells_what_is_left(simulator, client):
    limits(simulator)
    seen = []
    for _ in range(2):
        _, headers, _ = client.send("{me{id}}")
        assert headers["RateLimit-Policy"] == (
            '"minuteRate";q=1000;w=60, "concurrency";q=40;qu="concurrent-requests", "complexityMinute";q=10000000;w=60;qu="content-bytes"')
        seen.append({name: int(left) for name, left in re.findall(r'"(\w+)";r=(\d+)', headers["RateLimit"])})
    assert (seen[0]["minuteRate"], seen[1]["minuteRate"]) == (999, 998)
    assert seen[0]["complexityMinute"] > seen[1]["complexityMinute"] and seen[0]["concurrency"] == 39


def test_calls_of_a_minute(simulator, client):
    limits(simulator, minute=3)
    assert [client.send("{me{id}}")[0] for _ in range(5)] == [200, 200, 200, 429, 429]
    status, headers, error = refusal(client)
    assert error["extensions"]["code"] == "MINUTE_RATE_LIMIT_EXCEEDED" and error["message"] == "Minute rate limit exceeded"
    assert 1 <= error["extensions"]["retry_in_seconds"] <= 60
    assert headers["Retry-After"] == str(error["extensions"]["retry_in_seconds"])
    assert re.search(r'"minuteRate";r=0;t=\d+', headers["RateLimit"])
    simulator.control("POST", "/clock", {"advance": 60})
    assert client.send("{me{id}}")[0] == 200
    assert simulator.control("GET", "/audit")["exceeded"] == {"minute": 3}


def test_calls_of_an_address(simulator, client):
    limits(simulator, ip=2)
    assert [client.send("{me{id}}")[0] for _ in range(3)] == [200, 200, 429]
    error = refusal(client)[2]
    assert error["extensions"]["code"] == "IP_RATE_LIMIT_EXCEEDED" and error["extensions"]["retry_in_seconds"] <= 10
    simulator.control("POST", "/clock", {"advance": 10})
    assert client.send("{me{id}}")[0] == 200


def test_a_fast_clock_shortens_the_hints(simulator, client):
    limits(simulator, minute=1)
    simulator.control("POST", "/clock", {"scale": 30})
    client.send("{me{id}}")
    assert refusal(client)[2]["extensions"]["retry_in_seconds"] <= 2


def test_calls_of_a_day(simulator, client):
    limits(simulator, daily=2)
    assert [client.send("{me{id}}")[0] for _ in range(3)] == [200, 200, 429]
    _, _, error = refusal(client)
    assert error["extensions"]["code"] == "DAILY_LIMIT_EXCEEDED"
    assert 1 <= error["extensions"]["retry_in_seconds"] <= 86_400
    simulator.control("POST", "/clock", {"advance": error["extensions"]["retry_in_seconds"]})
    assert client.send("{me{id}}")[0] == 200


def test_refused_calls_and_questions_about_complexity_cost_a_tenth_of_a_day_call(simulator, client):
    limits(simulator, minute=2)
    client.send("{complexity{after}}")
    client.send("{me{id}}")
    client.send("{me{id}}")
    assert simulator.control("GET", "/audit")["daily_used"] == pytest.approx(0.1 + 1 + 0.1)


def test_calls_at_once(simulator, client):
    limits(simulator, concurrency=4)
    simulator.control("PATCH", "/settings", {"latency_ms": 400})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.send("{me{id}}"), range(8)))
    refused = [body["errors"][0] for status, _, body in answers if status == 429]
    assert len(refused) == 4 and {error["extensions"]["code"] for error in refused} == {"MAX_CONCURRENCY_EXCEEDED"}
    assert {error["extensions"]["retry_in_seconds"] for error in refused} == {15}
    assert simulator.control("GET", "/audit")["most_in_flight"] == 8


def test_complexity_is_told_and_runs_out(simulator, client):
    limits(simulator, plan="free")
    query = "query($b:[ID!]){complexity{before after query reset_in_x_seconds} boards(ids:$b){items_page(limit:500){items{id column_values{id}}}}}"
    first = client.data(query, b=[HIDDEN])["complexity"]
    second = client.data(query, b=[HIDDEN])["complexity"]
    assert first["before"] == 1_000_000 and first["before"] - first["query"] == first["after"] == second["before"]
    assert 10_000 < first["query"] < 50_000, "grows with the page and its columns"
    assert 0 < second["reset_in_x_seconds"] <= 60
    for _ in range(first["after"] // first["query"]):
        status, headers, body = client.send(query, {"b": [HIDDEN]})
    assert status == 429
    extensions = body["errors"][0]["extensions"]
    assert extensions["code"] == "COMPLEXITY_BUDGET_EXHAUSTED" and extensions["complexity"] == first["query"]
    assert extensions["complexity_budget_left"] < first["query"] and extensions["complexity_budget_limit"] == 1_000_000
    assert headers["Retry-After"] == str(extensions["retry_in_seconds"])
    simulator.control("POST", "/clock", {"advance": extensions["retry_in_seconds"]})
    assert client.send(query, {"b": [HIDDEN]})[0] == 200


def test_paging_on_costs_less_than_a_page_of_a_board(client):
    page = "query($b:[ID!]){complexity{query} boards(ids:$b){items_page(limit:5){cursor items{id}}}}"
    first = client.data(page, b=[HIDDEN])
    cursor = first["boards"][0]["items_page"]["cursor"]
    following = client.data("query($c:String!){complexity{query} next_items_page(limit:5,cursor:$c){items{id}}}", c=cursor)
    assert following["complexity"]["query"] < first["complexity"]["query"] + 1
    write = 'mutation{complexity{query} change_simple_column_value(board_id:"4100000001",item_id:"1",column_id:"x",value:"1"){id}}'
    _, _, body = client.send(write)
    assert body["data"]["complexity"]["query"] >= 10_000


def test_an_apps_reads_and_writes_have_budgets_of_their_own(simulator):
    simulator.control("POST", "/tokens", {"secret": "app", "kind": "app"})
    app = Client(simulator, token="app")
    read = app.data("{complexity{before query}}")["complexity"]
    write = app.data('mutation{complexity{before} create_item(board_id:"4100000001",item_name:"n"){id}}')["complexity"]
    assert read["before"] == write["before"] == 5_000_000


def test_one_query_may_cost_5_million_at_most(client):
    query = "query($b:[ID!]){boards(ids:$b){items_page(limit:500){items{subitems{column_values{column{id}} subitems{column_values{column{id}} subitems{column_values{column{id}} subitems{column_values{column{id}}}}}}}}}}"
    _, _, error = refusal(client, query.replace("$b:[ID!]", "").replace("()", "").replace("ids:$b", f"ids:[{PARENT}]"))
    assert error["extensions"]["code"] == "ComplexityException"
    assert error["extensions"]["complexity"] > error["extensions"]["maxComplexity"] == 5_000_000


def test_formula_columns_of_a_call_and_cells_of_a_minute(simulator, client):
    simulator.control("POST", "/reset", {"projects": 400, "clean": True})
    fields = "column_values(types:[formula]){... on FormulaValue{display_value}}"
    page = client.page(HIDDEN, 500, fields)
    read = 3 * len(page["items"])
    assert any(cell["display_value"] for item in page["items"] for cell in item["column_values"])
    query = "query($b:[ID!]){boards(ids:$b){items_page(limit:500){items{id %s}}}}" % fields
    while read + 3 * len(page["items"]) <= 10_000:
        client.data(query, b=[HIDDEN])
        read += 3 * len(page["items"])
    status, _, body = client.send(query, {"b": [HIDDEN]})
    extensions = body["errors"][0]["extensions"]
    assert status == 200 and extensions["status_code"] == 429 and extensions["code"] == "FIELD_MINUTE_RATE_LIMIT_EXCEEDED"
    assert extensions["retry_in_seconds"] <= 60
    simulator.control("POST", "/clock", {"advance": 61})
    for number in range(3):
        simulator.control("POST", f"/boards/{HIDDEN}/columns", {"id": f"f{number}", "title": "F", "kind": "formula"})
    error = client.error("{boards(ids:[%s]){items_page(limit:1){items{%s}}}}" % (HIDDEN, fields))
    assert error["extensions"]["code"] == "FIELD_MINUTE_RATE_LIMIT_EXCEEDED", "six formula columns in one call"
