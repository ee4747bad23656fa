"""A simulated account read with the poller's own documents and taken into the database: rows as on the boards, figures as
people see them there, and nothing to do the second time."""

import datetime
from decimal import Decimal

import pytest
from psycopg.types.json import Jsonb

from cluster import value
from graphql_documents import document
from monday_client import HIDDEN, PARENT, SUBITEM, Client

TABLES = {PARENT: "projects", SUBITEM: "subitems", HIDDEN: "hidden_items"}
WRITTEN = {"expected_gestation_days", "expected_conversion_rate", "rating_score"}


class Account:
    """A simulated account and the database that follows it."""

    def __init__(self, simulator, connection):
        self.simulator, self.connection, self.client = simulator, connection, Client(simulator)
        connection.execute("SELECT * FROM import_monday_boards(%s)", [Jsonb(simulator.control("GET", "/board-file"))])
        self.columns = {
            board: [row["column_id"] for row in connection.execute(
                "SELECT column_id FROM monday_column WHERE board_id = %s AND NOT writable", [board])]
            for board in TABLES
        }

    def settings(self):
        return self.client.data(document("board_settings"), boards=list(TABLES), limit=len(TABLES))["boards"]

    def pages(self, board):
        page = self.client.data(document("board_page"), board=board, columns=self.columns[board], limit=100)["boards"][0]["items_page"]
        yield page["items"]
        while page["cursor"]:
            page = self.client.data(document("next_board_page"), cursor=page["cursor"], columns=self.columns[board], limit=100)["next_items_page"]
            yield page["items"]

    def ingest(self, board, items):
        return self.connection.execute("SELECT * FROM ingest_monday_items(%s, %s)", [board, Jsonb(items)]).fetchone()

    def full_sync(self, boards=(HIDDEN, SUBITEM, PARENT)):
        counts = dict.fromkeys(["processed", "created", "updated", "unchanged", "stale", "rejected"], 0)
        for board in boards:
            for items in self.pages(board):
                for name, count in self.ingest(board, items).items():
                    if name in counts:
                        counts[name] += count
        return counts

    def reconcile(self):
        """Scans every board and reads what differs by its ids; the reasons that the scans gave."""
        reasons = []
        run = value(self.connection, "SELECT begin_sync_run('reconcile')")
        for board in (HIDDEN, SUBITEM, PARENT):
            for items in self.pages(board):
                page = [{"id": item["id"], "updated_at": item["updated_at"]} for item in items]
                self.connection.execute("SELECT record_monday_scan(%s, %s, %s)", [run, board, Jsonb(page)])
            found = self.connection.execute("SELECT * FROM complete_monday_scan(%s, %s)", [run, board]).fetchall()
            ids = [row["item_id"] for row in found]
            reasons += [row["reason"] for row in found]
            items = []
            for start in range(0, len(ids), 100):
                asked = ids[start:start + 100]
                items += self.client.data(document("items_by_id"), ids=asked, limit=len(asked), columns=self.columns[board],
                                          boards=[board], board_limit=1)["items"]
            self.ingest(board, items)
            gone = sorted(set(ids) - {item["id"] for item in items})
            self.connection.execute("SELECT soft_delete_monday_items(%s, %s, %s)", [board, gone, run])
        self.connection.execute("SELECT end_sync_run(%s)", [run])
        return sorted(reasons)

    def differences(self):
        """Where active rows disagree with the simulated boards and what follows from them, field by field."""
        found = []
        for board in self.simulator.control("GET", "/state?derived=1")["boards"]:
            items = {item["id"]: item for item in board["items"] if item["state"] == "active"}
            rows = {row["monday_id"]: row for row in self.connection.execute(
                f"SELECT * FROM {TABLES[board['id']]} WHERE state = 'active'")}
            found += [("only on one side", board["name"], id) for id in items.keys() ^ rows.keys()]
            found += [(board["name"], id, field, rows[id][field], wanted) for id in items.keys() & rows.keys()
                      for field, wanted in self.wanted(board["id"], items[id]).items() if not same(rows[id][field], wanted)]
        return found

    def wanted(self, board, item):
        """What the row of an item ought to hold; a field that was refused is left to sync_reject."""
        wanted = {"item_name": item["name"]}
        if board == SUBITEM:
            wanted |= {"parent_monday_id": item["parent_id"], "hidden_item_id": item["hidden_id"],
                       "link_method": item["link_method"], "new_enquiry_value": item["new_enquiry_value"]}
            return wanted
        derived = item["figures"] if board == PARENT else {field: item[field] for field in ("quote_amount", "m2_rate")}
        wanted |= {**item["fields"], **derived}
        refused = {row["field"] for row in self.connection.execute(
            "SELECT field FROM sync_reject WHERE item_id = %s", [item["id"]])}
        return {field: text for field, text in wanted.items() if field not in WRITTEN | refused}


def same(stored, wanted):
    """A stored value and the text of the boards."""
    if stored is None or stored == wanted:
        return stored == wanted or not wanted.strip()
    if wanted is None:
        return False
    if isinstance(stored, (int, Decimal)):
        return stored == Decimal(wanted.replace(",", "").strip("£ "))
    if isinstance(stored, datetime.date):
        return stored.isoformat() == wanted[:10]
    return stored == wanted.strip()


@pytest.fixture(scope="module")
def simulator(start_simulator):
    return start_simulator("monday", projects=60, today="2026-11-24")


@pytest.fixture
def account(simulator, database):
    return Account(simulator, database)


@pytest.mark.parametrize("boards", [(HIDDEN, SUBITEM, PARENT), (PARENT, SUBITEM, HIDDEN)])
def test_a_full_sync_gives_the_boards_and_their_figures(account, boards):
    counts = account.full_sync(boards)
    assert counts["created"] == counts["processed"] > 150
    assert account.differences() == []
    methods = account.connection.execute("SELECT link_method, count(*) FROM subitems GROUP BY 1").fetchall()
    assert {"relation", "exact_name"} <= {row["link_method"] for row in methods}
    assert value(account.connection, "SELECT count(*) FROM sync_reject") > 0, "odd values are refused and counted"

    again = account.full_sync()
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, counts["processed"])


def test_the_boards_are_as_configured_and_give_their_labels(account):
    settings = account.settings()
    problems = account.connection.execute("SELECT * FROM check_monday_boards(%s)", [Jsonb(settings)]).fetchall()
    assert [row for row in problems if not row["problem"].startswith("unmapped")] == []
    assert value(account.connection, "SELECT refresh_monday_labels(%s)", [Jsonb(settings)]) > 0
    stages = value(account.connection, "SELECT labels FROM monday_column WHERE board_id = %s AND field = 'pipeline_stage'", [PARENT])
    assert "Open Enquiry" in stages.values()
    assert value(account.connection, "SELECT refresh_monday_labels(%s)", [Jsonb(settings)]) == 0


def test_a_proposed_mapping_is_the_one_that_the_boards_were_made_with(account):
    configured = account.simulator.control("GET", "/board-file")["boards"]
    for board in account.settings():
        role = next(each["role"] for each in configured if each["board_id"] == board["id"])
        proposed = account.connection.execute(
            "SELECT column_id, field FROM propose_monday_mapping(%s, %s) WHERE field IS NOT NULL", [Jsonb(board["columns"]), role])
        expected = {c["column_id"]: c["field"] for each in configured if each["board_id"] == board["id"] for c in each["columns"]}
        assert {row["column_id"]: row["field"] for row in proposed} == expected


def test_reconcile_finds_what_was_missed(account):
    account.full_sync()
    assert account.reconcile() == []
    control = account.simulator.control
    projects = control("GET", f"/items?board={PARENT}&state=active&limit=6")
    hidden = control("GET", f"/items?board={HIDDEN}&state=active&limit=4")
    control("PATCH", f"/items/{projects[0]['id']}", {"name": "99001"})
    control("POST", f"/items/{projects[1]['id']}/archive", {})
    control("POST", f"/items/{projects[2]['id']}/delete", {})
    control("PATCH", f"/items/{hidden[0]['id']}", {"fields": {"material_value": "12345.67", "transport_cost": "0"}})
    control("POST", f"/items/{hidden[1]['id']}/delete", {})
    control("POST", "/items", {"board_id": HIDDEN, "name": "99001_26.01 - A", "fields": {"material_value": "100"}})
    reasons = account.reconcile()
    assert set(reasons) == {"changed", "missing", "new"}
    assert account.differences() == []
    state = "SELECT state FROM projects WHERE monday_id = %s"
    assert value(account.connection, state, [projects[1]["id"]]) == "archived"
    assert value(account.connection, state, [projects[2]["id"]]) == "deleted"
    assert set(account.reconcile()) <= {"changed"}, "what is so young may have changed again within its second"
