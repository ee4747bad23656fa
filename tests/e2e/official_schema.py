"""The official SDL of monday.com, read with graphql-core 2 of Debian 12, which knows neither descriptions nor '&'.

It is not part of the source tree: PIPELINE_TEST_DATA names the folder that holds monday_schema/; without it the folder
shared/data beside the source tree is looked for.
"""

import os
import pathlib
import re

from graphql import build_ast_schema, parse

from cluster import ROOT

FILE = pathlib.Path(os.environ.get("PIPELINE_TEST_DATA") or ROOT.parent / "shared" / "data") / "monday_schema" / "schema.graphql"
MISSING = f"no {FILE}; set PIPELINE_TEST_DATA to the folder that holds monday_schema"

# In this order: what graphql-core 2 does not know, and what stands for it.
LEGACY = [
    (r'"""(?:.|\n)*?"""', ""),
    # A string that is no value: it stands where a definition begins.
    (r'(^|[\n({,}])(\s*)"(?:[^"\\\n]|\\.)*"', r"\1\2"),
    (r"(?m)^directive @\w+(\([^)]*\))? on [\w |]*$", ""),
    (r"@(?!deprecated)\w+(\([^)]*\))?", ""),
    (r"(?m)^scalar (Int|ID|String|Boolean|Float)$", ""),
    (r"= null\b", ""),
    (r"(?m)(?<=implements )([\w &]+)$", lambda found: found.group(1).replace("&", ",")),
]


def official_schema():
    text = FILE.read_text(encoding="utf-8")
    for pattern, replacement in LEGACY:
        text = re.sub(pattern, replacement, text)
    return build_ast_schema(parse(text))
