"""OpenAI Chat Completions, and servers compatible with it (local: no key, no headers, looser rules)."""

import time

from . import openai
from .answers import tokens
from .openai import check_fields, check_format, check_temperature
from .request import Request, invalid, is_count

NAME = "openai-chat"
LOCAL = "openai-compatible"
FIELDS = {
    "model", "messages", "response_format", "max_completion_tokens", "max_tokens", "temperature", "top_p", "seed", "store",
    "metadata", "user", "safety_identifier", "prompt_cache_key", "service_tier", "reasoning_effort", "verbosity", "n",
    "stop", "stream", "stream_options", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs",
    "tools", "tool_choice", "parallel_tool_calls", "modalities", "audio", "prediction", "web_search_options",
}
ROLES = {"system", "developer", "user", "assistant", "tool", "function"}
FINISH = {"answer": "stop", "truncated": "length", "refusal": "stop", "filtered": "content_filter", "blocked": "content_filter",
          "empty": "length"}
ERRORS, error, headers, key_of = openai.ERRORS, openai.error, openai.headers, openai.key_of


def read(body, received, model=None, dialect=NAME):
    check_fields(body, FIELDS)
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise invalid("you must provide a model parameter")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise invalid("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
    texts = {"system": [], "user": []}
    for number, message in enumerate(messages):
        role, text = checked_message(message, number)
        texts["system" if role in ("system", "developer") else "user"].append(text)
    if (body.get("response_format") or {}).get("type") == "json_object" and dialect == NAME:
        openai.check_json_mode(texts["system"] + texts["user"], "messages")
    check_temperature(body, model)
    if body.get("stream"):
        raise invalid("streams are not simulated", "stream")
    return Request(dialect, model, "\n".join(texts["system"]), "\n".join(texts["user"]), schema_of(body, dialect),
                   most_tokens(body, model), schema_name(body))


def checked_message(message, number):
    where = f"messages[{number}]"
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise invalid(f"Invalid value for '{where}.role': expected one of {', '.join(sorted(ROLES))}.", f"{where}.role")
    content = message.get("content")
    if isinstance(content, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in content):
        content = "".join(part.get("text", "") for part in content)
    if not isinstance(content, str):
        raise invalid(f"Invalid type for '{where}.content': expected a string or an array of objects.", f"{where}.content")
    return message["role"], content


def most_tokens(body, model):
    if "max_tokens" in body and openai.is_reasoning(model):
        raise invalid("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
                      "instead.", "max_tokens", "unsupported_parameter")
    most = body.get("max_completion_tokens", body.get("max_tokens"))
    if most is not None and not is_count(most):
        raise invalid("Invalid 'max_completion_tokens': expected a positive integer.", "max_completion_tokens")
    return most


def schema_of(body, dialect):
    found = body.get("response_format")
    if found is None:
        return None
    if not isinstance(found, dict) or found.get("type") not in ("text", "json_object", "json_schema"):
        raise invalid("Invalid value for 'response_format.type'.", "response_format.type")
    if found["type"] == "text":
        return None
    if dialect == LOCAL and isinstance(found.get("schema"), dict):
        return found["schema"]  # llama.cpp's flat form
    if found["type"] == "json_object":
        return {"type": "object"}
    inner = found.get("json_schema")
    if not isinstance(inner, dict):
        raise invalid("Missing required parameter: 'response_format.json_schema'.", "response_format.json_schema",
                      "missing_required_parameter")
    return check_format(inner, "response_format.json_schema")


def schema_name(body):
    found = (body.get("response_format") or {}).get("json_schema") or {}
    return found.get("name")


def written(request, outcome, id):
    message = {"role": "assistant", "content": outcome.text or None, "refusal": None, "annotations": []}
    if outcome.kind == "refusal":
        message |= {"content": None, "refusal": outcome.text or "I'm sorry, I cannot help with that."}
    elif outcome.kind in ("filtered", "blocked"):
        message["content"] = None
    elif outcome.kind == "empty":
        message["content"] = ""
    choice = {"index": 0, "message": message, "logprobs": None,
              "finish_reason": outcome.finish or FINISH.get(outcome.kind, "something_new")}
    body = {"id": f"chatcmpl-{id}", "object": "chat.completion", "created": int(time.time()), "model": request.model,
            "choices": [choice], "service_tier": "default", "system_fingerprint": "fp_simulated"}
    if request.dialect == LOCAL:
        # Local servers leave out what they do not know.
        for name in ("service_tier", "system_fingerprint"):
            del body[name]
        del message["refusal"], message["annotations"]
    return body | {"usage": usage(request, outcome)} if outcome.usage else body


def usage(request, outcome):
    prompt, answer = tokens(request.system + request.user), tokens(outcome.text) if outcome.text else 0
    hidden = request.most_tokens or 100 if outcome.kind == "empty" else 0
    return {"prompt_tokens": prompt, "completion_tokens": answer + hidden, "total_tokens": prompt + answer + hidden,
            "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": hidden}}
