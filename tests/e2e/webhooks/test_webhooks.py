"""POST /webhooks/monday: its order, who is let in, and what is stored."""

import json
import time

import pytest

from cluster import value
from poller import SECRET, Receiver, wait_until
from rest import Rest
from webhooks import event, jwt, signature

PATH = f"/webhooks/monday/{SECRET}"
OTHER_SECRET = "another-secret-for-the-tests"
AUDIENCE = "https://hooks.example.com/webhooks/monday"


@pytest.fixture
def poller(database):
    with Receiver(database.database) as running:
        yield running


@pytest.fixture
def rest(poller):
    return Rest(poller)


def stored(database):
    return database.execute(
        "SELECT event_key, subscription_id, board_id, item_id, event_type, webhook_payload, unreadable_body, status, "
        "host(client_ip) AS client_ip FROM webhook_events ORDER BY id"
    ).fetchall()


def with_parent_board(database, board="77867"):
    database.execute("INSERT INTO monday_board (board_id, role, name) VALUES (%s, 'parent', 'Projects')", [board])


# What is stored -----------------------------------------------------------------------------------------------------


def test_an_event_is_stored_with_its_job_before_it_is_answered(database, rest):
    with_parent_board(database)
    body = event("t1")
    answer = rest.post(PATH, body)
    assert (answer.status, answer.json()) == (202, {"status": "accepted"})
    (row,) = stored(database)
    assert row["event_key"] == "4667:t1:77868:status_mk1"
    assert (row["subscription_id"], row["board_id"], row["item_id"]) == ("4667", "77867", "77868")
    assert (row["event_type"], row["status"], row["client_ip"]) == ("change_column_value", "pending", "127.0.0.1")
    assert row["webhook_payload"] == json.loads(body)
    jobs = database.execute("SELECT job_type, project_id FROM job_queue").fetchall()
    assert jobs == [{"job_type": "rehydrate_and_analyze", "project_id": "77868"}]


def test_a_repeated_event_is_a_duplicate(database, rest):
    body = event()
    assert rest.post(PATH, body).status == 202
    answer = rest.post(PATH, body)
    assert (answer.status, answer.json()) == (200, {"status": "duplicate"})
    assert len(stored(database)) == 1


def test_without_a_trigger_the_body_tells_duplicates(database, rest):
    body = event(triggerUuid=None)
    assert rest.post(PATH, body).status == 202
    assert rest.post(PATH, body).status == 200
    assert rest.post(PATH, event(triggerUuid=None, triggerTime="2026-11-05T17:52:53.187Z")).status == 202
    assert len(stored(database)) == 2


def test_own_changes_are_stored_and_ignored(database, rest):
    with_parent_board(database)
    database.execute(
        "INSERT INTO monday_column (board_id, column_id, field, kind, writable) "
        "VALUES ('77867', 'days', 'expected_gestation_days', 'numbers', true)"
    )
    answer = rest.post(PATH, event(columnId="days"))
    assert (answer.status, answer.json()) == (202, {"status": "ignored"})
    assert [row["status"] for row in stored(database)] == ["ignored"]
    assert value(database, "SELECT count(*) FROM job_queue") == 0


def test_one_trigger_for_two_items_and_for_two_columns_is_three_edits(database, rest):
    with_parent_board(database)
    edits = [event("bulk"), event("bulk", pulseId=77900), event("bulk", pulseId=77900, columnId="date4")]
    for body in edits + edits:
        assert rest.post(PATH, body).status in (200, 202)
    assert len(stored(database)) == 3
    assert {row["project_id"] for row in database.execute("SELECT project_id FROM job_queue").fetchall()} == {"77868", "77900"}


def test_a_challenge_is_echoed_and_nothing_stored(database, rest):
    answer = rest.post("/webhooks/monday", b'{"challenge":"3eZbrw \\u00e9\\"1"}')
    assert (answer.status, answer.json()) == (200, {"challenge": '3eZbrw é"1'})
    assert stored(database) == []


def test_a_body_that_json_columns_cannot_hold_is_kept_as_text(database, rest):
    with_parent_board(database)
    escaped_nul = event("nul", pulseName="a\0b")
    small = event("small").replace(b'"Developer"', b"1e-20000")
    for body in (escaped_nul, small, event("neighbour")):
        assert rest.post(PATH, body).status == 202
    rows = {row["event_key"]: row for row in stored(database)}
    assert rows["4667:nul:77868:status_mk1"]["unreadable_body"] == escaped_nul.decode()
    assert rows["4667:small:77868:status_mk1"]["unreadable_body"] == small.decode()
    assert rows["4667:neighbour:77868:status_mk1"]["webhook_payload"] is not None
    assert all(row["status"] == "pending" for row in rows.values()), "they make their project dirty all the same"


# The order ----------------------------------------------------------------------------------------------------------


def test_size_comes_before_everything(database, rest):
    answer = rest.post("/webhooks/monday", b'{"event":"' + b"x" * (256 * 1024) + b'"}')
    assert answer.status == 413
    assert rest.post(PATH, event(pulseName="x" * (255 * 1024))).status == 202


def test_json_comes_before_authentication(rest):
    answer = rest.post("/webhooks/monday", b'{"event":')
    assert (answer.status, answer.json()["code"]) == (400, "invalid_json")


def test_authentication_comes_before_required_fields(rest):
    assert rest.post("/webhooks/monday", b'{"event":{}}').status == 401
    answer = rest.post(PATH, b'{"event":{}}')
    assert (answer.status, answer.json()) == (400, {"code": "incomplete_event", "detail": "event.type is missing"})
    answer = rest.post(PATH, event(pulseId=None))
    assert answer.json()["detail"] == "event.pulseId, itemId or subitem is missing"


def test_only_post_is_answered(rest):
    answer = rest.get("/webhooks/monday")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


# Who is let in ------------------------------------------------------------------------------------------------------


def test_token_in_path_or_query(database, rest):
    assert rest.post(PATH, event()).status == 202
    assert rest.post("/webhooks/monday", event(), token=SECRET).status == 202
    for path in ("/webhooks/monday", f"/webhooks/monday/{SECRET[:-1]}", f"/webhooks/monday/{SECRET}x", "/webhooks/monday?token=",
                 f"/webhooks/monday?token={SECRET}&token={SECRET}", f"/webhooks/monday?token={SECRET}%00"):
        answer = rest.post(path, event())
        assert (answer.status, answer.json()["code"]) == (401, "unauthorized"), path
    assert rest.post("/webhooks/monday", event(), {"Authorization": SECRET}).status == 401
    assert len(stored(database)) == 2


def test_signature_of_the_raw_body(database):
    secrets = f"{SECRET},{OTHER_SECRET}"
    with Receiver(database.database, WEBHOOK_AUTH="hmac", WEBHOOK_SECRET=secrets) as poller:
        rest = Rest(poller)
        body = event()
        for name, secret in (("X-Hub-Signature-256", SECRET), ("X-Signature-256", OTHER_SECRET), ("Authorization", SECRET)):
            body = event()
            assert rest.post("/webhooks/monday", body, {name: signature(body, secret)}).status == 202
        for shown in ("", "sha256=", "sha256=" + "0" * 64, signature(body, "a-secret-that-nobody-gave"), signature(body)[7:],
                      signature(body + b" "), "sha1=" + signature(body)[7:47]):
            assert rest.post("/webhooks/monday", body, {"X-Hub-Signature-256": shown}).status == 401, shown
        assert rest.post("/webhooks/monday", body + b" ", {"X-Hub-Signature-256": signature(body)}).status == 401
    assert len(stored(database)) == 3


def test_json_web_tokens(database):
    secrets = f"{SECRET} {OTHER_SECRET}"
    with Receiver(database.database, WEBHOOK_AUTH="jwt", WEBHOOK_SECRET=secrets, MONDAY_WEBHOOK_URL=AUDIENCE) as poller:
        rest = Rest(poller)
        now = int(time.time())
        good = [jwt(), jwt(OTHER_SECRET), f"Bearer {jwt()}", jwt(exp=now - 30), jwt(nbf=now + 30), jwt(aud=["x", AUDIENCE])]
        for token in good:
            assert rest.post("/webhooks/monday", event(), {"Authorization": token}).status == 202, token
        bad = {
            "missing": [None, ""],
            "malformed": ["x", "a.b", "a.b.c", jwt(exp=None), jwt(exp="soon"), SECRET, "Basic " + SECRET],
            "algorithm": [jwt(algorithm="none"), jwt(algorithm="HS512")],
            "signature": [jwt("a-secret-that-nobody-gave"), jwt() + "x", jwt().rpartition(".")[0] + "."],
            "expired": [jwt(exp=now - 90), jwt(exp=0)],
            "not_yet_valid": [jwt(nbf=now + 90)],
            "audience": [jwt(aud="https://other.example.com/"), jwt(aud=None), jwt(aud=[])],
        }
        for reason, tokens in bad.items():
            for token in tokens:
                headers = {} if token is None else {"Authorization": token}
                assert rest.post("/webhooks/monday", event(), headers).status == 401, (reason, token)
        metrics = rest.get("/metrics").text
        for reason, tokens in bad.items():
            assert f'pipeline_webhook_requests_total{{outcome="refused_{reason}"}} {len(tokens)}\n' in metrics
        assert "reason=expired" in poller.log
        assert SECRET not in poller.log
    assert len(stored(database)) == len(good)


def test_a_secret_is_replaced_without_a_restart(database, tmp_path):
    settings = tmp_path / "poller.env"
    settings.write_text(f"WEBHOOK_SECRET={SECRET}\n")
    with Receiver(database.database, ["--env-file", str(settings)], WEBHOOK_SECRET=None) as poller:
        rest = Rest(poller)
        assert rest.post(PATH, event()).status == 202
        settings.write_text(f"WEBHOOK_SECRET={SECRET},{OTHER_SECRET}\n")
        poller.signal(1)
        poller.wait_for_log("configuration read again")
        assert rest.post(PATH, event()).status == 202
        assert rest.post(f"/webhooks/monday/{OTHER_SECRET}", event()).status == 202
        settings.write_text(f"WEBHOOK_SECRET={OTHER_SECRET}\n")
        poller.signal(1)
        wait_until(lambda: rest.post(PATH, event()).status == 401, message="the old secret is no longer taken")


def test_anybody_where_that_is_asked_for(database):
    with Receiver(database.database, serve_arguments=["--insecure-no-auth"], WEBHOOK_AUTH=None, WEBHOOK_SECRET=None) as poller:
        assert Rest(poller).post("/webhooks/monday", event()).status == 202


def test_strangers_are_limited_and_who_is_known_is_not(database, rest):
    answers = [rest.post("/webhooks/monday", event()) for _ in range(130)]
    assert {answer.status for answer in answers} == {401, 429}
    assert answers[0].status == 401 and answers[-1].status == 429
    assert rest.post("/webhooks/monday", b'{"challenge":"x"}').status == 429
    assert rest.post("/webhooks/monday", b"no json").status == 429
    assert rest.post(PATH, b"no json").status == 400, "the content of who is known is looked at"
    assert [rest.post(PATH, event()).status for _ in range(150)] == [202] * 150
    limited = [answer.status for answer in answers].count(429) + 2
    assert f'outcome="limited"}} {limited}\n' in rest.get("/metrics").text
    assert len(stored(database)) == 150


# The database is away -----------------------------------------------------------------------------------------------


def test_while_the_database_is_away_the_sender_keeps_the_event(mortal_database):
    database = mortal_database
    body = event()
    with Receiver(database) as poller:
        rest = Rest(poller)
        assert rest.post(PATH, event()).status == 202
        database.cluster.control("stop")
        answer = rest.post(PATH, body)
        assert (answer.status, answer.json()["code"]) == (503, "unavailable")
        database.cluster.control("start")
        wait_until(lambda: rest.post(PATH, body).status == 202, message="the event is taken again")
    with database.connection() as connection:
        assert value(connection, "SELECT count(*) FROM webhook_events") == 2
