"""Reading items: by page of a board, by cursor, by id, by column values."""

from .boards import Group
from .cells import Cell
from .errors import ApiError, cursor_expired, invalid_argument, unknown_column
from .query_rules import keeper, ordered

LARGEST_PAGE = 500
MOST_IDS = 100
NOT_SEARCHABLE = {"board_relation", "creation_log", "formula", "last_updated", "mirror", "subtasks"}


def page_of(found, limit, page):
    return found[(page - 1) * limit : page * limit]


def check_limit(limit):
    if not 1 <= limit <= LARGEST_PAGE:
        raise invalid_argument(f"limit: must be between 1 and {LARGEST_PAGE}")


def boards(root, info, limit, page, state, ids=None, workspace_ids=None):
    """A board that is unknown is missing from the list; one that the token may not read is a null in it."""
    context = info.context
    known = context.account.boards
    if ids is None:
        found = list(known.values())
    else:
        found = [known[int(id)] for id in dict.fromkeys(ids) if str(id).isdigit() and int(id) in known]
    found = [board for board in found if state == "all" or board.state == state]
    found = page_of(found, limit, page)
    if ids is None:
        return [board for board in found if context.token.may_read(board)]
    return [board if context.token.may_read(board) else None for board in found]


def items(root, info, limit, page, ids=None, newest_first=False, exclude_nonactive=False):
    """Items and subitems in every state; ids that are not found are missing from the list."""
    context = info.context
    if ids is not None and len(ids) > MOST_IDS:
        raise ApiError(f"You can query up to {MOST_IDS} ids at once", "InvalidArgumentException", data={"ids": len(ids)})
    if ids is None:
        known = [item for board in context.account.boards.values() for item in board.active_items()]
    else:
        known = [item for item in map(context.account.item, dict.fromkeys(map(str, ids))) if item is not None]
    found = [item for item in context.seen(known) if not exclude_nonactive or item.state == "active"]
    found.sort(key=lambda item: item.id, reverse=newest_first)
    return page_of(found, limit, page)


def items_page(scope, info, limit, cursor=None, hierarchy_scope_config=None, query_params=None):
    """scope: a board, or a group of one. Active items only."""
    context = info.context
    check_limit(limit)
    if cursor is not None:
        if query_params is not None:
            raise invalid_argument("cursor and query_params may not be used together")
        return resumed(context, cursor, limit)
    board = scope
    found = None
    if isinstance(scope, Group):
        board = next(each for each in context.account.boards.values() if scope.id in each.groups
                     and each.groups[scope.id] is scope)
        found = [item for item in context.seen(board.items.values()) if item.group_id == scope.id]
    found = context.seen(board.items.values()) if found is None else found
    found = [item for item in found if item.state == "active"]
    # Subitems of a multi-level board lie on it, and come only to those who ask for all levels.
    if board.rollup and hierarchy_scope_config != "allItems":
        found = [item for item in found if item.parent is None]
    params = query_params or {}
    keeps = keeper(board, params, context.account.clock.now())
    if params:
        found = [item for item in found if keeps(item)]
    if params.get("order_by"):
        found = ordered(board, found, params["order_by"])
    return started(context, found, limit, bool(params.get("order_by")))


def by_column_values(root, info, board_id, limit, columns=None, cursor=None, hierarchy_scope_config=None):
    context = info.context
    check_limit(limit)
    if (columns is None) == (cursor is None):
        raise invalid_argument("columns or cursor: one of them, and not both")
    if cursor is not None:
        return resumed(context, cursor, limit)
    board = context.account.board(board_id)
    context.token.check_read(board)
    found = [item for item in context.seen(board.items.values()) if item.state == "active"]
    for wanted in columns:
        found = [item for item in found if _has(board, item, wanted)]
    return started(context, found, limit, False)


def _has(board, item, wanted):
    values = {(value or "").lower() for value in wanted["column_values"]}
    if wanted["column_id"] == "name":
        return item.name.lower() in values
    column = board.columns.get(wanted["column_id"])
    if column is None:
        raise unknown_column(wanted["column_id"])
    if column.kind.name in NOT_SEARCHABLE:
        raise invalid_argument(f"Column type {column.kind.name} is not supported", column_id=column.id)
    text = (column.kind.text(Cell(item, column)) or "").lower()
    return text in values or (column.kind.name == "dropdown" and any(part in values for part in text.split(", ")))


def next_page(root, info, cursor, limit):
    check_limit(limit)
    return resumed(info.context, cursor, limit)


def started(context, found, limit, is_ordered):
    cursors = context.service.cursors
    scan = cursors.start([item.id for item in found], is_ordered)
    ids, cursor = cursors.page(scan, 0, limit)
    return {"items": _items(context, ids), "cursor": cursor}


def resumed(context, cursor, limit):
    if not cursor:
        raise cursor_expired()
    ids, cursor = context.service.cursors.resume(cursor, limit)
    return {"items": _items(context, ids), "cursor": cursor}


def _items(context, ids):
    """What left the board since the first page is not served any more."""
    known = context.account.items
    return [item for item in context.seen([known[id] for id in ids if id in known]) if item.state == "active"]
