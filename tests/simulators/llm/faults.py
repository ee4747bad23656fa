"""Scripted failures: which calls they hit, and what becomes of those."""

import itertools
import random

from .answers import answer, breaking
from .outcome import ANSWERS, ERROR_MESSAGES, Outcome

# Beyond the outcomes of outcome.py: answers that are broken in a way of their own, and no proper answer at all.
BROKEN = {"invalid_json", "schema_violation", "fenced", "prose_refusal"}
BARE = {"drop", "hang", "raw"}
KINDS = ANSWERS | BROKEN | BARE | set(ERROR_MESSAGES) | {"spend_limit"}


class Fault:
    """One order: {kind, dialect, model, times (1; None always), skip, share, seconds (before the answer), retry_after,
    message, code, finish (another stop reason), usage (False: none), wrapped (Gemini: in an array), http and body (raw), text}."""

    def __init__(self, number, order):
        self.number = number
        self.kind = order.get("kind", "answer")
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault: {self.kind}")
        self.dialect = order.get("dialect")
        self.model = order.get("model")
        self.times = order.get("times", 1)
        self.skip = order.get("skip", 0)
        self.share = order.get("share", 1.0)
        self.seconds = order.get("seconds", 0)
        self.retry_after = order.get("retry_after")
        self.message = order.get("message", "")
        self.code = order.get("code")
        self.finish = order.get("finish")
        self.usage = order.get("usage", True)
        self.wrapped = order.get("wrapped", False)
        self.http = order.get("http", 502)
        self.body = order.get("body", "")
        self.text = order.get("text")
        self.hits = 0

    def concerns(self, dialect, model):
        return self.times != 0 and self.dialect in (None, dialect) and self.model in (None, model)

    def outcome(self, request):
        """What the call leads to; not for drop, hang and raw."""
        more = {"retry_after": self.retry_after, "message": self.message, "usage": self.usage, "wrapped": self.wrapped,
                "finish": self.finish, "code": self.code}
        if self.kind in BROKEN:
            return Outcome("answer", self.text or self._broken(request), **more)
        if self.kind == "truncated":
            whole = self.text or answer(request)
            return Outcome(self.kind, whole[: len(whole) * 2 // 3], **more)
        if self.kind in ("answer", "unknown_finish"):
            return Outcome(self.kind, self.text if self.text is not None else answer(request), **more)
        return Outcome(self.kind, self.text or "", **more)

    def _broken(self, request):
        if self.kind == "invalid_json":
            return answer(request)[:-1] + ", and so on"
        if self.kind == "fenced":
            return f"<think>Simulated thinking.</think>```json\n{answer(request)}\n```"
        if self.kind == "prose_refusal":
            return "I'm sorry, but I can't help with that."
        return breaking(request)


class Faults:
    def __init__(self, seed=1):
        self._numbers = itertools.count(1)
        self._random = random.Random(seed)
        self.orders = []

    def add(self, order):
        self.orders.append(Fault(next(self._numbers), order))
        return self.orders[-1]

    def clear(self):
        self.orders.clear()

    def hit(self, dialect, model):
        """The fault that this call meets, or None."""
        for fault in self.orders:
            if not fault.concerns(dialect, model):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if self._random.random() >= fault.share:
                continue
            if fault.times is not None:
                fault.times -= 1
            fault.hits += 1
            return fault
        return None
