"""One call of any dialect: key, body, model, rate, scripted failure, answer; every one is written down."""

import asyncio
import itertools
import json
import re
import time

from aiohttp import web

from ..orders import Orders
from . import anthropic, gemini, openai_chat, openai_responses
from .answers import answer, tokens
from .faults import Fault
from .outcome import ANSWERS, Outcome
from .rates import Rates
from .request import Refused

DEFAULT_KEY = "simulated-key"
# Models that a provider knows, by dialect; a compatible server serves whatever it is asked for.
MODELS = {
    gemini.NAME: re.compile(r"gemini-[\w.-]+"),
    openai_chat.NAME: re.compile(r"(gpt|o\d)[\w.-]*"),
    openai_responses.NAME: re.compile(r"(gpt|o\d)[\w.-]*"),
    anthropic.NAME: re.compile(r"claude-[\w.-]+"),
}
LARGEST_BODY = 1 << 20
CONTEXT_TOKENS = 100_000
HANG_SECONDS = 3_600
MUCH = 1_000_000_000


class Service:
    def __init__(self, key=DEFAULT_KEY, latency_ms=0.0):
        self.key = key
        self.latency_ms = latency_ms
        self.requests_per_minute = MUCH
        self.tokens_per_minute = MUCH
        self.faults = Orders(Fault)
        self.calls = []
        self._rates = {}
        self._ids = itertools.count(1)

    def rates(self, dialect, model):
        if (dialect, model) not in self._rates:
            self._rates[dialect, model] = Rates(self.requests_per_minute, self.tokens_per_minute)
        return self._rates[dialect, model]

    def set_rates(self, requests, tokens):
        self.requests_per_minute, self.tokens_per_minute = requests, tokens
        self._rates.clear()

    def next_id(self):
        return f"{next(self._ids):08d}"


class Endpoint:
    """dialect: a module with NAME, ERRORS, key_of, read, written, error, headers."""

    def __init__(self, service, dialect, name=None, needs_key=True):
        self.service = service
        self.dialect = dialect
        self.name = name or dialect.NAME
        self.needs_key = needs_key

    async def handle(self, request):
        service = self.service
        call = {"at": time.time(), "dialect": self.name, "id": service.next_id(), "outcome": None, "status": None}
        service.calls.append(call)
        if service.latency_ms:
            await asyncio.sleep(service.latency_ms / 1000)
        model = request.match_info.get("model")
        try:
            text = await request.read()
            self._check_key(request)
            asked = self._read(text, request.headers, model)
            call |= {"model": asked.model, "system": asked.system, "user": asked.user, "schema": asked.schema,
                     "schema_name": asked.schema_name, "most_tokens": asked.most_tokens}
            self._check_model(asked)
        except Refused as refused:
            return self._error(call, Outcome(refused.kind, message=refused.message, finish=refused.where, code=refused.code))
        return await self._answer(request, call, asked)

    def _check_key(self, request):
        key = self.dialect.key_of(request.headers, request.query)
        if not self.needs_key or key == self.service.key:
            return
        if key is None and self.dialect is gemini:
            raise Refused("forbidden", "Method doesn't allow unregistered callers (callers without established identity).")
        raise Refused("unauthorized", "")

    def _read(self, text, headers, model):
        if len(text) > LARGEST_BODY:
            raise Refused("too_large", "")
        try:
            body = json.loads(text)
        except ValueError:
            raise Refused("invalid", "We could not parse the JSON body of your request.") from None
        if self.dialect is openai_chat:
            return openai_chat.read(body, headers, model, self.name)
        return self.dialect.read(body, headers, model)

    def _check_model(self, asked):
        known = MODELS.get(self.name)
        if known is not None and known.fullmatch(asked.model) is None:
            raise Refused("unknown_model", f"The model `{asked.model}` does not exist or you do not have access to it.")
        if tokens(asked.system + asked.user) > CONTEXT_TOKENS:
            raise Refused("too_long", "")

    async def _answer(self, request, call, asked):
        service = self.service
        rates = service.rates(self.name, asked.model)
        fault = service.faults.hit(self.name, asked.model)
        if not rates.take(tokens(asked.system + asked.user) + (asked.most_tokens or 0)):
            return self._error(call, Outcome("rate_limit", retry_after=rates.resets_in()), rates)
        if fault is None:
            return self._done(call, asked, good(asked), rates)
        call["fault"] = fault.number
        await asyncio.sleep(HANG_SECONDS if fault.kind == "hang" else fault.seconds)
        if fault.kind == "drop":
            call["outcome"] = "drop"
            request.transport.abort()
            return web.Response(status=500)
        if fault.kind == "raw":
            call |= {"outcome": "raw", "status": fault.http}
            return web.Response(status=fault.http, text=fault.body, content_type="text/html")
        outcome = fault.outcome(asked)
        if outcome.kind in ANSWERS:
            return self._done(call, asked, outcome, rates, fault.kind)
        return self._error(call, outcome, rates)

    def _done(self, call, asked, outcome, rates, label=None):
        call |= {"outcome": label or outcome.kind, "status": 200, "answer": outcome.text}
        body = self.dialect.written(asked, outcome, call["id"])
        return self._response(body, 200, rates, self._id_headers(call))

    def _error(self, call, outcome, rates=None):
        if outcome.kind not in self.dialect.ERRORS:
            outcome.kind = "billing"
        http, headers, body = self.dialect.error(outcome, call["id"])
        call |= {"outcome": outcome.kind, "status": http, "message": outcome.message}
        return self._response(body, http, rates, headers)

    def _id_headers(self, call):
        names = {openai_chat.NAME: "x-request-id", openai_responses.NAME: "x-request-id", anthropic.NAME: "request-id"}
        return {names[self.name]: call["id"]} if self.name in names else {}

    def _response(self, body, status, rates, headers):
        # A local server knows no limits.
        limits = self.dialect.headers(rates) if rates is not None and self.needs_key else {}
        return web.Response(body=json.dumps(body, ensure_ascii=False).encode(), status=status, content_type="application/json",
                            charset="utf-8", headers=limits | headers)


def good(asked):
    """The answer, cut where the request's cap is too small for it."""
    text = answer(asked)
    most = asked.most_tokens
    if most is None or tokens(text) <= most:
        return Outcome("answer", text)
    return Outcome("truncated", text[: most * 4])
