"""How make run ends: a verdict that follows what the forecast rests on."""

import subprocess

import pytest

from cluster import PG_BIN, ROOT

ADD = """
    INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, probability_percent, expected_start_date)
    VALUES (%(id)s, %(id)s, %(stage)s, %(value)s, %(percent)s, pipeline_today() + %(days)s::integer)
"""


@pytest.fixture
def add(database):
    def add(id, stage="Check with IS", value=1_000, percent=40, days=45):
        database.execute(ADD, {"id": id, "stage": stage, "value": value, "percent": percent, "days": days})

    return add


def verdict(connection):
    """All that is printed; its last line is the verdict."""
    connection.execute("SELECT analyze_projects()")
    connection.execute("CALL refresh_pipeline_views()")
    connection.execute("SELECT create_pipeline_forecast_snapshot()")
    database = connection.database
    shown = subprocess.run(
        [f"{PG_BIN}/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(database.cluster.home),
         "-p", str(database.cluster.port), "-U", database.cluster.user, "-d", database.name,
         "-f", str(ROOT / "control" / "verdict.sql")],
        capture_output=True, text=True, check=True)
    assert shown.stderr == ""
    return shown.stdout.rstrip()


def test_a_forecast_that_rests_on_facts(database, add):
    for number in range(9):
        add(f"known {number}")
    last = verdict(database).splitlines()[-1]
    assert "9 projects" in last and "checks passed" in last and "rests on what is known" in last


def test_a_forecast_of_which_most_is_guessed(database, add):
    add("known", value=100)
    add("no stage rule", stage="Mittendrin", value=5_000)
    add("nothing", value=3_000, percent=None, days=None)
    shown = verdict(database)
    last = shown.splitlines()[-1]
    assert "Do not go by this forecast yet" in last and "is a guess" in last and "passed" not in last
    assert "without any date" in shown and "in a stage without a rule" in shown and "5,000.00" in shown
    assert "VALUES ('Mittendrin', 'Open'" in shown, "the statement that adds a rule"


def test_links_that_are_not_one_to_one(database, add):
    add("p1")
    add("p2")
    database.execute("INSERT INTO hidden_items (monday_id, item_name, quote_amount) VALUES ('h', 'Offer', 700)")
    database.execute("""INSERT INTO subitems (monday_id, item_name, parent_monday_id, hidden_item_id, link_method)
        VALUES ('s1', 'a', 'p1', 'h', 'relation'), ('s2', 'b', 'p2', 'h', 'relation')""")
    shown = verdict(database)
    assert "shared item" in shown and "Offer" in shown and "700.00" in shown
