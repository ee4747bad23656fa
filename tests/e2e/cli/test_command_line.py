"""The commands of pipeline-poller that work with the database alone: what they print, how they exit, what they refuse."""

import csv
import json
import os
import pty
import re
import signal
import subprocess
import urllib.error
import urllib.request

import pytest

from cluster import ROOT, fill, value
from poller import PROGRAM, Poller, environment_for, run, wait_until

SAMPLE = ROOT / "sql" / "sample" / "opportunities.csv"
MAPPING = ROOT / "sql" / "sample" / "opportunities.json"


@pytest.fixture
def command(database):
    """Runs a command against the database of the test."""

    def call(*arguments):
        return run(*arguments, environment=environment_for(database.database), timeout=120)

    return call


@pytest.mark.parametrize(
    "name",
    ["serve", "run-once", "status", "config", "import", "refresh", "snapshot", "cleanup-snapshots", "validate", "backtest", "powerbi", "keys"],
)
def test_every_command_explains_itself(name):
    answer = run(name, "--help")
    assert answer.returncode == 0
    assert "Usage: pipeline-poller" in answer.stdout and name in answer.stdout


@pytest.mark.parametrize(
    "arguments, told",
    [
        ([], "subcommand"),
        (["frobnicate"], 'there is no command "frobnicate"; commands of pipeline-poller: serve, run-once, status'),
        (["--env-file", "x", "stats", "--json"], 'there is no command "stats"'),
        (["keys", "ad", "me"], 'there is no command "ad"; commands of keys: add, list, revoke'),
        (["snapshot", "--day", "x"], "--day"),
        (["import"], "FILE"),
        (["import", "x.csv", "--map", "m.json", "--propose"], "--propose"),
        (["powerbi", "export", "x", "--server", "db.example:99999"], "a port is a number from 1 to 65535"),
    ],
)
def test_wrong_use_exits_with_2(arguments, told):
    answer = run(*arguments)
    assert answer.returncode == 2
    assert told in answer.stderr


def commands(*words):
    """All there are, as the program itself lists them."""
    listed = run(*words, "--help").stdout.partition("Subcommands:")[2]
    names = re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE)
    return [found for name in names for found in commands(*words, name)] if names else [words]


def test_every_command_speaks_json():
    every = commands()
    assert ("keys", "revoke") in every and ("status",) in every
    silent = [command for command in every if "--json" not in run(*command, "--help").stdout]
    assert silent == [("serve",)], "which prints nothing"


@pytest.mark.parametrize("arguments", [["config"], ["config", "--json"], ["--help"], ["--version"]])
def test_output_that_cannot_be_written_is_an_error(arguments):
    with open("/dev/full", "w") as full:
        ended = subprocess.run([PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=30)
    assert ended.returncode == 1
    assert "could not write to the standard output: No space left on device" in ended.stderr


def test_keys_and_snapshots_as_json(command, database):
    [added] = json.loads(command("keys", "add", "robot", "--scope", "read", "--json").stdout)
    assert added["name"] == "robot" and added["key"].startswith("pfk_")
    [revoked] = json.loads(command("keys", "revoke", str(added["key_id"]), "--json").stdout)
    assert revoked["revoked_at"] and revoked["key_id"] == added["key_id"]
    fill(database)
    [stored] = json.loads(command("snapshot", "--json").stdout)
    assert stored["rows"] > 0 and stored["snapshot_date"] == str(value(database, "SELECT pipeline_today()"))
    assert json.loads(command("cleanup-snapshots", "--json").stdout) == [{"removed": 0}]


def test_secrets_that_everybody_may_read_are_warned_of(tmp_path):
    (tmp_path / "key").write_text("the key of a language model")
    settings = tmp_path / "poller.env"
    settings.write_text(
        f"WEBHOOK_SECRET=0123456789abcdef\nMONDAY_API_KEY=t\nOPENAI_API_KEY_FILE={tmp_path}/key\nDATABASE_URL=host=x\nWEBHOOK_PORT=0\n"
    )
    for mode, named in [(0o644, ["WEBHOOK_SECRET", "MONDAY_API_KEY", "OPENAI_API_KEY"]), (0o640, [])]:
        settings.chmod(mode)
        (tmp_path / "key").chmod(mode)
        warnings = json.loads(run("--env-file", settings, "config", "--json").stdout)["warnings"]
        assert sorted(each.split()[0] for each in warnings) == sorted(named)
        assert all("every user of this machine may read" in each for each in warnings)


def test_a_port_that_is_none_is_refused_at_once():
    for url in ("host=db.example port=99999", "postgresql://db.example:0/x", "host=a,b port=5432,99999"):
        answer = run("status", environment={"DATABASE_URL": url})
        assert answer.returncode == 2, url
        assert "from 1 to 65535" in answer.stderr or "invalid port" in answer.stderr


def test_database_away_is_a_failure_that_says_so():
    answer = run("status", environment={"DATABASE_URL": "host=/nonexistent"})
    assert answer.returncode == 1
    assert "could not connect to the database" in answer.stderr


def test_import_counts_and_keeps(command, database):
    first = command("import", SAMPLE, "--map", MAPPING, "--json")
    assert first.returncode == 0, first.stderr
    counts = json.loads(first.stdout)
    with SAMPLE.open(newline="") as file:
        rows = sum(1 for _ in csv.DictReader(file))
    assert counts["inserted"] == rows == value(database, "SELECT count(*) FROM projects")
    again = json.loads(command("import", SAMPLE, "--map", MAPPING, "--json").stdout)
    assert (again["inserted"], again["updated"], again["unchanged"]) == (0, 0, rows)


def test_import_reads_quoted_names_lookups_and_says_where_refusals_are(command, database, tmp_path):
    (tmp_path / "deals.csv").write_bytes(
        b'\xef\xbb\xbfid,"deal, ""named""",product,opened\r\n'
        b'A1,"Roof, ""north""",basic,05/03/2026\r\nA2,Hall,basic,31/02/2026\r\n'
    )
    (tmp_path / "prices.csv").write_text("product,price\nbasic,1200.50\n")
    mapping = {
        "lookup_files": {"prices": "prices.csv"},
        "fields": {
            "project_id": "id",
            "item_name": 'deal, "named"',
            "new_enquiry_value": {"column": "product", "lookup": {"table": "prices", "key": "product", "value": "price"}},
            "date_created": {"column": "opened", "format": "DD/MM/YYYY"},
        },
    }
    (tmp_path / "map.json").write_text(json.dumps(mapping))
    answer = command("import", tmp_path / "deals.csv", "--map", tmp_path / "map.json")
    assert answer.returncode == 1, answer.stderr
    assert "sync_reject" in answer.stdout and "line 3: 31/02/2026" in answer.stdout
    rows = database.execute("SELECT item_name, new_enquiry_value::text, date_created::text FROM projects ORDER BY monday_id")
    assert [tuple(row.values()) for row in rows] == [('Roof, "north"', "1200.50", "2026-03-05"), ("Hall", "1200.50", None)]
    assert value(database, "SELECT count(*) FROM sync_reject") == 1


@pytest.mark.parametrize(
    "head, mapping, message",
    [
        ("id", "[]", "does not hold a JSON object"),
        ("id", '{"fields": {"project_id": "id"}, "lookup_files": []}', '"lookup_files"'),
        ("id", '{"fields": {"project_id": "id"}, "lookup_files": {"prices": "none.csv"}}', "none.csv"),
    ],
)
def test_import_refuses_files_that_make_no_sense(command, database, tmp_path, head, mapping, message):
    (tmp_path / "deals.csv").write_text(f"{head}\n1{',2' * head.count(',')}\n")
    (tmp_path / "map.json").write_text(mapping)
    answer = command("import", tmp_path / "deals.csv", "--map", tmp_path / "map.json")
    assert answer.returncode in (1, 2)
    assert message in answer.stderr
    assert value(database, "SELECT count(*) FROM projects") == 0


def test_import_tells_what_the_database_refuses(command, tmp_path):
    (tmp_path / "deals.csv").write_text("id\n1\n")
    (tmp_path / "map.json").write_text('{"fields": {"project_id": "number"}}')
    answer = command("import", tmp_path / "deals.csv", "--map", tmp_path / "map.json")
    assert answer.returncode == 1
    assert '"number"' in answer.stderr


def test_import_shows_a_bar_on_a_terminal(database, tmp_path):
    (tmp_path / "deals.csv").write_text("id\n" + "".join(f"P{number}\n" for number in range(50_000)))
    (tmp_path / "map.json").write_text('{"fields": {"project_id": "id"}}')
    pid, terminal = pty.fork()
    if pid == 0:
        environment = environment_for(database.database)
        os.execve(PROGRAM, [PROGRAM, "import", tmp_path / "deals.csv", "--map", tmp_path / "map.json"], environment)
    shown = b""
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:  # the terminal of a process that has ended
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert b"Reading deals.csv [" in shown and b"100 %" in shown


def test_snapshot_cleanup_and_validate(command, database):
    fill(database)
    assert command("refresh").returncode == 0
    taken = command("snapshot")
    assert taken.returncode == 0
    stored = value(database, "SELECT count(*) FROM pipeline_forecast_snapshot WHERE snapshot_date = pipeline_today()")
    assert f"{stored} rows" in taken.stdout and stored > 0
    checked = command("validate")
    assert checked.returncode == 0, checked.stdout
    assert "PASS" in checked.stdout and "FAIL" not in checked.stdout

    database.execute("UPDATE pipeline_forecast_snapshot SET best_case_value = worst_case_value - 1")
    database.execute("DELETE FROM pipeline_forecast_snapshot_day")
    broken = command("validate", "--json")
    assert broken.returncode == 1
    assert "FAIL" in {check["result"] for check in json.loads(broken.stdout)}

    assert "removed 0 rows" in command("cleanup-snapshots", "--retain-days", "1").stdout
    database.execute("SELECT create_pipeline_forecast_snapshot(pipeline_today() - n, true) FROM generate_series(2, 12) n")
    refused = command("cleanup-snapshots", "--retain-days", "1")
    assert refused.returncode == 1 and "accept_losses => true" in refused.stderr
    lost = command("cleanup-snapshots", "--retain-days", "1", "--accept-losses")
    assert lost.returncode == 0 and lost.stdout.startswith("removed ") and "removed 0 rows" not in lost.stdout


@pytest.mark.parametrize(
    "arguments, status, message",
    [
        (["snapshot", "--date", "2026-02-30"], 2, "2026-02-30"),
        (["snapshot", "--date", "tomorrow or so"], 2, "tomorrow or so"),
        (["snapshot", "--date", "2001-01-01"], 1, "hint:"),
        (["cleanup-snapshots", "--retain-days", "0"], 2, "hint:"),
        (["run-once", "refresh", "--payload", "{"], 2, "json"),
    ],
)
def test_what_the_database_refuses_is_told_with_its_hint(command, arguments, status, message):
    answer = command(*arguments)
    assert answer.returncode == status
    assert message in answer.stderr


def test_validate_of_a_database_without_tables_exits_with_2(empty_database):
    empty_database.connection().execute("CREATE EXTENSION pipeline_forecast")
    answer = run("validate", environment=environment_for(empty_database, role=None))
    assert answer.returncode == 2
    assert "pipeline_setup()" in answer.stderr


def test_status_is_one_screen_and_tells_trouble_by_its_exit(command, database):
    fill(database)
    # The throw-away cluster of the tests schedules nothing, which is only worth a look.
    calm = command("status")
    assert calm.returncode == 0, calm.stdout + calm.stderr
    assert "projects" in calm.stdout and "nothing is scheduled" in calm.stdout
    assert len(calm.stdout.splitlines()) <= 45
    database.execute("INSERT INTO sync_log (sync_type, board_name, status, error_message) VALUES ('rehydrate_full', 'Projects', 'failed', 'token revoked')")
    troubled = command("status", "--json")
    assert troubled.returncode == 1
    [flow] = json.loads(troubled.stdout)["synchronisation"]
    assert (flow["status"], flow["error"]) == ("failed", "token revoked")


def test_status_before_setup_says_what_is_missing(empty_database):
    empty_database.connection().execute("CREATE EXTENSION pipeline_forecast")
    answer = run("status", "--json", environment=environment_for(empty_database, role=None))
    assert answer.returncode == 1, answer.stderr
    [layout, writable, _version] = json.loads(answer.stdout)["checks"]
    assert (layout["state"], writable["state"]) == ("bad", "ok") and "is not set up" in layout["detail"]


def test_run_once_works_the_job_off_and_tells_how_it_ended(command, database):
    fill(database)
    for job in ("refresh", "snapshot"):
        answer = command("run-once", job, "--json")
        assert answer.returncode == 0, answer.stderr
        [outcome] = json.loads(answer.stdout)
        assert (outcome["job_type"], outcome["outcome"]) == (job, "completed")
    assert value(database, "SELECT count(*) FROM pipeline_forecast_snapshot_day") == 1

    two = command("run-once", "analyze", "--project", "P1", "--project", "P2", "--json")
    assert two.returncode == 0, two.stderr
    assert {outcome["project_id"] for outcome in json.loads(two.stdout)} == {"P1", "P2"}

    unknown = command("run-once", "analyze", "--project", "nobody")
    assert unknown.returncode == 1
    assert "failed" in unknown.stdout and "nobody" in unknown.stdout
    assert value(database, "SELECT count(*) FROM job_queue WHERE status IN ('queued', 'running')") == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_once_that_is_interrupted_gives_its_job_back(database, number):
    fill(database)
    with database.database.connection(autocommit=False) as holder:
        holder.execute("LOCK TABLE analysis_results IN SHARE MODE")
        process = subprocess.Popen([PROGRAM, "run-once", "analyze"], env=environment_for(database.database), stderr=subprocess.PIPE, text=True)
        wait_until(lambda: value(database, "SELECT count(*) FROM job_queue WHERE status = 'running'") == 1, message="the job runs")
        process.send_signal(number)
        _, said = process.communicate(timeout=10)
        holder.rollback()
    assert (process.returncode, "interrupted; what was not done yet waits in the queue" in said) == (130, True), said
    row = database.execute("SELECT status, attempts, lease_token FROM job_queue").fetchone()
    assert (row["status"], row["attempts"], row["lease_token"]) == ("queued", 0, None), "due at once, for whichever poller"


@pytest.mark.parametrize("arguments, status", [(["frobnicate"], 2), ([], 2), (["refresh", "--payload", "{"], 2)])
def test_run_once_refuses_what_makes_no_sense(command, database, arguments, status):
    answer = command("run-once", *arguments)
    assert answer.returncode == status and answer.stderr
    assert value(database, "SELECT count(*) FROM job_queue") == 0
def test_a_key_is_shown_once_and_ends_when_it_is_revoked(command, database):
    key = command("keys", "add", "a report", "--scope", "read").stdout.strip()
    assert key.startswith("pfk_")
    with Poller(database.database) as poller:
        request = urllib.request.Request(f"{poller.url}/forecast/pipeline", headers={"Authorization": f"Bearer {key}"})
        assert urllib.request.urlopen(request).status == 200
        [listed] = json.loads(command("keys", "list", "--json").stdout)
        assert (listed["name"], listed["scopes"], listed["revoked_at"]) == ("a report", "read", None)
        assert key not in command("keys", "list").stdout
        assert command("keys", "revoke", str(listed["key_id"])).returncode == 0
        wait_until(lambda: status_of(request) == 401, message="a revoked key is refused")


def status_of(request):
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize(
    "arguments, status, message",
    [
        (["add", "x"], 2, "--scope"),
        (["add", "x", "--scope", "write"], 2, "write"),
        (["add", "", "--scope", "read"], 2, "hint:"),
        (["revoke", "4711"], 1, "4711"),
        (["revoke", "first"], 2, "KEY_ID"),
    ],
)
def test_keys_refuse_what_makes_no_sense(command, arguments, status, message):
    answer = command("keys", *arguments)
    assert answer.returncode == status
    assert message in answer.stderr
