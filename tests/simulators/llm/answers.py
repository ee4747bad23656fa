"""Plausible answers: the same request gives the same text, every text says that it is simulated, and the schema fits."""

import hashlib
import json
import re

DECODER = json.JSONDecoder()
TOKEN_CHARACTERS = 4
MARKER = re.compile(r"^(DATA-[0-9a-f]+)$", re.MULTILINE)


def tokens(text):
    """As many as a text of this length usually has."""
    return max(1, -(-len(text) // TOKEN_CHARACTERS))


def data_of(user):
    """The JSON document between two equal marker lines of a prompt; empty where there is none."""
    marks = MARKER.findall(user)
    if len(marks) < 2 or marks[-1] != marks[-2]:
        return {}
    block = user.rsplit(marks[-1], 2)[-2]
    try:
        found = json.loads(block)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def figure(data, group, name):
    part = data.get(group)
    value = part.get(name) if isinstance(part, dict) else None
    return str(value) if value not in (None, "") else "Unknown"


def sentences(request):
    """What to say under which name."""
    data = data_of(request.user)
    projects = figure(data, "segment", "projects")
    conversion = figure(data, "baseline", "conversion")
    variant = int(hashlib.sha256(request.user.encode()).hexdigest(), 16)
    opening = ["Here is how to read this forecast.", "A short reading of the figures.", "This is what the figures say."][variant % 3]
    return {
        "summary": f"Simulated explanation. {opening} The odds stand at {conversion} and similar work took about "
        f"{figure(data, 'baseline', 'gestation_days')} days.",
        "gestation": f"Simulated. {projects} similar projects took {figure(data, 'baseline', 'gestation_p25')} to "
        f"{figure(data, 'baseline', 'gestation_p75')} days in the middle half, so "
        f"{figure(data, 'baseline', 'gestation_days')} days is the best single figure.",
        "conversion": f"Simulated. Of {figure(data, 'segment_history', 'total')} comparable projects "
        f"{figure(data, 'segment_history', 'wins')} were won and {figure(data, 'segment_history', 'losses')} lost, which "
        f"gives {conversion}.",
        "rating": f"Simulated. A rating of {figure(data, 'baseline', 'rating')} weighs the odds, the time and how sure both are.",
        "confidence_notes": f"Simulated. The figures rest on {projects} projects; confidence in the conversion is "
        f"{figure(data, 'segment', 'conversion_confidence')}.",
        "special_factors": "",
    }


def resolve(schema, root):
    while "$ref" in schema:
        target = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        schema = target
    return schema


def fitting(schema, texts, root=None, name=""):
    """A value that fits the schema, with the texts by property name where they belong."""
    root = root if root is not None else schema
    schema = resolve(schema, root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return 0 if 0 in schema["enum"] else schema["enum"][0]
    for name_of_choice in ("anyOf", "oneOf"):
        if schema.get(name_of_choice):
            return fitting(schema[name_of_choice][0], texts, root, name)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = (kind[0] if isinstance(kind, list) else kind).lower()
    if kind == "object":
        return {key: fitting(value, texts, root, key) for key, value in (schema.get("properties") or {}).items()}
    if kind == "array":
        return [fitting(schema.get("items") or {}, texts, root, name)] * schema.get("minItems", 0)
    if kind in ("integer", "number"):
        return schema.get("minimum", 0) if schema.get("minimum", 0) > 0 else 0
    if kind == "boolean":
        return False
    if kind == "null":
        return None
    return texts.get(name, "Simulated.")


def schema_in(text):
    """The first JSON schema of an object that a prompt holds, or None."""
    place = text.find("{")
    while place >= 0:
        try:
            found, _ = DECODER.raw_decode(text, place)
        except ValueError:
            found = None
        if isinstance(found, dict) and isinstance(found.get("properties"), dict):
            return found
        place = text.find("{", place + 1)
    return None


def wanted_schema(request):
    """A schema of the request itself, else one that the prompt asks the model to follow."""
    if request.schema is not None and request.schema.get("properties"):
        return request.schema
    return schema_in(request.system) or request.schema


def answer(request):
    """The text of an answer: JSON where a schema is known."""
    texts, schema = sentences(request), wanted_schema(request)
    if schema is None:
        return " ".join(text for text in texts.values() if text)
    return json.dumps(fitting(schema, texts), ensure_ascii=False)


def breaking(request):
    """JSON that does not fit: a key that nobody asked for instead of the last one."""
    found = fitting(wanted_schema(request) or {"type": "object"}, sentences(request))
    if isinstance(found, dict) and found:
        found.popitem()
    return json.dumps({**found, "unasked": True} if isinstance(found, dict) else {"unasked": True})
