"""query_params of items_page: which items a set of rules keeps, and in which order."""

import datetime
from decimal import Decimal, InvalidOperation

from .cells import Cell
from .clock import day
from .errors import invalid_argument, unknown_column

BLANK = "$$$blank$$$"
MOST_IDS = 100
NOT_FILTERABLE = {"formula", "mirror", "subtasks", "creation_log", "timeline"}
TEXTS = {"text", "long_text", "name"}


def as_list(value):
    return value if isinstance(value, list) else [value]


def keeper(board, params, now):
    """A function of an item: whether the rules keep it. Columns and operators are checked first."""
    ids = params.get("ids")
    if ids is not None and len(ids) > MOST_IDS:
        raise invalid_argument(f"ids: at most {MOST_IDS} ids are allowed")
    group = _group(board, params, now)
    if ids is None:
        return group
    wanted = {int(id) for id in ids if str(id).isdigit()}
    return lambda item: item.id in wanted and group(item)


def _group(board, params, now):
    tests = [_rule(board, rule, now) for rule in params.get("rules") or ()]
    tests += [_group(board, group, now) for group in params.get("groups") or ()]
    if not tests:
        return lambda item: True
    combine = any if params.get("operator") == "or" else all
    return lambda item: combine(test(item) for test in tests)


def _rule(board, rule, now):
    id, operator, value = rule["column_id"], rule.get("operator") or "any_of", rule["compare_value"]
    if id == "__last_updated__" or (id in board.columns and board.columns[id].kind.name == "last_updated"):
        if rule.get("compare_attribute") != "UPDATED_AT" and as_list(value) != ["PAST_DATETIME"]:
            raise invalid_argument("compare_attribute UPDATED_AT is required for this column", column_id=id)
        test = _days(operator, value, now)
        return lambda item: test(day(item.updated_at))
    if id == "group":
        return _membership(operator, {str(each) for each in as_list(value)}, lambda item: {item.group_id})
    if id == "name":
        return _texts(operator, value, lambda item: item.name)
    column = board.columns.get(id)
    if column is None:
        raise unknown_column(id)
    kind = column.kind.name
    if kind in NOT_FILTERABLE:
        raise invalid_argument(f"Column type {kind} does not support filtering", column_id=id)
    if operator in ("is_empty", "is_not_empty"):
        return lambda item: (id not in item.values) == (operator == "is_empty")
    if kind == "date":
        test = _days(operator, value, now)
        return lambda item: test(_date(item.values.get(id)))
    if kind == "numbers":
        return _numbers(column, operator, value)
    if kind == "status":
        return _labels(column, operator, value, lambda raw: {raw})
    if kind == "dropdown":
        return _labels(column, operator, value, set)
    if kind == "board_relation" and operator in ("any_of", "not_any_of"):
        wanted = {str(each) for each in as_list(value)}
        return _membership(operator, wanted, lambda item: {str(each) for each in item.values.get(id, ())})
    if kind == "people" and operator in ("any_of", "not_any_of"):
        wanted = {str(each).removeprefix("person-") for each in as_list(value)}
        return _membership(operator, wanted, lambda item: {str(each) for each in item.values.get(id, ())})
    return _texts(operator, value, lambda item: column.kind.display(Cell(item, column)))


def _unsupported(operator):
    return invalid_argument(f"Operator {operator} is not supported for this column")


def _membership(operator, wanted, values):
    if operator == "any_of":
        return lambda item: bool(values(item) & wanted)
    if operator == "not_any_of":
        return lambda item: not values(item) & wanted
    raise _unsupported(operator)


def _labels(column, operator, value, ids):
    if operator in ("contains_terms", "contains_text"):
        return _texts("contains_text", value, lambda item: column.kind.display(Cell(item, column)))
    # Compared with label ids; 5 means the empty label.
    wanted = {int(each) for each in as_list(value) if str(each).isdigit()}

    def values(item):
        raw = item.values.get(column.id)
        return {5} if raw is None else ids(raw)

    return _membership(operator, wanted, values)


def _texts(operator, value, text):
    if operator in ("any_of", "not_any_of"):
        wanted = {"" if each == BLANK else str(each) for each in as_list(value)}
        return _membership(operator, wanted, lambda item: {text(item)})
    (needle,) = as_list(value) if len(as_list(value)) == 1 else ("",)
    needle = str(needle).lower()
    tests = {
        "contains_text": lambda found: needle in found,
        "contains_terms": lambda found: all(term in found for term in needle.split()),
        "not_contains_text": lambda found: needle not in found,
        "starts_with": lambda found: found.startswith(needle),
        "ends_with": lambda found: found.endswith(needle),
    }
    if operator not in tests:
        raise _unsupported(operator)
    return lambda item: tests[operator](text(item).lower())


def _numbers(column, operator, value):
    def number(item):
        raw = item.values.get(column.id)
        return None if raw is None else Decimal(raw)

    try:
        wanted = [None if each == BLANK else Decimal(str(each)) for each in as_list(value)]
    except InvalidOperation:
        raise invalid_argument("compare_value is not a number", column_id=column.id) from None
    if operator in ("any_of", "not_any_of"):
        return lambda item: (number(item) in wanted) == (operator == "any_of")
    if operator == "between" and len(wanted) == 2:
        return lambda item: number(item) is not None and wanted[0] <= number(item) <= wanted[1]
    compare = _comparison(operator)
    return lambda item: number(item) is not None and compare(number(item), wanted[0])


def _comparison(operator):
    found = {
        "greater_than": lambda left, right: left > right,
        "greater_than_or_equals": lambda left, right: left >= right,
        "lower_than": lambda left, right: left < right,
        "lower_than_or_equal": lambda left, right: left <= right,
    }.get(operator)
    if found is None:
        raise _unsupported(operator)
    return found


def _date(raw):
    return None if raw is None else datetime.date.fromisoformat(raw[:10])


def _days(operator, value, now):
    """A function of a day (or None). Days are all there is: a moment counts as its day."""
    wanted = [each for each in as_list(value) if each != "EXACT"]
    if operator in ("is_empty", "is_not_empty"):
        return lambda found: (found is None) == (operator == "is_empty")
    if operator == "between" and len(wanted) == 2:
        first, last = _parse_day(wanted[0]), _parse_day(wanted[1])
        return lambda found: found is not None and first <= found <= last
    if operator in ("any_of", "not_any_of"):
        ranges = [_range(each, day(now)) for each in wanted]
        return lambda found: any(_within(found, each) for each in ranges) == (operator == "any_of")
    if len(wanted) != 1:
        raise invalid_argument("compare_value has to be one date")
    compare, limit = _comparison(operator), _range(wanted[0], day(now))
    return lambda found: found is not None and compare(found, limit[0])


def _within(found, limits):
    if limits is None or found is None:
        return limits is None and found is None
    return limits[0] <= found <= limits[1]


def _parse_day(text):
    try:
        return datetime.date.fromisoformat(str(text)[:10])
    except ValueError:
        raise invalid_argument(f"{text} is not a date") from None


def _range(word, today):
    """First and last day of a keyword or an exact day; None for blank."""
    one = datetime.timedelta(days=1)
    monday = today - one * today.weekday()
    first = today.replace(day=1)
    last_month = (first - one).replace(day=1)
    next_month = (first + one * 32).replace(day=1)
    ranges = {
        BLANK: None,
        "TODAY": (today, today),
        "YESTERDAY": (today - one, today - one),
        "TOMORROW": (today + one, today + one),
        "THIS_WEEK": (monday, monday + 6 * one),
        "LAST_WEEK": (monday - 7 * one, monday - one),
        "ONE_WEEK_AGO": (monday - 7 * one, monday - one),
        "ONE_WEEK_FROM_NOW": (monday + 7 * one, monday + 13 * one),
        "THIS_MONTH": (first, next_month - one),
        "LAST_MONTH": (last_month, first - one),
        "ONE_MONTH_AGO": (last_month, first - one),
        "PAST_DATETIME": (datetime.date.min, today),
        "FUTURE_DATETIME": (today, datetime.date.max),
    }
    if word in ranges:
        return ranges[word]
    exact = _parse_day(word)
    return (exact, exact)


def ordered(board, items, order_by):
    """Items by the given columns; the last key first, since sorting is stable. Empty values come last."""
    for order in reversed(order_by):
        key = _order_key(board, order["column_id"])
        items = sorted(items, key=key, reverse=order.get("direction") == "desc")
    return items


def _order_key(board, id):
    if id == "__last_updated__":
        return lambda item: item.updated_at
    if id == "__creation_log__":
        return lambda item: item.created_at
    if id == "name":
        return lambda item: item.name.lower()
    column = board.columns.get(id)
    if column is None:
        raise unknown_column(id)
    if column.kind.name == "numbers":
        return lambda item: Decimal(item.values.get(id, "-Infinity"))
    return lambda item: column.kind.display(Cell(item, column)).lower()
