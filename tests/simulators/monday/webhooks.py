"""Webhook subscriptions of boards, and which of them a change concerns."""

import itertools
import json

from .cells import Cell
from .errors import ApiError, invalid_argument, not_found
from .webhook_payloads import payload

LONGEST_URL = 255
SUBITEM_EVENTS = {"change_subitem_column_value", "change_subitem_name", "create_subitem", "create_subitem_update",
                  "move_subitem", "subitem_archived", "subitem_deleted"}

# Kind of change -> event of an item's own board, event of its parent's board when it is a subitem.
EVENTS = {
    "create_item": ("create_item", "create_subitem"),
    "change_column_value": ("change_column_value", "change_subitem_column_value"),
    "change_name": ("change_name", "change_subitem_name"),
    "archive_item": ("item_archived", "subitem_archived"),
    "delete_item": ("item_deleted", "subitem_deleted"),
    "restore_item": ("item_restored", None),
    "move_group": ("item_moved_to_any_group", None),
    "move_subitem": (None, "move_subitem"),
    "create_update": ("create_update", "create_subitem_update"),
    "edit_update": ("edit_update", None),
    "delete_update": ("delete_update", None),
    "create_column": ("create_column", None),
}


class Webhook:
    def __init__(self, id, board, url, event, config, token):
        self.id = id
        self.board = board
        self.url = url
        self.event = event
        self.config = config
        # Signed deliveries belong to webhooks that an app's token made.
        self.by_app = token.kind == "app"
        self.user_id = token.user_id


class Webhooks:
    """The subscriptions; what they are told goes to deliver(webhook, body)."""

    def __init__(self, account, deliver):
        self.account = account
        self.deliver = deliver
        self.subscriptions = {}
        self._ids = itertools.count(700_001)

    def of_board(self, board):
        return [webhook for webhook in self.subscriptions.values() if webhook.board is board]

    def check(self, board_id, url, event):
        """The board, or what create_webhook refuses before it sends a challenge."""
        board = self.account.boards.get(int(board_id)) if str(board_id).isdigit() else None
        if board is None:
            raise invalid_argument("Board not found", board_id=str(board_id))
        if board.role == "subitem":
            raise invalid_argument("Creating webhook on subitems board isn't allowed", board_id=str(board_id))
        if len(url) > LONGEST_URL:
            raise invalid_argument("url is too long", board_id=str(board_id))
        if event in SUBITEM_EVENTS:
            subitems = self.account.subitem_board(board)
            if subitems is None or not subitems.items:
                raise invalid_argument("The board has no subitems", board_id=str(board_id))
        return board

    def create(self, board_id, url, event, config, token, answered):
        """answered: the urls that have echoed a challenge."""
        board = self.check(board_id, url, event)
        token.check_read(board)
        if url not in answered:
            raise ApiError("Failed to verify the webhook url: the challenge was not answered", "InvalidArgumentException",
                           data={"url": url})
        if isinstance(config, str):
            config = json.loads(config)
        webhook = Webhook(next(self._ids), board, url, event, config, token)
        self.subscriptions[webhook.id] = webhook
        return webhook

    def delete(self, id):
        webhook = self.subscriptions.pop(int(id), None) if str(id).isdigit() else None
        if webhook is None:
            raise not_found("Webhook", id)
        return webhook

    # Called for every change.
    def hear(self, event):
        for webhook in self.concerned(event):
            self.deliver(webhook, payload(event, webhook, self.account))

    def concerned(self, event):
        own, of_parent = EVENTS[event.kind]
        if event.board.role == "subitem":
            return [each for each in self.of_board(event.board.parent) if each.event == of_parent]
        found = [each for each in self.of_board(event.board) if each.event == own]
        if event.kind == "change_column_value":
            found += [each for each in self.of_board(event.board) if self._specific(each, event)]
        if event.kind == "move_group":
            found += [
                each
                for each in self.of_board(event.board)
                if each.event == "item_moved_to_specific_group" and (each.config or {}).get("groupId") == event.after
            ]
        return found

    def _specific(self, webhook, event):
        config = webhook.config or {}
        if webhook.event == "change_specific_column_value":
            return config.get("columnId") == event.column.id
        if webhook.event != "change_status_column_value" or config.get("columnId") != event.column.id:
            return False
        wanted = config.get("columnValue", {"$any$": True})
        return wanted.get("$any$") is True or wanted.get("index") == Cell(event.item, event.column).raw
