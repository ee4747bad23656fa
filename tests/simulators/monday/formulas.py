"""The formulas that the boards' columns show, in exact decimals, from the plain values of the hidden items.

The readable ones are columns of the hidden board; those of subitems and projects read mirrors, which monday.com shows to
people but not to the API. figures() gives all of a project's at once, for comparison with what the pipeline computes.
"""

import collections
import datetime
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from .cells import Cell

CENT = Decimal("0.01")
WITHOUT_VALUE = {"Archived", "Lost", "Quoted - No Value", "Won Closed"}
LONGEST_GESTATION_DAYS = 500_000


def text(item, field):
    """What people see in the column of a field; None if it is empty or gone."""
    column = item.board.column_of_field(field)
    return None if column is None else Cell(item, column).column.kind.display(Cell(item, column)) or None


def number(item, field):
    found = text(item, field)
    return None if found is None else Decimal(found)


def rounded(amount):
    return amount.quantize(CENT, ROUND_HALF_UP)


def gpm(hidden):
    return sum(number(hidden, field) or 0 for field in ("tp_margin", "distributor_margin", "commission"))


def quote_amount(hidden):
    material, transport = number(hidden, "material_value"), number(hidden, "transport_cost")
    share = 1 - Decimal(gpm(hidden)) / 100
    if material is None or transport is None or share == 0:
        return None
    return rounded((material + transport) / share)


def m2_rate(hidden):
    quote, area = quote_amount(hidden), number(hidden, "area")
    return None if quote is None or not area else rounded(quote / area)


def link(subitem):
    """The hidden item that the subitem's relation names, or None."""
    column = subitem.board.column_of_field("hidden_item_id")
    linked = column.kind.linked(Cell(subitem, column)) if column else []
    return linked[0] if linked else None


def new_enquiry_value(subitem):
    hidden = link(subitem)
    if hidden is None or text(hidden, "reason_for_change") != "New Enquiry":
        return Decimal(0)
    return quote_amount(hidden) or Decimal(0)


def linked_items(project):
    return [hidden for hidden in (link(each) for each in project.subitems if each.state == "active") if hidden]


def days(project, field):
    return sorted(found for found in (text(hidden, field) for hidden in linked_items(project)) if found)


def total(project, field):
    found = [amount for amount in (number(hidden, field) for hidden in linked_items(project)) if amount is not None]
    return sum(found) if found else None


def project_value(project):
    counted = (each for each in linked_items(project) if text(each, "status") not in WITHOUT_VALUE)
    return sum((quote_amount(each) or Decimal(0) for each in counted), Decimal(0))


def weighted_pipeline(project):
    percent = number(project, "probability_percent")
    if percent is None:
        return None
    return (project_value(project) * percent / 100).quantize(CENT, ROUND_CEILING)


def gestation_period(project):
    designed, invoiced = days(project, "date_design_completed"), days(project, "invoice_date")
    if not designed:
        return None
    if not invoiced:
        return Decimal(0)
    found = (datetime.date.fromisoformat(invoiced[0][:10]) - datetime.date.fromisoformat(designed[0][:10])).days
    return Decimal(found if 0 <= found <= LONGEST_GESTATION_DAYS else 0)


def most_frequent(project, field):
    """Ties go to the newest subitem, then to the text."""
    seen = collections.Counter()
    newest = {}
    for subitem in project.subitems:
        hidden = link(subitem) if subitem.state == "active" else None
        found = text(hidden, field) if hidden else None
        if found:
            seen[found] += 1
            newest[found] = max(newest.get(found, 0), subitem.created_at)
    if not seen:
        return None
    best = min(seen, key=lambda each: (-seen[each], -newest[each], each))
    return ", ".join(dict.fromkeys(part.strip() for part in best.split(",")))


def figures(project):
    """Every derived figure of a project, through the relations of its subitems (links by name are not the boards')."""
    designed, invoiced = days(project, "date_design_completed"), days(project, "invoice_date")
    ordered = days(project, "date_order_received")
    enquiries = sum((new_enquiry_value(each) for each in project.subitems if each.state == "active"), Decimal(0))
    amounts = {
        "new_enquiry_value": enquiries,
        "project_value": project_value(project),
        "weighted_pipeline": weighted_pipeline(project),
        "total_order_value": total(project, "cust_order_value_material"),
        "total_amount_invoiced": total(project, "amount_invoiced"),
        "gestation_period": gestation_period(project),
    }
    return {name: None if amount is None else str(amount) for name, amount in amounts.items()} | {
        "account": most_frequent(project, "account"),
        "product_type": most_frequent(project, "product_type"),
        "date_order_received": ordered[0] if ordered else None,
        "first_date_designed": designed[0] if designed else None,
        "last_date_designed": designed[-1] if designed else None,
        "first_date_invoiced": invoiced[0] if invoiced else None,
        "last_date_invoiced": invoiced[-1] if invoiced else None,
    }
