"""What the simulated account says of its own past, day by day, to compare with what the pipeline made of its logs."""

from pipeline import as_stored

# Columns of project_history by where the account tells them.
OWN = ("pipeline_stage", "type", "category", "probability_percent", "date_created", "expected_start_date", "follow_up_date",
       "sales_representative")
DERIVED = ("project_name", "account", "product_type", "new_enquiry_value", "total_order_value", "date_order_received",
           "gestation_period")
DAY = 86_400


class Record:
    """Of each past day, every project as the account shows it at the end of it."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.days = []

    def end_day(self):
        """Keeps the day, and lets the next one begin."""
        moment = self.simulator.control("GET", "/health")["now"]
        state = self.simulator.control("GET", "/state?derived=1")
        projects = {item["id"]: item for board in state["boards"] if board["role"] == "parent" for item in board["items"]}
        self.days.append((moment, projects))
        self.simulator.control("POST", "/clock", {"advance": DAY})

    def differences(self, connection, known=lambda project_id, moment: True):
        """Where history differs from the record; known says of which days the log tells."""
        found = []
        for moment, projects in self.days:
            rows = {row["project_id"]: row for row in connection.execute(
                "SELECT * FROM project_history WHERE valid_from <= to_timestamp(%s)"
                " AND (valid_to > to_timestamp(%s) OR valid_to IS NULL)", [moment, moment])}
            for project_id, item in projects.items():
                if known(project_id, moment):
                    found += [f"{project_id} on day {moment}: {text}" for text in compared(item, rows.get(project_id))]
            found += [f"{each} on day {moment}: was not there" for each in rows.keys() - projects.keys()]
        return found


def compared(item, row):
    if row is None:
        yield "unknown"
        return
    wanted = {"item_name": item["name"], "state": item["state"]}
    # What a project is worth that nobody sees any more, no forecast asks.
    if item["state"] == "active":
        wanted |= {field: item["fields"][field] for field in OWN} | {field: item["figures"][field] for field in DERIVED}
    for field, text in wanted.items():
        if as_stored(text, row[field]) != row[field]:
            yield f"{field}: {text!r} on the board, {row[field]!r} in history"
