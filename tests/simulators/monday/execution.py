"""Runs an operation. graphql-core does it, and its answer is the reference; plain reads take a shorter way first.

graphql-core 2 needs seconds for a page of 500 items with their columns. quick() resolves the same selection with the same
resolvers, by a plan made once for each selection. It knows no errors: whatever is not a plain value (an exception, a null
where none may be) sends the whole query to graphql-core. A test compares the two.
"""

from graphql import GraphQLError, execute
from graphql.error import format_error
from graphql.execution.base import ExecutionContext, collect_fields, get_field_def
from graphql.execution.executors.sync import SyncExecutor
from graphql.pyutils.default_ordered_dict import DefaultOrderedDict
from graphql.type import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLUnionType,
    get_nullable_type,
)

from .errors import ApiError
from .schema import schema_of

TEXT_TYPES = {"String", "ID", "JSON", "Date", "ISO8601DateTime"}


def run(document, operation, variables, context):
    """(data, errors as they are written in an answer)."""
    name = operation.name.value if operation.name is not None else None
    if operation.operation == "query":
        try:
            return quick(document, name, variables, context), []
        except NotPlain:
            context.restart()
    return reference(document, name, variables, context)


def reference(document, operation_name, variables, context):
    try:
        result = execute(schema_of(context.version), document, context_value=context, variable_values=variables, operation_name=operation_name)
    except GraphQLError as error:
        return None, [written(error)]  # Variables that do not fit.
    return result.data, [written(error) for error in result.errors or ()]


def written(error):
    found = format_error(error) if isinstance(error, GraphQLError) else {"message": str(error)}
    original = getattr(error, "original_error", None)
    if isinstance(original, ApiError):
        found["extensions"] = original.extensions()
    elif original is not None and not isinstance(original, GraphQLError):
        # A fault of the simulator: the service would say no more than this.
        found["message"] = "Internal server error"
        found["extensions"] = {"code": "INTERNAL_SERVER_ERROR", "status_code": 500, "fault": repr(original)}
    else:
        found["extensions"] = {"code": "GRAPHQL_VALIDATION_FAILED"}
    return found


class NotPlain(Exception):
    pass


class Info:
    """What the resolvers here read of graphql-core's ResolveInfo."""

    def __init__(self, context):
        self.context = context


def quick(document, operation_name, variables, context):
    schema = schema_of(context.version)
    root = schema.get_query_type()
    try:
        execution = ExecutionContext(schema, document, None, context, variables, operation_name, SyncExecutor(), None, False)
        fields = collect_fields(execution, root, execution.operation.selection_set, DefaultOrderedDict(list), set())
        return Plan(execution, Info(context), root, fields)(None)
    except NotPlain:
        raise
    except Exception as error:
        raise NotPlain from error


class Plan:
    """How to turn an object of one type into the selected fields."""

    def __init__(self, execution, info, parent, fields):
        self.info = info
        self.steps = []
        for key, asts in fields.items():
            name = asts[0].name.value
            definition = get_field_def(execution.schema, parent, name)
            if definition is None or name == "__typename":
                raise NotPlain
            arguments = execution.get_argument_values(definition, asts[0])
            resolver = definition.resolver or _of_dictionary(name)
            is_text = getattr(get_nullable_type(definition.type), "name", None) in TEXT_TYPES
            complete = _completer(execution, info, definition.type, asts)
            self.steps.append((key, resolver, arguments or None, is_text, complete))

    def __call__(self, value):
        found, info = {}, self.info
        for key, resolver, arguments, is_text, complete in self.steps:
            field = resolver(value, info) if arguments is None else resolver(value, info, **arguments)
            # Most leaves are text, and text of these types is written as it is.
            found[key] = field if is_text and field.__class__ is str else complete(field)
        return found


def _of_dictionary(name):
    return lambda value, info: value[name]


def _completer(execution, info, type_, asts):
    """A function that completes a resolved value of the type."""
    if isinstance(type_, GraphQLNonNull):
        return _not_null(_completer(execution, info, type_.of_type, asts))
    if isinstance(type_, GraphQLList):
        one = _completer(execution, info, type_.of_type, asts)
        return lambda value: None if value is None else [one(each) for each in value]
    if isinstance(type_, GraphQLEnumType):
        names = {value.value: value.name for value in type_.values} | {None: None}
        return names.__getitem__
    if isinstance(type_, GraphQLScalarType):
        return lambda value: None if value is None else type_.serialize(value)
    if isinstance(type_, (GraphQLInterfaceType, GraphQLUnionType)):
        return _abstract(execution, info, type_, asts)
    plan = Plan(execution, info, type_, execution.get_sub_fields(type_, asts))
    return lambda value: None if value is None else plan(value)


def _not_null(complete):
    def completed(value):
        found = complete(value)
        if found is None:
            raise NotPlain
        return found

    return completed


def _abstract(execution, info, type_, asts):
    plans = {}

    def completed(value):
        if value is None:
            return None
        name = type_.resolve_type(value, info)
        if name not in plans:
            concrete = execution.schema.get_type(name)
            plans[name] = Plan(execution, info, concrete, execution.get_sub_fields(concrete, asts))
        return plans[name](value)

    return completed
