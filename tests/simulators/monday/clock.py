"""The simulated account's time: real time, which a test may move forward or let run faster."""

import asyncio
import datetime
import math
import time

LONGEST_NAP_SECONDS = 0.05


class Clock:
    def __init__(self, scale=1.0):
        self._scale = scale
        self._base = time.time()
        self._since = time.monotonic()

    @property
    def scale(self):
        """Simulated seconds that pass in a real one."""
        return self._scale

    def now(self):
        """Unix seconds."""
        return self._base + (time.monotonic() - self._since) * self._scale

    def advance(self, seconds):
        self._base += seconds

    def run_at(self, scale):
        self._base, self._since, self._scale = self.now(), time.monotonic(), scale

    def real_seconds(self, seconds):
        """How long a client has to wait for simulated seconds to pass, as whole seconds (at least 1)."""
        return max(1, math.ceil(seconds / self._scale))

    async def sleep_until(self, moment):
        while (left := moment - self.now()) > 0:
            await asyncio.sleep(min(LONGEST_NAP_SECONDS, left / self._scale))


def iso(moment):
    """As the API writes moments: whole seconds, UTC."""
    return datetime.datetime.fromtimestamp(int(moment), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_milliseconds(moment):
    """As webhooks write them."""
    whole = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
    return whole.strftime("%Y-%m-%dT%H:%M:%S.") + f"{whole.microsecond // 1000:03d}Z"


def parse_moment(text):
    """Unix seconds of an ISO-8601 moment or day; a moment without a zone is UTC."""
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).timestamp()


def day(moment):
    return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).date()
