"""Anthropic Messages."""

import datetime
import json
import re

from .answers import tokens
from .outcome import ERROR_MESSAGES
from .request import Request, invalid, is_count, is_number
from .strict_schema import SchemaError, check_anthropic

NAME = "anthropic"
FIELDS = {
    "model", "max_tokens", "messages", "system", "metadata", "output_config", "service_tier", "stop_sequences", "stream",
    "temperature", "thinking", "tool_choice", "tools", "top_k", "top_p", "container", "context_management", "mcp_servers",
    "inference_geo", "cache_control",
}
TOOL_FIELDS = {"name", "description", "input_schema", "strict", "type", "cache_control"}
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")

# kind -> (HTTP status, type)
ERRORS = {
    "invalid": (400, "invalid_request_error"),
    "unauthorized": (401, "authentication_error"),
    "forbidden": (403, "permission_error"),
    "unknown_model": (404, "not_found_error"),
    "too_long": (400, "invalid_request_error"),
    "too_large": (413, "request_too_large"),
    "rate_limit": (429, "rate_limit_error"),
    "billing": (402, "billing_error"),
    "spend_limit": (429, "rate_limit_error"),
    "server_error": (500, "api_error"),
    "overloaded": (529, "overloaded_error"),
    "timeout": (504, "timeout_error"),
}
STOP = {"answer": "end_turn", "truncated": "max_tokens", "refusal": "refusal", "filtered": "refusal", "blocked": "refusal",
        "empty": "end_turn"}


def key_of(headers, query):
    return headers.get("x-api-key")


def read(body, headers, model=None):
    if "anthropic-version" not in headers:
        raise invalid("anthropic-version: header is required")
    if headers["anthropic-version"] != "2023-06-01":
        raise invalid(f'anthropic-version: "{headers["anthropic-version"]}" is not a valid version')
    if not isinstance(body, dict):
        raise invalid("The request body is not valid JSON")
    for name in body:
        if name not in FIELDS:
            raise invalid(f"{name}: Extra inputs are not permitted", name)
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            raise invalid(f"{name}: Field required", name)
    if not is_count(body["max_tokens"]):
        raise invalid("max_tokens: Input should be greater than or equal to 1", "max_tokens")
    temperature = body.get("temperature")
    if temperature is not None and not (is_number(temperature) and 0 <= temperature <= 1):
        raise invalid("temperature: range: 0..1", "temperature")
    if body.get("stream"):
        raise invalid("stream: not simulated", "stream")
    schema, tool = schema_of(body), forced_tool(body)
    user = "\n".join(messages_of(body["messages"], schema is not None))
    system = text_of(body.get("system", ""), "system")
    if tool is not None:
        return Request(NAME, str(body["model"]), system, user, tool["input_schema"], body["max_tokens"], tool=tool["name"])
    return Request(NAME, str(body["model"]), system, user, schema, body["max_tokens"])


def text_of(content, where):
    if isinstance(content, list) and all(isinstance(block, dict) and block.get("type") == "text" for block in content):
        content = "".join(str(block.get("text", "")) for block in content)
    if not isinstance(content, str):
        raise invalid(f"{where}: Input should be a valid string", where)
    return content


def messages_of(messages, structured):
    if not isinstance(messages, list) or not messages:
        raise invalid("messages: at least one message is required", "messages")
    for number, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
            raise invalid(f"messages.{number}.role: Input should be 'user' or 'assistant'", f"messages.{number}.role")
        if not text_of(message.get("content"), f"messages.{number}.content"):
            raise invalid(f"messages.{number}: user messages must have non-empty content", f"messages.{number}")
    if messages[0]["role"] != "user":
        raise invalid("messages: first message must use the \"user\" role", "messages")
    if structured and messages[-1]["role"] == "assistant":
        raise invalid("messages: prefilling the assistant's turn is not supported with output_config.format", "messages")
    return [text_of(message["content"], "messages") for message in messages]


def schema_of(body):
    config = body.get("output_config")
    if config is None:
        return None
    found = config.get("format") if isinstance(config, dict) else None
    if found is None:
        return None
    if not isinstance(found, dict) or found.get("type") != "json_schema" or found.keys() - {"type", "schema"}:
        raise invalid("output_config.format: Input should be {type: json_schema, schema}", "output_config.format")
    return checked_schema(found.get("schema"), "output_config.format.schema")


def checked_schema(schema, where):
    try:
        check_anthropic(schema)
    except SchemaError as error:
        place = ".".join((where, *error.place))
        raise invalid(f"{place}: {error.reason}", place) from None
    return schema


def forced_tool(body):
    """The tool that tool_choice names, or None."""
    tools, choice = body.get("tools", []), body.get("tool_choice")
    for number, tool in enumerate(tools):
        where = f"tools.{number}"
        if not isinstance(tool, dict) or tool.keys() - TOOL_FIELDS:
            raise invalid(f"{where}: Extra inputs are not permitted", where)
        if not isinstance(tool.get("name"), str) or TOOL_NAME.fullmatch(tool["name"]) is None:
            raise invalid(f"{where}.name: String should match pattern '{TOOL_NAME.pattern}'", f"{where}.name")
        schema = tool.get("input_schema")
        if not isinstance(schema, dict) or schema.get("type") != "object":
            raise invalid(f"{where}.input_schema.type: Field required", f"{where}.input_schema")
        if tool.get("strict"):
            checked_schema(schema, f"{where}.input_schema")
    if choice is None or choice.get("type") != "tool":
        return None
    found = next((tool for tool in tools if tool["name"] == choice.get("name")), None)
    if found is None:
        raise invalid(f"tool_choice: Tool '{choice.get('name')}' not found in provided tools", "tool_choice")
    return found


def content_of(request, outcome, id):
    """(content, whether a tool is called). The input of a tool is an object, whole or, where it was cut, empty."""
    if not outcome.text or outcome.kind in ("refusal", "filtered", "blocked"):
        return [], False
    if request.tool is None:
        return [{"type": "text", "text": outcome.text}], False
    try:
        given = json.loads(outcome.text)
    except ValueError:
        if outcome.kind != "truncated":
            return [{"type": "text", "text": outcome.text}], False
        given = {}
    return [{"type": "tool_use", "id": f"toolu_{id}", "name": request.tool, "input": given}], True


def written(request, outcome, id):
    content, calls_tool = content_of(request, outcome, id)
    reason = "tool_use" if calls_tool and outcome.kind == "answer" else STOP.get(outcome.kind, "something_new")
    body = {"id": f"msg_{id}", "type": "message", "role": "assistant", "model": request.model, "content": content,
            "stop_reason": outcome.finish or reason, "stop_sequence": None}
    if body["stop_reason"] == "refusal":
        body["stop_details"] = {"type": "refusal", "category": None, "explanation": outcome.text or None}
    if not outcome.usage:
        return body
    return body | {"usage": {"input_tokens": tokens(request.system + request.user), "cache_creation_input_tokens": 0,
                             "cache_read_input_tokens": 0, "output_tokens": tokens(outcome.text) if outcome.text else 0}}


def error(outcome, id):
    http, type_ = ERRORS[outcome.kind]
    found = {"type": type_, "message": outcome.message or ERROR_MESSAGES.get(outcome.kind, "Monthly spend limit reached.")}
    if outcome.kind == "spend_limit":
        found["details"] = {"error_code": "enforced_spend_limit_reached"}
    sent = {"request-id": f"req_{id}"}
    if outcome.retry_after is not None:
        sent["retry-after"] = str(max(1, round(outcome.retry_after)))
    return http, sent, {"type": "error", "error": found, "request_id": f"req_{id}"}


def headers(limits):
    """The moment of a reset, not the time until it."""
    reset = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=limits.resets_in())
    moment = reset.strftime("%Y-%m-%dT%H:%M:%SZ")
    found = {"anthropic-organization-id": "simulated"}
    for name, limit, left in (("requests", limits.requests, limits.requests_left()), ("tokens", limits.tokens, limits.tokens_left()),
                              ("input-tokens", limits.tokens, limits.tokens_left()),
                              ("output-tokens", limits.tokens, limits.tokens_left())):
        found |= {f"anthropic-ratelimit-{name}-limit": str(limit), f"anthropic-ratelimit-{name}-remaining": str(left),
                  f"anthropic-ratelimit-{name}-reset": moment}
    return found
