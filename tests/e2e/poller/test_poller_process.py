"""The poller as a process: configuration, signals, a database that goes away, what it costs when idle."""

import json
import signal
import time
import urllib.error
import urllib.request

import pytest

from poller import SECRET, Poller, environment_for, run
from rest import Rest
from webhooks import event


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status, json.load(answer)


def test_wrong_settings_are_all_named_and_nothing_listens(empty_database):
    environment = environment_for(
        empty_database,
        WEBHOOK_PORT="http",
        POLLER_LOG_LEVEL="loud",
        MONDAY_API_KEY_FILE="/nowhere/key",
        WEBHOOK_SECRET="short",
    )
    ended = run("serve", environment=environment)
    assert ended.returncode == 2
    lines = ended.stderr.splitlines()
    assert len(lines) == 4, ended.stderr
    assert 'WEBHOOK_PORT (environment) has the invalid value "http"; allowed: a whole number from 0 to 65535' in ended.stderr
    assert 'POLLER_LOG_LEVEL (environment) has the invalid value "loud"' in ended.stderr
    assert 'could not read file "/nowhere/key"' in ended.stderr
    assert "WEBHOOK_SECRET (environment) has an invalid value; allowed: secrets of at least 16 characters" in ended.stderr
    assert "event=listening" not in ended.stderr


def test_without_webhook_authentication_it_does_not_start(empty_database):
    ended = run("serve", environment=environment_for(empty_database, WEBHOOK_AUTH=None, WEBHOOK_SECRET=None))
    assert ended.returncode == 2
    assert "WEBHOOK_AUTH is not set" in ended.stderr


def test_a_port_in_use_is_named(empty_database):
    with Poller(empty_database) as first:
        ended = run("serve", environment=environment_for(empty_database, WEBHOOK_PORT=first.port))
    assert ended.returncode == 2
    assert f"cannot listen on 127.0.0.1 port {first.port}" in ended.stderr


@pytest.mark.parametrize("words", [[], ["nonsense"], ["serve", "--nonsense"], ["config", "extra"]])
def test_wrong_use(words):
    assert run(*words).returncode == 2


def test_help_and_version():
    assert run("--help").returncode == 0
    assert "serve" in run("--help").stdout
    assert run("--version").stdout.startswith("pipeline-poller ")


def test_config_shows_values_sources_and_no_secret(tmp_path):
    key = tmp_path / "key"
    key.write_text("the-secret-token\n")
    key.chmod(0o600)
    settings = tmp_path / "poller.env"
    settings.write_text("# comment\nWEBHOOK_PORT=9001\nPOLLER_ADDRESS=0.0.0.0\n")
    environment = {
        "DATABASE_URL": "postgresql://app:opensesame@db.example.org/sales",
        "MONDAY_API_KEY_FILE": str(key),
        "WEBHOOK_PORT": "9000",
        "FORECAST_SNAPSHOT_CRON_HOUR_UTC": "99",
    }
    arguments = ["--env-file", str(settings), "config"]
    document = json.loads(run(*arguments, "--json", environment=environment).stdout)
    shown = {each["name"]: (each["value"], each["source"]) for each in document["settings"]}
    assert shown["WEBHOOK_PORT"] == ("9000", "environment")
    assert shown["POLLER_ADDRESS"] == ("0.0.0.0", f"{settings} line 3")
    assert shown["MONDAY_API_KEY"] == ("***", f"{key} (MONDAY_API_KEY_FILE)")
    assert shown["POLLER_LEASE_SECONDS"] == ("60", "default")
    assert "db.example.org" in shown["DATABASE_URL"][0]
    assert len(document["warnings"]) == 1 and "FORECAST_SNAPSHOT_CRON_HOUR_UTC" in document["warnings"][0]

    text = run(*arguments, environment=environment)
    assert text.returncode == 0
    assert "WEBHOOK_PORT" in text.stdout
    for output in (text.stdout, text.stderr, json.dumps(document)):
        assert "the-secret-token" not in output and "opensesame" not in output


def test_serves_and_stops_in_order(database):
    with Poller(database.database) as poller:
        status, body = get(poller.url + "/healthz")
        assert (status, body["status"]) == (200, "ok")
        with pytest.raises(urllib.error.HTTPError) as missing:
            get(poller.url + "/nothing/here")
        assert missing.value.code == 404
        assert json.load(missing.value)["code"] == "not_found"
        poller.wait_for_log("database connected")
        assert poller.stop() == 0
        assert "event=stopped" in poller.log
        assert SECRET not in poller.log


def test_sighup_reads_the_settings_again(database, tmp_path):
    settings = tmp_path / "poller.env"
    settings.write_text("POLLER_LOG_LEVEL=warning\n")
    with Poller(database.database, ["--env-file", settings], POLLER_LOG_LEVEL="info") as poller:
        settings.write_text("POLLER_LOG_LEVEL=debug\nPOLLER_HTTP_CONNECTIONS=7\nMONDAY_SYNC_DRY_RUN=1\n")
        poller.signal(signal.SIGHUP)
        poller.wait_for_log('event="configuration read again" changed=MONDAY_SYNC_DRY_RUN')
        poller.wait_for_log('event="configuration needs a restart" settings=POLLER_HTTP_CONNECTIONS')
        settings.write_text("MONDAY_SYNC_DRY_RUN=perhaps\n")
        poller.signal(signal.SIGHUP)
        poller.wait_for_log('event="configuration not read again; the former one stays" .*perhaps')
        assert get(poller.url + "/healthz")[0] == 200
        assert poller.stop() == 0


@pytest.mark.parametrize(
    "wrong, why",
    [
        ("", "WEBHOOK_SECRET"),
        ("WEBHOOK_SECRET=\n", "WEBHOOK_SECRET"),
        ("WEBHOOK_SECRET=short\n", "at least 16"),
        ("WEBHOOK_SECRET_FILE=/nonexistent\n", "/nonexistent"),
        ("WEBHOOK_SECRET=0123456789abcdef\nno setting\n", "line 4"),
        ("WEBHOOK_SECRET=0123456789abcdef\nFORECAST_SNAPSHOT_RETENTION_DAYS=many\n", "many"),
        (None, "poller.env"),
    ],
)
def test_a_reload_that_is_not_wholly_valid_changes_nothing(database, tmp_path, wrong, why):
    settings = tmp_path / "poller.env"
    settings.write_text(f"WEBHOOK_SECRET={SECRET}\n")
    with Poller(database.database, ["--env-file", settings], WEBHOOK_SECRET=None, POLLER_JOB_TYPES="cleanup") as poller:
        if wrong is None:
            settings.unlink()
        else:
            settings.write_text("POLLER_LOG_LEVEL=debug\nMONDAY_SYNC_DRY_RUN=1\n" + wrong)
        poller.signal(signal.SIGHUP)
        told = poller.wait_for_log('event="configuration not read again; the former one stays" .*')
        assert why in told.group(0)
        rest = Rest(poller)
        assert rest.post(f"/webhooks/monday/{SECRET}", event()).status == 202, "the former secret is still taken"
        assert "level=debug" not in poller.log
        settings.write_text(f"WEBHOOK_SECRET={SECRET}\nMONDAY_SYNC_DRY_RUN=1\n")
        poller.signal(signal.SIGHUP)
        poller.wait_for_log('event="configuration read again" changed=MONDAY_SYNC_DRY_RUN')
        assert poller.stop() == 0


def test_waits_for_an_extension_that_is_not_there_yet(empty_database):
    with Poller(empty_database, role=None) as poller:
        poller.wait_for_log('has no extension pipeline_forecast.*hint="CREATE EXTENSION')
        assert get(poller.url + "/healthz")[0] == 200
        with empty_database.connection() as connection:
            connection.execute("CREATE EXTENSION pipeline_forecast")
            connection.execute("SELECT pipeline_setup()")
        poller.wait_for_log("database connected")


def test_another_version_than_the_extension_is_said(database):
    """As after an update of only one of the two; the last number of a version may differ."""
    version = json.loads(run("status", "--json", environment=environment_for(database.database)).stdout)["checks"]
    (version,) = (check for check in version if check["check"] == "version")
    extension, poller = version["detail"].removeprefix("extension ").split(", poller ")
    assert version["state"] == "ok" and extension == poller
    major, minor, _ = poller.split(".")

    database.execute(f"UPDATE pg_extension SET extversion = '{major}.{minor}.999' WHERE extname = 'pipeline_forecast'")
    with Poller(database.database) as running:
        running.wait_for_log("database connected")
        assert 'event="versions differ"' not in running.log

    database.execute("UPDATE pg_extension SET extversion = '99.0.0' WHERE extname = 'pipeline_forecast'")
    with Poller(database.database) as running:
        running.wait_for_log(f'event="versions differ" detail="the extension of this database is 99.0.0, and the poller is {poller}')
    status = run("status", environment=environment_for(database.database))
    assert "99.0.0" in status.stdout and "warn" in status.stdout


def test_idle_costs_next_to_nothing(database):
    with Poller(database.database) as poller:
        poller.wait_for_log("database connected")
        time.sleep(1)
        before = poller.cpu_seconds()
        time.sleep(5)
        assert poller.cpu_seconds() - before <= 0.1
        assert poller.resident_mib() <= 40
