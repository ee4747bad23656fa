"""Killing what takes webhooks in, under load: whatever was answered with 2xx is stored exactly once and gets done.

TORTURE_SECONDS makes it longer.
"""

import asyncio
import os
import random
import socket
import time

import pytest

from cluster import kill_server, value
from poller import Receiver
from webhook_load import PROJECTS, SENDERS, Load

SECONDS = float(os.environ.get("TORTURE_SECONDS", "8"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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
