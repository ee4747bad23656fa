"""What each mutation does. Tokens without the right are refused before anything changes."""

import json

from .boards import Column
from .errors import ApiError, bad_value, invalid_argument, not_found, unauthorized, unknown_column
from .kinds import KINDS


def board_for_writing(info, board_id):
    board = info.context.account.board(board_id)
    info.context.token.check_write(board)
    return board


def item_for_writing(info, item_id, board=None):
    item = None if item_id is None else info.context.account.item(item_id)
    if item is None or (board is not None and item.board is not board):
        raise not_found("Item", item_id)
    info.context.token.check_write(item.board)
    return item


def update_for_writing(info, id):
    info.context.token.check_scope("updates:write")
    update = info.context.account.updates.get(int(id)) if str(id).isdigit() else None
    if update is None:
        raise not_found("Update", id)
    info.context.token.check_write(update.item.board)
    return update


def parsed(text):
    """column_values is a string that holds a JSON object."""
    try:
        values = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise ApiError("invalid column_values: not a JSON object", "JsonParseException", status=400)
    return values


def raw_values(board, values, create_labels):
    """All or nothing: one bad column refuses the whole call."""
    found = {}
    for id, value in values.items():
        if id not in board.columns:
            raise unknown_column(id)
        column = board.columns[id]
        found[id] = column.kind.parse(column, value, create_labels)
    return found


def write_values(info, item, values):
    service = info.context.service
    changed = service.changes.set_values(item, values, info.context.token.user_id)
    service.audit.wrote(info.context.call, item, values, changed)
    return item


def change_multiple_column_values(root, info, board_id, column_values, item_id=None, create_labels_if_missing=False):
    board = board_for_writing(info, board_id)
    item = item_for_writing(info, item_id, board)
    values = parsed(column_values)
    name = values.pop("name", None)
    raws = raw_values(board, values, create_labels_if_missing)
    if name is not None:
        info.context.service.changes.rename(item, name, info.context.token.user_id)
    return write_values(info, item, raws)


def change_simple_column_value(root, info, board_id, column_id, item_id=None, value=None, create_labels_if_missing=False):
    board = board_for_writing(info, board_id)
    item = item_for_writing(info, item_id, board)
    if column_id not in board.columns:
        raise unknown_column(column_id)
    column = board.columns[column_id]
    raw = column.kind.parse_simple(column, value or "", create_labels_if_missing)
    return write_values(info, item, {column_id: raw})


def change_column_value(root, info, board_id, column_id, value, item_id=None, create_labels_if_missing=False):
    board = board_for_writing(info, board_id)
    item = item_for_writing(info, item_id, board)
    try:
        value = json.loads(value)
    except (TypeError, ValueError):
        raise bad_value(board.columns[column_id]) if column_id in board.columns else unknown_column(column_id)
    return write_values(info, item, raw_values(board, {column_id: value}, create_labels_if_missing))


def create_item(root, info, board_id, item_name, group_id=None, column_values=None, create_labels_if_missing=False):
    board = board_for_writing(info, board_id)
    if board.role == "subitem":
        raise invalid_argument("Items of a subitems board are created with create_subitem", board_id=str(board.id))
    values = raw_values(board, parsed(column_values), create_labels_if_missing) if column_values else {}
    return created(info, board, item_name, values, group_id=group_id)


def create_subitem(root, info, parent_item_id, item_name, column_values=None, create_labels_if_missing=False):
    parent = item_for_writing(info, parent_item_id)
    board = info.context.account.subitem_board(parent.board)
    if board is None:
        raise invalid_argument("The board has no subitems", board_id=str(parent.board.id))
    values = raw_values(board, parsed(column_values), create_labels_if_missing) if column_values else {}
    return created(info, board, item_name, values, parent=parent)


def created(info, board, name, values, **place):
    service = info.context.service
    item = service.changes.create_item(board, name, info.context.token.user_id, values, **place)
    service.audit.effect(info.context.call, "create_item", item)
    return item


def in_state(state, effect):
    def change(root, info, item_id=None):
        item = item_for_writing(info, item_id)
        if info.context.service.changes.set_state(item, state, info.context.token.user_id):
            info.context.service.audit.effect(info.context.call, effect, item)
        return item

    return change


def move_item_to_group(root, info, group_id, item_id=None):
    item = item_for_writing(info, item_id)
    if info.context.service.changes.move_to_group(item, group_id, info.context.token.user_id):
        info.context.service.audit.effect(info.context.call, "move_item", item)
    return item


def create_update(root, info, body, item_id=None, parent_id=None):
    info.context.token.check_scope("updates:write")
    parent = update_for_writing(info, parent_id) if parent_id is not None else None
    item = item_for_writing(info, item_id) if parent is None else parent.item
    service = info.context.service
    update = service.changes.create_update(item, body, info.context.token.user_id, parent)
    service.audit.effect(info.context.call, "create_update", item, update_id=str(update.id))
    return update


def edit_update(root, info, id, body):
    update = update_for_writing(info, id)
    if update.creator_id != info.context.token.user_id:
        raise unauthorized()
    service = info.context.service
    changed = service.changes.edit_update(update, body, info.context.token.user_id)
    service.audit.effect(info.context.call, "edit_update", update.item, update_id=str(update.id), changed=changed)
    return update


def delete_update(root, info, id):
    update = update_for_writing(info, id)
    service = info.context.service
    service.changes.delete_update(update, info.context.token.user_id)
    service.audit.effect(info.context.call, "delete_update", update.item, update_id=str(update.id))
    return update


def create_column(root, info, board_id, title, column_type, id=None, description=None, defaults=None):
    board = board_for_writing(info, board_id)
    if column_type not in KINDS:
        raise invalid_argument(f"Column type {column_type} cannot be created")
    settings = json.loads(defaults) if isinstance(defaults, str) else defaults
    column = Column(id or f"{column_type}_{len(board.columns) + 1}", title, column_type, settings)
    if column.id in board.columns:
        raise invalid_argument("Column id already exists", column_id=column.id)
    info.context.service.changes.create_column(board, column, info.context.token.user_id)
    return column


def column_for_writing(info, board_id, column_id):
    board = board_for_writing(info, board_id)
    if column_id not in board.columns:
        raise unknown_column(column_id)
    return board, board.columns[column_id]


def change_column_title(root, info, board_id, column_id, title):
    board, column = column_for_writing(info, board_id, column_id)
    info.context.service.changes.change_column(board, column, title=title)
    return column


def delete_column(root, info, board_id, column_id):
    board, column = column_for_writing(info, board_id, column_id)
    info.context.service.changes.delete_column(board, column)
    return column


def create_webhook(root, info, board_id, url, event, config=None):
    """The challenge was sent before the call came here (see Endpoint)."""
    context = info.context
    context.token.check_scope("webhooks:write")
    return context.service.webhooks.create(board_id, url, event, config, context.token, context.answered)


def delete_webhook(root, info, id):
    info.context.token.check_scope("webhooks:write")
    return info.context.service.webhooks.delete(id)


MUTATIONS = {
    "archive_item": in_state("archived", "archive_item"),
    "change_column_title": change_column_title,
    "change_column_value": change_column_value,
    "change_multiple_column_values": change_multiple_column_values,
    "change_simple_column_value": change_simple_column_value,
    "create_column": create_column,
    "create_item": create_item,
    "create_subitem": create_subitem,
    "create_update": create_update,
    "create_webhook": create_webhook,
    "delete_column": delete_column,
    "delete_item": in_state("deleted", "delete_item"),
    "delete_update": delete_update,
    "delete_webhook": delete_webhook,
    "edit_update": edit_update,
    "move_item_to_group": move_item_to_group,
}
