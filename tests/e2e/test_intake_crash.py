"""Killing what takes webhooks in, under load: whatever was answered with 2xx is stored exactly once and gets done.

Senders do what monday.com does: they repeat an event until it is accepted. TORTURE_SECONDS makes it longer.
"""

import asyncio
import itertools
import os
import pathlib
import random
import signal
import socket
import time

import aiohttp
import pytest

from cluster import value
from poller import SECRET, Receiver, wait_until
from webhooks import event

SECONDS = float(os.environ.get("TORTURE_SECONDS", "8"))
SENDERS = 20
PROJECTS = 50


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def kill_server(cluster):
    """The postmaster and all its children, as a crash takes them."""
    postmaster = int((cluster.home / "data" / "postmaster.pid").read_text().splitlines()[0])
    family = [postmaster]
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == postmaster:
            family.append(int(status.parent.name))
    for pid in family:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    for pid in family:
        # A process that nobody has waited for yet still counts as running for pg_ctl.
        wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), message="a killed process is gone")


class Load:
    """Senders that go on until stopped. accepted: the keys of the events that were answered with 2xx."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/webhooks/monday/{SECRET}"
        self.numbers = itertools.count(1)
        self.accepted = set()
        self.answers = {}
        self.stopping = False

    async def send(self, session):
        while not self.stopping:
            number = next(self.numbers)
            body = event(f"t{number}", pulseId=1 + number % PROJECTS)
            # An event that was begun is brought to its end, as far as the time after the load allows.
            while not await self.accept(session, f"4667:t{number}", body):
                await asyncio.sleep(0.05)

    async def accept(self, session, key, body):
        try:
            async with session.post(self.url, data=body) as answer:
                await answer.read()
                self.answers[answer.status] = self.answers.get(answer.status, 0) + 1
                if answer.status in (200, 202):
                    self.accepted.add(key)
                    return True
                assert answer.status == 503, f"{answer.status} {await answer.text()}"
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            self.answers["none"] = self.answers.get("none", 0) + 1
        return False

    async def run(self, disturb):
        timeout = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as session:
            senders = [asyncio.create_task(self.send(session)) for _ in range(SENDERS)]
            try:
                await disturb()
            finally:
                self.stopping = True
            await asyncio.wait_for(asyncio.gather(*senders), 60)


def work_everything(connection):
    """What a worker does, in short: claims and finishes until nothing is left."""
    while True:
        jobs = connection.execute("SELECT id, lease_token FROM claim_jobs('test', ARRAY['rehydrate_and_analyze'], ARRAY[1000])").fetchall()
        if not jobs:
            return
        ids, tokens = [job["id"] for job in jobs], [job["lease_token"] for job in jobs]
        assert len(connection.execute("SELECT finish_jobs(%s, %s)", [ids, tokens]).fetchall()) == len(jobs)


def check(database, load):
    with database.connection() as connection:
        stored = [row["event_key"] for row in connection.execute("SELECT event_key FROM webhook_events").fetchall()]
        assert len(stored) == len(set(stored))
        assert load.accepted - set(stored) == set(), "nothing that was accepted is lost"
        assert value(connection, "SELECT sweep_webhook_events()") == 0
        assert value(connection, "SELECT count(*) FROM job_queue_queued WHERE job_type = 'rehydrate_and_analyze'") <= PROJECTS
        work_everything(connection)
        assert connection.execute("SELECT status, count(*) FROM webhook_events GROUP BY status").fetchall() == [
            {"status": "processed", "count": len(stored)}
        ]
    return stored


@pytest.fixture
def database(mortal_database):
    with mortal_database.connection() as connection:
        connection.execute("INSERT INTO monday_board (board_id, role, name) VALUES ('77867', 'parent', 'Projects')")
    return mortal_database


def test_kill_the_poller_during_intake(database):
    port = free_port()
    load = Load(port)
    pollers = [Receiver(database, WEBHOOK_PORT=port)]
    kills = 0

    async def disturb():
        nonlocal kills
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline or kills < 2:
            await asyncio.sleep(random.uniform(0.3, 1.5))
            pollers[-1].kill()
            kills += 1
            pollers.append(await asyncio.to_thread(Receiver, database, WEBHOOK_PORT=port))

    try:
        asyncio.run(load.run(disturb))
    finally:
        for poller in pollers:
            poller.close()
    check(database, load)
    assert len(load.accepted) > SENDERS, load.answers


def test_kill_the_database_during_intake(database):
    kills = 0

    with Receiver(database) as poller:
        load = Load(poller.port)

        async def disturb():
            nonlocal kills
            deadline = time.monotonic() + SECONDS
            while time.monotonic() < deadline or kills < 2:
                await asyncio.sleep(random.uniform(0.5, 1.5))
                await asyncio.to_thread(kill_server, database.cluster)
                kills += 1
                await asyncio.sleep(random.uniform(0, 0.5))
                await asyncio.to_thread(database.cluster.control, "start")

        asyncio.run(load.run(disturb))
        assert poller.process.poll() is None, "the poller outlives its database"
    check(database, load)
    assert len(load.accepted) > SENDERS, load.answers
    assert load.answers.get(503, 0) > 0, "while it was away, senders were told to come back"
