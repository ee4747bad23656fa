"""Bodies of webhook deliveries, with the service's uneven keys and types: see each function for what differs."""

from .clock import iso_milliseconds
from .update_html import plain

TYPES = {
    "create_item": "create_pulse",
    "change_column_value": "update_column_value",
    "change_name": "update_name",
    "archive_item": "archive_pulse",
    "delete_item": "delete_pulse",
    "restore_item": "restore_pulse",
    "move_group": "move_pulse_into_group",
}


def payload(event, webhook, account):
    """The event's type is not the name that was subscribed to."""
    body = {
        "app": "monday",
        "type": TYPES.get(event.kind, event.kind),
        "triggerTime": iso_milliseconds(event.at),
        "subscriptionId": webhook.id,
        "isRetry": False,
        "userId": event.user_id,
        "originalTriggerUuid": None,
    }
    body |= FIELDS[event.kind](event, account)
    body["triggerUuid"] = event.trigger_uuid
    return {"event": body}


def of_subitem(event):
    """Strings here, numbers for archived and deleted subitems."""
    if event.parent is None:
        return {}
    return {"parentItemId": str(event.parent.id), "parentItemBoardId": str(event.parent.board.id)}


def create_item(event, account):
    item = event.item
    group = item.board.groups[item.group_id]
    values = {
        id: item.board.columns[id].kind.webhook_value(item.board.columns[id], raw, event.at)
        for id, raw in item.values.items()
    }
    body = {"boardId": item.board.id, "pulseId": item.id, "pulseName": item.name, "groupId": group.id,
            "groupName": group.title, "groupColor": group.color, "isTopGroup": group is item.board.top_group,
            "columnValues": values}
    return body | of_subitem(event) | ({"itemId": item.id} if event.parent is not None else {})


def change_column_value(event, account):
    item, column = event.item, event.column
    kind = column.kind
    return {
        "boardId": item.board.id, "groupId": item.group_id, "pulseId": item.id, "pulseName": item.name,
        "columnId": column.id, "columnType": kind.webhook_name, "columnTitle": column.title,
        "value": kind.webhook_value(column, event.after, event.at),
        "previousValue": kind.webhook_value(column, event.before, event.at),
        "changedAt": event.at, "isTopGroup": item.group_id == item.board.top_group.id,
    } | of_subitem(event)


def change_name(event, account):
    item = event.item
    return {"boardId": item.board.id, "groupId": item.group_id, "pulseId": item.id, "value": {"name": event.after},
            "previousValue": {"name": event.before}} | of_subitem(event)


def gone(event, account):
    """Archived and deleted: itemId and no pulseId; of a subitem both, and the parent's ids as numbers."""
    item = event.item
    body = {"boardId": item.board.id, "itemId": item.id, "itemName": item.name}
    if event.parent is not None:
        body |= {"parentBoardId": event.parent.board.id, "parentItemId": event.parent.id, "pulseId": item.id}
    return body


def restore_item(event, account):
    states = {"active": 1, "archived": 2, "deleted": 3}
    return {"boardId": event.board.id, "itemId": event.item.id, "itemName": event.item.name,
            "value": {"state": 1, "is_undo": False}, "previousValue": {"state": states[event.before]}}


def move_group(event, account):
    group = event.board.groups[event.after]
    top = group is event.board.top_group
    return {"boardId": event.board.id, "pulseId": event.item.id, "sourceGroupId": event.before, "destGroupId": group.id,
            "destGroup": {"id": group.id, "title": group.title, "color": group.color, "is_top_group": top}}


def move_subitem(event, account):
    """Neither boardId nor pulseId nor itemId."""
    return {"sourcePulseId": event.before.id, "destPulseId": event.after.id, "sourceBoardId": event.before.board.id,
            "destBoardId": event.after.board.id, "subitem": event.item.id}


def about_update(event, account):
    update = event.update
    return {
        "boardId": event.board.id, "pulseId": event.item.id, "body": update.body, "textBody": plain(update.body),
        "updateId": update.id if update.parent is None else update.parent.id,
        "replyId": None if update.parent is None else update.id,
    } | of_subitem(event)


def create_column(event, account):
    column = event.column
    return {"boardId": event.board.id, "accountId": account.id, "entity": "column", "columnId": column.id,
            "columnTitle": column.title, "columnType": column.kind.webhook_name, "createdAt": iso_milliseconds(event.at),
            "retryCount": 0}


FIELDS = {
    "create_item": create_item,
    "change_column_value": change_column_value,
    "change_name": change_name,
    "archive_item": gone,
    "delete_item": gone,
    "restore_item": restore_item,
    "move_group": move_group,
    "move_subitem": move_subitem,
    "create_update": about_update,
    "edit_update": about_update,
    "delete_update": about_update,
    "create_column": create_column,
}
