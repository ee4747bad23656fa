"""OpenAI Responses."""

import time

from . import openai
from .answers import tokens
from .openai import check_fields, check_format, check_temperature
from .openai_chat import checked_message
from .request import Request, invalid, is_count

NAME = "openai-responses"
FIELDS = {
    "model", "input", "instructions", "text", "max_output_tokens", "temperature", "top_p", "store", "metadata", "user",
    "safety_identifier", "prompt_cache_key", "service_tier", "reasoning", "include", "parallel_tool_calls",
    "previous_response_id", "conversation", "prompt", "stream", "stream_options", "tool_choice", "tools", "top_logprobs",
    "truncation", "background", "max_tool_calls",
}
LEAST_OUTPUT_TOKENS = 16
ERRORS, error, headers, key_of = openai.ERRORS, openai.error, openai.headers, openai.key_of


def read(body, received, model=None):
    check_fields(body, FIELDS)
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise invalid("Missing required parameter: 'model'.", "model", "missing_required_parameter")
    if "input" not in body:
        raise invalid("Missing required parameter: 'input'.", "input", "missing_required_parameter")
    instructions = body.get("instructions")
    system, user = [instructions] if isinstance(instructions, str) else [], []
    if isinstance(body["input"], str):
        user.append(body["input"])
    elif isinstance(body["input"], list) and body["input"]:
        for number, message in enumerate(body["input"]):
            role, text = checked_message(plain_parts(message), number)
            (system if role in ("system", "developer") else user).append(text)
    else:
        raise invalid("Invalid type for 'input': expected a string or an array of objects.", "input")
    if ((body.get("text") or {}).get("format") or {}).get("type") == "json_object":
        openai.check_json_mode(system + user, "input")
    check_temperature(body, model)
    most = body.get("max_output_tokens")
    if most is not None and (not is_count(most) or most < LEAST_OUTPUT_TOKENS):
        raise invalid(f"Invalid 'max_output_tokens': expected at least {LEAST_OUTPUT_TOKENS}.", "max_output_tokens",
                      "integer_below_min_value")
    return Request(NAME, model, "\n".join(system), "\n".join(user), schema_of(body), most, schema_name(body))


def plain_parts(message):
    """input_text parts as the text parts of the other dialect."""
    if isinstance(message, dict) and isinstance(message.get("content"), list):
        parts = [{**part, "type": "text"} if isinstance(part, dict) and part.get("type") == "input_text" else part
                 for part in message["content"]]
        return {**message, "content": parts}
    return message


def schema_of(body):
    """text.format is flat: type, name, strict and schema side by side."""
    if "response_format" in body:
        raise invalid("Unsupported parameter: 'response_format' has moved to 'text.format'.", "response_format")
    found = (body.get("text") or {}).get("format")
    if found is None or found.get("type") == "text":
        return None
    if found.get("type") == "json_object":
        return {"type": "object"}
    if found.get("type") != "json_schema":
        raise invalid("Invalid value for 'text.format.type'.", "text.format.type")
    return check_format(found, "text.format")


def schema_name(body):
    return ((body.get("text") or {}).get("format") or {}).get("name")


def written(request, outcome, id):
    status, incomplete = "completed", None
    if outcome.kind in ("truncated", "empty"):
        status, incomplete = "incomplete", {"reason": "max_output_tokens"}
    elif outcome.kind in ("filtered", "blocked"):
        status, incomplete = "incomplete", {"reason": "content_filter"}
    elif outcome.kind == "unknown_finish":
        status = outcome.finish or "something_new"
    # Reasoning comes before the message: a client has to search by type.
    output = [{"id": f"rs_{id}", "type": "reasoning", "summary": []}]
    content = None
    if outcome.kind == "refusal":
        content = {"type": "refusal", "refusal": outcome.text or "I'm sorry, I cannot help with that."}
    elif outcome.text and outcome.kind not in ("filtered", "blocked", "empty"):
        content = {"type": "output_text", "text": outcome.text, "annotations": []}
    if content is not None:
        output.append({"id": f"msg_{id}", "type": "message", "role": "assistant", "status": status, "content": [content]})
    body = {"id": f"resp_{id}", "object": "response", "created_at": int(time.time()), "status": status, "error": None,
            "incomplete_details": incomplete, "model": request.model, "output": output, "store": False}
    return body | {"usage": usage(request, outcome)} if outcome.usage else body


def usage(request, outcome):
    prompt, answer = tokens(request.system + request.user), tokens(outcome.text) if outcome.text else 0
    hidden = request.most_tokens or 100 if outcome.kind == "empty" else 0
    return {"input_tokens": prompt, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": answer + hidden,
            "output_tokens_details": {"reasoning_tokens": hidden}, "total_tokens": prompt + answer + hidden}
