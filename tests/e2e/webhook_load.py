"""Senders of webhooks that do what monday.com does: they repeat an event until it is accepted."""

import asyncio
import itertools

import aiohttp

from poller import SECRET
from webhooks import event

SENDERS = 20
PROJECTS = 50


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
            while not await self.accept(session, f"4667:t{number}:{1 + number % PROJECTS}:status_mk1", body):
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
