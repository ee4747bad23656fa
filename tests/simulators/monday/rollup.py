"""Cells of a multi-level board: an item with subitems shows in rolled up columns what its subitems hold."""

import collections
from decimal import Decimal

from .cells import Cell, plain


def is_rolled_up(item, column):
    return item.board.rollup and column.rolled_up and any(each.state == "active" for each in item.subitems)


class RolledUp(Cell):
    """Numbers are summed, of days the earliest is shown; of a status only how many subitems have which label."""

    __slots__ = ("counts",)

    def __init__(self, item, column):
        super().__init__(item, column)
        parts = [each for each in item.subitems if each.state == "active"]
        raws = [cell.raw for cell in (cell_of(part, column) for part in parts) if cell.raw is not None]
        self.counts = None
        self.raw = None
        if column.kind.name == "status":
            self.counts = collections.Counter(raws)
        elif raws:
            self.raw = plain(sum(map(Decimal, raws))) if column.kind.name == "numbers" else min(raws)

    @property
    def graphql_type(self):
        return "BatteryValue" if self.counts is not None else self.column.kind.graphql_type


def cell_of(item, column):
    return RolledUp(item, column) if is_rolled_up(item, column) else Cell(item, column)
