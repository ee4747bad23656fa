"""Requests and tokens of a minute, for one key and model."""

import time

MINUTE = 60


class Rates:
    def __init__(self, requests, tokens):
        self.requests = requests
        self.tokens = tokens
        self._started = time.monotonic()
        self._requests = 0
        self._tokens = 0

    def _renew(self):
        if time.monotonic() - self._started >= MINUTE:
            self._started, self._requests, self._tokens = time.monotonic(), 0, 0

    def resets_in(self):
        return max(0.0, self._started + MINUTE - time.monotonic())

    def requests_left(self):
        self._renew()
        return max(0, self.requests - self._requests)

    def tokens_left(self):
        self._renew()
        return max(0, self.tokens - self._tokens)

    def take(self, tokens):
        """Whether the call may run. Calls that may not count as well."""
        self._renew()
        self._requests += 1
        allowed = self._requests <= self.requests and self._tokens + tokens <= self.tokens
        if allowed:
            self._tokens += tokens
        return allowed
