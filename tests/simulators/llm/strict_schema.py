"""Which JSON schemas the providers take: OpenAI's strict mode, Anthropic's structured output, Gemini's two fields.

Each function raises SchemaError at the first thing that the provider would refuse, with its place.
"""

OPENAI_KEYWORDS = {
    "type", "title", "description", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf",
    "$ref", "$defs", "definitions", "pattern", "format", "multipleOf", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "minItems", "maxItems", "default",
}
ANTHROPIC_KEYWORDS = {
    "type", "title", "description", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf",
    "allOf", "$ref", "$defs", "definitions", "format", "minItems", "default",
}
ANTHROPIC_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
GEMINI_JSON_KEYWORDS = {
    "$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems", "minItems",
    "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required",
    "propertyOrdering",
}
GEMINI_SCHEMA_FIELDS = {
    "type", "format", "title", "description", "nullable", "enum", "maxItems", "minItems", "properties", "required",
    "minProperties", "maxProperties", "minLength", "maxLength", "pattern", "example", "anyOf", "propertyOrdering",
    "default", "items", "minimum", "maximum",
}
GEMINI_TYPES = {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"}
MOST_PROPERTIES = 5_000
DEEPEST = 10
MOST_ENUM_VALUES = 1_000
MOST_NAME_CHARACTERS = 120_000


class SchemaError(Exception):
    def __init__(self, place, reason):
        super().__init__(reason)
        self.place = place
        self.reason = reason


def children(schema):
    """(place, schema) of every schema directly within one."""
    for name in ("properties", "$defs", "definitions"):
        for key, value in (schema.get(name) or {}).items():
            yield (name, key), value
    for name in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for number, value in enumerate(schema.get(name) or ()):
            yield (name, str(number)), value
    if isinstance(schema.get("items"), dict):
        yield ("items",), schema["items"]


def is_object(schema):
    kind = schema.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in schema


def check_openai_strict(schema):
    if not isinstance(schema, dict) or schema.get("type") != "object" or "anyOf" in schema:
        raise SchemaError((), "schema must be a JSON Schema of 'type: \"object\"'")
    counts = {"properties": 0, "enum": 0, "characters": 0}
    _openai(schema, (), 0, counts)
    if counts["properties"] > MOST_PROPERTIES or counts["enum"] > MOST_ENUM_VALUES or counts["characters"] > MOST_NAME_CHARACTERS:
        raise SchemaError((), "schema is too large")


def _openai(schema, place, depth, counts):
    if not isinstance(schema, dict):
        raise SchemaError(place, "schema must be an object")
    unknown = schema.keys() - OPENAI_KEYWORDS
    if unknown:
        raise SchemaError(place, f"'{min(unknown)}' is not permitted.")
    if "$ref" in schema and len(schema) > 1:
        raise SchemaError(place, "$ref cannot have keywords beside it.")
    if not schema.keys() & {"type", "anyOf", "$ref", "enum", "const"}:
        raise SchemaError(place, "schema must have a 'type' key.")
    if is_object(schema):
        depth += 1
        if depth > DEEPEST:
            raise SchemaError(place, f"schema is nested deeper than {DEEPEST} levels")
        if schema.get("additionalProperties") is not False:
            raise SchemaError(place, "'additionalProperties' is required to be supplied and to be false.")
        names = schema.get("properties") or {}
        missing = names.keys() - set(schema.get("required") or ())
        if missing or "required" not in schema:
            raise SchemaError(place, "'required' is required to be supplied and to be an array including every key in "
                              f"properties. Missing '{min(missing, default='')}'.")
        counts["properties"] += len(names)
        counts["characters"] += sum(map(len, names))
    counts["enum"] += len(schema.get("enum") or ())
    counts["characters"] += sum(len(str(value)) for value in schema.get("enum") or ())
    for step, child in children(schema):
        _openai(child, place + step, depth, counts)


def check_anthropic(schema, place=()):
    if not isinstance(schema, dict):
        raise SchemaError(place, "schema must be an object")
    if not place and schema.get("type") != "object":
        raise SchemaError(place, "the root must be of type object")
    unknown = schema.keys() - ANTHROPIC_KEYWORDS
    if unknown:
        raise SchemaError(place, f"For '{schema.get('type')}' type, property '{min(unknown)}' is not supported")
    if is_object(schema) and schema.get("additionalProperties") is not False:
        raise SchemaError(place, "For 'object' type, 'additionalProperties' must be explicitly set to false")
    if schema.get("minItems", 0) not in (0, 1):
        raise SchemaError(place, "For 'array' type, 'minItems' values other than 0 or 1 are not supported")
    if schema.get("format") is not None and schema["format"] not in ANTHROPIC_FORMATS:
        raise SchemaError(place, f"format '{schema['format']}' is not supported")
    for step, child in children(schema):
        check_anthropic(child, place + step)


def check_gemini_json_schema(schema, place=()):
    """responseJsonSchema. Keywords outside the documented subset are refused here; the service may ignore them."""
    if not isinstance(schema, dict):
        raise SchemaError(place, "schema must be an object")
    unknown = schema.keys() - GEMINI_JSON_KEYWORDS
    if unknown:
        raise SchemaError(place, f"keyword '{min(unknown)}' is not supported")
    for step, child in children(schema):
        check_gemini_json_schema(child, place + step)


def check_gemini_schema(schema, place=()):
    """responseSchema: a protobuf message, so unknown names and other types than its own fail."""
    if not isinstance(schema, dict):
        raise SchemaError(place, "schema must be an object")
    unknown = schema.keys() - GEMINI_SCHEMA_FIELDS
    if unknown:
        raise SchemaError(place, f'Unknown name "{min(unknown)}": Cannot find field.')
    if not isinstance(schema.get("type", ""), str) or schema.get("type", "STRING").upper() not in GEMINI_TYPES:
        raise SchemaError(place + ("type",), f'Invalid value (TYPE_ENUM), {schema["type"]!r}')
    if any(not isinstance(value, str) for value in schema.get("enum") or ()):
        raise SchemaError(place + ("enum",), "Invalid value (TYPE_STRING)")
    for step, child in children(schema):
        check_gemini_schema(child, place + step)
