"""The simulated language models fail as ordered, each in its provider's way. (llm-apis 2 to 6)"""

import json
import time

import pytest

from llm_client import DIALECTS, SCHEMA, ask, reason_of, stop_of, text_of


def fail(llm, dialect, **order):
    llm.control("POST", "/faults", order)
    return ask(llm, dialect)


STOPS = {
    "refusal": ("SAFETY", "stop", "completed", "refusal", "stop"),
    "truncated": ("MAX_TOKENS", "length", "max_output_tokens", "max_tokens", "length"),
    "filtered": ("PROHIBITED_CONTENT", "content_filter", "content_filter", "refusal", "content_filter"),
    "blocked": ("PROHIBITED_CONTENT", "content_filter", "content_filter", "refusal", "content_filter"),
    "empty": ("STOP", "length", "max_output_tokens", "end_turn", "length"),
    "unknown_finish": ("SOMETHING_NEW", "something_new", "something_new", "something_new", "something_new"),
}


@pytest.mark.parametrize("number, dialect", enumerate(DIALECTS))
@pytest.mark.parametrize("kind", STOPS)
def test_answers_that_are_none(llm, number, dialect, kind):
    status, _, body = fail(llm, dialect, kind=kind)
    assert status == 200 and stop_of(dialect, body) == STOPS[kind][number]
    assert json.loads(text_of(dialect, ask(llm, dialect)[2])), "once"


def test_where_a_refusal_stands(llm):
    assert fail(llm, "openai-chat", kind="refusal")[2]["choices"][0]["message"]["refusal"]
    parts = [part for each in fail(llm, "openai-responses", kind="refusal")[2]["output"] for part in each.get("content", ())]
    assert [part["type"] for part in parts] == ["refusal"]
    assert fail(llm, "anthropic", kind="refusal")[2]["stop_details"]["type"] == "refusal"
    assert "content" not in fail(llm, "gemini", kind="refusal")[2]["candidates"][0]
    assert "candidates" not in fail(llm, "gemini", kind="blocked")[2]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_broken_text_in_good_answers(llm, dialect):
    for kind in ("truncated", "invalid_json", "prose_refusal", "fenced"):
        with pytest.raises(ValueError):
            json.loads(text_of(dialect, fail(llm, dialect, kind=kind)[2]))
    broken = json.loads(text_of(dialect, fail(llm, dialect, kind="schema_violation")[2]))
    assert broken.keys() != SCHEMA["properties"].keys()
    assert text_of(dialect, fail(llm, dialect, kind="answer", text="{}")[2]) == "{}"


ERRORS = {
    "rate_limit": (429, 429, 429, 429), "billing": (429, 429, 429, 402), "server_error": (500, 500, 500, 500),
    "overloaded": (503, 503, 503, 529), "timeout": (504, 504, 504, 504), "forbidden": (403, 403, 403, 403),
    "too_long": (400, 400, 400, 400), "too_large": (413, 413, 413, 413),
}


@pytest.mark.parametrize("number, dialect", enumerate(DIALECTS[:4]))
@pytest.mark.parametrize("kind", ERRORS)
def test_errors_on_order(llm, number, dialect, kind):
    status, _, body = fail(llm, dialect, kind=kind)
    assert status == ERRORS[kind][number] and reason_of(dialect, body)[2]


def test_how_long_to_wait_is_said_in_each_providers_way(llm):
    for dialect in ("openai-chat", "openai-responses", "anthropic"):
        assert fail(llm, dialect, kind="rate_limit", retry_after=7)[1]["Retry-After"] == "7"
        assert "Retry-After" not in fail(llm, dialect, kind="rate_limit")[1]
    _, headers, body = fail(llm, "gemini", kind="rate_limit", retry_after=46)
    details = {each["@type"].split(".")[-1]: each for each in body["error"]["details"]}
    assert details["RetryInfo"]["retryDelay"] == "46s" and "PerMinute" in details["QuotaFailure"]["violations"][0]["quotaId"]
    assert "Retry-After" not in headers


def test_billing_errors_are_told_apart_from_rate_limits(llm):
    assert reason_of("openai-chat", fail(llm, "openai-chat", kind="billing")[2])[:2] == ("insufficient_quota", "credit_balance_exhausted")
    body = fail(llm, "openai-chat", kind="billing", code="project_spend_limit_exceeded")[2]
    assert body["error"]["code"] == "project_spend_limit_exceeded"
    assert reason_of("anthropic", fail(llm, "anthropic", kind="billing")[2])[0] == "billing_error"
    status, headers, body = fail(llm, "anthropic", kind="spend_limit")
    assert status == 429 and "retry-after" not in headers and body["error"]["details"] == {"error_code": "enforced_spend_limit_reached"}
    error = fail(llm, "gemini", kind="billing")[2]["error"]
    assert "limit: 0" in error["message"] and error["details"][1]["retryDelay"] == "36000s"


def test_peculiarities(llm):
    assert fail(llm, "gemini", kind="rate_limit", wrapped=True)[2][0]["error"]["code"] == 429
    assert "usage" not in fail(llm, "openai-chat", kind="answer", usage=False)[2]
    assert stop_of("gemini", fail(llm, "gemini", kind="answer", finish="RECITATION")[2]) == "RECITATION"
    status, headers, body = fail(llm, "anthropic", kind="raw", http=502, body="<html>Bad gateway</html>")
    assert status == 502 and body.startswith("<html>")
    with pytest.raises(OSError):
        fail(llm, "openai-chat", kind="drop")
    started = time.monotonic()
    assert fail(llm, "openai-chat", kind="answer", seconds=0.3)[0] == 200 and time.monotonic() - started >= 0.3
    llm.control("POST", "/faults", {"kind": "hang"})
    with pytest.raises(OSError):
        ask(llm, "gemini", timeout=0.3)


def test_faults_are_chosen_by_dialect_and_model(llm):
    llm.control("POST", "/faults", [{"kind": "server_error", "dialect": "gemini"}, {"kind": "overloaded", "model": "gpt-4.1"}])
    assert ask(llm, "anthropic")[0] == ask(llm, "openai-chat")[0] == 200
    assert ask(llm, "gemini")[0] == 500
    assert ask(llm, "openai-chat", lambda body: body.update(model="gpt-4.1"))[0] == 503


def test_real_rate_limits(start_simulator):
    llm = start_simulator("llm")
    llm.control("PATCH", "/settings", {"requests_per_minute": 2})
    answers = [ask(llm, "openai-chat") for _ in range(3)]
    assert [status for status, _, _ in answers] == [200, 200, 429]
    assert 1 <= int(answers[2][1]["Retry-After"]) <= 60 and answers[1][1]["x-ratelimit-remaining-requests"] == "0"
    llm.control("PATCH", "/settings", {"requests_per_minute": 100, "tokens_per_minute": 2500})
    assert [ask(llm, "anthropic")[0] for _ in range(2)] == [200, 429], "the cap is reserved"
