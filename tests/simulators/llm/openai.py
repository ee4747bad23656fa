"""What OpenAI's two dialects share: keys, errors, headers, the rules for structured output."""

import re

from .outcome import ERROR_MESSAGES
from .request import invalid
from .strict_schema import SchemaError, check_openai_strict

SCHEMA_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
REASONING_MODEL = re.compile(r"(o\d|gpt-5)")

# kind -> (HTTP status, type, code)
ERRORS = {
    "invalid": (400, "invalid_request_error", None),
    "unauthorized": (401, "invalid_request_error", "invalid_api_key"),
    "forbidden": (403, "invalid_request_error", "unsupported_country_region_territory"),
    "unknown_model": (404, "invalid_request_error", "model_not_found"),
    "too_long": (400, "invalid_request_error", "context_length_exceeded"),
    "too_large": (413, "invalid_request_error", None),
    "rate_limit": (429, "rate_limit_error", "rate_limit_exceeded"),
    "billing": (429, "insufficient_quota", "credit_balance_exhausted"),
    "server_error": (500, "server_error", None),
    "overloaded": (503, "server_error", "server_is_overloaded"),
    "timeout": (504, "server_error", None),
}


def key_of(headers, query):
    scheme, _, key = headers.get("Authorization", "").partition(" ")
    return key if scheme == "Bearer" else None


def check_fields(body, fields):
    if not isinstance(body, dict):
        raise invalid("We could not parse the JSON body of your request.")
    for name in body:
        if name not in fields:
            raise invalid(f"Unrecognized request argument supplied: {name}", name)


def is_reasoning(model):
    return REASONING_MODEL.match(model) is not None


def check_temperature(body, model):
    temperature = body.get("temperature")
    if temperature is None:
        return
    if is_reasoning(model) and temperature != 1:
        raise invalid("Unsupported value: 'temperature' does not support this value with this model. Only the default (1) "
                      "value is supported.", "temperature", "unsupported_value")
    if isinstance(temperature, bool) or not isinstance(temperature, (int, float)) or not 0 <= temperature <= 2:
        raise invalid(f"Invalid 'temperature': {temperature!r}. Expected a value between 0 and 2.", "temperature")


def check_json_mode(texts, where):
    if not any("json" in text.lower() for text in texts):
        raise invalid(f"'{where}' must contain the word 'json' in some form, to use a format of type 'json_object'.", where)


def check_format(found, where):
    """The schema of a strict format {name, strict, schema}."""
    name = found.get("name")
    if not isinstance(name, str) or SCHEMA_NAME.fullmatch(name) is None:
        raise invalid(f"Invalid '{where}.name': expected a string of at most 64 letters, digits, '_' and '-'.", f"{where}.name")
    schema = found.get("schema")
    if not isinstance(schema, dict):
        raise invalid(f"Missing required parameter: '{where}.schema'.", f"{where}.schema", "missing_required_parameter")
    if found.get("strict") is True:
        try:
            check_openai_strict(schema)
        except SchemaError as error:
            place = "(" + ", ".join(repr(step) for step in error.place) + ")"
            raise invalid(f"Invalid schema for response_format '{name}': In context={place}, {error.reason}", where,
                          "invalid_json_schema") from None
    return schema


def error(outcome, id):
    http, type_, code = ERRORS[outcome.kind]
    body = {"error": {"message": outcome.message or ERROR_MESSAGES[outcome.kind], "type": type_, "param": outcome.finish,
                      "code": outcome.code or code}}
    sent = {"x-request-id": id}
    if outcome.retry_after is not None:
        sent["Retry-After"] = str(max(1, round(outcome.retry_after)))
    return http, sent, body


def duration(seconds):
    """Go's way of writing one: 12ms, 1s, 6m0s."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def headers(limits):
    return {
        "x-ratelimit-limit-requests": str(limits.requests), "x-ratelimit-limit-tokens": str(limits.tokens),
        "x-ratelimit-remaining-requests": str(limits.requests_left()),
        "x-ratelimit-remaining-tokens": str(limits.tokens_left()),
        "x-ratelimit-reset-requests": duration(limits.resets_in()),
        "x-ratelimit-reset-tokens": duration(limits.resets_in()), "openai-processing-ms": "12",
    }
