"""Activity logs of boards: one entry for each change, the newest 10,000 kept."""

import itertools
import json

MOST_ENTRIES = 10_000
EVENTS = {
    "create_item": "create_pulse",
    "change_column_value": "update_column_value",
    "change_name": "update_name",
    "archive_item": "archive_pulse",
    "delete_item": "delete_pulse",
    "restore_item": "restore_pulse",
    "move_group": "move_pulse_from_group",
    "move_subitem": "move_subitem",
}


class Entry:
    """The keys that entries of real accounts have been seen with; the values are of the moment of the change."""

    def __init__(self, id, event):
        item, column = event.item, event.column
        self.id = id
        self.event = EVENTS.get(event.kind, event.kind)
        self.at = event.at
        self.user_id = event.user_id
        self.about = {"user_ids": str(event.user_id)}
        data = {"board_id": event.board.id, "board_name": event.board.name}
        if item is not None:
            group = event.board.groups[item.group_id]
            data |= {"group_id": group.id, "group_title": group.title, "is_top_group": group is event.board.top_group,
                     "pulse_id": item.id, "pulse_name": item.name}
            self.about |= {"item_ids": str(item.id), "group_ids": item.group_id}
        if event.parent is not None:
            data |= {"parent_board_id": event.parent.board.id, "parent_item_id": str(event.parent.id)}
        if column is not None:
            data |= {"column_id": column.id, "column_type": column.kind.webhook_name, "column_title": column.title}
            self.about |= {"column_ids": column.id}
        if event.kind == "change_column_value":
            data |= {"value": column.kind.webhook_value(column, event.after, event.at),
                     "previous_value": column.kind.webhook_value(column, event.before, event.at), "is_undo_action": False}
        if event.kind == "change_name":
            data |= {"value": {"name": event.after}, "previous_value": {"name": event.before}}
        self.data = json.dumps(data)


class Activity:
    def __init__(self):
        self._ids = itertools.count(1)

    def hear(self, event):
        if event.kind in EVENTS:
            log = event.board.activity
            log.append(Entry(f"a{next(self._ids):012d}", event))
            del log[:-MOST_ENTRIES]
