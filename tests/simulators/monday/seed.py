"""Fills the three boards with made-up projects: the same seed, size and day give the same boards.

Accounts, representatives and designers are numbered, not named: nobody in it exists. A few values are what boards really
hold: links that are missing or differ in spelling, blank names, numbers and dates typed in every way.
"""

import collections
import datetime
import random
from decimal import Decimal

from . import board_set
from .board_set import CATEGORIES, PRODUCTS, REASONS, STAGES, TYPES
from .cells import plain
from .clock import day
from .formulas import rounded

DAY = 86_400
YEARS = 3
REPS = range(7_001, 7_013)
DESIGNERS = range(7_101, 7_109)
SOMEBODY = 9_001

SUBITEMS_PER_PROJECT = [(1, 0.37), (2, 0.27), (3, 0.16), (4, 0.10), (5, 0.06), (7, 0.04)]
OPEN_STAGES = [
    ("Open Enquiry", 0.50),
    ("Check with IS", 0.12),
    ("Customer Confident Of Project Success", 0.18),
    ("Customer Has Order", 0.12),
    ("Customer Has Order - TP Preferred Supplier", 0.08),
]
WEIGHTS = {"Apartments": 1.2, "Education": 0.9, "Healthcare": 1.4, "Office": 1.0, "Retail": 0.7,
           "Board A": 1.0, "Board B": 1.3, "Membrane": 0.6, "Tapered": 1.8}
ODD_VOLUMES = ["(500)", "12%", "1.2k", "n/a", "£1,234.50", "1,050", "12 34", "NaN", "10, 20", "-3.5"]
ODD_DATES = ["25/12/2026", "2026-02-30", "next week", "12/13/2026"]


def weighted(rng, pairs):
    return rng.choices([name for name, _ in pairs], [weight for _, weight in pairs])[0]


Enquiry = collections.namedtuple("Enquiry", "number name created closing outcome account category")


class Seed:
    """One run of the generator."""

    def __init__(self, account, number, projects, today=None, dirty=True):
        self.account = account
        self.rng = random.Random(number)
        self.projects = projects
        self.today = today or day(account.clock.now())
        self.dirty = dirty
        self.now = datetime.datetime.combine(self.today, datetime.time(), datetime.timezone.utc).timestamp()
        self.accounts = [f"Account {each:03d}" for each in range(1, max(12, min(400, projects // 22)) + 1)]

    def fill(self):
        for id in REPS:
            self.account.add_user(id, f"Rep {id - REPS[0] + 1:02d}")
        for id in DESIGNERS:
            self.account.add_user(id, f"Designer {id - DESIGNERS[0] + 1:02d}")
        self.account.add_user(SOMEBODY, "Somebody")
        boards = board_set.add_boards(self.account, self.accounts, self.now - YEARS * 365 * DAY)
        self.parent, self.subitem, self.hidden = boards
        self.stage_ids = self.parent.columns["status"].label_ids
        self.columns = {
            (board.role, column.field): column for board in boards for column in board.columns.values() if column.field
        }
        account_weights = [1 / rank for rank in range(1, len(self.accounts) + 1)]
        # Most enquiries are of the past; the newest is of today.
        ages = sorted((self.rng.randrange(YEARS * 365) for _ in range(self.projects - 1)), reverse=True) + [0]
        for number, age in enumerate(ages, 10_001):
            account = self.rng.choices(range(len(self.accounts)), account_weights)[0]
            self.project(number, self.today - datetime.timedelta(days=age), account)

    def put(self, values, role, field, value):
        """A value as the control interface or the API would write it; None leaves the column empty."""
        if value is not None:
            column = self.columns[role, field]
            values[column.id] = column.kind.parse(column, value, False)

    def chance(self, share):
        return self.rng.random() < share

    def odd(self, share):
        return self.dirty and self.chance(share)

    def changed(self, item, days):
        """The item was last changed on the last of its days that has come, at some time of that day."""
        past = max((each for each in days if each and each <= self.today), default=self.today)
        at = datetime.datetime.combine(past, datetime.time(), datetime.timezone.utc).timestamp()
        item.updated_at = max(item.created_at, min(self.now, at + self.rng.randrange(DAY)))

    def project(self, number, created, account):
        rng = self.rng
        category, kind = rng.choice(CATEGORIES), weighted(rng, list(zip(TYPES, (0.45, 0.4, 0.15))))
        cycle = max(int(rng.lognormvariate(4.6, 0.55)), 7)
        closing = created + datetime.timedelta(days=cycle)
        outcome = self.outcome(closing)
        values = {}
        enquiry = Enquiry(number, f"{category} {kind} {number}", created, closing, outcome, account, category)
        for field, value in (
            ("project_name", None if self.odd(0.03) else enquiry.name),
            ("pipeline_stage", {"index": self.stage_ids[outcome]}),
            ("type", None if self.odd(0.02) else kind),
            ("category", None if self.odd(0.02) else category),
            ("zip_code", f"{rng.randrange(10_000, 99_999)}"),
            ("sales_representative", str(rng.choice(REPS))),
            ("funding", rng.choice(board_set.FUNDING) if self.chance(0.6) else None),
            ("feedback", "Price was the main point." if outcome == "Lost" and self.chance(0.4) else None),
            ("lost_to_who_or_why", rng.choice(["Price", "Competitor", "Cancelled"]) if outcome == "Lost" else None),
            ("date_created", None if self.odd(0.01) else created.isoformat()),
            *self.expectation(outcome, closing),
        ):
            self.put(values, "parent", field, value)
        at = datetime.datetime.combine(created, datetime.time(9), datetime.timezone.utc).timestamp()
        group = "group_closed" if outcome in (STAGES[0], "Lost") else "topics"
        project = self.account.new_item(self.parent, str(number), group, min(at, self.now), rng.choice(REPS), values)
        self.changed(project, [created, closing])
        count = weighted(rng, SUBITEMS_PER_PROJECT)
        product = rng.choice(PRODUCTS)
        for position in range(count):
            self.quote(enquiry, project, product, position, count)

    def outcome(self, closing):
        if closing > self.today:
            return weighted(self.rng, OPEN_STAGES)
        if self.chance(0.38):
            invoiced = closing + datetime.timedelta(days=45)
            return STAGES[0] if invoiced <= self.today else STAGES[1]
        if self.chance(0.03):
            return STAGES[2]
        return "Lost" if self.chance(0.87) else "Open Enquiry"

    def expectation(self, outcome, closing):
        rng = self.rng
        if outcome in (STAGES[0], STAGES[1], STAGES[2]):
            return []
        if outcome == "Lost":
            return [("follow_up_date", closing.isoformat())]
        start = self.today + datetime.timedelta(days=rng.randrange(5, 330))
        follow = self.today + datetime.timedelta(days=rng.randrange(-60, 120))
        return [
            ("expected_start_date", start.isoformat() if self.chance(0.75) else None),
            ("follow_up_date", follow.isoformat() if self.chance(0.5) else None),
            ("probability_percent", str(rng.choice([0, 5, 10, 20, 25, 30, 40, 50, 60, 75, 90])) if self.chance(0.5) else None),
        ]

    def quote(self, enquiry, project, product, position, count):
        """A subitem and its hidden item. Later ones are revisions; what was ordered hangs on the last."""
        rng, outcome = self.rng, enquiry.outcome
        revision = "ABCDEFGH"[position % 8]
        name = f"{enquiry.number}_{enquiry.created:%y}.{position + 1:02d} - {revision}"
        span = max((enquiry.closing - enquiry.created).days, 1)
        received = enquiry.created + datetime.timedelta(days=span * position // (count + 1))
        designed = received + datetime.timedelta(days=rng.randrange(1, 15))
        quoted = designed + datetime.timedelta(days=rng.randrange(0, 8))
        last = position == count - 1
        won = outcome in STAGES[:3]
        material = Decimal(str(round(rng.lognormvariate(9.2, 1.0) * WEIGHTS[enquiry.category] * WEIGHTS[product], 2)))
        transport = Decimal(str(round(rng.uniform(0, 900), 2)))
        status = self.status(outcome, last, designed, quoted)
        fields = {
            "status": status,
            "prefix": str(enquiry.number),
            "revision": revision,
            "project_name": enquiry.name,
            "account": None if self.odd(0.02) else {"labels": [self.accounts[enquiry.account]]},
            "product_type": {"labels": [product] if self.chance(0.85) else rng.sample(PRODUCTS, 2)},
            "reason_for_change": REASONS[0] if position == 0 else rng.choice(REASONS[1:]),
            "designer": str(rng.choice(DESIGNERS)),
            "area": str(rng.randrange(20, 3_000)) if self.chance(0.95) else None,
            "u_value": f"0.{rng.randrange(10, 30)}",
            "min_thickness": str(rng.randrange(60, 120)),
            "max_thickness": str(rng.randrange(120, 320)),
            "volume_m3": rng.choice(ODD_VOLUMES) if self.odd(0.03) else f"{rng.uniform(2, 400):.2f}",
            "date_received": received.isoformat(),
            "target_gpm": str(rng.randrange(15, 40)),
            "urgency": weighted(rng, [("Low", 0.2), ("Normal", 0.6), ("High", 0.2)]),
            "account_id": f"ACC-{enquiry.account + 1:04d}",
            "contact_id": f"CON-{rng.randrange(1, 2_000):05d}",
        }
        if designed <= self.today:
            fields |= {"date_design_completed": designed.isoformat(), "time_taken": f"{rng.uniform(0.5, 12):.1f}",
                       "fall": rng.choice(["1:40", "1:60", "1:80"]), "deck_type": rng.choice(["Concrete", "Steel", "Timber"])}
        if quoted <= self.today:
            fields |= {"date_quoted": quoted.isoformat(), "material_value": plain(material),
                       "transport_cost": plain(transport), "tp_margin": str(rng.randrange(5, 20)),
                       "distributor_margin": str(rng.randrange(0, 10)) if self.chance(0.5) else None,
                       "commission": rng.choice(["2", "2.5"]) if self.chance(0.2) else None,
                       "wastage_percent": str(rng.randrange(1, 9))}
        days = [received, designed, quoted]
        if won and last:
            days += self.order(fields, outcome, material, enquiry.closing)
        values = {}
        for field, value in fields.items():
            self.put(values, "hidden", field, value)
        self.items(project, name, values, received, days)

    def status(self, outcome, last, designed, quoted):
        if not last:
            return weighted(self.rng, [("Archived", 0.6), ("Quoted", 0.3), ("Quoted - No Value", 0.1)])
        if outcome == STAGES[0]:
            return "Won Closed"
        if outcome in STAGES[1:3]:
            return "Won Open"
        if outcome == "Lost":
            return "Lost"
        if designed > self.today:
            return "Open"
        return "Designing" if quoted > self.today else "Quoted" if self.chance(0.93) else "On Hold"

    def order(self, fields, outcome, material, closing):
        rng = self.rng
        value = rounded(material * Decimal(str(round(rng.uniform(0.85, 1.10), 3))))
        delivery = closing + datetime.timedelta(days=rng.randrange(10, 40))
        fields |= {
            "cust_order_value_material": plain(value),
            "date_order_received": closing.isoformat(),
            "date_project_won": closing.isoformat(),
            "customer_po": f"PO-{rng.randrange(10_000, 99_999)}",
            "order_status": "Ordered",
            "supplier1": f"Supplier {rng.randrange(1, 9)}",
            "requested_delivery_date": rng.choice(ODD_DATES) if self.odd(0.03) else delivery.isoformat(),
            "delivery_address": f"Unit {rng.randrange(1, 90)}, Site {rng.randrange(1, 500)}",
        }
        if outcome != STAGES[0]:
            return [closing]
        invoiced = min(closing + datetime.timedelta(days=rng.randrange(20, 45)), self.today)
        fields |= {
            "invoice_date": invoiced.isoformat(),
            "invoice_number": f"INV-{rng.randrange(100_000, 999_999)}",
            "amount_invoiced": plain(value if self.chance(0.9) else rounded(value * Decimal("0.5"))),
            "order_status": "Invoiced",
            "final_delivery_date": invoiced.isoformat(),
            "date_project_closed": invoiced.isoformat(),
        }
        return [closing, invoiced]

    def items(self, project, name, values, received, days):
        rng = self.rng
        at = datetime.datetime.combine(received, datetime.time(10), datetime.timezone.utc).timestamp()
        at = min(at, self.now)
        # Names that only a patient reader links, and none at all.
        hidden_name, linked = name, True
        draw = rng.random() if self.dirty else 1.0
        if draw < 0.005:
            hidden_name, linked = f"{name} (copy of old)", False
        elif draw < 0.015:
            hidden_name, linked = name.replace(" - ", "  -  ").lower(), False
        elif draw < 0.045:
            linked = False
        elif draw < 0.047:
            hidden_name = " "
        hidden = self.account.new_item(self.hidden, hidden_name, "topics", at, rng.choice(DESIGNERS), values)
        self.changed(hidden, days)
        links = {board_set.LINK: (hidden.id,)} if linked else {}
        subitem = self.account.new_item(self.subitem, name, "topics", at, rng.choice(REPS), links, parent=project)
        self.changed(subitem, days[:1])


def fill(account, number=1, projects=2_000, today=None, dirty=True):
    Seed(account, number, projects, today, dirty).fill()
