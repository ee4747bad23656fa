"""Every change of the account goes through here: it is made, its time noted, and whoever listens is told."""

import copy
import uuid

from .errors import ApiError, invalid_argument, not_found
from .update_html import stored

LONGEST_NAME = 255


class Event:
    """One change. before and after are raw values of a column, names, group ids or parents, as the kind says."""

    def __init__(self, kind, board, user_id, at, item=None, column=None, before=None, after=None, update=None):
        self.kind = kind
        self.board = board
        self.item = item
        self.user_id = user_id
        self.at = at
        self.column = column
        self.before = before
        self.after = after
        self.update = update
        self.parent = item.parent if item is not None else None
        self.trigger_uuid = uuid.uuid4().hex


class Changes:
    def __init__(self, account):
        self.account = account
        self.listeners = []
        # How long readers still see the item as it was; 0 for at once.
        self.lag_seconds = 0
        # The service allows 10,000 items on a board on most plans; boards of any size are what tests need.
        self.most_items = None

    def tell(self, kind, board, user_id, **details):
        event = Event(kind, board, user_id, self.account.clock.now(), **details)
        for listener in self.listeners:
            listener(event)
        return event

    # Reading through the lag ---------------------------------------------------------------------------------------

    def remember(self, item, exists=True):
        """Keeps what readers see until the lag is over; a new item is not there yet."""
        now = self.account.clock.now()
        if self.lag_seconds and (item.earlier is None or item.earlier[0] <= now):
            seen = None
            if exists:
                seen = copy.copy(item)
                seen.values = dict(item.values)
                seen.earlier = None
            item.earlier = (now + self.lag_seconds, seen)

    def seen(self, item):
        """The item as readers see it now; None while a new item does not show."""
        if item.earlier is None:
            return item
        until, earlier = item.earlier
        if until <= self.account.clock.now():
            item.earlier = None
            return item
        return earlier

    # Items ---------------------------------------------------------------------------------------------------------

    def touch(self, item):
        item.updated_at = self.account.clock.now()

    def check_alive(self, item):
        if item.state != "active":
            raise invalid_argument(f"Item is {item.state}", item_id=str(item.id))

    def check_name(self, name):
        if not 1 <= len(name) <= LONGEST_NAME:
            raise ApiError("Item name must be between 1 and 255 characters", "ItemNameTooLongException")

    def set_values(self, item, values, user_id, check=True):
        """values: raw by column id. Gives what really changed: [(column, before, after)]."""
        if check:
            self.check_alive(item)
        changed = []
        for id, after in values.items():
            before = item.values.get(id)
            if before != after:
                changed.append((item.board.columns[id], before, after))
        if changed:
            self.remember(item)
            self.touch(item)
        for column, before, after in changed:
            if after is None:
                item.values.pop(column.id, None)
            else:
                item.values[column.id] = after
            item.changed_at[column.id] = item.updated_at
            self.tell("change_column_value", item.board, user_id, item=item, column=column, before=before, after=after)
        return changed

    def rename(self, item, name, user_id, check=True):
        """check=False: also what the service would refuse, for boards as bad as a test wants them."""
        if check:
            self.check_alive(item)
            self.check_name(name)
        if name == item.name:
            return False
        self.remember(item)
        before, item.name = item.name, name
        self.touch(item)
        self.tell("change_name", item.board, user_id, item=item, before=before, after=name)
        return True

    def create_item(self, board, name, user_id, values=None, group_id=None, parent=None, check=True):
        if check:
            self.check_name(name)
        if self.most_items and len(board.active_items()) >= self.most_items:
            raise ApiError("Items limit has been reached", "ItemsLimitationException")
        if group_id is not None and group_id not in board.groups:
            raise not_found("Group", group_id)
        if parent is not None:
            self.check_alive(parent)
        now = self.account.clock.now()
        values = {id: raw for id, raw in (values or {}).items() if raw is not None}
        item = self.account.new_item(board, name, group_id or board.top_group.id, now, user_id, values, parent)
        self.remember(item, exists=False)
        self.tell("create_item", board, user_id, item=item)
        if parent is not None:
            self.tell_subitems(parent, user_id)
        return item

    def tell_subitems(self, parent, user_id):
        """A new subitem also changes the Subitems column of its parent."""
        column = next((each for each in parent.board.columns.values() if each.kind.name == "subtasks"), None)
        if column is not None:
            ids = tuple(each.id for each in parent.subitems if each.state == "active")
            self.tell("change_column_value", parent.board, user_id, item=parent, column=column, before=ids[:-1], after=ids)

    def set_state(self, item, state, user_id):
        """archived, deleted, or active again. Subitems follow their parent without events of their own."""
        before = item.state
        if before == state:
            return False
        followers = [each for each in item.subitems if each.state == before]
        for each in [item, *followers]:
            self.remember(each)
            each.state = state
            self.touch(each)
        kind = {"archived": "archive_item", "deleted": "delete_item", "active": "restore_item"}[state]
        self.tell(kind, item.board, user_id, item=item, before=before, after=state)
        return True

    def move_to_group(self, item, group_id, user_id):
        self.check_alive(item)
        if group_id not in item.board.groups:
            raise not_found("Group", group_id)
        before = item.group_id
        if before == group_id:
            return False
        self.remember(item)
        item.group_id = group_id
        self.touch(item)
        self.tell("move_group", item.board, user_id, item=item, before=before, after=group_id)
        return True

    def move_subitem(self, item, parent, user_id):
        before = item.parent
        if before is None or before is parent:
            raise invalid_argument("Not a subitem of another item", item_id=str(item.id))
        self.remember(item)
        before.subitems.remove(item)
        parent.subitems.append(item)
        item.parent = parent
        self.touch(item)
        self.tell("move_subitem", item.board, user_id, item=item, before=before, after=parent)

    # Updates -------------------------------------------------------------------------------------------------------

    def create_update(self, item, body, user_id, parent=None):
        self.check_alive(item)
        update = self.account.new_update(item, stored(body), user_id, self.account.clock.now(), parent)
        self.touch(item)
        self.tell("create_update", item.board, user_id, item=item, update=update)
        return update

    def edit_update(self, update, body, user_id):
        body = stored(body)
        changed = body != update.body
        update.body = body
        update.updated_at = update.edited_at = self.account.clock.now()
        if changed:
            self.tell("edit_update", update.item.board, user_id, item=update.item, update=update)
        return changed

    def delete_update(self, update, user_id):
        del self.account.updates[update.id]
        (update.item.updates if update.parent is None else update.parent.replies).remove(update)
        self.tell("delete_update", update.item.board, user_id, item=update.item, update=update)

    # Columns -------------------------------------------------------------------------------------------------------

    def create_column(self, board, column, user_id):
        board.add_column(column)
        board.updated_at = self.account.clock.now()
        self.tell("create_column", board, user_id, column=column)

    def change_column(self, board, column, title=None, label=None):
        """label: (id, text) gives a status or dropdown label another text; values keep their ids."""
        if title is not None:
            column.title = title
        if label is not None:
            for each in column.settings["labels"]:
                if each["id"] == label[0]:
                    each["label"] = label[1]
            column.index_labels()
        column.revision += 1
        board.updated_at = self.account.clock.now()

    def delete_column(self, board, column):
        del board.columns[column.id]
        for item in board.items.values():
            item.values.pop(column.id, None)
        board.updated_at = self.account.clock.now()
