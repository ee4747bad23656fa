"""Scripted failures: what becomes of the calls that an order hits."""

from ..orders import Order
from .answers import answer, breaking
from .outcome import ANSWERS, ERROR_MESSAGES, Outcome

# Beyond the outcomes of outcome.py: answers that are broken in a way of their own, and no proper answer at all.
BROKEN = {"invalid_json", "schema_violation", "fenced", "prose_refusal"}
BARE = {"drop", "hang", "raw"}
KINDS = ANSWERS | BROKEN | BARE | set(ERROR_MESSAGES) | {"spend_limit"}


class Fault(Order):
    """Which calls: dialect, model. What: kind, seconds (before the answer), retry_after, message, code, finish (another stop
    reason), usage (False: none), wrapped (Gemini: in an array), text, http and body (kind raw)."""

    def __init__(self, number, order):
        super().__init__(number, order)
        self.kind = order.get("kind", "answer")
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault: {self.kind}")
        self.dialect = order.get("dialect")
        self.model = order.get("model")
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

    def concerns(self, dialect, model):
        return self.dialect in (None, dialect) and self.model in (None, model)

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
