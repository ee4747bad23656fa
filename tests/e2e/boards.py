"""Three small boards, items of them as the API returns them, and what the pipeline ought to make of them.

expected() works from the rules alone, in Python: for the newest version of every item, links, derived values and sums.
"""

import collections
import dataclasses
import datetime
import re
from decimal import ROUND_HALF_UP, Decimal

from psycopg.types.json import Jsonb

PARENT, SUBITEM, HIDDEN = "1", "2", "3"
CENT = Decimal("0.01")
WITHOUT_VALUE = {"Archived", "Lost", "Quoted - No Value", "Won Closed"}
HIDDEN_FIELDS = {
    "status": "status", "account": "text", "reason_for_change": "text", "material_value": "numbers",
    "transport_cost": "numbers", "tp_margin": "numbers", "cust_order_value_material": "numbers",
    "date_design_completed": "date", "invoice_date": "date",
}
PARENT_FIELDS = {"pipeline_stage": "status", "probability_percent": "numbers"}
CONFIG = {"boards": [
    {"board_id": PARENT, "role": "parent", "name": "Projects", "columns": [
        {"column_id": field, "kind": kind, "field": field} for field, kind in PARENT_FIELDS.items()]},
    {"board_id": SUBITEM, "role": "subitem", "name": "Subitems", "parent_board_id": PARENT, "columns": [
        {"column_id": "link", "kind": "board_relation", "field": "hidden_item_id"}]},
    {"board_id": HIDDEN, "role": "hidden", "name": "Quotes", "parent_board_id": PARENT, "columns": [
        {"column_id": field, "kind": kind, "field": field} for field, kind in HIDDEN_FIELDS.items()]},
]}


@dataclasses.dataclass(frozen=True)
class Version:
    """An item at a moment (seconds since some beginning)."""

    board: str
    id: str
    moment: int
    name: str
    state: str = "active"
    parent: str | None = None
    links: tuple = ()
    fields: tuple = ()  # of (field, text)

    def as_api(self):
        beginning = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
        moment = beginning + datetime.timedelta(seconds=self.moment)
        texts = dict(self.fields)
        kinds = {PARENT: PARENT_FIELDS, SUBITEM: {}, HIDDEN: HIDDEN_FIELDS}[self.board]
        values = [{"id": field, "type": kind, "text": texts.get(field, ""), "value": None} for field, kind in kinds.items()]
        if self.board == SUBITEM:
            values.append({"id": "link", "type": "board_relation", "text": None, "linked_item_ids": list(self.links)})
        return {
            "id": self.id, "name": self.name, "state": self.state,
            "updated_at": moment.isoformat().replace("+00:00", "Z"), "created_at": "2024-01-01T00:00:00Z",
            "parent_item": {"id": self.parent} if self.parent else None, "column_values": values,
        }


def ingest(connection, versions):
    """One call for each run of versions of one board."""
    page = []
    for version in [*versions, None]:
        if page and (version is None or version.board != page[0].board):
            connection.execute("SELECT ingest_monday_items(%s, %s)", [page[0].board, Jsonb([each.as_api() for each in page])])
            page = []
        if version is not None:
            page.append(version)


def amount(text):
    """None for what is no plain number."""
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?", text or "") else None


def day(text):
    """None for what is no day in ISO."""
    try:
        return datetime.date.fromisoformat(text or "")
    except ValueError:
        return None


def quote_amount(fields):
    material, transport = amount(fields.get("material_value")), amount(fields.get("transport_cost"))
    margin = amount(fields.get("tp_margin")) or Decimal(0)
    if material is None or transport is None or margin == 100:
        return None
    return ((material + transport) / (1 - margin / 100)).quantize(CENT, ROUND_HALF_UP)


def key(name):
    return " ".join(name.split()).lower()


def link(subitem, subitems, hidden):
    """(method, hidden item) of a subitem."""
    active = [each for each in hidden if each.state == "active"]

    def rank(each):
        fields = dict(each.fields)
        has_transaction = bool(amount(fields.get("cust_order_value_material"))) or bool(day(fields.get("invoice_date")))
        return (not has_transaction, -each.moment, len(each.id), each.id)

    if related := [each for each in active if each.id in subitem.links]:
        return "relation", min(related, key=rank)
    alike = [each for each in active if key(each.name) and key(each.name) == key(subitem.name)]
    others = [each for each in subitems
              if each.state == "active" and each.id != subitem.id and key(each.name) == key(subitem.name)]
    if len(alike) == 1 and not others:
        return "exact_name" if alike[0].name == subitem.name else "normalized_name", alike[0]
    return "none", None


def expected(versions):
    """{id: row} of subitems and projects."""
    newest = {}
    for version in sorted(versions, key=lambda each: each.moment):
        former = newest.get((version.board, version.id))
        if version.parent is None and former is not None:
            version = dataclasses.replace(version, parent=former.parent)
        newest[version.board, version.id] = version
    items = {board: [each for (where, _), each in newest.items() if where == board] for board in (PARENT, SUBITEM, HIDDEN)}

    subitems = {}
    parts = collections.defaultdict(list)
    for each in items[SUBITEM]:
        method, hidden = link(each, items[SUBITEM], items[HIDDEN])
        fields = dict(hidden.fields) if hidden else {}
        quote = quote_amount(fields)
        is_new = fields.get("reason_for_change") == "New Enquiry"
        subitems[each.id] = {
            "item_name": each.name, "state": each.state, "parent_monday_id": each.parent, "link_method": method,
            "hidden_item_id": hidden.id if hidden else None, "account": fields.get("account") or None,
            "quote_amount": quote, "new_enquiry_value": quote if is_new else Decimal(0),
        }
        if each.state == "active":
            parts[each.parent].append((fields, subitems[each.id]))

    projects = {each.id: project(each, parts[each.id]) for each in items[PARENT]}
    return subitems, projects


def project(item, parts):
    def total(amounts):
        known = [each for each in amounts if each is not None]
        return sum(known) if known else None

    def known(field):
        return [found for fields, _ in parts if (found := day(fields.get(field)))]

    designed, invoiced = known("date_design_completed"), known("invoice_date")
    gestation = (min(invoiced) - min(designed)).days if designed and invoiced else None
    value = total(None if row["quote_amount"] is None else Decimal(0) if fields.get("status") in WITHOUT_VALUE
                  else row["quote_amount"] for fields, row in parts)
    accounts = collections.Counter(row["account"] for _, row in parts if row["account"])
    best = min(accounts, key=lambda each: (-accounts[each], each)) if accounts else None
    return {
        "item_name": item.name, "state": item.state, "pipeline_stage": dict(item.fields).get("pipeline_stage") or None,
        "new_enquiry_value": total(row["new_enquiry_value"] for _, row in parts),
        "project_value": value,
        "total_order_value": total(amount(fields.get("cust_order_value_material")) for fields, _ in parts),
        "first_date_designed": min(designed, default=None), "last_date_invoiced": max(invoiced, default=None),
        "gestation_period": None if not designed else gestation if gestation is not None and gestation >= 0 else 0,
        "account": ", ".join(dict.fromkeys(part.strip() for part in best.split(",") if part.strip())) if best else None,
    }
