"""What each field of a query gives. A resolver is a function of (object, info, **arguments); info.context is the call's."""

import json
import math

from . import versions
from .board_set import COLORS
from .cells import moment
from .clock import iso, parse_moment
from .errors import invalid_argument
from .pages import boards, by_column_values, items, items_page, next_page, page_of
from .rollup import cell_of, is_rolled_up
from .update_html import plain

LONGEST_UPDATES_PAGE = 100
LONGEST_LOG_WINDOW_DAYS = 90


def same(name):
    """A field that is an attribute of the same name."""
    return lambda value, info: getattr(value, name)


def at(name):
    return lambda value, info: moment(getattr(value, name))


# Root ------------------------------------------------------------------------------------------------------------


def complexity(root, info):
    before, after, cost, reset = info.context.complexity
    return {"before": before, "after": after, "query": cost, "reset_in_x_seconds": reset}


def me(root, info):
    return info.context.account.users[info.context.token.user_id]


def users(root, info, limit, page, ids=None, non_active=None):
    """Nobody here was deactivated."""
    found = [] if non_active else info.context.account.users.values()
    return page_of([user for user in found if ids is None or str(user.id) in ids], limit, page)


def account(root, info):
    return info.context.account


def updates_of(found, limit, page, ids=None, from_date=None, to_date=None, **_):
    if limit > LONGEST_UPDATES_PAGE:
        raise invalid_argument(f"limit: at most {LONGEST_UPDATES_PAGE} updates a page")
    if (from_date is None) != (to_date is None):
        raise invalid_argument("from_date and to_date come together")
    if from_date is not None:
        first, last = parse_moment(from_date), parse_moment(to_date)
        found = [update for update in found if first <= update.created_at <= last]
    if ids is not None:
        found = [update for update in found if str(update.id) in ids]
    return page_of(sorted(found, key=lambda update: (-update.created_at, -update.id)), limit, page)


def updates(root, info, **arguments):
    known = info.context.account.updates.values()
    may_read = info.context.token.may_read
    return updates_of([each for each in known if each.parent is None and may_read(each.item.board)], **arguments)


def webhooks(root, info, board_id, app_webhooks_only=False):
    info.context.token.check_scope("webhooks:read")
    board = info.context.account.board(board_id)
    info.context.token.check_read(board)
    found = info.context.service.webhooks.of_board(board)
    return [each for each in found if not app_webhooks_only or each.by_app]


# Boards ----------------------------------------------------------------------------------------------------------


def board_columns(board, info, ids=None, types=None, capabilities=None):
    return info.context.columns(board, ids, types)


def groups(board, info, ids=None):
    return [group for group in board.groups.values() if ids is None or group.id in ids]


def board_updates(board, info, **arguments):
    return updates_of([update for item in board.items.values() for update in item.updates], **arguments)


def logged(board, arguments):
    """Newest first."""
    first = parse_moment(arguments["from"]) if arguments.get("from") else float("-inf")
    last = parse_moment(arguments["to"]) if arguments.get("to") else float("inf")
    wanted = {name: set(map(str, arguments[name])) for name in ("item_ids", "column_ids", "group_ids", "user_ids")
              if arguments.get(name) is not None}
    events = arguments.get("event_types")
    return [
        entry
        for entry in reversed(board.activity)
        if first <= entry.at <= last and all(entry.about.get(name) in ids for name, ids in wanted.items())
        and (events is None or entry.event in events)
    ]


def activity_logs(board, info, limit, page, **arguments):
    return page_of(logged(board, arguments), limit, page)


def activity_logs_by_cursor(board, info, limit, cursor=None, **arguments):
    """At most 90 days back, also where nobody says since when."""
    cursors = info.context.service.cursors
    if cursor is not None:
        entries, cursor = cursors.resume(cursor, limit)
        return {"logs": entries, "cursor": cursor}
    oldest = info.context.account.clock.now() - LONGEST_LOG_WINDOW_DAYS * 86_400
    if arguments.get("from") and parse_moment(arguments["from"]) < oldest:
        raise invalid_argument(f"from: at most {LONGEST_LOG_WINDOW_DAYS} days back")
    entries, cursor = cursors.page(
        cursors.start([entry for entry in logged(board, arguments) if entry.at >= oldest], True), 0, limit)
    return {"logs": entries, "cursor": cursor}


def column_settings_str(column, info):
    """The form of before 2025-10: labels by id."""
    labels = column.settings.get("labels")
    if labels is None:
        return json.dumps(column.settings)
    if column.kind.name == "dropdown":
        return json.dumps({"settings": {"labels": [{"id": each["id"], "name": each["label"]} for each in labels]}})
    return json.dumps({"labels": {str(each["id"]): each["label"] for each in labels},
                       "labels_positions_v2": {str(each["id"]): each["index"] for each in labels}})


# Items -----------------------------------------------------------------------------------------------------------


def group_of(item, info):
    return item.board.groups.get(item.group_id)


def parent_item(item, info):
    return None if item.parent is None else next(iter(info.context.seen([item.parent])), None)


def subitems(item, info):
    """Nested subitems have no field limit here but the injected one; those of a deleted board come back empty."""
    return info.context.seen([each for each in item.subitems if each.state == "active"])


def column_values(item, info, capabilities=None, ids=None, types=None):
    # The parents of a multi-level board show rolled up columns, and only to those who ask for them.
    if item.board.rollup and item.subitems and "CALCULATED" not in (capabilities or ()):
        return []
    # The name is a column of the board and none of its items' values.
    return [cell_of(item, column) for column in info.context.columns(item.board, ids, types) if column.kind.name != "name"]


def item_updates(item, info, **arguments):
    return updates_of(item.updates, **arguments)


def item_subscribers(item, info):
    """Whoever made the item or wrote an update to it."""
    users = info.context.account.users
    ids = dict.fromkeys([item.creator_id, *(update.creator_id for update in item.updates)])
    return [users[id] for id in ids if id in users]


def item_url(item, info):
    return f"https://simulated.monday.com/boards/{item.board.id}/pulses/{item.id}"


# Column values ---------------------------------------------------------------------------------------------------


def text(cell, info):
    return cell.column.kind.text(cell)


def value(cell, info):
    return cell.column.kind.value(cell)


def changed(cell, info):
    return None if cell.raw is None else moment(cell.changed_at)


def display(cell, info):
    return cell.column.kind.display(cell)


def formula_display(cell, info):
    info.context.read_formula(cell.column)
    return cell.column.kind.display(cell)


def label_of(cell):
    return next((each for each in cell.column.settings.get("labels", ()) if each["id"] == cell.raw), None)


def is_done(cell, info):
    label = label_of(cell)
    return None if label is None else label["is_done"]


def label_style(cell, info):
    label = label_of(cell)
    return None if label is None else {"color": label.get("color", COLORS[0]), "border": label.get("color", COLORS[0])}


def dropdown_values(cell, info):
    return [{"id": id, "label": cell.column.label_texts[id]} for id in cell.raw or ()]


def date_part(position):
    def part(cell, info):
        parts = text(cell, info).split(" ")
        return parts[position] if position < len(parts) else ""

    return part


def unit(name):
    return lambda cell, info: cell.column.settings.get("unit", {}).get(name)


def number(cell, info):
    """A double, which a number of any size need not fit into."""
    found = None if cell.raw is None else float(cell.raw)
    return found if found is None or math.isfinite(found) else None


def linked(cell, info):
    return info.context.seen(cell.column.kind.linked(cell))


def linked_ids(cell, info):
    """What is linked stays listed until it is deleted, whether or not the token may read its board."""
    return [item.id for item in cell.column.kind.linked(cell)]


def mirrored_items(cell, info):
    return [{"linked_board": each.item.board, "linked_board_id": each.item.board.id, "linked_item": each.item,
             "mirrored_value": each} for each in cell.column.kind.mirrored(cell)]


CELL = {
    "column": lambda cell, info: cell.column,
    "id": lambda cell, info: cell.column.id,
    "is_leaf": lambda cell, info: not is_rolled_up(cell.item, cell.column),
    "text": text,
    "type": lambda cell, info: cell.column.kind.name,
    "value": value,
}

RESOLVERS = {
    "Query": {
        "account": account, "boards": boards, "complexity": complexity, "items": items,
        "items_page_by_column_values": by_column_values, "me": me, "next_items_page": next_page, "updates": updates,
        "users": users, "webhooks": webhooks,
        "version": lambda root, info: versions.describe(info.context.version),
        "versions": lambda root, info: [versions.describe(value) for value, _ in versions.VERSIONS],
    },
    "Account": {
        "id": same("id"), "name": same("name"), "slug": lambda account, info: "simulated",
        "tier": lambda account, info: info.context.service.limits.plan_name,
        "plan": lambda account, info: {"max_users": 100, "period": "yearly", "version": 1,
                                       "tier": info.context.service.limits.plan_name},
    },
    "User": {
        "id": same("id"), "name": same("name"), "email": same("email"),
        "account": lambda user, info: info.context.account,
        "time_zone_identifier": lambda user, info: str(info.context.account.zone),
    },
    "Board": {
        "id": same("id"), "name": same("name"), "state": same("state"), "columns": board_columns, "groups": groups,
        "description": lambda board, info: None, "board_kind": lambda board, info: "public",
        "type": lambda board, info: "sub_items_board" if board.role == "subitem" else "board",
        "hierarchy_type": lambda board, info: "multi_level" if board.rollup else "classic",
        "items_count": lambda board, info: len(board.active_items()), "items_limit": lambda board, info: 10_000,
        "permissions": lambda board, info: "everyone", "created_at": at("created_at"), "updated_at": at("updated_at"),
        "url": lambda board, info: f"https://simulated.monday.com/boards/{board.id}",
        "workspace_id": lambda board, info: None, "top_group": same("top_group"), "updates": board_updates,
        "items_page": items_page, "activity_logs": activity_logs,
    },
    "Group": {name: same(name) for name in ("id", "title", "color", "position", "archived", "deleted")}
    | {"items_page": items_page},
    "Column": {
        "id": same("id"), "title": same("title"), "archived": same("archived"), "settings": same("settings"),
        "description": lambda column, info: None, "type": lambda column, info: column.kind.name,
        "width": lambda column, info: None, "settings_str": column_settings_str,
        "revision": lambda column, info: str(column.revision),
    },
    "Item": {
        "id": same("id"), "name": same("name"), "state": same("state"), "board": same("board"), "group": group_of,
        "created_at": at("created_at"), "updated_at": at("updated_at"), "parent_item": parent_item,
        "creator_id": lambda item, info: str(item.creator_id), "url": item_url, "subitems": subitems,
        "relative_link": lambda item, info: f"/boards/{item.board.id}/pulses/{item.id}",
        "updates": item_updates, "subscribers": item_subscribers, "column_values": column_values,
    },
    "Update": {
        "id": same("id"), "body": same("body"), "text_body": lambda update, info: plain(update.body),
        "item": same("item"), "item_id": lambda update, info: str(update.item.id),
        "creator_id": lambda update, info: str(update.creator_id), "created_at": at("created_at"),
        "updated_at": at("updated_at"), "edited_at": at("edited_at"), "replies": same("replies"),
    },
    "Webhook": {
        "id": same("id"), "board_id": lambda webhook, info: webhook.board.id, "event": same("event"),
        "config": lambda webhook, info: json.dumps(webhook.config),
    },
    "ActivityLogType": {
        "id": same("id"), "event": same("event"), "data": same("data"),
        "account_id": lambda entry, info: str(info.context.account.id), "user_id": lambda entry, info: str(entry.user_id),
        "entity": lambda entry, info: "pulse", "created_at": lambda entry, info: str(int(entry.at * 10_000_000)),
    },
    "BatteryValue": CELL | {
        "battery_value": lambda cell, info: [{"key": str(key), "count": count} for key, count in sorted(cell.counts.items())],
    },
    "BoardRelationValue": CELL | {"display_value": display, "linked_item_ids": linked_ids, "linked_items": linked,
                                  "updated_at": changed},
    "CreationLogValue": CELL | {
        "created_at": lambda cell, info: moment(cell.item.created_at),
        "creator": lambda cell, info: info.context.account.users[cell.item.creator_id],
        "creator_id": lambda cell, info: cell.item.creator_id,
    },
    "DateValue": CELL | {"date": date_part(0), "time": date_part(1), "icon": lambda cell, info: None, "updated_at": changed},
    "DropdownValue": CELL | {"values": dropdown_values},
    "FormulaValue": CELL | {"display_value": formula_display},
    "LastUpdatedValue": CELL | {
        "updated_at": lambda cell, info: moment(cell.item.updated_at),
        "updater": lambda cell, info: info.context.account.users.get(cell.item.creator_id),
        "updater_id": lambda cell, info: cell.item.creator_id,
    },
    "LongTextValue": CELL | {"updated_at": changed},
    "MirrorValue": CELL | {"display_value": display, "mirrored_items": mirrored_items},
    "NumbersValue": CELL | {
        "direction": unit("direction"), "symbol": unit("symbol"),
        "number": number,
    },
    "PeopleValue": CELL | {
        "persons_and_teams": lambda cell, info: [{"id": id, "kind": "person"} for id in cell.raw or ()],
        "updated_at": changed,
    },
    "StatusValue": CELL | {
        "index": lambda cell, info: cell.raw, "label": text, "is_done": is_done, "label_style": label_style,
        "update_id": lambda cell, info: None, "updated_at": changed,
    },
    "SubtasksValue": CELL | {"display_value": display, "subitems": linked, "subitems_ids": linked_ids},
    "TextValue": CELL,
    "TimelineValue": CELL | {
        "from": lambda cell, info: cell.raw and iso(parse_moment(cell.raw[0])),
        "to": lambda cell, info: cell.raw and iso(parse_moment(cell.raw[1])),
        "updated_at": changed, "visualization_type": lambda cell, info: None,
    },
}
RESOLVERS["Reply"] = {name: resolver for name, resolver in RESOLVERS["Update"].items()
                      if name not in ("item", "item_id", "replies")}
