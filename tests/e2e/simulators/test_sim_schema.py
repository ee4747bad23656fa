"""The simulator's schema is a part of monday.com's: the same names, types and arguments. (monday-api 6, 8.1)"""

import pytest
from graphql import build_ast_schema, parse
from graphql.type import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, GraphQLUnionType

from official_schema import needs_official_schema, official_schema
from simulators.monday.schema import SDL


pytestmark = needs_official_schema


@pytest.fixture(scope="module")
def official():
    return official_schema().get_type_map()


@pytest.fixture(scope="module")
def own():
    schema = build_ast_schema(parse(SDL.read_text(encoding="utf-8")))
    return {name: type_ for name, type_ in schema.get_type_map().items() if not name.startswith("__")}


def test_the_official_schema_is_whole(official):
    assert len(official) > 700
    assert len(official["Query"].fields) == 102 and len(official["Mutation"].fields) == 207


def test_every_type_is_official(own, official):
    assert len(own) > 60
    for name, type_ in own.items():
        assert type(official[name]) is type(type_), name


def test_every_field_and_argument_is_official(own, official):
    compared = 0
    for name, type_ in own.items():
        if not isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType, GraphQLInputObjectType)):
            continue
        for field, definition in type_.fields.items():
            theirs = official[name].fields[field]
            assert str(definition.type) == str(theirs.type), f"{name}.{field}"
            compared += 1
            if isinstance(type_, GraphQLInputObjectType):
                assert definition.default_value == theirs.default_value, f"{name}.{field}"
                continue
            for argument, own_argument in definition.args.items():
                their_argument = theirs.args[argument]
                assert str(own_argument.type) == str(their_argument.type), f"{name}.{field}({argument})"
                assert own_argument.default_value == their_argument.default_value, f"{name}.{field}({argument})"
            for argument, theirs_only in theirs.args.items():
                required = str(theirs_only.type).endswith("!") and theirs_only.default_value is None
                assert argument in definition.args or not required, f"{name}.{field} lacks the required {argument}"
    assert compared > 250


def test_enumerations_and_unions_are_official(own, official):
    for name, type_ in own.items():
        if isinstance(type_, GraphQLEnumType):
            assert {value.name for value in type_.values} == {value.name for value in official[name].values}, name
        if isinstance(type_, GraphQLUnionType):
            assert {str(each) for each in type_.types} <= {str(each) for each in official[name].types}, name


def test_concrete_types_implement_the_same_interfaces(own, official):
    for name, type_ in own.items():
        if isinstance(type_, GraphQLObjectType):
            assert {str(each) for each in type_.interfaces} == {str(each) for each in official[name].interfaces}, name
