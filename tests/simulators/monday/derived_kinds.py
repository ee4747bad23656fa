"""Kinds of columns that the service computes: they hold nothing and cannot be written."""

from decimal import Decimal

from .cells import Cell, moment, plain
from .clock import iso
from .errors import not_writable
from .plain_kinds import Kind


class Derived(Kind):
    """What all of them share."""

    def value(self, cell):
        return None

    def parse(self, column, value, create_labels):
        raise not_writable(column, simple=False)

    def parse_simple(self, column, text, create_labels):
        raise not_writable(column, simple=True)


class Formula(Derived):
    def text(self, cell):
        return ""

    def display(self, cell):
        """A formula that reads a mirror or a relation is not readable from outside."""
        if cell.column.reads_mirror or cell.column.formula is None:
            return ""
        found = cell.column.formula(cell.item)
        return "" if found is None else found if isinstance(found, str) else plain(found)


class Subtasks(Derived):
    empty_text = None

    def text(self, cell):
        return None

    def linked(self, cell):
        return [item for item in cell.item.subitems if item.state == "active"]

    def display(self, cell):
        return ", ".join(item.name for item in self.linked(cell))

    def webhook_value(self, column, raw, at):
        day, time = iso(at)[:10], iso(at)[11:19]
        return {"linkedPulseIds": [{"linkedPulseId": id} for id in raw or ()], "changed_at": f"{day} {time} +0000"}


class Mirror(Derived):
    """Shows a column of the linked items. settings: relation_column, displayed_column, function (list, sum, min, max)."""

    empty_text = None

    def text(self, cell):
        return None

    def mirrored(self, cell):
        """The cells that are shown; nothing where the relation or the shown column is gone."""
        settings = cell.column.settings
        # The API describes both by objects: the columns that are looked through, those that are shown by their board.
        through, displayed = settings["relation_column"], settings.get("displayed_linked_columns")
        relation = cell.item.board.columns.get(next(iter(through)) if isinstance(through, dict) else through)
        if relation is None:
            return []
        shown = next(iter(displayed.values()))[0] if displayed else settings["displayed_column"]
        linked = relation.kind.linked(Cell(cell.item, relation))
        return [Cell(item, item.board.columns[shown]) for item in linked if shown in item.board.columns]

    def display(self, cell):
        shown = [text for text in (each.column.kind.display(each) for each in self.mirrored(cell)) if text]
        function = cell.column.settings.get("function", "list")
        if not shown or function == "list":
            return ", ".join(shown)
        if function == "sum":
            return plain(sum(Decimal(text) for text in shown))
        return min(shown) if function == "min" else max(shown)


class LastUpdated(Derived):
    def text(self, cell):
        at = moment(cell.item.updated_at)
        return f"{at[:10]} {at[11:19]} UTC"

    def value(self, cell):
        return f'{{"updated_at":"{moment(cell.item.updated_at)}","updater_id":"{cell.item.creator_id}"}}'


class CreationLog(Derived):
    def text(self, cell):
        at = moment(cell.item.created_at)
        return f"{at[:10]} {at[11:19]} UTC"

    def value(self, cell):
        return f'{{"created_at":"{moment(cell.item.created_at)}","creator_id":"{cell.item.creator_id}"}}'
