"""The simulated language models: each provider's rules for requests, and its good answers. (llm-apis 1 to 5)"""

import json
import re

import pytest

from llm_client import DIALECTS, HEADERS, SCHEMA, SYSTEM, USER, ask, reason_of, stop_of, text_of


# Good answers --------------------------------------------------------------------------------------------------------

DONE = {"gemini": "STOP", "openai-chat": "stop", "openai-responses": "completed", "anthropic": "end_turn", "openai-compatible": "stop"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_good_request_gets_an_answer_that_fits_and_says_it_is_simulated(llm, dialect):
    status, _, body = ask(llm, dialect)
    assert status == 200 and stop_of(dialect, body) == DONE[dialect]
    answer = json.loads(text_of(dialect, body))
    assert answer.keys() == SCHEMA["properties"].keys() and answer["reasoning"].keys() == {"gestation", "conversion"}
    assert answer["rating_adjustment"] == 0 and "imulated" in answer["summary"] and "34.1%" in answer["summary"]
    assert text_of(dialect, ask(llm, dialect)[2]) == text_of(dialect, body), "the same again"


@pytest.mark.parametrize(
    "dialect, usage, sum_of",
    [
        ("gemini", "usageMetadata", ("totalTokenCount", ["promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount"])),
        ("openai-chat", "usage", ("total_tokens", ["prompt_tokens", "completion_tokens"])),
        ("openai-responses", "usage", ("total_tokens", ["input_tokens", "output_tokens"])),
        ("anthropic", "usage", (None, ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"])),
    ],
)
def test_usage_adds_up(llm, dialect, usage, sum_of):
    _, _, body = ask(llm, dialect)
    total, parts = sum_of
    assert all(isinstance(body[usage][part], int) for part in parts) and body[usage][parts[0]] > 20
    assert total is None or body[usage][total] == sum(body[usage][part] for part in parts)


def test_headers_tell_limits_in_each_providers_way(llm):
    _, headers, _ = ask(llm, "openai-chat")
    assert re.fullmatch(r"\d+(ms|s|m\d+s)", headers["x-ratelimit-reset-requests"]) and headers["x-request-id"]
    _, headers, _ = ask(llm, "anthropic")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", headers["anthropic-ratelimit-tokens-reset"]) and headers["request-id"]
    _, headers, _ = ask(llm, "openai-compatible")
    assert not [name for name in headers if "ratelimit" in name.lower()]


def test_reasoning_and_thoughts_come_before_the_answer(llm):
    assert ask(llm, "openai-responses")[2]["output"][0]["type"] == "reasoning"
    assert ask(llm, "gemini")[2]["candidates"][0]["content"]["parts"][0]["thought"] is True


def test_a_cap_that_is_too_small_cuts_the_answer(llm):
    for dialect, change in (
        ("gemini", lambda body: body["generationConfig"].update(maxOutputTokens=20)),
        ("openai-chat", lambda body: body.update(max_completion_tokens=20)),
        ("openai-responses", lambda body: body.update(max_output_tokens=20)),
        ("anthropic", lambda body: body.update(max_tokens=20)),
    ):
        _, _, body = ask(llm, dialect, change)
        assert stop_of(dialect, body) in ("MAX_TOKENS", "length", "max_output_tokens", "max_tokens")
        with pytest.raises(ValueError):
            json.loads(text_of(dialect, body))


def test_the_audit_keeps_what_was_asked(llm):
    ask(llm, "anthropic")
    ask(llm, "openai-chat", headers={})
    audit = llm.control("GET", "/audit")
    assert audit["outcomes"] == {"anthropic answer": 1, "openai-chat unauthorized": 1}
    call = audit["call_list"][0]
    assert (call["system"], call["user"], call["schema"], call["model"]) == (SYSTEM, USER, SCHEMA, "claude-sonnet-4-5")


# Wrong requests ------------------------------------------------------------------------------------------------------


def without(*path):
    def change(body):
        *way, last = path
        for step in way:
            body = body[step]
        del body[last]

    return change


def put(value, *path):
    def change(body):
        *way, last = path
        for step in way:
            body = body[step]
        body[last] = value

    return change


CHAT_SCHEMA = ("response_format", "json_schema")
FLAT = ("text", "format")
WRONG = [
    ("gemini", without("contents"), "contents is not specified"),
    ("gemini", put([], "contents"), "contents is not specified"),
    ("gemini", put(1, "max_tokens"), 'Unknown name "maxTokens"'),
    ("gemini", put("tool", "contents", 0, "role"), "valid role"),
    ("gemini", put("x", "contents", 0, "content"), 'Unknown name "content"'),
    ("gemini", without("generationConfig", "responseMimeType"), "response_mime_type"),
    ("gemini", put({"type": "OBJECT"}, "generationConfig", "responseSchema"), "Only one of"),
    ("gemini", put(0, "generationConfig", "maxOutputTokens"), "max_output_tokens"),
    ("gemini", put({"allOf": []}, "generationConfig", "responseJsonSchema", "properties", "summary"), "allOf"),
    ("openai-chat", without("model"), "model"),
    ("openai-chat", without("messages"), "messages"),
    ("openai-chat", put([], "messages"), "messages"),
    ("openai-chat", put("hot", "temperature"), "temperature"),
    ("openai-chat", put(1, "unknown_field"), "Unrecognized request argument supplied: unknown_field"),
    ("openai-chat", put("boss", "messages", 0, "role"), "role"),
    ("openai-chat", without(*CHAT_SCHEMA, "name"), "name"),
    ("openai-chat", put("has space", *CHAT_SCHEMA, "name"), "name"),
    ("openai-chat", without(*CHAT_SCHEMA, "schema"), "schema"),
    ("openai-chat", without(*CHAT_SCHEMA, "schema", "additionalProperties"), "additionalProperties"),
    ("openai-chat", put(["summary"], *CHAT_SCHEMA, "schema", "required"), "required"),
    ("openai-chat", put({"type": "string", "minLength": 1}, *CHAT_SCHEMA, "schema", "properties", "summary"), "minLength"),
    ("openai-chat", put({}, *CHAT_SCHEMA, "schema", "properties", "summary"), "type"),
    ("openai-chat", put("array", *CHAT_SCHEMA, "schema", "type"), "object"),
    ("openai-responses", without("input"), "input"),
    ("openai-responses", put([], "messages"), "messages"),
    ("openai-responses", put({}, "response_format"), "response_format"),
    ("openai-responses", put(8, "max_output_tokens"), "max_output_tokens"),
    ("openai-responses", without(*FLAT, "name"), "name"),
    ("openai-responses", without(*FLAT, "schema", "required"), "required"),
    ("anthropic", without("max_tokens"), "max_tokens: Field required"),
    ("anthropic", without("messages"), "messages: Field required"),
    ("anthropic", put(1, "max_completion_tokens"), "max_completion_tokens: Extra inputs are not permitted"),
    ("anthropic", put("system", "messages", 0, "role"), "role"),
    ("anthropic", put(1.5, "temperature"), "temperature"),
    ("anthropic", put({"type": "integer", "minimum": -5}, "output_config", "format", "schema", "properties", "summary"), "minimum"),
    ("anthropic", without("output_config", "format", "schema", "additionalProperties"), "additionalProperties"),
    ("anthropic", put([{"role": "user", "content": "x"}, {"role": "assistant", "content": "{"}], "messages"), "prefilling"),
]


@pytest.mark.parametrize("dialect, change, message", WRONG)
def test_a_wrong_request_is_refused_with_the_providers_error(llm, dialect, change, message):
    status, _, body = ask(llm, dialect, change)
    assert status == 400, body
    kind, _, text = reason_of(dialect, body)
    assert kind == ("INVALID_ARGUMENT" if dialect == "gemini" else "invalid_request_error") and message in text


def test_anthropic_calls_a_tool_that_it_is_made_to_call(llm):
    def tool(body):
        del body["output_config"]
        body["tools"] = [{"name": "explanation", "description": "x", "input_schema": SCHEMA, "strict": True}]
        body["tool_choice"] = {"type": "tool", "name": "explanation"}

    _, _, body = ask(llm, "anthropic", tool)
    (block,) = body["content"]
    assert body["stop_reason"] == block["type"] == "tool_use" and block["name"] == "explanation"
    assert block["input"].keys() == SCHEMA["properties"].keys()

    def unknown(body):
        tool(body)
        body["tool_choice"]["name"] = "other"

    status, _, body = ask(llm, "anthropic", unknown)
    assert status == 400 and "not found in provided tools" in body["error"]["message"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_schema_in_the_prompt_is_followed(llm, dialect):
    """Where a provider is held to the schema by words only."""
    words = f"{SYSTEM} Answer with JSON. The schema is {json.dumps(SCHEMA)}"

    def loose(body):
        if dialect == "gemini":
            body["systemInstruction"]["parts"][0]["text"] = words
            del body["generationConfig"]["responseJsonSchema"]
        elif dialect == "openai-responses":
            body |= {"instructions": words, "text": {"format": {"type": "json_object"}}}
        elif dialect == "anthropic":
            body["system"] = words
            del body["output_config"]
        else:
            body["messages"][0]["content"] = words
            body["response_format"] = {"type": "json_object"}

    status, _, body = ask(llm, dialect, loose)
    assert status == 200 and json.loads(text_of(dialect, body)).keys() == SCHEMA["properties"].keys()


def test_json_mode_wants_the_word(llm):
    status, _, body = ask(llm, "openai-chat", put({"type": "json_object"}, "response_format"))
    assert status == 400 and "word 'json'" in body["error"]["message"]
    status, _, body = ask(llm, "openai-responses", put({"format": {"type": "json_object"}}, "text"))
    assert status == 400


def test_error_bodies_have_their_providers_shape(llm):
    _, _, body = ask(llm, "openai-chat", without("messages"))
    assert body["error"].keys() == {"message", "type", "param", "code"} and body["error"]["param"] == "messages"
    _, _, body = ask(llm, "anthropic", without("messages"))
    assert body.keys() == {"type", "error", "request_id"} and body["type"] == "error"
    _, _, body = ask(llm, "gemini", without("contents"))
    assert body["error"].keys() == {"code", "message", "status"} and body["error"]["code"] == 400


def test_gemini_takes_the_openapi_schema_and_either_spelling(llm):
    def openapi(body):
        body["system_instruction"] = body.pop("systemInstruction")
        body["generationConfig"] = {"response_mime_type": "application/json", "responseSchema": {
            "type": "OBJECT", "properties": {"summary": {"type": "STRING", "nullable": True}}, "required": ["summary"]}}

    status, _, body = ask(llm, "gemini", openapi)
    assert status == 200 and json.loads(text_of("gemini", body)).keys() == {"summary"}

    def wrong(body):
        openapi(body)
        body["generationConfig"]["responseSchema"]["additionalProperties"] = False

    status, _, body = ask(llm, "gemini", wrong)
    assert status == 400 and 'Unknown name "additionalProperties"' in body["error"]["message"]

    def numbers(body):
        openapi(body)
        body["generationConfig"]["responseSchema"]["properties"]["n"] = {"type": "INTEGER", "enum": [1]}

    assert ask(llm, "gemini", numbers)[0] == 400, "enum values are text there"


def test_reasoning_models_refuse_what_they_do_not_take(llm):
    def old_cap(body):
        body |= {"model": "gpt-5-mini", "max_tokens": 100}
        del body["max_completion_tokens"]
        return body

    assert ask(llm, "openai-chat", old_cap)[2]["error"]["code"] == "unsupported_parameter"
    cold = lambda body: body.update(model="gpt-5-mini", temperature=0)
    assert ask(llm, "openai-chat", cold)[2]["error"]["code"] == "unsupported_value"
    assert ask(llm, "openai-chat", lambda body: body.update(temperature=0))[0] == 200


@pytest.mark.parametrize(
    "dialect, status, kind",
    [("gemini", 400, "INVALID_ARGUMENT"), ("openai-chat", 401, "invalid_request_error"),
     ("openai-responses", 401, "invalid_request_error"), ("anthropic", 401, "authentication_error")],
)
def test_wrong_keys(llm, dialect, status, kind):
    headers = {name: value.replace("simulated-key", "wrong") for name, value in HEADERS[dialect].items()}
    answered, _, body = ask(llm, dialect, headers=headers)
    assert answered == status and reason_of(dialect, body)[0] == kind
    assert ask(llm, "gemini", headers={})[0] == 403


def test_anthropic_wants_its_version(llm):
    status, _, body = ask(llm, "anthropic", headers={"x-api-key": "simulated-key"})
    assert status == 400 and "anthropic-version" in body["error"]["message"]


def test_unknown_models(llm):
    for dialect in ("openai-chat", "openai-responses", "anthropic"):
        status, _, body = ask(llm, dialect, put("nobodys-model", "model"))
        assert status == 404 and "nobodys-model" in body["error"]["message"]
    status, _, body = ask(llm, "gemini", path="/v1beta/models/nobodys-model:generateContent")
    assert status == 404 and body["error"]["status"] == "NOT_FOUND"


def test_local_servers_need_no_key_and_take_the_flat_schema(llm):
    flat = put({"type": "json_schema", "schema": SCHEMA}, "response_format")
    status, _, body = ask(llm, "openai-compatible", flat)
    assert status == 200 and json.loads(text_of("openai-compatible", body)).keys() == SCHEMA["properties"].keys()
    assert "refusal" not in body["choices"][0]["message"] and "system_fingerprint" not in body
    assert ask(llm, "openai-chat", flat)[0] == 400
