"""What flows from hidden items through subitems to projects: the columns that the boards show to people and not to the API.

Whoever compares a client's figures with these gets them from a second, independent reading of the same rules.
"""

import collections
import datetime
from decimal import ROUND_UP, Decimal

from .cells import Cell
from .formulas import CENT, number, quote_amount, text

NEW_ENQUIRY = "New Enquiry"
WITHOUT_VALUE = {"Archived", "Lost", "Quoted - No Value", "Won Closed"}
LONGEST_GESTATION_DAYS = 500_000


def by_relation(subitem):
    """The hidden item that the subitem's own column names, or None."""
    column = subitem.board.column_of_field("hidden_item_id")
    linked = column.kind.linked(Cell(subitem, column)) if column else []
    return next((item for item in linked if item.state == "active"), None)


def total(amounts):
    """None where nothing is known."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def as_list(text):
    """Parts of a text with commas, trimmed, each once."""
    parts = dict.fromkeys(part.strip() for part in text.split(","))
    return ", ".join(part for part in parts if part)


class Figures:
    """find_hidden: a function of a subitem that gives its hidden item or None."""

    def __init__(self, find_hidden=by_relation):
        self.find_hidden = find_hidden

    # Of a subitem ----------------------------------------------------------------------------------------------------

    def new_enquiry_value(self, subitem):
        hidden = self.find_hidden(subitem)
        if hidden is None or text(hidden, "reason_for_change") != NEW_ENQUIRY:
            return Decimal(0)
        return quote_amount(hidden)

    # Of a project ----------------------------------------------------------------------------------------------------

    def subitems(self, project):
        return [subitem for subitem in project.subitems if subitem.state == "active"]

    def hidden(self, project):
        return [hidden for hidden in map(self.find_hidden, self.subitems(project)) if hidden is not None]

    def project_value(self, project):
        quotes = [(quote_amount(hidden), text(hidden, "status")) for hidden in self.hidden(project)]
        return total(quote and (Decimal(0) if status in WITHOUT_VALUE else quote) for quote, status in quotes)

    def weighted_pipeline(self, project):
        value, percent = self.project_value(project), number(project, "probability_percent")
        return None if value is None or percent is None else (value * percent / 100).quantize(CENT, ROUND_UP)

    def days(self, project, field):
        """Sorted."""
        return sorted(found[:10] for found in (text(hidden, field) for hidden in self.hidden(project)) if found)

    def gestation_period(self, project):
        designed, invoiced = self.days(project, "date_design_completed"), self.days(project, "invoice_date")
        if not designed:
            return None
        if not invoiced:
            return Decimal(0)
        took = (datetime.date.fromisoformat(invoiced[0]) - datetime.date.fromisoformat(designed[0])).days
        return Decimal(took if 0 <= took <= LONGEST_GESTATION_DAYS else 0)

    def most_frequent(self, project, field):
        """Ties go to the newest subitem, then to the text."""
        seen, newest = collections.Counter(), {}
        for subitem in self.subitems(project):
            hidden = self.find_hidden(subitem)
            found = text(hidden, field) if hidden else None
            if found:
                seen[found] += 1
                newest[found] = max(newest.get(found, 0), int(subitem.created_at))
        return min(seen, key=lambda each: (-seen[each], -newest[each], each), default=None)

    def of(self, project):
        """Every derived figure of a project by its field, amounts and days as text."""
        hidden = self.hidden(project)
        ordered, designed, invoiced = (self.days(project, field) for field in (
            "date_order_received", "date_design_completed", "invoice_date"))
        found = {
            "new_enquiry_value": total(self.new_enquiry_value(each) for each in self.subitems(project)),
            "project_value": self.project_value(project),
            "weighted_pipeline": self.weighted_pipeline(project),
            "total_order_value": total(number(each, "cust_order_value_material") for each in hidden),
            "total_amount_invoiced": total(number(each, "amount_invoiced") for each in hidden),
            "gestation_period": self.gestation_period(project),
        }
        account, product = self.most_frequent(project, "account"), self.most_frequent(project, "product_type")
        return {field: None if amount is None else str(amount) for field, amount in found.items()} | {
            "project_name": text(project, "project_name") or self.most_frequent(project, "project_name"),
            "account": account and as_list(account),
            "product_type": product and as_list(product),
            "date_order_received": ordered[0] if ordered else None,
            "first_date_designed": designed[0] if designed else None,
            "last_date_designed": designed[-1] if designed else None,
            "first_date_invoiced": invoiced[0] if invoiced else None,
            "last_date_invoiced": invoiced[-1] if invoiced else None,
        }
