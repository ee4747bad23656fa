"""Boards of strangers from the first look to a verdict on the forecast: other languages, shapes and links than the seeded
account. (discover, import, read, analyse, judge)"""

import json
import os
import pty
import re
import subprocess
import threading

import pytest

from pipeline import Pipeline
from poller import PROGRAM, environment_for

FIRST = 6_200_000_000
VERTRIEB, DEALS, NORTH, SOUTH = (str(FIRST + number) for number in (11, 21, 31, 35))
TASKS, QUOTES, INVOICES, NORTH_SUBITEMS = (str(FIRST + number) for number in (24, 33, 34, 32))
PLANS = {"multi_level": "standard", "crm": "pro", "wide": "enterprise"}
EVERY_FIELD = "SELECT finding, project_count FROM vw_forecast_quality"


@pytest.fixture
def pipeline(database, account, tmp_path):
    account.control("DELETE", "/faults")
    pipeline = Pipeline(database, account, boards=False)
    pipeline.folder = tmp_path
    return pipeline


def shaped(pipeline, shape):
    """An account of this shape, with the limits of its plan."""
    pipeline.simulator.control("POST", "/reset", {"shape": shape})
    pipeline.simulator.control("PATCH", "/settings", {"plan": PLANS[shape]})


def discovered(pipeline, *arguments):
    """(the board file, what was said beside it)"""
    result = pipeline.command("boards", "discover", *arguments)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout), result.stderr


def mapped(board):
    return {column["field"]: column["title"] for column in board["columns"] if column["field"]}


def import_file(pipeline, document, **options):
    file = pipeline.folder / "boards.json"
    file.write_text(json.dumps(document))
    return pipeline.done("boards", "import", str(file), **options)


def read_and_judge(pipeline):
    """The findings on what the forecast rests on."""
    pipeline.done("rehydrate", "full")
    pipeline.done("analyze", "--all")
    pipeline.done("refresh")
    assert pipeline.value("SELECT count(*) FROM sync_log WHERE status <> 'completed'") == 0
    return {row.finding: row.project_count for row in pipeline.rows(EVERY_FIELD)}


def test_a_german_multi_level_board(pipeline):
    shaped(pipeline, "multi_level")
    document, said = discovered(pipeline, VERTRIEB)
    (board,) = document["boards"]
    assert "multi-level board" in said
    assert mapped(board) == {
        "pipeline_stage": "Verkaufsphase", "new_enquiry_value": "Angebotssumme (netto)",
        "probability_percent": "Abschlusswahrscheinlichkeit", "expected_start_date": "Voraussichtlicher Abschluss",
        "date_order_received": "Auftragseingang", "sales_representative": "Zuständig", "account": "Kunde",
        "category": "Branche", "date_created": "Erstellt am", "lost_to_who_or_why": "Absagegrund"}
    assert {"column_id": "long_text_mkxb", "title": "Notizen", "kind": "long_text", "field": None} in board["columns"]
    assert "probability_percent" in document["possible_fields"]["parent"]
    stages = {stage["stage"]: (stage["stage_bucket"], stage["outcome"], stage["default_probability"], stage["items"])
              for stage in document["stages"]}
    assert stages["Auftrag erhalten"] == ("Committed", "won", 1, 10) and stages["Abgelehnt"] == ("Lost", "lost", 0, 10)
    assert stages["In Verhandlung"] == ("Open", "open", 0.7, 10) and stages["Sonderfall"][:2] == ("Open", "open")

    # The poller may not write rules: it prints the statements that do.
    printed = import_file(pipeline, document)
    statements = [line for line in printed.splitlines() if line.startswith("INSERT INTO")]
    assert len(statements) == 6
    for statement in statements:
        pipeline.connection.execute(statement)
    assert "without a rule" not in import_file(pipeline, document)
    assert pipeline.command("boards", "check").returncode == 0

    findings = read_and_judge(pipeline)
    assert pipeline.value("SELECT count(*) FROM projects WHERE state = 'active'") == 60, "subitems are no projects"
    assert pipeline.value("SELECT sum(new_enquiry_value) FROM projects") == sum(1_000 * (n % 17 + 1) for n in range(60)), \
        "values that are rolled up from subitems are read"
    assert findings["open_projects"] == 40
    assert findings["stage_without_rule"] == findings["no_value"] == findings["no_date"] == 0


def test_deals_and_accounts_in_hebrew_and_french(pipeline):
    shaped(pipeline, "crm")
    document, said = discovered(pipeline, TASKS)
    assert "holds the subitems of board" in said and document["boards"][0]["board_id"] == DEALS, "a board given by mistake"
    assert [board["role"] for board in document["boards"]] == ["parent", "subitem"]
    assert said.count("none of its columns looks like") == 2, "neither contacts nor accounts are quotes"
    assert mapped(document["boards"][0]) == {
        "pipeline_stage": "שלב", "sales_representative": "בעלים", "new_enquiry_value": "שווי העסקה",
        "probability_percent": "סיכוי סגירה", "expected_start_date": "תאריך סגירה צפוי", "date_order_received": "תאריך סגירה",
        "account": "Comptes", "category": "Secteur", "date_created": "נוצר בתאריך"}

    assert "without a rule" not in import_file(pipeline, document, role=None), "the owner adds the rules of the file"
    findings = read_and_judge(pipeline)
    assert pipeline.value("SELECT count(*) FROM projects") == 80
    assert pipeline.value("SELECT count(DISTINCT account) FROM projects WHERE account LIKE 'Société %'") == 12
    assert pipeline.value("SELECT count(DISTINCT category) FROM projects") == 3, "a mirror of the connected account"
    assert pipeline.value("SELECT count(*) FROM projects WHERE stage_bucket = 'Committed'") == 13
    assert findings["open_projects"] == 54
    assert findings["stage_without_rule"] == findings["no_value"] == findings["no_date"] == 0


def test_two_wide_boards_and_several_connections(pipeline):
    shaped(pipeline, "wide")
    both, said = discovered(pipeline, NORTH, SOUTH)
    assert [(board["board_id"], board["role"]) for board in both["boards"]] == [
        (NORTH, "parent"), (NORTH_SUBITEMS, "subitem"), (SOUTH, "parent")]
    assert f"--hidden {QUOTES}" in said and f"--hidden {INVOICES}" in said, "none of several is taken"
    assert 'No column of "Projects North" or below it holds a value' in said
    assert all(len(board["columns"]) == 200 for board in both["boards"] if board["role"] == "parent")
    north, south = both["boards"][0], both["boards"][2]
    assert mapped(north) == {"pipeline_stage": "Sales Stage", "expected_start_date": "Estimated Close Date",
                             "probability_percent": "Win Probability", "account": "Customer",
                             "sales_representative": "Account Executive"}
    assert mapped(south) == {"pipeline_stage": "Deal Stage", "new_enquiry_value": "TCV", "expected_start_date": "Close Date",
                             "account": "Client Name", "sales_representative": "Deal Owner", "zip_code": "Zip"}
    assert '"Likelihood" (numbers) stays unmapped: its values are shares of 1' in said

    told, _ = discovered(pipeline, NORTH, "--hidden", QUOTES)
    parent, subitem, hidden = told["boards"]
    assert mapped(subitem) == {"hidden_item_id": "Quotes"}, "the connection that leads there"
    assert mapped(hidden) == {"quote_amount": "Quote Amount", "invoice_date": "Invoice Date",
                              "amount_invoiced": "Invoiced Amount", "date_order_received": "Date Order Received"}
    import_file(pipeline, told, role=None)
    import_file(pipeline, {"boards": [south], "stages": both["stages"]}, role=None)
    findings = read_and_judge(pipeline)
    assert pipeline.value("SELECT count(*) FROM projects") == 90
    assert pipeline.value("SELECT sum(new_enquiry_value) FROM projects WHERE board_id = %s", [NORTH]) == sum(
        4_000 + 100 * n for n in range(30)), "forty quotes of one name link nothing by their name"
    assert findings["no_value"] == findings["no_link"] == 8 and findings["stage_without_rule"] == 0
    (shared,) = pipeline.rows("SELECT * FROM ambiguous_links()")
    assert (shared.problem, shared.name, shared.subitems, shared.hidden_items) == ("shared name", "Quote 1", 10, 40)
    assert pipeline.value("SELECT state FROM pipeline_checks() WHERE check_name = 'links'") == "warn"


def test_it_asks_at_a_terminal(pipeline):
    shaped(pipeline, "wide")
    # Which board holds the quotes (no number, then the second), and nothing more: the rest is known.
    status, printed, asked = at_a_terminal(pipeline, ["boards", "discover", NORTH, "--interactive"], "x\n2\n")
    assert status == 0 and asked.count("Which board holds the quotes") == 1 and asked.count("1-2, or Enter") == 2
    assert [board["board_id"] for board in json.loads(printed)["boards"]] == [NORTH, NORTH_SUBITEMS, QUOTES]
    # Without quotes what a project is worth has to be asked; the only other column that is filled holds it.
    status, printed, asked = at_a_terminal(pipeline, ["boards", "discover", NORTH, "--interactive"], "\n1\n\n")
    assert status == 0 and 'Which column of "Projects North" holds what a project is worth?' in asked
    assert mapped(json.loads(printed)["boards"][0])["new_enquiry_value"] == "Spec 1"

    shaped(pipeline, "multi_level")
    status, printed, asked = at_a_terminal(pipeline, ["boards", "discover", VERTRIEB, "--interactive"], "2\n")
    (stage,) = [each for each in json.loads(printed)["stages"] if each["stage"] == "Sonderfall"]
    assert 'What does the stage "Sonderfall" mean (10 items)?' in asked
    assert (stage["stage_bucket"], stage["outcome"], stage["default_probability"]) == ("Lost", "lost", 0)


def test_what_cannot_be_asked_or_discovered_is_said(pipeline):
    shaped(pipeline, "crm")
    result = pipeline.command("boards", "discover", DEALS, "--interactive")
    assert result.returncode == 2 and "--interactive needs a terminal" in result.stderr
    result = pipeline.command("boards", "discover", DEALS, NORTH, "--hidden", "1")
    assert result.returncode == 2 and "--subitems and --hidden name a board of one parent board" in result.stderr
    pipeline.simulator.control("POST", "/boards", {"id": FIRST + 50, "name": "Subitems of nothing", "role": "subitem"})
    result = pipeline.command("boards", "discover", str(FIRST + 50))
    assert result.returncode == 1 and "holds subitems of another board" in result.stderr


def at_a_terminal(pipeline, arguments, answers):
    """(exit status, standard output, what was shown at the terminal)"""
    environment = environment_for(pipeline.connection.database, **pipeline.settings, TERM="dumb")
    outer, inner = pty.openpty()
    process = subprocess.Popen([PROGRAM, *arguments], stdin=inner, stderr=inner, stdout=subprocess.PIPE, env=environment)
    os.close(inner)
    shown = []

    def watch():
        try:
            while data := os.read(outer, 4096):
                shown.append(data)
        except OSError:  # the last of the program's ends is closed
            pass

    watching = threading.Thread(target=watch)
    watching.start()
    os.write(outer, answers.encode())
    printed, _ = process.communicate(timeout=60)
    watching.join(10)
    os.close(outer)
    return process.returncode, printed.decode(), re.sub(r"\r\n", "\n", b"".join(shown).decode())
