"""Cells: one column of one item. And how the service writes moments and numbers in them."""

import functools

from .clock import iso

moment = functools.lru_cache(maxsize=4096)(iso)


def plain(number):
    """A decimal as the service writes numbers: no exponent, no zeros at the end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Cell:
    """One column of one item."""

    __slots__ = ("item", "column", "raw")

    def __init__(self, item, column):
        self.item = item
        self.column = column
        self.raw = item.values.get(column.id)

    @property
    def account(self):
        return self.item.board.account

    @property
    def changed_at(self):
        return self.item.changed_at.get(self.column.id, self.item.created_at)
