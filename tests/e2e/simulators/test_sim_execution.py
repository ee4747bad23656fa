"""The simulator's short way of executing a read gives exactly what graphql-core gives. (monday-api 8.1)"""

import json
import re

import pytest

from simulators.monday import board_set, execution, seed, versions
from simulators.monday.context import Context
from simulators.monday.schema import prepared
from simulators.monday.service import Service

CELL = """id type text value is_leaf column{id title settings settings_str}
  ... on StatusValue{index label is_done label_style{color border} updated_at}
  ... on DropdownValue{values{id label}} ... on DateValue{date time updated_at}
  ... on NumbersValue{number symbol direction} ... on PeopleValue{persons_and_teams{id kind}}
  ... on MirrorValue{display_value mirrored_items{linked_board_id linked_item{id} mirrored_value{...S}}}
  ... on BoardRelationValue{linked_item_ids display_value linked_items{id name}}
  ... on SubtasksValue{subitems_ids display_value} ... on LastUpdatedValue{updated_at updater_id}
  ... on CreationLogValue{created_at creator{id name}} ... on TimelineValue{from to}"""
FRAGMENT = "fragment S on StatusValue{label text}"

READS = [
    "{me{id name email account{id}} account{name tier plan{max_users tier}} version{value kind} versions{value display_name}}",
    "{boards{id name state columns{id type settings} groups{id title position} items_count top_group{id}}}",
    f"query($b:[ID!]){{boards(ids:$b){{items_page(limit:40){{cursor items{{id name state board{{id}} group{{id title}} "
    f"created_at updated_at creator_id url parent_item{{id name}} subitems{{id name}} column_values{{{CELL}}}}}}}}}}} {FRAGMENT}",
    "query($i:[ID!]){items(ids:$i,limit:100){id name column_values(ids:[\"status\",\"date_received\"]){id ...on StatusValue{label}}}}",
    "query($i:[ID!]){items(ids:$i){renamed:name updates(limit:5){id text_body replies{id}}}}",
    '{boards(ids:[4100000003]){items_page(limit:5){items{column_values(types:[formula]){... on FormulaValue{display_value}}}}}}',
    'query($b:[ID!]){boards(ids:$b){activity_logs(limit:3){event data user_id} updates(limit:3){id body item_id}}}',
    'query($b:[ID!],$i:[ID!]){boards(ids:$b){items_page(limit:9,query_params:{ids:$i}){items{id}}}}',
    'query($no:Boolean=false){boards(limit:1){id name @include(if:$no) state @skip(if:$no)}}',
    # What is no plain read: an error beside data, a null where none may be.
    '{items(limit:3){id} next_items_page(cursor:"x"){items{id}}}',
    '{boards(ids:[4100000003]){id items_page(limit:900){items{id}}}}',
    '{a:boards(ids:[1]){id} updates(limit:500){id}}',
    "{__typename boards(limit:1){__typename id}}",
]


@pytest.fixture(scope="module")
def service():
    service = Service()
    seed.fill(service.account, 3, 40)
    item = next(iter(service.account.boards[board_set.PARENT].items.values()))
    update = service.changes.create_update(item, "<p>one</p>", 8001)
    service.changes.create_update(item, "two", 8001, update)
    service.changes.set_values(item, {"numeric_days": "4", "status": None}, 8001)
    return service


def context(service):
    made = Context(service, service.tokens.get("simulated-token"), "2026-10", None)
    made.complexity = (10, 9, 1, 60)
    return made


def text(answer):
    """Each scan has a cursor of its own."""
    return re.sub(r"MSw[\w.-]+", "CURSOR", json.dumps(answer))


@pytest.mark.parametrize("board", [board_set.PARENT, board_set.SUBITEM, board_set.HIDDEN])
@pytest.mark.parametrize("query", READS)
def test_both_ways_give_the_same(service, query, board):
    document, problems = prepared(query, versions.CURRENT)
    assert not problems, problems
    variables = {"b": [str(board)], "i": [str(id) for id in service.account.boards[board].items][:25]}
    operation = document.definitions[0]
    expected = execution.reference(document, None, variables, context(service))
    found = execution.run(document, operation, variables, context(service))
    assert text(found) == text(expected)


def test_plain_reads_take_the_short_way(service):
    for query in READS[:9]:
        document, _ = prepared(query, versions.CURRENT)
        variables = {"b": [str(board_set.HIDDEN)], "i": [str(board_set.HIDDEN)]}
        assert execution.quick(document, None, variables, context(service))


def test_what_is_not_plain_does_not(service):
    for query in READS[9:]:
        document, _ = prepared(query, versions.CURRENT)
        with pytest.raises(execution.NotPlain):
            execution.quick(document, None, {}, context(service))
