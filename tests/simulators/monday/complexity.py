"""What a call costs. monday.com publishes no formula; this one grows as theirs does: with pages, columns and writes."""

from graphql.language import ast


WRITE = 10_000
LEAST = 10
LIST_SIZES = {"column_values": 30, "subitems": 5, "updates": 25, "columns": 30, "groups": 5, "mirrored_items": 5,
              "linked_items": 5, "replies": 5, "activity_logs": 25, "webhooks": 20, "users": 50, "versions": 10}
FREE = {"complexity", "version", "versions", "account", "me"}


def cost(document, operation, variables):
    """Points of one operation."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, ast.FragmentDefinition)}
    points = _selection(operation.selection_set, fragments, variables, at_root=True)
    if operation.operation == "mutation":
        points += WRITE * sum(isinstance(each, ast.Field) and each.name.value not in FREE
                              for each in operation.selection_set.selections)
    return max(LEAST, points)


def only_asks_for_complexity(operation):
    return all(isinstance(each, ast.Field) and each.name.value == "complexity" for each in operation.selection_set.selections)


def _selection(selection_set, fragments, variables, at_root=False):
    points = 0
    for each in selection_set.selections if selection_set else ():
        if isinstance(each, ast.FragmentSpread):
            points += _selection(fragments[each.name.value].selection_set, fragments, variables, at_root)
        elif isinstance(each, ast.InlineFragment):
            points += _selection(each.selection_set, fragments, variables, at_root)
        elif each.selection_set is not None and each.name.value not in FREE:
            points += _count(each, variables, at_root) * (1 + _selection(each.selection_set, fragments, variables))
    return points


def _count(field, variables, at_root):
    """How many objects a field may give: the ids asked for, its limit, or what such a list usually holds."""
    arguments = {argument.name.value: value_of(argument.value, variables) for argument in field.arguments}
    ids, limit = arguments.get("ids"), arguments.get("limit")
    if isinstance(ids, list):
        return len(ids) if not isinstance(limit, int) else min(len(ids), limit)
    if ids is not None:
        return 1
    if isinstance(limit, int):
        return limit
    if at_root or field.name.value == "items_page":
        return 25
    return LIST_SIZES.get(field.name.value, 1)


def value_of(node, variables):
    if isinstance(node, ast.Variable):
        return variables.get(node.name.value)
    if isinstance(node, ast.IntValue):
        return int(node.value)
    if isinstance(node, ast.ListValue):
        return [value_of(each, variables) for each in node.values]
    return getattr(node, "value", node)
