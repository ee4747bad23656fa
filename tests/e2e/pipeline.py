"""The pipeline beside a simulated account: boards imported, commands run, rows compared with what the boards hold."""

import datetime
import json
import types
from decimal import Decimal, InvalidOperation

from cluster import value
from poller import Poller, environment_for, run, wait_until

TABLES = {"parent": "projects", "subitem": "subitems", "hidden": "hidden_items"}
# What the pipeline writes is not read back; the relation shows as the link.
NOT_COMPARED = {"expected_gestation_days", "expected_conversion_rate", "rating_score", "hidden_item_id"}


class Pipeline:
    """A database with the boards of a simulated account, and the poller's settings for both."""

    def __init__(self, connection, simulator, boards=True, **settings):
        self.connection = connection
        self.simulator = simulator
        self.settings = {
            "MONDAY_API_URL": simulator.url,
            "MONDAY_API_KEY": simulator.place["token"],
            "POLLER_LOG_LEVEL": "debug",
            **settings,
        }
        if boards:
            connection.execute(
                "SELECT import_monday_boards(%s)", [json.dumps(simulator.control("GET", "/board-file"))]
            )

    def command(self, *arguments, timeout=120, **settings):
        """A command of the program that may fail."""
        environment = environment_for(self.connection.database, **{**self.settings, **settings})
        return run(*arguments, environment=environment, timeout=timeout)

    def done(self, *arguments, **options):
        """A command that has to succeed; gives what it printed."""
        result = self.command(*arguments, **options)
        assert result.returncode == 0, f"{arguments}: {result.returncode}\n{result.stdout}{result.stderr}"
        return result.stdout

    def poller(self, **settings):
        return Poller(self.connection.database, **{**self.settings, **settings})

    def value(self, query, parameters=None):
        return value(self.connection, query, parameters)

    def rows(self, query, parameters=None):
        return [types.SimpleNamespace(**row) for row in self.connection.execute(query, parameters).fetchall()]

    def enqueue(self, job_type, project=None, **payload):
        return self.value("SELECT enqueue_job(%s, %s, %s)", [job_type, project, json.dumps(payload)])

    def run_jobs(self, *job_types, timeout=60, **settings):
        """A poller works, these types or all, until nothing is due any more."""
        if job_types:
            settings["POLLER_JOB_TYPES"] = ",".join(job_types)
        with self.poller(**settings) as poller:
            self.wait_for_jobs(timeout, job_types)
            assert poller.stop() == 0, poller.log

    def wait_for_jobs(self, timeout=60, job_types=()):
        """Until no job is running, due, or due soon."""
        try:
            wait_until(lambda: self.open_jobs(job_types) == 0, timeout)
        except AssertionError:
            raise AssertionError(f"jobs are still open after {timeout} s: {self.describe_jobs()}") from None

    def open_jobs(self, job_types=()):
        return self.value(
            "SELECT count(*) FROM job_queue"
            " WHERE (status = 'running' OR (status = 'queued' AND run_at <= now() + interval '20 s'))"
            " AND (job_type = ANY (%(types)s) OR %(types)s = '{}')",
            {"types": list(job_types)},
        )

    def describe_jobs(self):
        return [
            vars(row)
            for row in self.rows(
                "SELECT id, job_type, project_id, status, attempts, detail FROM job_queue ORDER BY id DESC LIMIT 20"
            )
        ]

    def audit(self, **wanted):
        query = "&".join(f"{name}=1" for name in wanted)
        return self.simulator.control("GET", "/audit" + (f"?{query}" if query else ""))

    def forget_audit(self):
        self.simulator.control("DELETE", "/audit")

    def runs(self):
        """sync_log, oldest first."""
        return self.rows("SELECT * FROM sync_log ORDER BY id")


def as_stored(text, stored):
    """A text of the board in the type of what is stored."""
    if text is None or stored is None:
        return text
    if isinstance(stored, datetime.date):
        return datetime.date.fromisoformat(text[:10])
    if isinstance(stored, (Decimal, int)):
        try:
            return Decimal(text.replace(",", ""))
        except InvalidOperation:
            return text
    return text


def differences(connection, simulator):
    """Where the database differs from the boards and from what follows from them. Nothing is the aim."""
    found = []
    state = simulator.control("GET", "/state?derived=1")
    hidden = {item["id"]: item for board in state["boards"] if board["role"] == "hidden" for item in board["items"]}
    for board in state["boards"]:
        table = TABLES.get(board["role"])
        if table is None:
            continue
        rows = {row["monday_id"]: row for row in connection.execute(f"SELECT * FROM {table} WHERE board_id = %s", [board["id"]])}
        items = {item["id"]: item for item in board["items"]}
        for item_id in sorted(items.keys() | rows.keys()):
            item, row = items.get(item_id), rows.get(item_id)
            if item is None:
                if row["state"] != "deleted":
                    found.append(f"{table} {item_id} is not on the board")
                continue
            if row is None:
                # What was gone before it was read is nowhere to be found.
                if item["state"] == "active":
                    found.append(f"{table} {item_id} is missing")
                continue
            found += [f"{table} {item_id} {text}" for text in item_differences(board["role"], item, row, hidden)]
    return found


def item_differences(role, item, row, hidden):
    if row["state"] != item["state"]:
        yield f"state: {item['state']!r} on the board, {row['state']!r} stored"
    if item["state"] != "active":
        return
    wanted = {"item_name": item["name"]}
    wanted |= {field: text for field, text in item["fields"].items() if field not in NOT_COMPARED}
    if role == "parent":
        wanted |= item["figures"]
    if role == "subitem":
        wanted |= shown_through_link(hidden.get(item["hidden_id"]), hidden)
        wanted |= {"parent_monday_id": item["parent_id"], "hidden_item_id": item["hidden_id"],
                   "link_method": item["link_method"], "new_enquiry_value": item["new_enquiry_value"]}
    if role == "hidden":
        wanted |= derived_of_hidden(item)
    for field, text in wanted.items():
        if as_stored(text, row[field]) != row[field]:
            yield f"{field}: {text!r} on the board, {row[field]!r} stored"


def derived_of_hidden(item):
    return {"quote_amount": item["quote_amount"], "m2_rate": item["m2_rate"]}


def shown_through_link(item, hidden):
    """What a subitem shows of its hidden item; nothing without one."""
    if item is not None:
        return item["fields"] | derived_of_hidden(item)
    return {field: None for each in hidden.values() for field in each["fields"] | derived_of_hidden(each)}


def shown_on(connection, item):
    """The item and the subitems that show its fields."""
    subitems = connection.execute("SELECT monday_id FROM subitems WHERE hidden_item_id = %s", [item])
    return [item, *(row["monday_id"] for row in subitems)]
