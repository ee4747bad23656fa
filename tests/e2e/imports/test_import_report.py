"""What an import says at its end, when it ends with which status, and that it is one transaction."""

import json
import signal
import subprocess

import pytest
from import_files import Imports
from poller import PROGRAM, environment_for, wait_until

HEAD = "Record ID,Deal Name,Deal Stage,Close Date,Amount\n"


@pytest.fixture
def imports(database, tmp_path):
    return Imports(database, tmp_path)


def test_the_report_counts_what_is_known_and_what_is_not(imports):
    path = imports.write(
        "deals.csv",
        HEAD
        + "".join(f"{n},Deal {n},{'Qualified' if n % 2 else 'Open Enquiry'},2031-05-{n:02},{n}00\n" for n in range(1, 20))
        + "20,Deal 20,Qualified,,\n21,Deal 21,Qualified,2031-02-30,5\n22,Deal 22\n",
    )
    report = imports.report(path, status=1)
    assert (report["rows"], report["taken"], report["inserted"], report["rejected"], report["important_refusals"]) == (22, 21, 21, 2, 2)
    assert (report["known"]["new_enquiry_value"], report["known"]["expected_start_date"]) == (20, 19)
    assert [(group.get("field"), group["examples"][0]["line"]) for group in report["refused"]] == [(None, 23), ("expected_start_date", 22)]
    assert report["stages_without_rule"][0]["stage"] == "Qualified" and report["stages_without_rule"][0]["projects"] == 12
    assert report["forecast"]["project_count"] == 21
    text = imports.run(path).stdout
    assert "22 rows, UTF-8, fields between comma marks, head in line 1, known as HubSpot deals" in text
    assert '"Qualified": 12 projects' in text and "INSERT INTO pipeline.pipeline_stage" in text
    assert "line 22: 2031-02-30" in text and report["forecast"]["verdict"] in text


def test_the_same_report_is_told_in_sql(imports):
    path = imports.write("deals.csv", HEAD + "1,Roof,Open Enquiry,2031-05-01,5\n")
    report = imports.report(path)
    again = imports.connection.execute("SELECT import_report() AS report").fetchone()["report"]
    assert {key: report[key] for key in again} == again and again["source"] == "deals.csv"


def test_a_stage_that_seems_won_and_has_no_rule_is_a_loss(imports):
    path = imports.write("deals.csv", HEAD + "1,Roof,Closed Won,2031-05-01,5\n2,Hall,Negotiation,2031-06-01,6\n")
    answer = imports.run(path)
    assert answer.returncode == 1 and 'Lost: stage "Closed Won" (1 project, 5.00) seems to be won' in answer.stdout
    assert imports.run(path, "--accept-losses").returncode == 0
    [statement] = [line for line in answer.stdout.splitlines() if line.startswith("INSERT") and "Closed Won" in line]
    imports.connection.execute(statement)
    assert imports.run(path).returncode == 0, "an open stage is told and no loss"


def test_most_values_unreadable_stops_before_anything_is_written(imports):
    path = imports.write("deals.csv", "Ref,Wert\n" + "".join(f"K{n},viel\n" for n in range(9)))
    mapping = imports.map(project_id="Ref", new_enquiry_value="Wert")
    answer = imports.run(path, *mapping)
    assert answer.returncode == 2 and '"new_enquiry_value" cannot be read' in answer.stderr
    assert imports.count() == 0
    assert imports.run(path, *mapping, "--accept-losses").returncode == 0
    assert imports.count() == 9


def test_ctrl_c_leaves_all_as_it_was(imports):
    path = imports.write("deals.csv", HEAD + "".join(f"{n},Deal {n},Open Enquiry,2031-05-01,5\n" for n in range(2000)))
    imports.report(path)
    more = imports.write("deals.csv", HEAD + "".join(f"{n},Deal {n},Open Enquiry,2031-05-01,6\n" for n in range(4000)))
    # Somebody else holds a project, so that the import waits in its midst.
    with imports.connection.database.connection() as other:
        other.execute("BEGIN")
        other.execute("UPDATE projects SET item_name = 'held' WHERE monday_id = '1000'")
        process = subprocess.Popen(
            [PROGRAM, "import", more], env=environment_for(imports.connection.database), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        waiting = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        wait_until(lambda: imports.connection.execute(waiting).fetchone()["n"] > 0, message="the import waits")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        other.execute("ROLLBACK")
    assert process.returncode == 130 and "nothing was imported" in errors
    assert imports.count() == 2000
    assert imports.connection.execute("SELECT count(*) AS n FROM projects WHERE new_enquiry_value = 6").fetchone()["n"] == 0


def test_proposal_is_json_on_standard_output_and_words_beside_it(imports):
    path = imports.write("deals.csv", "Stand heute\n\n" + HEAD + "1,Roof,Qualified,03/04/2031,5\n2,Hall,Qualified,05/06/2031,6\n")
    answer = imports.run(path, "--propose")
    assert answer.returncode == 0 and json.loads(answer.stdout)["ready"] is False
    assert "head in line 3, known as HubSpot deals" in answer.stderr and "more than one way" in answer.stderr
