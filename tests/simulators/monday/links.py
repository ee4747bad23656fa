"""Which hidden item belongs to a subitem: by relation, else by name (but for spaces and case), where nothing else has it."""

import collections

from .cells import Cell
from .formulas import number, text


def normalized(name):
    return " ".join(name.split()).lower()


def has_transaction(hidden):
    """An order or an invoice."""
    return bool(
        number(hidden, "cust_order_value_material") or number(hidden, "amount_invoiced")
        or any(text(hidden, field) for field in ("date_order_received", "invoice_date", "invoice_number"))
    )


class Links:
    """Of the account as it is now."""

    def __init__(self, account):
        self._by_name = {}
        self._bearers = collections.Counter()
        for board in account.boards.values():
            if board.role == "hidden" and board.state == "active":
                for hidden in board.active_items():
                    if normalized(hidden.name):
                        self._by_name.setdefault((board.parent, normalized(hidden.name)), []).append(hidden)
            if board.role == "subitem" and board.state == "active":
                self._bearers.update((board.parent, normalized(subitem.name)) for subitem in board.active_items())

    def find(self, subitem):
        return self.of(subitem)[0]

    def of(self, subitem):
        """(hidden item or None, relation | exact_name | normalized_name | none)"""
        column = subitem.board.column_of_field("hidden_item_id")
        related = [each for each in column.kind.linked(Cell(subitem, column)) if each.state == "active"] if column else []
        if related:
            return min(related, key=preference), "relation"
        key = (subitem.board.parent, normalized(subitem.name))
        alike = self._by_name.get(key, [])
        others = self._bearers[key] - (subitem.state == "active")
        if len(alike) == 1 and others == 0:
            return alike[0], "exact_name" if alike[0].name == subitem.name else "normalized_name"
        return None, "none"


def preference(hidden):
    """What was ordered or invoiced, then what was changed last, then the lowest id."""
    return (not has_transaction(hidden), -int(hidden.updated_at), hidden.id)
