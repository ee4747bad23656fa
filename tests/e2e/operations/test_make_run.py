"""make run as a user calls it: on an account that is not its own simulated one, and again after make stop."""

import json

import pytest

from checkout import Checkout
from cluster import value
from monday_client import Client
from pipeline import differences
from poller import wait_until


@pytest.fixture
def checkout():
    with Checkout() as made:
        yield made


@pytest.fixture
def boards(account):
    """30 projects on the account, nothing asked of it yet; gives its board file."""
    account.control("DELETE", "/faults")
    account.control("POST", "/reset", {"projects": 30, "seed": 7, "clean": True})
    account.control("DELETE", "/audit")
    return account.control("GET", "/board-file")


def settings(account, **more):
    return {"MONDAY_API_URL": account.url, "MONDAY_API_KEY": account.place["token"], **more}


def board_file(checkout, text):
    (checkout.folder / "boards.json").write_text(text if isinstance(text, str) else json.dumps(text))


def due(connection):
    return value(connection, "SELECT count(*) FROM monday_push_due(1000000)")


def wait_for_jobs(connection, job_type):
    wait_until(
        lambda: value(connection, "SELECT count(*) FROM job_queue WHERE job_type = %s AND status IN ('queued', 'running')", [job_type]) == 0,
        60, f"{job_type} ends",
    )


# An account of one's own ----------------------------------------------------------------------------------------------


def test_an_account_is_read_only_until_push_is_said(checkout, account, boards):
    board_file(checkout, boards)
    before = account.control("GET", "/state")["boards"]

    shown = checkout.done("run", "BOARDS=boards.json", **settings(account))
    with checkout.connection() as connection:
        assert differences(connection, account) == []
        waiting = due(connection)
        assert waiting > 20 and f"Read only: {waiting} items differ" in shown
        # Nor by what the schedule does later.
        connection.execute("SELECT enqueue_job('monday_sync')")
        wait_for_jobs(connection, "monday_sync")
        wait_for_jobs(connection, "push_to_monday")
        assert due(connection) == waiting
    audit = account.control("GET", "/audit")
    assert audit["calls"] > 0 and audit["mutations"] == 0 and audit["effects"] == 0
    assert account.control("GET", "/webhooks")["subscriptions"] == []
    assert account.control("GET", "/state")["boards"] == before

    address = f"{checkout.place('POLLER_URL')}/webhooks/monday"
    shown = checkout.done("run", "PUSH=yes", **settings(account, MONDAY_WEBHOOK_URL=address))
    assert f"Push: {waiting} items differ" in shown
    assert checkout.place("POLLER_URL") in address, "the address that was registered is served"
    with checkout.connection() as connection:
        wait_until(lambda: due(connection) == 0, 60, "everything is written")
        client = Client(account)
        for row in connection.execute("SELECT project_id, monday_push_payload(project_id) AS payload FROM analysis_results "
                                      "JOIN projects ON monday_id = project_id WHERE state = 'active'").fetchall():
            assert float(client.cell(row["project_id"], "numeric_rating")["text"]) == float(row["payload"]["columns"]["rating"])

        # An edit there comes back as new numbers.
        hidden = value(connection, "SELECT hidden_item_id FROM subitems WHERE hidden_item_id IS NOT NULL AND state = 'active' ORDER BY monday_id LIMIT 1")
        account.control("PATCH", f"/items/{hidden}", {"fields": {"material_value": "98765.43"}})
        wait_until(lambda: value(connection, "SELECT material_value::text FROM hidden_items WHERE monday_id = %s", [hidden]) == "98765.43", 30)
        commented = {row["monday_id"] for row in connection.execute(
            "SELECT monday_id FROM projects JOIN analysis_results ON project_id = monday_id WHERE state = 'active' AND stage_bucket = 'Open'")}
    audit = account.control("GET", "/audit")
    assert 0 < len(commented) < waiting, "numbers for all, comments for the open ones"
    assert set(audit["updates_per_item"]) == commented and max(audit["updates_per_item"].values()) == 1

    # Without the word nothing is written any more.
    checkout.done("run", **settings(account))
    account.control("DELETE", "/audit")
    with checkout.connection() as connection:
        connection.execute("UPDATE analysis_results SET rating_score = 101 - rating_score")
        connection.execute("SELECT enqueue_job('monday_sync')")
        wait_for_jobs(connection, "monday_sync")
        wait_for_jobs(connection, "push_to_monday")
        assert due(connection) > 20
    assert account.control("GET", "/audit")["mutations"] == 0


def test_what_is_wrong_is_said(checkout, account, boards):
    def refused(message, *arguments, **options):
        result = checkout.make("run", *arguments, **options)
        assert result.returncode != 0 and message in result.stderr, f"{result.stdout}{result.stderr}"

    refused("BOARDS=boards.json needs the token of the account in MONDAY_API_KEY", "BOARDS=boards.json")
    refused("cannot read boards.json", "BOARDS=boards.json", **settings(account))
    assert not (checkout.folder / ".run" / "env").exists(), "what can be seen at once is seen before anything is made"

    refused("no boards are known yet", **settings(account))
    board_file(checkout, "{")
    refused('board file "boards.json" does not hold JSON', "BOARDS=boards.json", **settings(account))
    board_file(checkout, {"boards": [{"board_id": "1", "role": "parents", "columns": []}]})
    refused('"parents"', "BOARDS=boards.json", **settings(account))

    board_file(checkout, boards)
    refused("the token of MONDAY_API_KEY is not accepted", "BOARDS=boards.json", **settings(account, MONDAY_API_KEY="no-such-token"))
    with checkout.connection() as connection:
        assert value(connection, "SELECT count(*) FROM projects") == 0

    next(each for each in boards["boards"][0]["columns"] if each["field"] == "feedback")["column_id"] = "nowhere"
    board_file(checkout, boards)
    refused("column nowhere (field feedback) is missing", "BOARDS=boards.json", **settings(account))
    with checkout.connection() as connection:
        assert value(connection, "SELECT count(*) FROM projects") == 30, "the rest is read"
    assert account.control("GET", "/audit")["mutations"] == 0


# Again ----------------------------------------------------------------------------------------------------------------


def test_status_and_stop_where_nothing_runs_are_no_errors(checkout):
    assert "Nothing runs here yet" in checkout.done("status")
    checkout.done("stop")


def test_after_stop_everything_goes_on_with_its_data(checkout):
    def counts(connection):
        return {name: value(connection, f"SELECT count(*) FROM {name}") for name in (
            "projects", "subitems", "hidden_items", "analysis_results", "monday_board", "monday_column", "monday_webhook",
            "pipeline_forecast_snapshot", "cron.job")}

    checkout.done("run", SIMULATED_PROJECTS="60")
    with checkout.connection() as connection:
        before = counts(connection)
    assert before["projects"] == 60 and before["monday_webhook"] > 0
    refused = checkout.make("run", MONDAY_API_KEY="of a real account")
    assert refused.returncode != 0 and "make clean-run" in refused.stderr, "simulated projects do not mix with real ones"
    checkout.done("stop")
    checkout.done("stop")
    assert "The cluster is stopped" in checkout.done("status")

    shown = checkout.done("run", SIMULATED_PROJECTS="60")
    assert "analyses changed" in shown and "push_to_monday" in shown, "the edit came back, too"
    with checkout.connection() as connection:
        assert counts(connection) == before
        assert value(connection, "SELECT count(*) FROM validate_pipeline_forecast() WHERE NOT passed") == 0
        wait_until(lambda: due(connection) == 0, 60, "everything is written to the new boards")
        assert connection.execute("SELECT job_type, detail FROM job_queue WHERE status = 'failed'").fetchall() == []
    checkout.done("status")
