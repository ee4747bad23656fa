"""The made-up company: its logs fit into what monday.com keeps, they tell its own story, and what is planted can be found."""

import collections
import datetime
import json
import statistics

import pytest

from conftest import new_database
from history_record import compared
from monday_client import HIDDEN, PARENT, SUBITEM, Client
from pipeline import Pipeline

MOST_ENTRIES = 10_000


@pytest.fixture(scope="module")
def company(start_simulator):
    return start_simulator("monday", demonstration=True, seed=4)


def entries(company, board):
    query = "query($b:[ID!],$p:Int){boards(ids:$b){activity_logs(limit:1000,page:$p){id event data created_at}}}"
    client, found = Client(company), []
    for page in range(1, 20):
        logs = client.data(query, b=[board], p=page)["boards"][0]["activity_logs"]
        found += logs
        if len(logs) < 1000:
            return found
    raise AssertionError("a log without an end")


def test_every_item_was_made_within_the_log(company):
    for board in (PARENT, SUBITEM, HIDDEN):
        logs = entries(company, board)
        items = company.control("GET", f"/items?board={board}")
        assert 500 < len(logs) < MOST_ENTRIES, "none was dropped"
        assert len({log["id"] for log in logs}) == len(logs)
        assert sum(log["event"] == "create_pulse" for log in logs) == len(items)


def test_the_same_seed_and_moment_give_the_same_company(company, start_simulator):
    until = company.control("GET", "/health")["now"] - 5 * 86_400
    first, second = (start_simulator("monday", demonstration=True, seed=9, until=until) for _ in range(2))
    assert first.control("GET", "/state")["boards"] == second.control("GET", "/state")["boards"]
    assert first.control("GET", "/truths") == second.control("GET", "/truths")
    assert first.control("GET", "/state")["boards"] != company.control("GET", "/state")["boards"]


@pytest.fixture(scope="module")
def past(company, cluster):
    """History as the pipeline made it of the logs: (connection, truths)."""
    with new_database(cluster) as made:
        connection = made.connection()
        connection.database = made
        pipeline = Pipeline(connection, company)
        pipeline.done("rehydrate", "full")
        told = json.loads(pipeline.done("history", "--json"))
        assert told[-1]["refused"] == told[-1]["contradictions"] == told[-1]["cut_off"] == "0"
        yield connection, company.control("GET", "/truths")


def rows(past, query):
    return past[0].execute(query).fetchall()


def test_the_past_ends_in_the_present(company, past):
    last = {row["project_id"]: row for row in rows(past, """
        SELECT DISTINCT ON (project_id) * FROM project_history WHERE origin = 'log' ORDER BY project_id, valid_from DESC""")}
    state = company.control("GET", "/state?derived=1")
    projects = next(board["items"] for board in state["boards"] if board["role"] == "parent")
    assert [f"{item['id']} {text}" for item in projects for text in compared(item, last.get(item["id"]))] == []


def test_enquiries_follow_the_seasons_and_the_shock(past):
    truths = past[1]["rules"]
    made = rows(past, "SELECT min(valid_from) AS at FROM project_history GROUP BY project_id")
    assert abs(len(made) / 30 - truths["enquiries_a_month"]) < 4
    now = datetime.datetime.now(datetime.timezone.utc)
    months_ago = [(now - row["at"]).total_seconds() / (30.4 * 86_400) for row in made]
    first, last = truths["shock"][0], truths["shock"][1]
    in_shock = sum(last <= each <= first for each in months_ago) / (first - last)
    around = sum(first < each <= first + 6 or last - 6 <= each < last for each in months_ago) / 12
    assert in_shock < 0.85 * around


def test_sellers_state_chances_and_dates_as_they_are(past):
    """By their first statements: the optimist states more than the pessimist, and a start that is sooner."""
    sellers = past[1]["rules"]["sellers"]
    first = rows(past, """
        SELECT DISTINCT ON (project_id) sales_representative AS seller, probability_percent::float AS stated
        FROM project_history ORDER BY project_id, valid_from""")
    stated = collections.defaultdict(list)
    for row in first:
        stated[row["seller"]].append(row["stated"])
    means = {seller: statistics.mean(values) for seller, values in stated.items()}
    planted = {seller: values[0] * values[1] for seller, values in sellers.items()}
    assert max(means, key=means.get) == max(planted, key=planted.get)
    slips = {row["seller"]: row["slips"] for row in rows(past, """
        SELECT sales_representative AS seller, (count(DISTINCT (project_id, expected_start_date)) - count(DISTINCT project_id))::float
            / count(DISTINCT project_id) AS slips
        FROM project_history WHERE expected_start_date IS NOT NULL GROUP BY 1""")}
    hasty, careful = (pick(sellers, key=lambda each: sellers[each][2]) for pick in (min, max))
    assert slips[hasty] > 1.2 * slips[careful]


def test_what_is_won_is_what_was_planted(past):
    """Wins among those that ended, by the chance that each had: half of them with the better one win more often."""
    ended = rows(past, """
        SELECT DISTINCT ON (project_id) project_id, pipeline_stage LIKE 'Won%' AS won FROM project_history
        WHERE pipeline_stage LIKE 'Won%' OR pipeline_stage = 'Lost' ORDER BY project_id, valid_from""")
    projects = past[1]["projects"]
    ordered = sorted(ended, key=lambda row: projects[row["project_id"]]["chance"])
    half = len(ordered) // 2
    low, high = (sum(row["won"] for row in part) / len(part) for part in (ordered[:half], ordered[half:]))
    assert high > low + 0.1
    expected = statistics.mean(projects[row["project_id"]]["chance"] for row in ended)
    assert abs(sum(row["won"] for row in ended) / len(ended) - expected) < 0.08
