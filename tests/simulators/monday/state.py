"""The whole account as JSON, for comparison with what a client made of it."""

from .cells import Cell
from .clock import iso
from .figures import Figures
from .formulas import m2_rate, quote_amount
from .links import Links
from .update_html import plain


def readable(item, field_columns):
    """What the columns of the pipeline's fields hold: text as people see it, None where empty."""
    found = {}
    for column in field_columns:
        kind = column.kind
        cell = Cell(item, column)
        if kind.name == "board_relation":
            found[column.field] = [str(each.id) for each in kind.linked(cell)]
        else:
            found[column.field] = kind.display(cell) or None
    return found


def item_as_json(item, field_columns):
    found = {
        "id": str(item.id),
        "name": item.name,
        "state": item.state,
        "group": item.group_id,
        "parent_id": str(item.parent.id) if item.parent is not None else None,
        "created_at": iso(item.created_at),
        "updated_at": iso(item.updated_at),
        "fields": readable(item, field_columns),
    }
    if item.updates:
        found["updates"] = [update_as_json(update) for update in item.updates]
    return found


def update_as_json(update):
    return {"id": str(update.id), "body": update.body, "text_body": plain(update.body),
            "creator_id": str(update.creator_id), "created_at": iso(update.created_at),
            "updated_at": iso(update.updated_at)}


def optional(value):
    return None if value is None else str(value)


def board_as_json(board, links):
    """links: to say what a client should make of the boards; None for what they hold alone."""
    field_columns = [column for column in board.columns.values() if column.field]
    items = []
    for item in board.items.values():
        found = item_as_json(item, field_columns)
        if links is not None and board.role == "parent":
            found["figures"] = Figures(links.find).of(item)
        if links is not None and board.role == "subitem":
            hidden, method = links.of(item)
            found |= {"hidden_id": optional(hidden and hidden.id), "link_method": method,
                      "new_enquiry_value": optional(Figures(links.find).new_enquiry_value(item))}
        if links is not None and board.role == "hidden":
            found |= {"quote_amount": optional(quote_amount(item)), "m2_rate": optional(m2_rate(item))}
        items.append(found)
    return {"id": str(board.id), "name": board.name, "role": board.role, "state": board.state,
            "columns": [{"id": column.id, "title": column.title, "kind": column.kind.name, "field": column.field}
                        for column in board.columns.values()],
            "items": items}


def dump(account, board_ids=None, derived=False):
    """derived: with the links and figures that follow from what the boards hold."""
    boards = [board for board in account.boards.values() if board_ids is None or str(board.id) in board_ids]
    links = Links(account) if derived else None
    return {"now": iso(account.clock.now()), "boards": [board_as_json(board, links) for board in boards]}
