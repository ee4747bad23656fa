"""What strangers and broken clients send to the HTTP server, and that others do not notice."""

import contextlib
import json
import re
import resource
import socket
import subprocess
import time

import pytest

from cluster import value
from poller import PROGRAM, SECRET, Receiver, environment_for, wait_until
from rest import Rest
from webhooks import event

PATH = f"/webhooks/monday/{SECRET}"


@pytest.fixture
def poller(database):
    with Receiver(database.database) as running:
        yield running


def connect(poller, timeout=20):
    return socket.create_connection(("127.0.0.1", poller.port), timeout)


def received(client):
    """All that comes until the server closes."""
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def ask(poller, request, half_close=False):
    with connect(poller) as client:
        client.sendall(request)
        if half_close:
            client.shutdown(socket.SHUT_WR)
        return received(client)


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer else None


def post(body, *headers, path=PATH):
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def sized(body, path=PATH):
    return post(body, f"Content-Length: {len(body)}", path=path)


def nested(levels):
    return event("deep").replace(b'"Developer"', b"[" * levels + b"]" * levels)


def still_serves(poller):
    with connect(poller) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return status_of(received(client)) == 200


# Bodies -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, status",
    [
        (event("chunk").replace(b"Developer", b"caf\xe9"), 400),
        (event("chunk").replace(b"Developer", b"\xed\xa0\x80"), 400),
        (event() + b"\0", 400),
        (event().replace(b"Developer", b"a\0b"), 400),
        (b"\xef\xbb\xbf" + event(), 400),
        (nested(62), 202),
        (nested(63), 400),
        (b"[" * 200_000, 400),
        (b'{"a":' * 40_000, 400),
        (event("twice").replace(b'"pulseId": 77868', b'"pulseId": 1, "pulseId": 2'), 202),
        (event("twice2").replace(b'"boardId": 77867', b'"boardId": {"a": 1}, "boardId": "77867"'), 202),
        (event("number").replace(b'"Developer"', b"1" + b"0" * 300), 202),
        (event("number2").replace(b'"Developer"', b"1e999"), 400),
        (b"", 400),
        (b"null", 400),
        (b'"event"', 400),
        (event()[:-1], 400),
        (event() + event(), 400),
        (b"event=1&type=2", 400),
        (b"<xml/>", 400),
    ],
)
def test_strange_bodies(database, poller, body, status):
    before = value(database, "SELECT count(*) FROM webhook_events")
    answer = ask(poller, sized(body))
    assert status_of(answer) == status, answer
    assert value(database, "SELECT count(*) FROM webhook_events") - before == (status == 202)
    assert still_serves(poller)


def test_of_a_repeated_key_column_and_payload_agree(database, poller):
    body = event("twice").replace(b'"pulseId": 77868', b'"pulseId": 1, "pulseId": 2')
    assert status_of(ask(poller, sized(body))) == 202
    assert value(database, "SELECT item_id = webhook_payload->'event'->>'pulseId' AND item_id = '2' FROM webhook_events")


def test_chunked_bodies(database, poller):
    body = event("chunked")
    chunks = b"".join(b"%x;note=1\r\n%s\r\n" % (len(body[i : i + 7]), body[i : i + 7]) for i in range(0, len(body), 7))
    assert status_of(ask(poller, post(chunks + b"0\r\nTrailer: x\r\n\r\n", "Transfer-Encoding: chunked"))) == 202
    assert value(database, "SELECT webhook_payload->'event'->>'triggerUuid' FROM webhook_events") == "chunked"
    assert status_of(ask(poller, post(b"zz\r\n", "Transfer-Encoding: chunked"))) == 400
    assert status_of(ask(poller, post(b"-5\r\nabcde\r\n0\r\n\r\n", "Transfer-Encoding: chunked"))) == 400
    endless = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    assert status_of(ask(poller, post(endless * 5, "Transfer-Encoding: chunked"))) == 413
    assert value(database, "SELECT count(*) FROM webhook_events") == 1


def test_sizes_are_refused_before_the_body_is_sent(poller):
    for header in ("Content-Length: 262145", "Content-Length: 99999999999999"):
        answer = ask(poller, post(b"", header, "Expect: 100-continue"))
        assert status_of(answer) == 413
        assert b"100 Continue" not in answer


def test_truncated_bodies_store_nothing(database, poller):
    body = event()
    for length in (0, 1, len(body) - 1):
        assert status_of(ask(poller, post(body[:length], f"Content-Length: {len(body)}"), half_close=True)) in (None, 400)
    assert value(database, "SELECT count(*) FROM webhook_events") == 0
    assert still_serves(poller)


# Requests -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_bytes, status",
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"GET /\0 HTTP/1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost x\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\nConnection: close\r\n\r\n", 200),
        (b"GET /healthz HTTP/1.1\r\n" + b"X: " + b"y" * 20_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"y" * 20_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /forecast/pipeline?" + b"y" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 422),
        (b"GET /forecast/pipeline?" + b"a&" * 100 + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 422),
        (b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404),
        (b"GET http://elsewhere/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200),
        (b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: x\r\nConnection: close\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"CONNECT example.com:443 HTTP/1.1\r\nConnection: close\r\n\r\n", 501),
        (post(event(), "Content-Length: 5", "Content-Length: 6"), 400),
        (post(b"0\r\n\r\n", "Content-Length: 5", "Transfer-Encoding: chunked"), 400),
        (post(b"", "Content-Length: -1"), 400),
        (post(b"", "Content-Length: 0x10"), 400),
        (post(b"", "Transfer-Encoding: gzip"), 400),
        (post(b"0\r\n\r\n", "Transfer-Encoding: gzip, chunked"), 501),
    ],
)
def test_strange_requests(poller, request_bytes, status):
    answer = ask(poller, request_bytes, half_close=True)
    assert status_of(answer) == status, answer
    assert still_serves(poller)


@pytest.mark.parametrize("endless", [b"5;", b"0;", b"0\r\nTrailer: "])
def test_endless_extensions_and_trailers_cost_nothing(poller, endless):
    """One such request kept a core busy for half a minute, also after the client had left."""
    before = poller.cpu_seconds()
    for half_close in (False, True):
        answer = ask(poller, post(endless + b"x" * 200_000, "Transfer-Encoding: chunked"), half_close)
        assert status_of(answer) in (413, None)
    time.sleep(1)
    assert poller.cpu_seconds() - before < 0.5
    assert still_serves(poller)


def test_the_address_in_the_target_counts_and_not_the_host_beside_it(database, poller):
    """Until there is a key, only programs on this machine read, and no page from elsewhere that a browser shows here."""
    for target, host, status in [("http://localhost", "evil.example", 200), ("http://evil.example", "localhost", 401)]:
        request = f"GET {target}/forecast/pipeline HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        assert status_of(ask(poller, request.encode())) == status


def test_few_descriptors_are_raised_or_told_of(database):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with Receiver(database.database) as poller:
        soft = resource.prlimit(poller.process.pid, resource.RLIMIT_NOFILE)[0]
        assert soft >= min(1024 + 256, hard), "1,024 connections, and those to the database"
    resource.setrlimit(resource.RLIMIT_NOFILE, (1000, hard))
    try:
        limited = subprocess.run(
            ["prlimit", "--nofile=700:700", PROGRAM, "serve"], env=environment_for(database.database), stderr=subprocess.PIPE,
            text=True, timeout=3, check=False)
    except subprocess.TimeoutExpired as running:
        assert re.search("fewer connections are served .*wanted=1024 served=3[0-9]+ limit=700", running.stderr.decode())
    else:
        raise AssertionError(limited.stderr)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def test_requests_one_after_the_other_on_a_connection(database, poller):
    """Sent at once, without waiting for answers."""
    bodies = [event(f"pipelined-{n}") for n in range(20)]
    requests = b"".join(sized(body).replace(b"Connection: close\r\n", b"") for body in bodies[:-1]) + sized(bodies[-1])
    assert ask(poller, requests).count(b"202 Accepted") == 20
    assert value(database, "SELECT count(*) FROM webhook_events") == 20


def test_every_prefix_of_a_request(poller):
    request = sized(event())
    for length in range(1, len(request), 37):
        with connect(poller) as client:
            client.sendall(request[:length])
    assert still_serves(poller)


# Slow and many ------------------------------------------------------------------------------------------------------


def test_a_slow_head_and_a_slow_body_are_cut_off(poller):
    """Slow-loris: a byte now and then, for ever. Heads have 10 seconds."""
    with connect(poller, 30) as head, connect(poller, 30) as body:
        started = time.monotonic()
        head.sendall(b"POST ")
        body.sendall(post(b"", "Content-Length: 1000"))
        with pytest.raises(OSError):
            while time.monotonic() - started < 20:
                head.sendall(b"x")
                time.sleep(0.2)
        assert 8 < time.monotonic() - started < 16
        assert still_serves(poller)


def test_idle_connections_beyond_the_limit_are_refused_politely(database):
    """Ten thousand where the limits of this test's process allow it."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))
    count = min(10_000, allowed - 500) if allowed != resource.RLIM_INFINITY else 10_000
    with Receiver(database.database, POLLER_HTTP_CONNECTIONS="200") as poller:
        rest = Rest(poller)
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(connect(poller)) for _ in range(count)]
            refused = 0
            for client in clients[-200:]:
                client.settimeout(10)
                with contextlib.suppress(OSError):
                    answer = received(client)
                    assert answer == b"" or (status_of(answer) == 503 and b"Retry-After" in answer), answer
                    refused += 1
            assert refused == 200
            assert poller.resident_mib() < 96
        wait_until(lambda: _answers(rest), message="it serves again when they are gone")
        assert "pipeline_http_refused_connections_total" in rest.get("/metrics").text


def _answers(rest):
    with contextlib.suppress(OSError):
        return rest.get("/healthz").status == 200
    return False


def test_a_reader_that_does_not_read_delays_nobody(database, poller):
    """Its report is made piece by piece, and waits; webhooks and other reports go on."""
    database.execute(
        """
        SELECT snapshot_partition(pipeline_today());
        INSERT INTO pipeline_forecast_snapshot (snapshot_date, project_id, forecast_month, stage_bucket, contract_value, probability,
            committed_value, expected_value, best_case_value, worst_case_value)
        SELECT pipeline_today(), repeat('p', 200) || n, pipeline_forecast_month(pipeline_today()), 'Open', n, 0.5, 0, n / 2, n, 0
        FROM generate_series(1, 5000) n
        """
    )
    rest = Rest(poller)
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            client = stack.enter_context(connect(poller))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(b"GET /forecast/snapshot?limit=5000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.5)
        for _ in range(20):
            assert rest.post(PATH, event()).status == 202
        assert rest.get("/readyz").status == 200
        assert rest.get("/forecast/pipeline").status == 200
        assert poller.resident_mib() < 96
    document = rest.get("/forecast/snapshot", limit=5000)
    assert document.headers["transfer-encoding"] == "chunked"
    assert len(json.loads(document.body)["rows"]) == 5000
