"""The executable schema: the SDL beside this file with its scalars, resolvers and concrete types."""

import functools
import logging
import pathlib

from graphql import GraphQLError, Source, build_ast_schema, parse, validate
from graphql.language import ast
from graphql.type import GraphQLObjectType, get_nullable_type

from .cells import Cell
from .mutations import MUTATIONS
from .resolvers import RESOLVERS, complexity

SDL = pathlib.Path(__file__).with_name("schema.graphql")

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


def _build():
    schema = with_optional_defaults(build_ast_schema(parse(SDL.read_text(encoding="utf-8"))))
    types = schema.get_type_map()
    for name in ("Date", "ISO8601DateTime", "JSON", "CompareValue"):
        scalar = types[name]
        scalar.serialize, scalar.parse_value, scalar.parse_literal = _identity, _identity, literal
    for type_name, fields in (RESOLVERS | {"Mutation": MUTATIONS | {"complexity": complexity}}).items():
        for field_name, resolver in fields.items():
            types[type_name].fields[field_name].resolver = resolver
    types["ColumnValue"].resolve_type = _column_value_type
    types["MirroredValue"].resolve_type = _column_value_type
    return schema


def _identity(value):
    return value


def _column_value_type(value, info):
    assert isinstance(value, Cell)
    return getattr(value, "graphql_type", value.column.kind.graphql_type)


SCHEMA = _build()


@functools.lru_cache(maxsize=256)
def prepared(query):
    """(document, errors): parsed and checked against the schema, once for each text."""
    try:
        document = parse(Source(query))
    except GraphQLError as error:
        return None, [error]
    return document, validate(SCHEMA, document)


def operation_of(document, name):
    """The operation to run, or None if the name does not say which."""
    operations = [each for each in document.definitions if isinstance(each, ast.OperationDefinition)]
    if name is None:
        return operations[0] if len(operations) == 1 else None
    return next((each for each in operations if each.name is not None and each.name.value == name), None)
