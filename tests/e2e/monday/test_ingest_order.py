"""Whatever the order and the pages in which versions of items arrive, the rows are the same, and they are right."""

import itertools

import hypothesis
import pytest
from hypothesis import strategies as st

import boards
from boards import HIDDEN, PARENT, SUBITEM, Version
from cluster import value
from psycopg.types.json import Jsonb

NAMES = ["17425_25.01 - A", "17425_25.01  - a ", "17425_25.02 - B", "B", " ", "17425"]
TEXTS = {
    "status": ["", "Quoted", "Lost", "Won Closed"],
    "account": ["", "Acme", "Beta, Acme,Beta", "Gamma"],
    "reason_for_change": ["", "New Enquiry", "New enquiry"],
    "material_value": ["", "100", "99.99", "(500)", "1.2k"],
    "transport_cost": ["", "0", "10.01", "NaN"],
    "tp_margin": ["", "20", "33.3", "100", "12%"],
    "cust_order_value_material": ["", "0", "250.50", "1,2"],
    "date_design_completed": ["", "2025-03-01", "2025-06-01", "01/03/2025"],
    "invoice_date": ["", "2025-05-20", "2025-02-30"],
    "pipeline_stage": ["", "Open Enquiry", "Lost"],
    "probability_percent": ["", "50", "101"],
}
STATES = st.sampled_from(["active", "active", "active", "archived", "deleted"])


def texts_of(fields):
    return st.tuples(*(st.tuples(st.just(field), st.sampled_from(TEXTS[field])) for field in fields))


HIDDEN_VERSION = st.builds(
    Version, board=st.just(HIDDEN), id=st.sampled_from(["31", "32", "9"]), moment=st.just(0), name=st.sampled_from(NAMES),
    state=STATES, fields=texts_of(boards.HIDDEN_FIELDS))
SUBITEM_VERSION = st.builds(
    Version, board=st.just(SUBITEM), id=st.sampled_from(["21", "22", "23"]), moment=st.just(0), name=st.sampled_from(NAMES),
    state=STATES, parent=st.sampled_from(["11", "12"]), links=st.lists(st.sampled_from(["31", "32", "99"]), max_size=2).map(tuple))
PARENT_VERSION = st.builds(
    Version, board=st.just(PARENT), id=st.sampled_from(["11", "12"]), moment=st.just(0), name=st.just("17425"), state=STATES,
    fields=texts_of(boards.PARENT_FIELDS))


@st.composite
def arrivals(draw):
    """Versions of distinct moments, and an order in which they arrive."""
    versions = draw(st.lists(st.one_of(HIDDEN_VERSION, SUBITEM_VERSION, PARENT_VERSION), min_size=3, max_size=10))
    versions = [Version(**{**vars(each), "moment": n}) for n, each in enumerate(versions)]
    return versions, draw(st.permutations(versions))


def rows(connection, table, columns):
    found = connection.execute(f"SELECT monday_id, {', '.join(columns)} FROM {table}").fetchall()
    return {row.pop("monday_id"): row for row in found}


@pytest.fixture
def configured(database):
    database.execute("SELECT * FROM import_monday_boards(%s)", [Jsonb(boards.CONFIG)])
    return database


# An archived subitem is linked by its name until an active one of that name comes.
QUOTE_31 = Version(HIDDEN, "31", 0, NAMES[0], fields=(("material_value", "80"), ("transport_cost", "0"), ("tp_margin", "20")))
ARCHIVED_21 = Version(SUBITEM, "21", 1, NAMES[0], state="archived", parent="11")
ACTIVE_22 = Version(SUBITEM, "22", 2, NAMES[0], parent="11")


@hypothesis.settings(
    max_examples=25, deadline=None, print_blob=True, database=None,
    suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(arrivals())
@hypothesis.example(([QUOTE_31, ARCHIVED_21, ACTIVE_22], [ARCHIVED_21, QUOTE_31, ACTIVE_22]))
def test_the_order_of_arrival_does_not_matter(configured, arrival):
    versions, order = arrival
    subitems, projects = boards.expected(versions)
    with configured.transaction(force_rollback=True):
        boards.ingest(configured, order)
        columns = ["item_name", "state", "parent_monday_id", "link_method", "hidden_item_id", "account", "quote_amount",
                   "new_enquiry_value"]
        assert rows(configured, "subitems", columns) == subitems
        columns = ["item_name", "state", "pipeline_stage", "new_enquiry_value", "project_value", "total_order_value",
                   "first_date_designed", "last_date_invoiced", "gestation_period", "account"]
        assert rows(configured, "projects", columns) == projects

        derived = configured.execute("SELECT * FROM derive_pipeline_values()").fetchone()
        assert derived == {"subitems": 0, "projects": 0}, "deriving anew finds nothing to do"
        # The newest versions once more: nothing is written.
        counts = configured.execute(
            "SELECT sum(created) AS created, sum(updated) AS updated FROM jsonb_each(%s) AS board (id, items), "
            "ingest_monday_items(board.id, board.items)",
            [Jsonb({board: [each.as_api() for each in versions if each.board == board] for board in (HIDDEN, SUBITEM, PARENT)})],
        ).fetchone()
        assert counts == {"created": 0, "updated": 0}


def test_parts_of_a_project_in_every_order(configured):
    """Hidden item, subitem, project: all six orders, each in calls of their own."""
    versions = [
        Version(HIDDEN, "31", 1, "Q", fields=(("material_value", "80"), ("transport_cost", "0"), ("tp_margin", "20"), ("reason_for_change", "New Enquiry"))),
        Version(SUBITEM, "21", 1, "q", parent="11"),
        Version(PARENT, "11", 1, "17425", fields=(("pipeline_stage", "Open Enquiry"),)),
    ]
    for order in itertools.permutations(versions):
        with configured.transaction(force_rollback=True):
            boards.ingest(configured, order)
            assert value(configured, "SELECT new_enquiry_value FROM projects") == 100, [each.board for each in order]
            assert value(configured, "SELECT count(*) FROM job_queue WHERE job_type = 'analyze'") == 1
