"""A good request in each dialect of language models, and how to read the answers."""

import copy
import json

from simulators.process import request

SCHEMA = {
    "type": "object",
    "properties": {
        "summary": {"type": "string"},
        "reasoning": {
            "type": "object",
            "properties": {"gestation": {"type": "string"}, "conversion": {"type": "string"}},
            "required": ["gestation", "conversion"],
            "additionalProperties": False,
        },
        "rating_adjustment": {"type": "integer", "enum": [-5, 0, 5]},
    },
    "required": ["summary", "reasoning", "rating_adjustment"],
    "additionalProperties": False,
}
DATA = {"segment": {"projects": "87"}, "baseline": {"conversion": "34.1%", "gestation_days": "120", "rating": "61"}}
KEY = "simulated-key"
USER = "Explain this.\nDATA-0123456789abcdef\n" + json.dumps(DATA) + "\nDATA-0123456789abcdef"
SYSTEM = "You explain a forecast."
DIALECTS = ["gemini", "openai-chat", "openai-responses", "anthropic", "openai-compatible"]

BODIES = {
    "gemini": {
        "systemInstruction": {"parts": [{"text": SYSTEM}]},
        "contents": [{"role": "user", "parts": [{"text": USER}]}],
        "generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA, "maxOutputTokens": 2000},
    },
    "openai-chat": {
        "model": "gpt-4.1-mini", "max_completion_tokens": 2000,
        "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": USER}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "explanation", "strict": True, "schema": SCHEMA}},
    },
    "openai-responses": {
        "model": "gpt-4.1-mini", "instructions": SYSTEM, "input": USER, "store": False, "max_output_tokens": 2000,
        "text": {"format": {"type": "json_schema", "name": "explanation", "strict": True, "schema": SCHEMA}},
    },
    "anthropic": {
        "model": "claude-sonnet-4-5", "max_tokens": 2000, "system": SYSTEM,
        "messages": [{"role": "user", "content": USER}],
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    },
}
BODIES["openai-compatible"] = BODIES["openai-chat"] | {"model": "any-local-model"}
PATHS = {
    "gemini": "/v1beta/models/gemini-2.5-flash:generateContent", "openai-chat": "/v1/chat/completions",
    "openai-responses": "/v1/responses", "anthropic": "/v1/messages", "openai-compatible": "/local/v1/chat/completions",
}
HEADERS = {
    "gemini": {"x-goog-api-key": "simulated-key"}, "openai-chat": {"Authorization": "Bearer simulated-key"},
    "openai-responses": {"Authorization": "Bearer simulated-key"},
    "anthropic": {"x-api-key": "simulated-key", "anthropic-version": "2023-06-01"}, "openai-compatible": {},
}


def ask(simulator, dialect, change=None, headers=None, path=None, **options):
    """change: a function that alters the good body."""
    body = copy.deepcopy(BODIES[dialect])
    if change is not None:
        body = change(body) or body
    sent = HEADERS[dialect] if headers is None else headers
    return request("POST", simulator.url + (path or PATHS[dialect]), body, sent, **options)


def text_of(dialect, body):
    """The answer's text, found as a client has to find it."""
    if dialect == "gemini":
        parts = body["candidates"][0]["content"]["parts"]
        return "".join(part["text"] for part in parts if not part.get("thought"))
    if dialect == "openai-responses":
        messages = [each for each in body["output"] if each["type"] == "message"]
        return "".join(part["text"] for each in messages for part in each["content"] if part["type"] == "output_text")
    if dialect == "anthropic":
        return "".join(block["text"] for block in body["content"] if block["type"] == "text")
    return body["choices"][0]["message"]["content"]


def stop_of(dialect, body):
    if dialect == "gemini":
        return body["candidates"][0]["finishReason"] if "candidates" in body else body["promptFeedback"]["blockReason"]
    if dialect == "openai-responses":
        return body["incomplete_details"]["reason"] if body["incomplete_details"] else body["status"]
    return body["stop_reason"] if dialect == "anthropic" else body["choices"][0]["finish_reason"]


def reason_of(dialect, body):
    """(type or status, code or None, message) of an error."""
    error = body["error"]
    return error.get("status") or error["type"], error.get("code"), error["message"]


def provider(llm, dialect):
    """The poller's settings for a simulated provider."""
    root = llm.url
    return {
        "gemini": {"GEMINI_API_KEY": KEY, "GEMINI_MODEL": "gemini-2.5-flash", "GEMINI_BASE_URL": f"{root}/v1beta"},
        "openai-chat": {"OPENAI_API_KEY": KEY, "OPENAI_MODEL": "gpt-4.1-mini", "OPENAI_BASE_URL": f"{root}/v1"},
        "openai-responses": {"OPENAI_API_KEY": KEY, "OPENAI_MODEL": "gpt-4.1-mini", "OPENAI_BASE_URL": f"{root}/v1",
                             "OPENAI_API": "responses"},
        "anthropic": {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_MODEL": "claude-sonnet-4-5", "ANTHROPIC_BASE_URL": f"{root}/v1"},
        "openai-compatible": {"OPENAI_MODEL": "any-local-model", "OPENAI_BASE_URL": f"{root}/local/v1", "LLM_SCHEMA_MODE": "plain"},
    }[dialect]
