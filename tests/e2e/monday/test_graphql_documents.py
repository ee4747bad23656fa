"""Every GraphQL document of the poller against the schema that monday.com publishes, and served by the simulator."""

import datetime
import re

import pytest
from graphql.language.ast import OperationDefinition
from graphql.language.parser import parse
from graphql.validation import validate

from graphql_documents import FOLDER, document
from monday_client import HIDDEN, PARENT, Client
from official_schema import needs_official_schema, official_schema
from simulators.monday.schema import schema_of
from webhook_receiver import Receiver

OPERATIONS = sorted(
    path.stem for path in FOLDER.glob("*.graphql") if re.search(r"^(query|mutation)\b", path.read_text(), re.MULTILINE)
)

# Of a version of which no schema was published yet.
LATER = {"board_activity_by_cursor": "2027-01"}


@pytest.fixture(scope="module")
def schema():
    return official_schema()


def complaints(schema, text):
    return [str(error) for error in validate(schema, parse(text))]


@needs_official_schema
@pytest.mark.parametrize(
    "text",
    [
        "query { items(ids: [1]) { nonsense } }",
        "query ($limit: String!) { items(ids: [1], limit: $limit) { id } }",
        "mutation { create_update(item_id: 1) { id } }",
        "query { complexity { after } items(ids: [1]) { column_values { ... on MirrorValue { linked_item_ids } } } }",
    ],
)
def test_the_schema_refuses_what_is_wrong(schema, text):
    assert complaints(schema, text)


@needs_official_schema
@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in LATER])
def test_document_obeys_the_schema(schema, name):
    assert complaints(schema, document(name)) == []


@pytest.mark.parametrize("name", LATER)
def test_document_of_a_later_version_obeys_what_is_known_of_its_schema(name):
    assert complaints(schema_of(LATER[name]), document(name)) == []
    assert complaints(schema_of("2026-10"), document(name)) != []


@pytest.mark.parametrize("name", OPERATIONS)
def test_document_is_one_operation_with_the_name_of_its_file(name):
    operations = [each for each in parse(document(name)).definitions if isinstance(each, OperationDefinition)]
    assert [each.name.value for each in operations] == [name]


def test_every_document_is_compiled_in():
    declared = re.findall(r"extern const Document (\w+);", (FOLDER / "documents.hpp").read_text())
    assert sorted(declared) == OPERATIONS


# Served by the simulator ---------------------------------------------------------------------------------------------


def served_comment(client, item):
    return client.items([item], "updates{id}")[0]["updates"][0]["id"]


@pytest.fixture(scope="module")
def served(start_simulator):
    """What each document answers, asked in an order in which one makes what the next one needs."""
    receiver = Receiver()
    simulator = start_simulator("monday", projects=40)
    client = Client(simulator)
    columns = ["status", "numeric_days"]
    item = client.page(PARENT, limit=1)["items"][0]["id"]
    name = client.page(HIDDEN, limit=1)["items"][0]["name"]
    answers = {}

    def ask(document_name, **variables):
        answers[document_name] = client.data(document(document_name), **variables)
        return answers[document_name]

    ask("account")
    ask("board_settings", boards=[PARENT, HIDDEN], limit=2)
    page = ask("board_page", board=PARENT, columns=columns, limit=3,
               filter={"order_by": [{"column_id": "__last_updated__", "direction": "desc"}]})
    ask("next_board_page", cursor=page["boards"][0]["items_page"]["cursor"], columns=columns, limit=3)
    index = ask("board_index", board=HIDDEN, limit=30)
    ask("next_board_index", cursor=index["boards"][0]["items_page"]["cursor"], limit=30)
    ask("items_by_id", ids=[item], limit=1, columns=columns, boards=[PARENT, HIDDEN], board_limit=2)
    ask("items_by_name", board=HIDDEN, names=[name, "no such name"], limit=10, columns=None)
    ask("project_items", ids=[item], limit=1, columns=columns, boards=[PARENT], board_limit=1)
    client.write(PARENT, item, {"numeric_days": "5"})
    client.data("mutation($i:ID!){create_update(item_id:$i,body:\"<p>y</p>\"){id}}", i=item)
    ask("pushed_items", items=[item], limit=1, columns=columns, updates=5)
    ask("item_subscribers", items=[item], limit=1)
    ask("updates_by_id", ids=[served_comment(client, item)], limit=1)
    ask("board_activity", board=PARENT, limit=5, page=1, **{"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"})
    later = Client(simulator, version=LATER["board_activity_by_cursor"])
    answers["board_activity_by_cursor"] = later.data(document("board_activity_by_cursor"), board=PARENT, limit=5, cursor=None, to="2100-01-01T00:00:00Z",
                                                     **{"from": (datetime.date.today() - datetime.timedelta(days=80)).isoformat()})
    ask("people", ids=["7001", "7002"], limit=2, is_former=False)
    webhook = ask("create_webhook", board=PARENT, url=receiver.url, event="create_item")
    ask("board_webhooks", board=PARENT, only_of_app=False)
    ask("delete_webhook", id=webhook["create_webhook"]["id"])
    receiver.close()
    return answers


@pytest.mark.parametrize("name", OPERATIONS)
def test_document_is_served_by_the_simulator(served, name):
    assert name in served, "ask for the new document above"
    assert all(served[name].values()), served[name]


def test_what_was_pushed_is_read_back(served):
    (item,) = served["pushed_items"]["items"]
    assert {cell["id"]: cell["text"] for cell in item["column_values"]}["numeric_days"] == "5"
    assert [update["text_body"] for update in item["updates"]] == ["y\n"]
