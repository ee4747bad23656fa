"""Every GraphQL document of the poller against the schema that monday.com publishes.

The schema is not part of the source tree. PIPELINE_TEST_DATA names the folder that holds monday_schema/; without it the
folder shared/data beside the source tree is looked for.
"""

import os
import pathlib
import re

import pytest
from graphql.language.ast import OperationDefinition
from graphql.language.parser import parse
from graphql.utils.build_ast_schema import build_ast_schema
from graphql.validation import validate

from cluster import ROOT

DATA = pathlib.Path(os.environ.get("PIPELINE_TEST_DATA") or ROOT.parent / "shared" / "data")
SCHEMA = DATA / "monday_schema" / "schema.graphql"
FOLDER = ROOT / "poller" / "monday" / "queries"
OPERATIONS = sorted(
    path.stem for path in FOLDER.glob("*.graphql") if re.search(r"^(query|mutation)\b", path.read_text(), re.MULTILINE)
)

pytestmark = pytest.mark.skipif(
    not SCHEMA.is_file(), reason=f"no {SCHEMA}; set PIPELINE_TEST_DATA to the folder that holds monday_schema"
)

STRING = re.compile(r'"""(?:.|\n)*?"""|"(?:[^"\\\n]|\\.)*"')


def without_descriptions(text):
    """The parser of Debian 12 is older than descriptions, default values of null and '&' between interfaces."""

    def kept(match):
        is_value = text[max(0, match.start() - 80) : match.start()].rstrip().endswith((":", "=", "["))
        return match.group(0) if is_value else ""

    text = STRING.sub(kept, text)
    text = re.sub(r"= null\b", "", text)
    text = re.sub(r"implements ([\w& ]+)", lambda match: match.group(0).replace(" & ", ", "), text)
    return text.replace(" repeatable on", " on")


def document(name):
    text = (FOLDER / f"{name}.graphql").read_text()
    imports = re.findall(r'^#import "(.+)"$', text, re.MULTILINE)
    return "\n".join([text, *((FOLDER / imported).read_text() for imported in imports)])


@pytest.fixture(scope="module")
def schema():
    return build_ast_schema(parse(without_descriptions(SCHEMA.read_text())))


def complaints(schema, text):
    return [str(error) for error in validate(schema, parse(text))]


@pytest.mark.parametrize(
    "text",
    [
        "query { items(ids: [1]) { nonsense } }",
        "query ($limit: String!) { items(ids: [1], limit: $limit) { id } }",
        "mutation { create_update(item_id: 1) { id } }",
        "query { complexity { after } items(ids: [1]) { column_values { ... on MirrorValue { linked_item_ids } } } }",
    ],
)
def test_the_schema_refuses_what_is_wrong(schema, text):
    assert complaints(schema, text)


@pytest.mark.parametrize("name", OPERATIONS)
def test_document_obeys_the_schema(schema, name):
    assert complaints(schema, document(name)) == []


@pytest.mark.parametrize("name", OPERATIONS)
def test_document_is_one_operation_with_the_name_of_its_file(name):
    operations = [each for each in parse(document(name)).definitions if isinstance(each, OperationDefinition)]
    assert [each.name.value for each in operations] == [name]


def test_every_document_is_compiled_in():
    declared = re.findall(r"extern const Document (\w+);", (FOLDER / "documents.hpp").read_text())
    assert sorted(declared) == OPERATIONS
