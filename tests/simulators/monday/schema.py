"""The executable schema: the SDL beside this file with its scalars, resolvers and concrete types."""

import functools
import logging
import pathlib
import re

from graphql import GraphQLError, Source, build_ast_schema, parse, validate
from graphql.language import ast
from graphql.type import GraphQLObjectType, get_nullable_type

from .cells import Cell
from .mutations import MUTATIONS
from .resolvers import RESOLVERS, activity_logs_by_cursor, complexity

SDL = pathlib.Path(__file__).with_name("schema.graphql")
# From 2027-01 on activity logs come by cursor, and in another type. (monday-api 3.7)
CURSOR_OF_LOGS_SINCE = "2027-01"
LOGS_BY_PAGE = re.compile(r"  activity_logs\([^)]*\): \[ActivityLogType\]\n")
LOGS_BY_CURSOR = """
  activity_logs(
    column_ids: [ID!]
    correlation_ids: [ID!]
    cursor: String
    event_types: [String!]
    from: String
    group_ids: [ID!]
    item_ids: [ID!]
    limit: Int = 25
    search: String
    to: String
    user_ids: [ID!]
  ): BoardActivityLogsPage
"""
LOGS_PAGE = """
type BoardActivityLogsPage {
  cursor: String
  logs: [ActivityLogType!]
}
"""

# Every error of a resolver is an answer here, not a fault of the program.
logging.getLogger("graphql").setLevel(logging.CRITICAL)


def literal(node):
    """The value of a literal, for scalars that take any JSON."""
    if isinstance(node, ast.ListValue):
        return [literal(each) for each in node.values]
    if isinstance(node, ast.ObjectValue):
        return {field.name.value: literal(field.value) for field in node.fields}
    if isinstance(node, ast.IntValue):
        return int(node.value)
    if isinstance(node, ast.FloatValue):
        return float(node.value)
    return node.value


def with_optional_defaults(schema):
    """A required argument with a default may be left out; graphql-core 2 follows an older rule and would refuse."""
    for type_ in schema.get_type_map().values():
        for field in type_.fields.values() if isinstance(type_, GraphQLObjectType) else ():
            for argument in field.args.values():
                if argument.default_value is not None:
                    argument.type = get_nullable_type(argument.type)
    return schema


def _build(text):
    schema = with_optional_defaults(build_ast_schema(parse(text)))
    types = schema.get_type_map()
    for name in ("Date", "ISO8601DateTime", "JSON", "CompareValue"):
        scalar = types[name]
        scalar.serialize, scalar.parse_value, scalar.parse_literal = _identity, _identity, literal
    for type_name, fields in (RESOLVERS | {"Mutation": MUTATIONS | {"complexity": complexity}}).items():
        for field_name, resolver in fields.items():
            types[type_name].fields[field_name].resolver = resolver
    if "BoardActivityLogsPage" in types:
        types["Board"].fields["activity_logs"].resolver = activity_logs_by_cursor
    types["ColumnValue"].resolve_type = _column_value_type
    types["MirroredValue"].resolve_type = _column_value_type
    return schema


def _identity(value):
    return value


def _column_value_type(value, info):
    assert isinstance(value, Cell)
    return getattr(value, "graphql_type", value.column.kind.graphql_type)


_TEXT = SDL.read_text(encoding="utf-8")
_BY_PAGE = _build(_TEXT)
_BY_CURSOR = _build(LOGS_BY_PAGE.sub(LOGS_BY_CURSOR.lstrip("\n"), _TEXT) + LOGS_PAGE)


def schema_of(version):
    """The schema of a version of the API; versions differ in their activity logs alone."""
    return _BY_CURSOR if version >= CURSOR_OF_LOGS_SINCE else _BY_PAGE


@functools.lru_cache(maxsize=256)
def prepared(query, version):
    """(document, errors): parsed and checked against the schema, once for each text and version."""
    try:
        document = parse(Source(query))
    except GraphQLError as error:
        return None, [error]
    return document, validate(schema_of(version), document)


def operation_of(document, name):
    """The operation to run, or None if the name does not say which."""
    operations = [each for each in document.definitions if isinstance(each, ast.OperationDefinition)]
    if name is None:
        return operations[0] if len(operations) == 1 else None
    return next((each for each in operations if each.name is not None and each.name.value == name), None)
