"""Accounts that look nothing like the seeded one, for who meets the boards of others: other languages, kinds and links.

crm: Deals and Accounts of a team that writes Hebrew and French; multi_level: one German board whose items hold their
subitems; wide: two English boards of 200 columns each, one with subitems that are connected to several boards.
The same day gives the same boards; whoever is named in them is made up.
"""

import datetime

from .board_set import labels, options
from .boards import Board, Column
from .clock import day

REP = 7_301
FIRST = 6_200_000_000
COLUMNS_OF_A_WIDE_BOARD = 200


class Shape:
    def __init__(self, account, today):
        self.account = account
        self.today = today or day(account.clock.now())
        self.now = datetime.datetime.combine(self.today, datetime.time(), datetime.timezone.utc).timestamp()
        for number in range(3):
            account.add_user(REP + number, f"Seller {number + 1}")

    def board(self, number, name, role, columns, parent=None):
        board = Board(FIRST + number, name, role, parent=parent, created_at=self.now - 400 * 86_400)
        board.add_group("topics", "Items")
        self.account.add_board(board)
        board.add_column(Column("name", "Name", "name"))
        for column in columns:
            board.add_column(column)
        return board

    def item(self, board, name, values, parent=None, age=100):
        """values: by the title of the column, as the API takes them."""
        by_title = {column.title: column for column in board.columns.values()}
        raws = {}
        for title, value in values.items():
            if value is not None:
                raws[by_title[title].id] = by_title[title].kind.parse(by_title[title], value, False)
        return self.account.new_item(board, name, "topics", self.now - age * 86_400, REP, raws, parent)

    def ahead(self, days):
        return (self.today + datetime.timedelta(days=days)).isoformat()


def numbers(id, title, symbol=None, **options):
    return Column(id, title, "numbers", {"unit": {"symbol": symbol, "direction": "left"}} if symbol else {}, **options)


def mirror(id, title, relation, board, shown):
    """In the form in which the API describes it."""
    return Column(id, title, "mirror", {"relation_column": {relation: True}, "displayed_linked_columns": {str(board): [shown]}})


# One German board, multi-level --------------------------------------------------------------------------------------

GERMAN_STAGES = ["Erstkontakt", "Angebot versendet", "In Verhandlung", "Sonderfall", "Auftrag erhalten", "Abgelehnt"]


def multi_level(account, today):
    shape = Shape(account, today)
    board = shape.board(11, "Vertrieb", "parent", [
        Column("subtasks_mkx1", "Unterelemente", "subtasks", {"boardIds": [FIRST + 11]}),
        Column("color_mkx2", "Verkaufsphase", "status", labels(GERMAN_STAGES, {"Auftrag erhalten"})),
        Column("color_mkx3", "Fortschritt", "status", labels(["In Arbeit", "Erledigt", "Steckt fest"], {"Erledigt"}), rolled_up=True),
        numbers("numeric_mkx4", "Angebotssumme (netto)", "€", rolled_up=True),
        numbers("numeric_mkx5", "Abschlusswahrscheinlichkeit", "%"),
        Column("date_mkx6", "Voraussichtlicher Abschluss", "date"),
        Column("date_mkx7", "Auftragseingang", "date"),
        Column("multiple_person_mkx8", "Zuständig", "people"),
        Column("text_mkx9", "Kunde", "text"),
        Column("dropdown_mkxa", "Branche", "dropdown", options(["Industrie", "Wohnbau", "Öffentlich"])),
        Column("long_text_mkxb", "Notizen", "long_text"),
        Column("pulse_log_mkxc", "Erstellt am", "creation_log"),
        Column("text_mkxd", "Absagegrund", "text"),
        Column("pulse_updated_mkxe", "Zuletzt geändert", "last_updated"),
    ])
    board.rollup = True
    for number in range(60):
        stage = GERMAN_STAGES[number % len(GERMAN_STAGES)]
        has_parts = number % 3 == 0
        amount = 1_000 * (number % 17 + 1)
        is_open = stage not in ("Auftrag erhalten", "Abgelehnt")
        project = shape.item(board, f"Objekt {number + 1}", {
            "Verkaufsphase": stage,
            "Angebotssumme (netto)": None if has_parts else str(amount),
            "Abschlusswahrscheinlichkeit": str(20 + number % 60) if is_open and number % 2 else None,
            "Voraussichtlicher Abschluss": shape.ahead(40 + 3 * number) if is_open else None,
            "Auftragseingang": shape.ahead(-60 + number % 50) if stage == "Auftrag erhalten" else None,
            "Zuständig": str(REP + number % 3),
            "Kunde": f"Werk {number % 9 + 1} GmbH",
            "Branche": ["Industrie", "Wohnbau", "Öffentlich"][number % 3],
            "Absagegrund": "Preis" if stage == "Abgelehnt" else None,
        }, age=100 + number)
        for part in range(2 if has_parts else 0):
            shape.item(board, f"Abschnitt {part + 1}", {
                "Angebotssumme (netto)": str(amount // 2), "Fortschritt": ["In Arbeit", "Erledigt"][part]}, parent=project)


# Deals and Accounts, in Hebrew and French -----------------------------------------------------------------------------

CRM_STAGES = ["ליד חדש", "Qualifié", "הצעת מחיר נשלחה", "Négociation", "זכינו", "הפסדנו"]


def crm(account, today):
    shape = Shape(account, today)
    companies = shape.board(22, "Comptes", "", [
        Column("color_mky1", "Secteur d'activité", "status", labels(["Santé", "Énergie", "Transport"])),
        Column("text_mky2", "Ville", "text"),
        Column("phone_mky3", "Téléphone", "text"),
    ])
    contacts = shape.board(23, "אנשי קשר", "", [Column("text_mky4", "טלפון", "text"), Column("text_mky5", "דוא״ל", "text")])
    deals = shape.board(21, "עסקאות", "parent", [
        Column("deal_stage", "שלב", "status", labels(CRM_STAGES, {"זכינו", "הפסדנו"})),
        Column("deal_owner", "בעלים", "people"),
        numbers("deal_value", "שווי העסקה", "₪"),
        numbers("deal_close_probability", "סיכוי סגירה", "%"),
        Column("deal_expected_close_date", "תאריך סגירה צפוי", "date"),
        Column("deal_close_date", "תאריך סגירה", "date"),
        Column("connect_boards_acc", "Comptes", "board_relation", {"boardIds": [companies.id]}),
        Column("connect_boards_con", "אנשי קשר", "board_relation", {"boardIds": [contacts.id]}),
        mirror("lookup_sector", "Secteur", "connect_boards_acc", companies.id, "color_mky1"),
        Column("formula_forecast", "Valeur prévisionnelle", "formula", {"formula": "MULTIPLY({deal_value},{deal_close_probability})"}),
        Column("pulse_log_created", "נוצר בתאריך", "creation_log"),
        Column("text_source", "מקור", "text"),
        Column("subtasks_mky6", "משימות", "subtasks", {"boardIds": [FIRST + 24]}),
    ])
    tasks = shape.board(24, "Subitems of עסקאות", "subitem", [
        Column("person", "Owner", "people"),
        Column("status", "סטטוס", "status", labels(["לביצוע", "בוצע"], {"בוצע"})),
        Column("connect_boards_tc", "איש קשר", "board_relation", {"boardIds": [contacts.id]}),
        Column("connect_boards_tk", "Compte", "board_relation", {"boardIds": [companies.id]}),
    ], parent=deals)
    accounts = [
        shape.item(companies, f"Société {number + 1}", {"Secteur d'activité": ["Santé", "Énergie", "Transport"][number % 3]})
        for number in range(12)
    ]
    for number in range(80):
        stage = CRM_STAGES[number % len(CRM_STAGES)]
        is_closed = stage in ("זכינו", "הפסדנו")
        deal = shape.item(deals, f"עסקה {number + 1}", {
            "שלב": stage,
            "בעלים": str(REP + number % 3),
            "שווי העסקה": f"{2_500 * (number % 11 + 1)}.50",
            "סיכוי סגירה": None if is_closed or number % 4 == 0 else str(10 * (number % 9 + 1)),
            "תאריך סגירה צפוי": None if is_closed else shape.ahead(45 + 2 * number),
            "תאריך סגירה": shape.ahead(-number - 5) if is_closed else None,
            "Comptes": {"item_ids": [accounts[number % 12].id]},
        }, age=200 - number)
        if number % 5 == 0:
            shape.item(tasks, "להתקשר", {"סטטוס": "לביצוע"}, parent=deal)


# Two wide English boards ----------------------------------------------------------------------------------------------

NORTH_STAGES = ["0 - Prospecting", "1 - Qualified", "2 - Proposal sent", "3 - Negotiation", "7 - Won", "L. Project Lost"]
SOUTH_STAGES = ["Lead", "Quoted", "Verbal commitment", "Closed Won", "Closed Lost"]


def padded(columns, board_number):
    """With columns that mean nothing to a forecast, up to 200."""
    kinds = ["text", "numbers", "date", "dropdown", "long_text"]
    for number in range(COLUMNS_OF_A_WIDE_BOARD - 1 - len(columns)):
        kind = kinds[number % len(kinds)]
        settings = options(["A", "B"]) if kind == "dropdown" else {}
        columns.append(Column(f"{kind}_mkz{board_number}_{number}", f"Spec {number + 1}", kind, settings))
    return columns


def wide(account, today):
    shape = Shape(account, today)
    quotes = shape.board(33, "Quotes", "hidden", [
        numbers("numeric_mkz1", "Quote Amount", "$"), Column("date_mkz2", "Invoice Date", "date"),
        numbers("numeric_mkz3", "Invoiced Amount", "$"), Column("date_mkz4", "Date Order Received", "date"),
    ])
    invoices = shape.board(34, "Invoices", "", [
        Column("text_mkz5", "Invoice Number", "text"), numbers("numeric_mkz6", "Invoice Amount", "$"),
        Column("date_mkz7", "Invoice Date", "date"),
    ])
    north = shape.board(31, "Projects North", "parent", padded([
        Column("subtasks_mkz8", "Subitems", "subtasks", {"boardIds": [FIRST + 32]}),
        Column("status_1", "Sales Stage", "status", labels(NORTH_STAGES, {"7 - Won"})),
        Column("status_2", "Health", "status", labels(["Green", "Amber", "Red"])),
        Column("date_1", "Estimated Close Date", "date"),
        numbers("numbers_1", "Win Probability", "%"),
        Column("text_1", "Customer", "text"),
        Column("people_1", "Account Executive", "people"),
    ], 31))
    subitems = shape.board(32, "Subitems of Projects North", "subitem", [
        Column("connect_1", "Invoices", "board_relation", {"boardIds": [invoices.id]}),
        Column("connect_2", "Quotes", "board_relation", {"boardIds": [quotes.id]}),
        Column("person", "Owner", "people"),
    ], parent=north)
    quotes.parent = north
    south = shape.board(35, "Projects South", "parent", padded([
        Column("status_1", "Deal Stage", "status", labels(SOUTH_STAGES, {"Closed Won"})),
        numbers("numbers_1", "TCV", "$"),
        Column("date_1", "Close Date", "date"),
        # Shares of 1: no percentage.
        numbers("numbers_2", "Likelihood"),
        Column("text_1", "Client Name", "text"),
        Column("people_1", "Deal Owner", "people"),
        numbers("numbers_3", "Zip", None),
    ], 35))
    for number in range(40):
        stage = NORTH_STAGES[number % len(NORTH_STAGES)]
        project = shape.item(north, f"Site {number + 1}", {
            "Sales Stage": stage, "Health": "Green", "Estimated Close Date": shape.ahead(50 + 4 * number),
            "Win Probability": str(5 * (number % 19 + 1)), "Customer": f"Holding {number % 7 + 1}",
            "Account Executive": str(REP + number % 3), "Spec 1": f"note {number}",
        })
        # The first ones are connected; the others only share a name with all the rest.
        quote = shape.item(quotes, "Quote 1", {"Quote Amount": str(4_000 + 100 * number)})
        links = {"Quotes": {"item_ids": [quote.id]}} if number < 30 else {}
        shape.item(subitems, "Quote 1", links, parent=project)
    for number in range(50):
        stage = SOUTH_STAGES[number % len(SOUTH_STAGES)]
        shape.item(south, f"Plant {number + 1}", {
            "Deal Stage": stage, "TCV": str(9_000 + 250 * number), "Close Date": shape.ahead(40 + 3 * number),
            "Likelihood": f"0.{number % 9 + 1}", "Client Name": f"Group {number % 6 + 1}", "Deal Owner": str(REP),
            "Zip": str(10_000 + number),
        })


SHAPES = {"crm": crm, "multi_level": multi_level, "wide": wide}


def fill(account, shape, today=None):
    SHAPES[shape](account, today)
