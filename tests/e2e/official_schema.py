"""The schema that monday.com publishes, read with the graphql-core of Debian 12.

It is not part of the source tree. PIPELINE_TEST_DATA names the folder that holds monday_schema/; without it the folder
shared/data beside the source tree is looked for.
"""

import os
import pathlib
import re

import pytest
from graphql import build_ast_schema, parse

from cluster import ROOT

FILE = pathlib.Path(os.environ.get("PIPELINE_TEST_DATA") or ROOT.parent / "shared" / "data") / "monday_schema" / "schema.graphql"

needs_official_schema = pytest.mark.skipif(
    not FILE.is_file(), reason=f"no {FILE}; set PIPELINE_TEST_DATA to the folder that holds monday_schema"
)

STRING = re.compile(r'"""(?:.|\n)*?"""|"(?:[^"\\\n]|\\.)*"')


def without_descriptions(text):
    """That parser is older than descriptions, default values of null and '&' between interfaces."""

    def kept(match):
        is_value = text[max(0, match.start() - 80) : match.start()].rstrip().endswith((":", "=", "["))
        return match.group(0) if is_value else ""

    text = STRING.sub(kept, text)
    text = re.sub(r"= null\b", "", text)
    text = re.sub(r"implements ([\w& ]+)", lambda match: match.group(0).replace(" & ", ", "), text)
    return text.replace(" repeatable on", " on")


def official_schema():
    return build_ast_schema(parse(without_descriptions(FILE.read_text(encoding="utf-8"))))
