"""Who writes to which board at this moment. The service warns of writing to one board over several connections."""

import contextlib

from graphql.language import ast

from .complexity import value_of
from .errors import ApiError


class Writers:
    def __init__(self):
        # Refuse a write to a board that another one is writing to, as the service does now and then.
        self.exclusive = False
        self.overlaps = 0
        self._busy = {}

    @contextlib.contextmanager
    def writing(self, boards):
        """For as long as a mutation is under way."""
        if any(self._busy.get(board) for board in boards):
            self.overlaps += 1
            if self.exclusive:
                raise ApiError("Resource is currently locked, please try again later", "LOCKED", http=423, status=423)
        for board in boards:
            self._busy[board] = self._busy.get(board, 0) + 1
        try:
            yield
        finally:
            for board in boards:
                self._busy[board] -= 1


def boards_written(operation, variables, account):
    """Ids of the boards that a mutation names, itself or by an item or update of theirs."""
    found = set()
    for field in operation.selection_set.selections:
        for argument in field.arguments if isinstance(field, ast.Field) else ():
            name, value = argument.name.value, value_of(argument.value, variables)
            if name == "board_id":
                found.add(str(value))
            item = account.item(value) if name in ("item_id", "parent_item_id") else None
            if field.name.value in ("edit_update", "delete_update") and name == "id" and str(value).isdigit():
                update = account.updates.get(int(value))
                item = update.item if update is not None else None
            if item is not None:
                found.add(str(item.board.id))
    return found
