"""The three boards of the simulated account: which columns they have, and which field of the pipeline each one holds."""

from . import formulas
from .boards import Board, Column
from .figures import Figures

PARENT, SUBITEM, HIDDEN = 4_100_000_001, 4_100_000_002, 4_100_000_003
SUBTASKS, LINK = "subtasks_mkp1", "board_relation_mkq2"

STAGES = [
    "Won - Closed (Invoiced)", "Won - Open (Order Received)", "Won Via Other Ref", "Lost",
    "Customer Confident Of Project Success", "Customer Has Order", "Customer Has Order - TP Preferred Supplier",
    "Open Enquiry", "Check with IS",
]
TYPES = ["New Build", "Refurbishment", "Extension"]
CATEGORIES = ["Apartments", "Education", "Healthcare", "Office", "Retail"]
FUNDING = ["Private", "Public", "Mixed"]
PRODUCTS = ["Board A", "Board B", "Membrane", "Tapered"]
HIDDEN_STATUSES = ["Open", "Designing", "Quoted", "Quoted - No Value", "Won Open", "Won Closed", "Lost", "Archived", "On Hold"]
REASONS = ["New Enquiry", "Amendment - Design", "Amendment - Area", "Amendment - Other", "Re-quote"]
ORDER_STATUSES = ["Not ordered", "Ordered", "Delivered", "Invoiced"]
URGENCIES = ["Low", "Normal", "High"]

# Columns follow the relation, whatever else a client may link by.
SHOWN = Figures()

COLORS = ["#fdab3d", "#00c875", "#df2f4a", "#007eb5", "#9d50dd", "#037f4c", "#579bfc", "#cab641", "#ffcb00"]


def labels(texts, done=()):
    """Ids are not positions: 5 stays free, it is the empty label."""
    ids = [id for id in range(len(texts) + 2) if id != 5][: len(texts)]
    return {
        "labels": [
            {"id": id, "index": position, "label": text, "color": COLORS[position % len(COLORS)],
             "is_done": text in done, "is_deactivated": False}
            for position, (id, text) in enumerate(zip(ids, texts))
        ]
    }


def options(texts):
    return {"labels": [{"id": number, "label": text, "is_deactivated": False} for number, text in enumerate(texts, 1)]}


MONEY = {"unit": {"symbol": "£", "direction": "left"}}
PERCENT = {"unit": {"symbol": "%", "direction": "right"}}


def mirror(id, title, relation, displayed, function="list"):
    return Column(id, title, "mirror", {"relation_column": relation, "displayed_column": displayed, "function": function})


def formula(id, title, compute, text, reads_mirror=False):
    return Column(id, title, "formula", {"formula": text}, formula=compute, reads_mirror=reads_mirror)


def hidden_columns(accounts):
    """(id, title, kind, settings); the field has the name that the title gives."""
    plain = [
        ("status", "Status", "status", labels(HIDDEN_STATUSES, {"Won Closed"})),
        ("text_prefix", "Prefix", "text", {}),
        ("text_revision", "Revision", "text", {}),
        ("text_project", "Project Name", "text", {}),
        ("dropdown_account", "Account", "dropdown", options(accounts)),
        ("dropdown_product", "Product Type", "dropdown", options(PRODUCTS)),
        ("status_reason", "Reason For Change", "status", labels(REASONS)),
        ("people_designer", "Designer", "people", {}),
        ("people_surveyor", "Surveyor", "people", {}),
        ("numeric_area", "Area", "numbers", {"unit": {"symbol": "m²", "direction": "right"}}),
        ("text_fall", "Fall", "text", {}),
        ("text_deck", "Deck Type", "text", {}),
        ("text_layering", "Layering", "text", {}),
        ("numeric_u", "U Value", "numbers", {}),
        ("numeric_min", "Min Thickness", "numbers", {}),
        ("numeric_max", "Max Thickness", "numbers", {}),
        # Typed by hand: this is where numbers and dates come in every spelling.
        ("text_volume", "Volume m3", "text", {}),
        ("numeric_wastage", "Wastage Percent", "numbers", PERCENT),
        ("text_bonding", "Approx Bonding", "text", {}),
        ("date_received", "Date Received", "date", {}),
        ("date_design", "Date Design Completed", "date", {}),
        ("date_quoted", "Date Quoted", "date", {}),
        ("date_order", "Date Order Received", "date", {}),
        ("date_won", "Date Project Won", "date", {}),
        ("date_closed", "Date Project Closed", "date", {}),
        ("text_requested", "Requested Delivery Date", "text", {}),
        ("date_final", "Final Delivery Date", "date", {}),
        ("date_invoice", "Invoice Date", "date", {}),
        ("text_invoice", "Invoice Number", "text", {}),
        ("numeric_invoiced", "Amount Invoiced", "numbers", MONEY),
        ("numeric_material", "Material Value", "numbers", MONEY),
        ("numeric_transport", "Transport Cost", "numbers", MONEY),
        ("numeric_tp", "TP Margin", "numbers", PERCENT),
        ("numeric_distributor", "Distributor Margin", "numbers", PERCENT),
        ("numeric_commission", "Commission", "numbers", PERCENT),
        ("numeric_target", "Target GPM", "numbers", PERCENT),
        ("numeric_time", "Time Taken", "numbers", {}),
        ("numeric_order", "Cust Order Value Material", "numbers", MONEY),
        ("status_order", "Order Status", "status", labels(ORDER_STATUSES, {"Invoiced"})),
        ("text_po", "Customer PO", "text", {}),
        ("text_supplier1", "Supplier1", "text", {}),
        ("text_supplier2", "Supplier2", "text", {}),
        ("long_text_address", "Delivery Address", "long_text", {}),
        ("status_urgency", "Urgency", "status", labels(URGENCIES)),
        ("text_files", "Project Attachments", "text", {}),
        ("text_account_id", "Account Id", "text", {}),
        ("text_contact_id", "Contact Id", "text", {}),
    ]
    columns = [Column(*each, field=each[1].lower().replace(" ", "_")) for each in plain]
    return columns + [
        formula("formula_gpm", "GPM", formulas.gpm, "{numeric_tp}+{numeric_distributor}+{numeric_commission}"),
        formula("formula_quote", "Quote Amount", formulas.quote_amount,
                "ROUND(({numeric_material}+{numeric_transport})/(1-{formula_gpm}/100),2)"),
        formula("formula_rate", "M2 Rate", formulas.m2_rate, "ROUND({formula_quote}/{numeric_area},2)"),
        Column("last_updated", "Last Updated", "last_updated"),
    ]


SUBITEM_MIRRORS = [
    ("status", "Status"), ("dropdown_account", "Account"), ("dropdown_product", "Product Type"),
    ("status_reason", "Reason For Change"), ("numeric_area", "Area"), ("formula_quote", "Quote Amount"),
    ("formula_rate", "M2 Rate"), ("date_received", "Date Received"), ("date_design", "Date Design Completed"),
    ("date_quoted", "Date Quoted"), ("date_order", "Date Order Received"), ("date_invoice", "Invoice Date"),
    ("numeric_invoiced", "Amount Invoiced"), ("numeric_order", "Cust Order Value Material"),
]


def subitem_columns():
    return [
        Column(LINK, "Hidden Item", "board_relation", {"boardIds": [HIDDEN]}, field="hidden_item_id"),
        *(mirror(f"lookup_{id}", title, LINK, id) for id, title in SUBITEM_MIRRORS),
        formula("formula_enquiry", "New Enquiry Value", SHOWN.new_enquiry_value,
                'IF({lookup_status_reason}="New Enquiry",{lookup_formula_quote},0)', reads_mirror=True),
        Column("text_note", "Note", "text"),
        Column("last_updated", "Last Updated", "last_updated"),
    ]


PARENT_MIRRORS = [
    ("lookup_account", "Account", "lookup_dropdown_account", "list"),
    ("lookup_product", "Product Type", "lookup_dropdown_product", "list"),
    ("lookup_enquiry", "New Enquiry Value", "formula_enquiry", "sum"),
    ("lookup_quotes", "Quotes", "lookup_formula_quote", "sum"),
    ("lookup_orders", "Total Order Value", "lookup_numeric_order", "sum"),
    ("lookup_order_date", "Date Order Received", "lookup_date_order", "min"),
    ("lookup_first_design", "First Date Designed", "lookup_date_design", "min"),
    ("lookup_last_design", "Last Date Designed", "lookup_date_design", "max"),
    ("lookup_first_invoice", "First Date Invoiced", "lookup_date_invoice", "min"),
    ("lookup_last_invoice", "Last Date Invoiced", "lookup_date_invoice", "max"),
    ("lookup_invoiced", "Total Amount Invoiced", "lookup_numeric_invoiced", "sum"),
]


def parent_columns():
    return [
        Column(SUBTASKS, "Subitems", "subtasks", {"boardIds": [SUBITEM]}),
        Column("text_project", "Project Name", "text", field="project_name"),
        Column("status", "Pipeline Stage", "status", labels(STAGES, {STAGES[0]}), field="pipeline_stage"),
        Column("status_type", "Type", "status", labels(TYPES), field="type"),
        Column("status_category", "Category", "status", labels(CATEGORIES), field="category"),
        Column("text_zip", "Zip Code", "text", field="zip_code"),
        Column("people_rep", "Sales Representative", "people", field="sales_representative"),
        Column("dropdown_funding", "Funding", "dropdown", options(FUNDING), field="funding"),
        Column("long_text_feedback", "Feedback", "long_text", field="feedback"),
        Column("text_lost", "Lost To Who Or Why", "text", field="lost_to_who_or_why"),
        Column("date_created", "Date Created", "date", field="date_created"),
        Column("date_start", "Expected Start Date", "date", field="expected_start_date"),
        Column("date_follow", "Follow Up Date", "date", field="follow_up_date"),
        Column("numeric_probability", "Probability Percent", "numbers", PERCENT, field="probability_percent"),
        *(mirror(id, title, SUBTASKS, shown, function) for id, title, shown, function in PARENT_MIRRORS),
        formula("formula_gestation", "Gestation Period", SHOWN.gestation_period,
                "DAYS({lookup_first_invoice},{lookup_first_design})", reads_mirror=True),
        formula("formula_weighted", "Weighted Pipeline", SHOWN.weighted_pipeline,
                "ROUNDUP({lookup_quotes}*{numeric_probability}/100,2)", reads_mirror=True),
        Column("numeric_days", "Expected Gestation Days", "numbers", field="expected_gestation_days", writable=True),
        Column("numeric_conversion", "Expected Conversion Rate", "numbers", PERCENT, field="expected_conversion_rate",
               writable=True),
        Column("numeric_rating", "Rating Score", "numbers", field="rating_score", writable=True),
        Column("timeline", "Site Works", "timeline"),
        Column("creation_log", "Creation Log", "creation_log"),
        Column("last_updated", "Last Updated", "last_updated"),
    ]


def add_boards(account, accounts, created_at):
    """The three boards, empty. accounts: the options of the hidden board's Account column."""
    parent = account.add_board(Board(PARENT, "Projects", "parent", created_at=created_at))
    subitem = Board(SUBITEM, "Subitems of Projects", "subitem", parent=parent, created_at=created_at)
    account.add_board(subitem)
    hidden = account.add_board(Board(HIDDEN, "Quotes and Orders", "hidden", parent=parent, created_at=created_at))
    parent.add_group("topics", "Open projects", "#579bfc")
    parent.add_group("group_closed", "Closed projects", "#00c875")
    subitem.add_group("topics", "Subitems")
    hidden.add_group("topics", "Quotes")
    for board, columns in ((parent, parent_columns()), (subitem, subitem_columns()), (hidden, hidden_columns(accounts))):
        for column in columns:
            board.add_column(column)
    return parent, subitem, hidden


def board_file(account):
    """The configuration that says which columns hold which fields, as the poller imports it."""
    return {
        "boards": [
            {
                "board_id": str(board.id),
                "role": board.role,
                "name": board.name,
                "parent_board_id": str(board.parent.id) if board.parent else None,
                "currency": board.currency,
                "decimal_mark": board.decimal_mark,
                "date_format": board.date_format,
                "columns": [
                    {"column_id": column.id, "title": column.title, "kind": column.kind.name, "field": column.field,
                     "writable": column.writable}
                    for column in board.columns.values()
                    if column.field
                ],
            }
            for board in account.boards.values()
            if board.role
        ]
    }
