"""What a scripted or a good call leads to, before a dialect writes it down."""

import dataclasses


@dataclasses.dataclass
class Outcome:
    """kind: answer, refusal, truncated, filtered, blocked (the prompt), empty, unknown_finish; or an error kind of the dialects.
    retry_after: seconds, for errors. wrapped, usage: peculiarities."""

    kind: str
    text: str = ""
    retry_after: float | None = None
    message: str = ""
    usage: bool = True
    wrapped: bool = False
    finish: str | None = None
    code: str | None = None


ANSWERS = {"answer", "refusal", "truncated", "filtered", "blocked", "empty", "unknown_finish"}

# Errors that every dialect can say: what is meant.
ERROR_MESSAGES = {
    "invalid": "Invalid request.",
    "unauthorized": "Incorrect API key provided.",
    "forbidden": "You are not allowed to use this model.",
    "unknown_model": "The model does not exist or you do not have access to it.",
    "too_long": "The input exceeds the context window of this model.",
    "too_large": "Request exceeds the maximum size.",
    "rate_limit": "Rate limit reached.",
    "billing": "You exceeded your current quota, please check your plan and billing details.",
    "server_error": "The server had an error while processing your request.",
    "overloaded": "The engine is currently overloaded, please try again later.",
    "timeout": "The request timed out.",
}
