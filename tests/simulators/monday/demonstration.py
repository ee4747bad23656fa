"""A made-up company with thirty months of activity: every change goes through the account as an edit of people would, so
that its boards and their activity logs tell one story. The same seed and last moment give the same company.

What is planted is written down in TRUTHS and, for each project, in what fill() returns: a test can look for it in what was
read from the logs alone. Sellers, accounts and projects are numbered, not named: nobody in it exists.
"""

import collections
import datetime
import random
from decimal import Decimal

from . import board_set
from .board_set import CATEGORIES, FUNDING, LINK, PRODUCTS, REASONS, TYPES
from .cells import plain
from .formulas import rounded

DAY = 86_400
MONTHS = 30
FIRST_SELLER = 7_001
SOMEBODY = 9_001

# chance: to win, relative to others; optimism: stated probability by the true one; haste: first stated duration by the
# true one; share: of the enquiries.
Seller = collections.namedtuple("Seller", "chance optimism haste share")
Shock = collections.namedtuple("Shock", "first_month last_month arrivals chance")

TRUTHS = {
    "enquiries_a_month": 20,
    # From the first month to the last.
    "growth": 1.25,
    # By month of the year.
    "seasons": [0.8, 0.95, 1.2, 1.15, 1.1, 1.0, 0.75, 0.6, 1.15, 1.25, 1.1, 0.6],
    "sellers": {
        "Rep 01": Seller(1.0, 1.0, 1.0, 0.22), "Rep 02": Seller(1.25, 0.8, 1.1, 0.20), "Rep 03": Seller(0.7, 1.9, 0.55, 0.20),
        "Rep 04": Seller(1.0, 1.4, 0.8, 0.18), "Rep 05": Seller(0.9, 1.1, 0.7, 0.12), "Rep 06": Seller(1.15, 0.6, 1.3, 0.08),
    },
    # Months before today.
    "shock": Shock(11, 8, 0.55, 0.55),
    # To win and to last (days, median), by category.
    "chance": {"Apartments": 0.30, "Education": 0.45, "Healthcare": 0.38, "Office": 0.33, "Retail": 0.26},
    "duration": {"Apartments": 95, "Education": 120, "Healthcare": 110, "Office": 70, "Retail": 45},
    # Larger ones are won less often: a tenfold value by this factor.
    "chance_of_tenfold_value": 0.7,
    # Enquiries of which nobody hears again, and that nobody closes.
    "silent": 0.04,
}
PATH = [("Open Enquiry", 0.0), ("Check with IS", 0.2), ("Customer Confident Of Project Success", 0.45),
        ("Customer Has Order", 0.75)]
WON, INVOICED, LOST = "Won - Open (Order Received)", "Won - Closed (Invoiced)", "Lost"
# What a project that has come so far is stated with, as a share of the way from its chance to certainty.
CERTAINTY = [0.0, 0.1, 0.3, 0.65]


class Company:
    def __init__(self, service, seed, until):
        self.changes = service.changes
        self.account = service.account
        self.clock = service.account.clock
        self.rng = random.Random(seed)
        self.now = until or self.clock.now()
        self.first = self.now - MONTHS * 30.4 * DAY
        self.accounts = [f"Account {number:03d}" for number in range(1, 61)]
        self.sellers = {name: FIRST_SELLER + place for place, name in enumerate(TRUTHS["sellers"])}
        # (moment, number, what happens): the number keeps the order of what happens at once.
        self.agenda = []
        self.projects = {}

    def fill(self):
        for name, id in self.sellers.items():
            self.account.add_user(id, name)
        self.account.add_user(SOMEBODY, "Somebody")
        self.parent, self.subitem, self.hidden = board_set.add_boards(self.account, self.accounts, self.first - 30 * DAY)
        self.columns = {(board.role, column.field): column for board in (self.parent, self.subitem, self.hidden)
                        for column in board.columns.values() if column.field}
        for number, at in enumerate(self.arrivals(), 20_001):
            self.plan(number, at)
        self.live()
        return self.projects

    def live(self):
        today = self.clock.now()
        for at, _, happen in sorted(self.agenda, key=lambda each: each[:2]):
            if at < self.now:
                self.clock.advance(at - self.clock.now())
                happen()
        self.clock.advance(today - self.clock.now())

    def then(self, at, happen):
        self.agenda.append((at, len(self.agenda), happen))

    # Chance ----------------------------------------------------------------------------------------------------------

    def months_ago(self, at):
        return (self.now - at) / (30.4 * DAY)

    def in_shock(self, at):
        return TRUTHS["shock"].last_month <= self.months_ago(at) <= TRUTHS["shock"].first_month

    def arrivals(self):
        found, day = [], self.first
        while day < self.now:
            rate = TRUTHS["enquiries_a_month"] / 30.4 * TRUTHS["seasons"][datetime.datetime.fromtimestamp(day, datetime.timezone.utc).month - 1]
            rate *= 1 + (TRUTHS["growth"] - 1) * (day - self.first) / (self.now - self.first)
            rate *= TRUTHS["shock"].arrivals if self.in_shock(day) else 1
            # Several in a day are rare; so many chances a day are close enough to a Poisson process.
            found += [self.at_work(day) for _ in range(4) if self.rng.random() < rate / 4]
            day += DAY
        return sorted(found)

    def at_work(self, at):
        """Some second between 8 and 17 of that day (UTC)."""
        midnight = at - at % DAY
        return midnight + 8 * 3_600 + self.rng.randrange(9 * 3_600)

    # One project -----------------------------------------------------------------------------------------------------

    def plan(self, number, at):
        rng = self.rng
        category, kind = rng.choice(CATEGORIES), rng.choice(TYPES)
        seller_name = rng.choices(list(self.sellers), [each.share for each in TRUTHS["sellers"].values()])[0]
        seller = TRUTHS["sellers"][seller_name]
        worth = rng.lognormvariate(9.6, 0.8)
        duration = TRUTHS["duration"][category] * rng.lognormvariate(0, 0.45) * DAY
        chance = TRUTHS["chance"][category] * seller.chance
        chance *= TRUTHS["chance_of_tenfold_value"] ** ((Decimal(worth).log10() - Decimal(4)).__float__())
        chance *= TRUTHS["shock"].chance if self.in_shock(at + duration) else 1
        chance = min(max(chance, 0.02), 0.95)
        is_silent = rng.random() < TRUTHS["silent"]
        is_won = not is_silent and rng.random() < chance
        came_to = 1.0 if is_won else rng.uniform(0.25, 1.0)
        end = float("inf") if is_silent else self.at_work(at + duration * came_to)
        project = Project(self, number, at, end, category, kind, seller_name, chance, worth)
        self.then(at, project.create)
        for place, (stage, share) in enumerate(PATH):
            reached = at + duration * share
            if 0 < share and reached < min(end, at + duration * 0.3 if is_silent else end):
                self.then(self.at_work(reached), lambda place=place, stage=stage: project.reach(place, stage))
        project.plan_start(duration * seller.haste)
        project.plan_quotes(duration)
        if is_won:
            self.then(end, project.win)
            self.then(self.at_work(end + rng.randrange(20, 70) * DAY), project.invoice)
        elif not is_silent:
            self.then(end, project.lose)

    def put(self, item, user, **fields):
        """As a person edits the board: columns by their fields."""
        self.changes.set_values(item, self.raws(item.board, fields), user, check=False)

    def raws(self, board, fields):
        found = {}
        for field, value in fields.items():
            column = self.columns[board.role, field]
            found[column.id] = column.kind.parse(column, value, False)
        return found


def day_text(at):
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).date().isoformat()


class Project:
    def __init__(self, company, number, at, end, category, kind, seller, chance, worth):
        self.company, self.number, self.at, self.end = company, number, at, end
        self.category, self.kind, self.seller, self.chance, self.worth = category, kind, seller, chance, worth
        self.user = company.sellers[seller]
        self.item = None
        self.quotes = []

    def create(self):
        company = self.company
        values = company.raws(company.parent, {
            "project_name": f"{self.category} {self.kind} {self.number}", "pipeline_stage": {"label": PATH[0][0]},
            "type": {"label": self.kind}, "category": {"label": self.category},
            "sales_representative": str(self.user), "date_created": day_text(self.at),
            "funding": {"labels": [company.rng.choice(FUNDING)]}, "zip_code": f"{company.rng.randrange(10_000, 99_999)}",
            "probability_percent": self.stated(0),
        })
        self.item = company.changes.create_item(company.parent, str(self.number), self.user, values)
        company.projects[str(self.item.id)] = self

    def stated(self, place):
        """The probability as the seller sees it."""
        true = self.chance + (1 - self.chance) * CERTAINTY[place]
        seen = true * TRUTHS["sellers"][self.seller].optimism + self.company.rng.gauss(0, 0.04)
        return str(min(max(round(seen * 20) * 5, 0), 95))

    def reach(self, place, stage):
        self.company.put(self.item, self.user, pipeline_stage={"label": stage}, probability_percent=self.stated(place))

    def plan_start(self, hoped):
        """A first date, and another one whenever it is near and nothing has come of it."""
        company, at = self.company, self.at + 3 * DAY
        start = self.at + max(hoped, 14 * DAY)
        while at < min(self.end, company.now):
            company.then(company.at_work(at), lambda start=start: company.put(
                self.item, self.user, expected_start_date=day_text(start)))
            at = start - 5 * DAY
            start += company.rng.randrange(25, 70) * DAY

    def plan_quotes(self, duration):
        company, rng = self.company, self.company.rng
        product, account = rng.choice(PRODUCTS), rng.choice(company.accounts[: rng.choice([12, 30, 60])])
        material = self.worth
        for place in range(rng.choices([1, 2, 3], [0.55, 0.33, 0.12])[0]):
            made = company.at_work(self.at + DAY * (1 + place) + duration * 0.3 * place)
            quoted = company.at_work(made + rng.randrange(3, 16) * DAY)
            if quoted < self.end:
                quote = Quote(self, place, product, account, Decimal(str(round(material, 2))))
                company.then(made, quote.create)
                company.then(quoted, quote.price)
            material *= rng.uniform(0.85, 1.15)

    def win(self):
        company = self.company
        value = self.quotes[-1].order() if self.quotes else None
        company.put(self.item, self.user, pipeline_stage={"label": WON}, probability_percent="100")
        self.ordered = value

    def invoice(self):
        if self.quotes:
            self.quotes[-1].invoice()
        self.company.put(self.item, self.user, pipeline_stage={"label": INVOICED})

    def lose(self):
        for quote in self.quotes:
            self.company.put(quote.hidden, self.user, status={"label": "Lost"})
        self.company.put(self.item, self.user, pipeline_stage={"label": LOST}, probability_percent="0",
                         lost_to_who_or_why=self.company.rng.choice(["Price", "Competitor", "Cancelled"]))


class Quote:
    """A subitem and its hidden item. A later one is a revision of the one before."""

    def __init__(self, project, place, product, account, material):
        self.project, self.place, self.product, self.account, self.material = project, place, product, account, material
        self.hidden = None

    def create(self):
        project, company = self.project, self.project.company
        name = f"{project.number}_{day_text(project.at)[2:4]}.{self.place + 1:02d} - {'ABC'[self.place]}"
        self.hidden = company.changes.create_item(company.hidden, name, project.user, company.raws(company.hidden, {
            "status": {"label": "Designing"}, "account": {"labels": [self.account]}, "product_type": {"labels": [self.product]},
            "reason_for_change": {"label": REASONS[0] if self.place == 0 else REASONS[1]},
            "date_received": day_text(company.clock.now()), "area": str(company.rng.randrange(20, 3_000)),
        }))
        company.changes.create_item(company.subitem, name, project.user, {LINK: (self.hidden.id,)}, parent=project.item)

    def price(self):
        company = self.project.company
        today = day_text(company.clock.now())
        company.put(self.hidden, self.project.user, status={"label": "Quoted"}, date_design_completed=today, date_quoted=today,
                    material_value=plain(self.material), transport_cost=str(company.rng.randrange(50, 900)),
                    tp_margin=str(company.rng.randrange(5, 20)))
        for former in self.project.quotes:
            company.put(former.hidden, self.project.user, status={"label": "Archived"})
        self.project.quotes.append(self)

    def order(self):
        company = self.project.company
        value = rounded(self.material * Decimal(str(round(company.rng.uniform(0.92, 1.08), 3))))
        company.put(self.hidden, self.project.user, status={"label": "Won Open"}, cust_order_value_material=plain(value),
                    date_order_received=day_text(company.clock.now()), order_status={"label": "Ordered"})
        return value

    def invoice(self):
        company = self.project.company
        company.put(self.hidden, self.project.user, status={"label": "Won Closed"}, order_status={"label": "Invoiced"},
                    invoice_date=day_text(company.clock.now()), amount_invoiced=plain(self.project.ordered))


def fill(service, seed=1, until=None):
    """until: the moment (Unix seconds) at which the company's activity ends; now where it is left out. Gives what is true of
    each project, by its id."""
    projects = Company(service, seed, until).fill()
    return {id: {"seller": each.seller, "chance": each.chance, "category": each.category, "created": each.at,
                 "end": None if each.end == float("inf") else each.end} for id, each in projects.items()}
