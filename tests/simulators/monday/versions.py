"""API versions: which one serves a call, whatever the header asks for."""

import re

from .errors import ApiError

# Newest first. The state of autumn 2026.
VERSIONS = [
    ("2027-01", "release_candidate"),
    ("2026-10", "current"),
    ("2026-07", "maintenance"),
    ("2026-04", "previous_maintenance"),
    ("2026-01", "old_previous_maintenance"),
    ("2025-10", "old__maintenance"),
    ("2025-07", "old__maintenance"),
    ("2025-04", "old__maintenance"),
    ("2025-01", "deprecated"),
    ("2024-10", "deprecated"),
]
KINDS = dict(VERSIONS)
CURRENT = "2026-10"
# What answers a call that asks for a deprecated version.
IN_PLACE_OF_DEPRECATED = "2025-04"


def served(header):
    """The version that answers. A retired one is no error: another answers in its place."""
    if header is None or header == "default":
        return CURRENT
    if not re.fullmatch(r"\d{4}-\d{2}", header):
        raise ApiError("Invalid API version", "InvalidVersionException", data={"version": header})
    kind = KINDS.get(header)
    if kind is None:
        return CURRENT
    return IN_PLACE_OF_DEPRECATED if kind == "deprecated" else header


def describe(value):
    return {"value": value, "kind": KINDS[value], "display_name": f"{value} ({KINDS[value].replace('_', ' ')})"}
