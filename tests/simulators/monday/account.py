"""The account: its boards, items, updates, users and webhooks, found by id."""

import itertools
import zoneinfo

from .boards import Item, Update, User
from .clock import Clock
from .errors import unknown_board

FIRST_UPDATE_ID = 3_900_000_001


class Account:
    def __init__(self, clock=None, first_item_id=5_000_000_000):
        self.id = 12_345_678
        self.name = "Simulated account"
        self.clock = clock or Clock()
        # Of the token's user; the service shows dates in it and keeps them in UTC.
        self.zone = zoneinfo.ZoneInfo("UTC")
        self.boards = {}
        self.items = {}
        self.updates = {}
        self.users = {}
        self._item_ids = itertools.count(first_item_id)
        self._update_ids = itertools.count(FIRST_UPDATE_ID)

    def add_user(self, id, name):
        self.users[id] = User(id, name, f"{name.lower().replace(' ', '.')}@example.com")
        return self.users[id]

    def add_board(self, board):
        board.account = self
        self.boards[board.id] = board
        return board

    def board(self, id):
        """The board of an id as it came over the wire."""
        try:
            return self.boards[int(id)]
        except (KeyError, ValueError):
            raise unknown_board(id) from None

    def item(self, id):
        """The item of an id as it came over the wire, or None."""
        text = str(id)
        return self.items.get(int(text)) if text.isdigit() else None

    def new_item(self, board, name, group_id, at, creator_id, values=None, parent=None):
        item = Item(next(self._item_ids), board, name, group_id, at, creator_id, values, parent)
        board.items[item.id] = item
        self.items[item.id] = item
        if parent is not None:
            parent.subitems.append(item)
        return item

    def new_update(self, item, body, creator_id, at, parent=None):
        update = Update(next(self._update_ids), item, body, creator_id, at, parent)
        self.updates[update.id] = update
        (item.updates if parent is None else parent.replies).append(update)
        return update

    def subitem_board(self, board):
        """The board that holds the subitems of a board's items, or None."""
        return next((each for each in self.boards.values() if each.parent is board and each.role == "subitem"), None)
