"""Kinds of columns: how a stored raw value reads as text and value, and how a write becomes a raw value.

Raw values: text as it is; numbers as decimal text; status a label id; dropdown and board_relation tuples of ids; people a
tuple of user ids; date "YYYY-MM-DD" or "YYYY-MM-DD HH:MM:SS" (UTC); timeline a pair of days. No value is no entry.
Derived kinds hold nothing and cannot be written.
"""

import datetime
import functools
import json
from decimal import Decimal, InvalidOperation
from json.encoder import encode_basestring_ascii as quoted

from .clock import iso
from .errors import ApiError, bad_value, not_writable, unknown_label

LONGEST_LABEL = 30
MOST_STATUS_LABELS = 40


class Cell:
    """One column of one item."""

    __slots__ = ("item", "column", "raw")

    def __init__(self, item, column):
        self.item = item
        self.column = column
        self.raw = item.values.get(column.id)

    @property
    def account(self):
        return self.item.board.account

    @property
    def changed_at(self):
        return self.item.changed_at.get(self.column.id, self.item.created_at)


class Kind:
    """text(): what people see; value(): JSON text or None; display(): what a mirror of it shows."""

    empty_text = ""

    def __init__(self, name, graphql_type, webhook_name=None, class_name=None):
        self.name = name
        self.graphql_type = graphql_type
        self.webhook_name = webhook_name or name
        self.class_name = class_name or f"{name.title().replace('_', '')}Column"

    def text(self, cell):
        return self.empty_text if cell.raw is None else cell.raw

    def value(self, cell):
        return None if cell.raw is None else quoted(cell.raw)

    def display(self, cell):
        return self.text(cell) or ""

    def webhook_value(self, column, raw, at):
        """The old internal shape, as webhooks carry it."""
        return None if raw is None else {"value": raw}

    def parse(self, column, value, create_labels):
        """The raw value of a JSON write; None clears."""
        if value is None or value == "" or value == {}:
            return None
        if isinstance(value, str):
            return self.parse_simple(column, value, create_labels)
        raise bad_value(column)

    def parse_simple(self, column, text, create_labels):
        return text or None


class Numbers(Kind):
    def value(self, cell):
        return None if cell.raw is None else f'"{cell.raw}"'

    def webhook_value(self, column, raw, at):
        return None if raw is None else {"value": float(raw), "unit": column.settings.get("unit")}

    def parse(self, column, value, create_labels):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)
        return super().parse(column, value, create_labels)

    def parse_simple(self, column, text, create_labels):
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise bad_value(column) from None
        if not number.is_finite() or not text.isascii():
            raise bad_value(column)
        return plain(number)


class LongText(Kind):
    def value(self, cell):
        if cell.raw is None:
            return None
        return f'{{"text":{quoted(cell.raw)},"changed_at":"{moment(cell.changed_at)}"}}'

    def webhook_value(self, column, raw, at):
        return None if raw is None else {"text": raw, "changed_at": iso(at)}

    def parse(self, column, value, create_labels):
        if isinstance(value, dict) and isinstance(value.get("text"), str):
            value = value["text"]
        return super().parse(column, value, create_labels)


class Status(Kind):
    empty_text = None

    def text(self, cell):
        return cell.column.label_texts.get(cell.raw)

    def value(self, cell):
        if cell.raw is None:
            return None
        return f'{{"index":{cell.raw},"post_id":null,"changed_at":"{moment(cell.changed_at)}"}}'

    def webhook_value(self, column, raw, at):
        if raw is None:
            return None
        label = next((label for label in column.settings.get("labels", ()) if label["id"] == raw), {})
        style = {"color": label.get("color", "#c4c4c4"), "border": label.get("color", "#c4c4c4"), "var_name": "grey"}
        text = {"index": raw, "text": label.get("label"), "style": style, "is_done": label.get("is_done", False)}
        return {"label": text, "post_id": None}

    def parse(self, column, value, create_labels):
        if isinstance(value, dict) and "index" in value:
            id = value["index"]
            if str(id).isdigit() and int(id) in column.label_texts:
                return int(id)
            raise unknown_label(column)
        if isinstance(value, dict) and isinstance(value.get("label"), str):
            return self.label(column, value["label"], create_labels)
        return super().parse(column, value, create_labels)

    def parse_simple(self, column, text, create_labels):
        # A number is a label's id, also where a label's text is that number.
        if text.isdigit():
            return self.parse(column, {"index": text}, create_labels)
        return self.label(column, text, create_labels) if text else None

    def label(self, column, text, create_labels):
        if text in column.label_ids:
            return column.label_ids[text]
        if not create_labels or len(text) > LONGEST_LABEL or len(column.label_texts) >= MOST_STATUS_LABELS:
            raise unknown_label(column)
        return column.add_label(text)


class Dropdown(Kind):
    def text(self, cell):
        return ", ".join(cell.column.label_texts[id] for id in cell.raw or ())

    def value(self, cell):
        return None if cell.raw is None else f'{{"ids":[{",".join(map(str, cell.raw))}]}}'

    def webhook_value(self, column, raw, at):
        return raw and {"chosenValues": [{"id": id, "name": column.label_texts[id]} for id in raw]}

    def parse(self, column, value, create_labels):
        if isinstance(value, dict) and isinstance(value.get("labels"), list):
            return tuple(self.label(column, text, create_labels) for text in value["labels"]) or None
        if isinstance(value, dict) and isinstance(value.get("ids"), list):
            ids = tuple(int(id) if str(id).isdigit() else -1 for id in value["ids"])
            if any(id not in column.label_texts for id in ids):
                raise unknown_label(column)
            return ids or None
        return super().parse(column, value, create_labels)

    def parse_simple(self, column, text, create_labels):
        texts = [part.strip() for part in text.split(",") if part.strip()]
        return self.parse(column, {"labels": texts}, create_labels)

    def label(self, column, text, create_labels):
        if text in column.label_ids:
            return column.label_ids[text]
        if not create_labels:
            raise unknown_label(column)
        return column.add_label(text)


class Date(Kind):
    def text(self, cell):
        return "" if cell.raw is None else " ".join(local(cell.raw, cell.account.zone))

    def value(self, cell):
        if cell.raw is None:
            return None
        at = moment(cell.changed_at)
        return f'{{"date":"{cell.raw[:10]}","time":{quoted(cell.raw[11:]) if cell.raw[11:] else "null"},"changed_at":"{at}"}}'

    def webhook_value(self, column, raw, at):
        return raw and {"date": raw[:10], "icon": None, "time": raw[11:] or None, "changed_at": iso(at)}

    def parse(self, column, value, create_labels):
        if isinstance(value, dict) and isinstance(value.get("date"), str):
            value = f"{value['date']} {value.get('time') or ''}".strip()
        return super().parse(column, value, create_labels)

    def parse_simple(self, column, text, create_labels):
        if not text:
            return None
        try:
            found = datetime.datetime.fromisoformat(text)
        except ValueError:
            raise bad_value(column) from None
        if len(text) == 10 and text[4] == "-":
            return text
        if len(text) == 19 and text[10] == " ":
            return found.strftime("%Y-%m-%d %H:%M:%S")
        raise bad_value(column)


class People(Kind):
    def text(self, cell):
        users = cell.account.users
        return ", ".join(users[id].name for id in cell.raw or () if id in users)

    def value(self, cell):
        if cell.raw is None:
            return None
        return json.dumps(self.webhook_value(cell.column, cell.raw, cell.changed_at), separators=(",", ":"))

    def webhook_value(self, column, raw, at):
        return raw and {"personsAndTeams": [{"id": id, "kind": "person"} for id in raw], "changed_at": iso(at)}

    def parse(self, column, value, create_labels):
        people = value.get("personsAndTeams") if isinstance(value, dict) else None
        if isinstance(people, list) and all(isinstance(each, dict) and str(each.get("id")).isdigit() for each in people):
            return tuple(int(each["id"]) for each in people) or None
        return super().parse(column, value, create_labels)

    def parse_simple(self, column, text, create_labels):
        ids = [part.strip() for part in text.split(",") if part.strip()]
        if any(not id.isdigit() for id in ids):
            raise bad_value(column)
        return tuple(int(id) for id in ids) or None


class Timeline(Kind):
    def text(self, cell):
        return "" if cell.raw is None else f"{cell.raw[0]} - {cell.raw[1]}"

    def value(self, cell):
        if cell.raw is None:
            return None
        return json.dumps(self.webhook_value(cell.column, cell.raw, cell.changed_at), separators=(",", ":"))

    def webhook_value(self, column, raw, at):
        return raw and {"from": raw[0], "to": raw[1], "changed_at": iso(at)}

    def parse(self, column, value, create_labels):
        if isinstance(value, dict) and isinstance(value.get("from"), str) and isinstance(value.get("to"), str):
            return (value["from"], value["to"])
        if value is None or value == {}:
            return None
        raise bad_value(column)


class Relation(Kind):
    """Text and value are null whatever is linked."""

    empty_text = None

    def text(self, cell):
        return None

    def value(self, cell):
        return None

    def linked(self, cell):
        items = cell.account.items
        found = [items[id] for id in cell.raw or () if id in items]
        return [item for item in found if item.state != "deleted"]

    def display(self, cell):
        return ", ".join(item.name for item in self.linked(cell))

    def webhook_value(self, column, raw, at):
        return raw and {"linkedPulseIds": [{"linkedPulseId": id} for id in raw], "changed_at": iso(at)}

    def parse(self, column, value, create_labels):
        ids = value.get("item_ids") if isinstance(value, dict) else None
        if isinstance(ids, list) and all(str(id).isdigit() for id in ids):
            return tuple(int(id) for id in ids) or None
        if value is None or value == {}:
            return None
        raise bad_value(column)

    def parse_simple(self, column, text, create_labels):
        raise ApiError("simple values are not supported for this column", "CorrectedValueException",
                       data={"column_type": self.webhook_name})


class Derived(Kind):
    """Computed by the service: holds nothing, cannot be written."""

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
        relation = cell.item.board.columns.get(settings["relation_column"])
        if relation is None:
            return []
        shown = settings["displayed_column"]
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


moment = functools.lru_cache(maxsize=4096)(iso)


def plain(number):
    """A decimal as the service writes numbers: no exponent, no zeros at the end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@functools.lru_cache(maxsize=4096)
def local(raw, zone):
    """Day and time (if any) of a date's raw value as a user in that zone sees them."""
    if len(raw) == 10:
        return (raw,)
    at = datetime.datetime.fromisoformat(raw).replace(tzinfo=datetime.timezone.utc).astimezone(zone)
    return (at.strftime("%Y-%m-%d"), at.strftime("%H:%M"))


KINDS = {
    kind.name: kind
    for kind in (
        Kind("text", "TextValue"),
        LongText("long_text", "LongTextValue", "long-text"),
        Numbers("numbers", "NumbersValue", "numeric", "NumericColumn"),
        Status("status", "StatusValue", "color", "ColorColumn"),
        Dropdown("dropdown", "DropdownValue"),
        Date("date", "DateValue"),
        People("people", "PeopleValue", "multiple-person", "MultiplePersonColumn"),
        Timeline("timeline", "TimelineValue", "timerange", "TimerangeColumn"),
        Relation("board_relation", "BoardRelationValue", "board-relation"),
        Formula("formula", "FormulaValue"),
        Mirror("mirror", "MirrorValue", "lookup", "LookupColumn"),
        Subtasks("subtasks", "SubtasksValue"),
        LastUpdated("last_updated", "LastUpdatedValue", "pulse-updated"),
        CreationLog("creation_log", "CreationLogValue", "pulse-log"),
    )
}
