"""The formulas of the hidden board, in exact numbers, from the plain columns of an item."""

from decimal import Decimal
from fractions import Fraction

from .cells import Cell

CENT = Decimal("0.01")
MARGINS = ("tp_margin", "distributor_margin", "commission")


def text(item, field):
    """What people see in the column of a field; None if it is empty or gone."""
    column = item.board.column_of_field(field)
    return None if column is None else column.kind.display(Cell(item, column)) or None


def number(item, field):
    found = text(item, field)
    return None if found is None else Decimal(found)


def rounded(amount):
    """To the cent, half away from zero; amount: any exact number."""
    cents = abs(Fraction(amount)) * 100
    whole = int(cents + Fraction(1, 2))
    return (Decimal(whole) * CENT).copy_sign(1 if amount >= 0 else -1)


def gpm(hidden):
    """An empty margin counts as 0."""
    return sum((number(hidden, field) or Decimal(0) for field in MARGINS), Decimal(0))


def quote_amount(hidden):
    material, transport = number(hidden, "material_value"), number(hidden, "transport_cost")
    rest = 100 - gpm(hidden)
    if material is None or transport is None or rest == 0:
        return None
    return rounded(Fraction(material + transport) * 100 / Fraction(rest))


def m2_rate(hidden):
    quote, area = quote_amount(hidden), number(hidden, "area")
    return None if quote is None or not area else rounded(Fraction(quote) / Fraction(area))
