#!/usr/bin/env python3
"""Writes opportunities.csv: 2,000 made-up opportunities over three years, for a first look without own data.

The same seed gives the same file. Accounts and reps are numbered, not named: nobody in it exists. Dates end at
LAST_DAY; the mapping beside it (opportunities.json) moves them so that the newest enquiry is of today.
"""

import csv
import datetime
import pathlib
import random

COUNT = 2_000
LAST_DAY = datetime.date(2026, 6, 30)
DAYS = 3 * 365
ACCOUNTS = 90

TYPES = {"New Build": 0.45, "Refurbishment": 0.4, "Extension": 0.15}
CATEGORIES = {"Apartments": 1.2, "Education": 0.9, "Healthcare": 1.4, "Office": 1.0, "Retail": 0.7}
PRODUCTS = {"Board A": 1.0, "Board B": 1.3, "Membrane": 0.6, "Tapered": 1.8}
OPEN_STAGES = [
    ("Open Enquiry", 0.50),
    ("Check with IS", 0.12),
    ("Customer Confident Of Project Success", 0.18),
    ("Customer Has Order", 0.12),
    ("Customer Has Order - TP Preferred Supplier", 0.08),
]


def weighted(rng, pairs):
    return rng.choices([name for name, _ in pairs], [weight for _, weight in pairs])[0]


def opportunity(rng, number):
    created = LAST_DAY - datetime.timedelta(days=rng.randrange(DAYS))
    # The first opportunity is of the last day, so that the file always ends there.
    if number == 0:
        created = LAST_DAY
    # A few accounts bring much of the business, most bring little.
    account = rng.choices(range(1, ACCOUNTS + 1), [1 / rank for rank in range(1, ACCOUNTS + 1)])[0]
    category = rng.choice(list(CATEGORIES))
    product = rng.choice(list(PRODUCTS))
    value = round(rng.lognormvariate(9.6, 1.0) * CATEGORIES[category] * PRODUCTS[product], 2)
    cycle = max(int(rng.lognormvariate(4.6, 0.55)), 7)
    closing = created + datetime.timedelta(days=cycle)
    row = {
        "opportunity": f"OPP-{number + 1:05d}",
        "title": f"{category} {product} {number + 1}",
        "account": f"Account {account:03d}",
        "type": weighted(rng, list(TYPES.items())),
        "category": category,
        "product": product,
        "representative": f"Rep {rng.randrange(1, 13):02d}",
        "quoted": f"{value:.2f}",
        "created": created.isoformat(),
    }
    if closing <= LAST_DAY:
        if rng.random() < 0.38:
            ordered = round(value * rng.uniform(0.82, 1.08), 2)
            invoiced = closing + datetime.timedelta(days=rng.randrange(20, 60))
            row |= {"ordered": f"{ordered:.2f}", "order_date": closing.isoformat(), "designed": created.isoformat()}
            if invoiced <= LAST_DAY:
                row |= {
                    "stage": "Won - Closed (Invoiced)",
                    "invoiced": invoiced.isoformat(),
                    "amount_invoiced": f"{ordered:.2f}",
                }
            else:
                row["stage"] = "Won - Open (Order Received)"
        elif rng.random() < 0.85:
            row |= {"stage": "Lost", "follow_up": closing.isoformat()}
        else:
            row |= {"stage": "Open Enquiry", "follow_up": (LAST_DAY + datetime.timedelta(days=rng.randrange(15, 300))).isoformat()}
    else:
        row["stage"] = weighted(rng, OPEN_STAGES)
        if rng.random() < 0.75:
            row["expected_start"] = (LAST_DAY + datetime.timedelta(days=rng.randrange(5, 330))).isoformat()
        if rng.random() < 0.5:
            row["probability"] = rng.choice([5, 10, 20, 25, 30, 40, 50, 60, 75, 90])
    return row


def main():
    rng = random.Random(20_260_630)
    path = pathlib.Path(__file__).with_name("opportunities.csv")
    columns = ["opportunity", "title", "account", "type", "category", "product", "representative", "stage", "quoted",
               "ordered", "probability", "created", "expected_start", "follow_up", "order_date", "designed", "invoiced",
               "amount_invoiced"]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(opportunity(rng, number) for number in range(COUNT))


if __name__ == "__main__":
    main()
