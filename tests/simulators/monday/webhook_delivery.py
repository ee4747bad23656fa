"""Delivers webhooks: repeated once a minute for 30 minutes until a 2xx, with the troubles that a test asks for."""

import asyncio
import collections
import dataclasses
import itertools
import json
import random

import aiohttp

from .signing import token, webhook_claims

RETRY_EVERY_SECONDS = 60
RETRIES = 30
AT_ONCE = 64
KEPT_RECORDS = 100_000


@dataclasses.dataclass
class Troubles:
    """Shares of deliveries, 0 to 1. spread_ms: each one waits a random time up to this, so that they overtake each other."""

    loss: float = 0.0
    duplicates: float = 0.0
    spread_ms: float = 0.0
    # The next deliveries that are lost, whatever the shares say.
    lose_next: int = 0
    # expired, wrong_key, none (unsigned), missing, wrong_audience
    bad_jwt: str = ""


class Delivery:
    """What became of one event for one subscription."""

    def __init__(self, number, webhook, body):
        self.number = number
        self.webhook = webhook
        self.body = body
        self.attempts = []
        self.outcome = "waiting"

    def as_json(self):
        return {"number": self.number, "subscription_id": self.webhook.id, "event": self.webhook.event,
                "body": self.body, "attempts": self.attempts, "outcome": self.outcome}


class Deliveries:
    def __init__(self, account, signing_secret, seed=1):
        self.account = account
        self.clock = account.clock
        self.signing_secret = signing_secret
        self.timeout_seconds = 5.0
        self.troubles = Troubles()
        self.records = collections.deque(maxlen=KEPT_RECORDS)
        self._numbers = itertools.count(1)
        self._random = random.Random(seed)
        self._tasks = set()
        self._session = None
        self._places = asyncio.Semaphore(AT_ONCE)

    async def start(self):
        connector = aiohttp.TCPConnector(limit=AT_ONCE)
        self._session = aiohttp.ClientSession(connector=connector)

    async def stop(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    def deliver(self, webhook, body):
        record = Delivery(next(self._numbers), webhook, body)
        self.records.append(record)
        troubles = self.troubles
        if troubles.lose_next > 0:
            troubles.lose_next -= 1
            record.outcome = "lost"
        elif self._random.random() < troubles.loss:
            record.outcome = "lost"
        else:
            times = 2 if self._random.random() < troubles.duplicates else 1
            for _ in range(times):
                self._begin(record)

    def deliver_again(self, record):
        """The same event once more, as after an answer that got lost."""
        self._begin(record)

    def _begin(self, record):
        delay = self._random.random() * self.troubles.spread_ms / 1000
        task = asyncio.create_task(self._run(record, delay))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def flush(self, seconds):
        """Waits until nothing is under way but retries that are waiting for their minute."""
        limit = asyncio.get_running_loop().time() + seconds
        while any(record.outcome == "waiting" for record in self.records):
            if asyncio.get_running_loop().time() > limit:
                return False
            await asyncio.sleep(0.005)
        return True

    async def _run(self, record, delay):
        if delay:
            await asyncio.sleep(delay)
        for attempt in range(RETRIES + 1):
            body = record.body
            if attempt:
                body = {"event": body["event"] | {"isRetry": True}}
            started = self.clock.now()
            async with self._places:
                status = await self._post(record.webhook, body)
            record.attempts.append({"at": started, "status": status})
            if isinstance(status, int) and 200 <= status < 300:
                record.outcome = "delivered"
                return
            record.outcome = "retrying"
            await self.clock.sleep_until(started + RETRY_EVERY_SECONDS)
            if record.webhook.id not in self.account.webhooks.subscriptions:
                record.outcome = "unsubscribed"
                return
        record.outcome = "given up"

    async def _post(self, webhook, body):
        """The HTTP status, or what kept one from coming."""
        headers = {"Content-Type": "application/json"} | self._authorization(webhook)
        timeout = aiohttp.ClientTimeout(total=self.timeout_seconds)
        try:
            async with self._session.post(webhook.url, data=json.dumps(body), headers=headers, timeout=timeout) as answer:
                await answer.read()
                return answer.status
        except asyncio.TimeoutError:
            return "timeout"
        except aiohttp.ClientError as error:
            return type(error).__name__

    def _authorization(self, webhook):
        """Webhooks of a personal token are not signed. A retry is signed anew."""
        bad = self.troubles.bad_jwt
        if not webhook.by_app or bad == "missing":
            return {}
        now = self.clock.now() - (86_400 if bad == "expired" else 0)
        claims = webhook_claims(self.account.id, webhook, now)
        if bad == "wrong_audience":
            claims["aud"] = "https://elsewhere.example.com/"
        secret = "another secret" if bad == "wrong_key" else self.signing_secret
        return {"Authorization": token(secret, claims, "none" if bad == "none" else "HS256")}

    async def challenge(self, url):
        """Whether the URL echoes a challenge."""
        text = f"{self._random.getrandbits(128):032x}"
        timeout = aiohttp.ClientTimeout(total=self.timeout_seconds)
        try:
            async with self._session.post(url, json={"challenge": text}, timeout=timeout) as answer:
                return answer.status == 200 and (await answer.json(content_type=None)).get("challenge") == text
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, AttributeError):
            return False
