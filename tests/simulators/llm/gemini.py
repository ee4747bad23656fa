"""Gemini generateContent (v1beta): proto3 JSON, so every unknown name is refused."""


from .answers import tokens
from .outcome import ERROR_MESSAGES
from .request import Request, invalid, is_count, is_number
from .strict_schema import SchemaError, check_gemini_json_schema, check_gemini_schema

NAME = "gemini"
FIELDS = {"model", "contents", "systemInstruction", "tools", "toolConfig", "safetySettings", "generationConfig", "cachedContent"}
CONFIG_FIELDS = {
    "candidateCount", "stopSequences", "maxOutputTokens", "temperature", "topP", "topK", "seed", "responseMimeType",
    "responseSchema", "responseJsonSchema", "presencePenalty", "frequencyPenalty", "responseLogprobs", "logprobs",
    "enableEnhancedCivicAnswers", "responseModalities", "speechConfig", "thinkingConfig", "imageConfig", "mediaResolution",
}
CONTENT_FIELDS = {"role", "parts"}
PART_FIELDS = {"text", "inlineData", "fileData", "functionCall", "functionResponse", "thought", "thoughtSignature"}

# kind -> (HTTP status, status)
ERRORS = {
    "invalid": (400, "INVALID_ARGUMENT"),
    "unauthorized": (400, "INVALID_ARGUMENT"),
    "forbidden": (403, "PERMISSION_DENIED"),
    "unknown_model": (404, "NOT_FOUND"),
    "too_long": (400, "INVALID_ARGUMENT"),
    "too_large": (413, "INVALID_ARGUMENT"),
    "rate_limit": (429, "RESOURCE_EXHAUSTED"),
    "billing": (429, "RESOURCE_EXHAUSTED"),
    "server_error": (500, "INTERNAL"),
    "overloaded": (503, "UNAVAILABLE"),
    "timeout": (504, "DEADLINE_EXCEEDED"),
}
FINISH = {"answer": "STOP", "truncated": "MAX_TOKENS", "refusal": "SAFETY", "filtered": "PROHIBITED_CONTENT", "empty": "STOP"}


def key_of(headers, query):
    return headers.get("x-goog-api-key") or query.get("key")


def camel(name):
    """proto3 JSON takes both spellings."""
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)


def known(value, fields, where):
    if not isinstance(value, dict):
        raise invalid(f"Invalid value at '{where}' (Map)", where)
    found = {camel(name): each for name, each in value.items()}
    for name in found:
        if name not in fields:
            place = f" at '{where}'" if where else ""
            raise invalid(f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.', where)
    return found


def text_of(content, where):
    content = known(content, CONTENT_FIELDS, where)
    parts = content.get("parts")
    if not isinstance(parts, list) or not parts:
        raise invalid(f"* {where}.parts: contents.parts must not be empty.", where)
    found = [known(part, PART_FIELDS, f"{where}.parts[{number}]").get("text") for number, part in enumerate(parts)]
    if any(not isinstance(text, str) for text in found):
        raise invalid(f"{where}.parts: only text is simulated", where)
    if content.get("role", "user") not in ("user", "model"):
        raise invalid("Please use a valid role: user, model.", where)
    return "\n".join(found)


def read(body, headers, model):
    body = known(body, FIELDS, "")
    contents = body.get("contents")
    if not isinstance(contents, list) or not contents:
        raise invalid("* GenerateContentRequest.contents: contents is not specified", "contents")
    user = "\n".join(text_of(content, f"contents[{number}]") for number, content in enumerate(contents))
    system = text_of(body["systemInstruction"], "system_instruction") if "systemInstruction" in body else ""
    config = known(body.get("generationConfig", {}), CONFIG_FIELDS, "generation_config")
    return Request(NAME, model, system, user, schema_of(config), checked_config(config))


def checked_config(config):
    most = config.get("maxOutputTokens")
    if most is not None and not is_count(most):
        raise invalid("max_output_tokens must be positive", "generation_config.max_output_tokens")
    temperature = config.get("temperature")
    if temperature is not None and not (is_number(temperature) and 0 <= temperature <= 2):
        raise invalid("temperature must be in the range [0.0, 2.0]", "generation_config.temperature")
    if config.get("candidateCount", 1) != 1:
        raise invalid("Only one candidate can be specified", "generation_config.candidate_count")
    return most


def schema_of(config):
    plain, json_schema = config.get("responseSchema"), config.get("responseJsonSchema")
    if plain is None and json_schema is None:
        return None
    if plain is not None and json_schema is not None:
        raise invalid("Only one of response_schema and response_json_schema may be set", "generation_config")
    if config.get("responseMimeType") not in ("application/json", "text/x.enum"):
        raise invalid("Function calling config or response schema requires response_mime_type application/json",
                      "generation_config.response_mime_type")
    try:
        if plain is not None:
            check_gemini_schema(plain)
        else:
            check_gemini_json_schema(json_schema)
    except SchemaError as error:
        field = "response_schema" if plain is not None else "response_json_schema"
        place = ".".join((f"generation_config.{field}", *error.place))
        raise invalid(f"Invalid JSON payload received. {error.reason} at '{place}'", place) from None
    return plain if plain is not None else json_schema


def written(request, outcome, id):
    if outcome.kind == "blocked":
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "modelVersion": request.model, "responseId": id,
                "usageMetadata": usage(request, "")}
    reason = outcome.finish or FINISH.get(outcome.kind, "SOMETHING_NEW")
    candidate = {"index": 0, "finishReason": reason}
    if outcome.kind in ("answer", "truncated", "unknown_finish"):
        # Thoughts come first where they are asked for; a client has to skip them.
        candidate["content"] = {"role": "model", "parts": [{"text": "Simulated thinking.", "thought": True}, {"text": outcome.text}]}
    elif outcome.kind == "empty":
        candidate["content"] = {"role": "model"}
    body = {"candidates": [candidate], "modelVersion": request.model, "responseId": id}
    return body | {"usageMetadata": usage(request, outcome.text)} if outcome.usage else body


def usage(request, text):
    prompt, answer, thoughts = tokens(request.system + request.user), tokens(text) if text else 0, 12 if text else 0
    return {"promptTokenCount": prompt, "candidatesTokenCount": answer, "thoughtsTokenCount": thoughts,
            "totalTokenCount": prompt + answer + thoughts}


def error(outcome, id):
    """(HTTP status, headers, body). How long to wait is said in the body only."""
    http, status = ERRORS[outcome.kind]
    message = outcome.message or ERROR_MESSAGES[outcome.kind]
    details = []
    if outcome.kind == "unauthorized":
        message = "API key not valid. Please pass a valid API key."
        details.append({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
                        "domain": "googleapis.com"})
    if outcome.kind in ("rate_limit", "billing"):
        quota = "PerMinute" if outcome.kind == "rate_limit" else "PerDay"
        limit = "" if outcome.kind == "rate_limit" else ", limit: 0"
        message += f" Quota exceeded for metric: generate_content_requests{limit}"
        details.append({"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [
            {"quotaMetric": "generativelanguage.googleapis.com/generate_content_requests",
             "quotaId": f"GenerateRequests{quota}PerProjectPerModel"}]})
        wait = outcome.retry_after if outcome.retry_after is not None else 36_000 if outcome.kind == "billing" else None
        if wait is not None:
            details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{wait:g}s"})
    body = {"error": {"code": http, "message": message, "status": status}}
    if details:
        body["error"]["details"] = details
    return http, {}, [body] if outcome.wrapped else body


def headers(limits):
    return {}


