"""Kinds of columns that hold a value: how it reads as text and value, and how a write becomes a raw value.

Raw values: text as it is; numbers as decimal text; status a label id; dropdown and board_relation tuples of ids; people a
tuple of user ids; date "YYYY-MM-DD" or "YYYY-MM-DD HH:MM:SS" (UTC); timeline a pair of days. No value is no entry.
"""

import datetime
import functools
import json
from decimal import Decimal, InvalidOperation
from json.encoder import encode_basestring_ascii as quoted

from .cells import moment, plain
from .clock import iso
from .errors import ApiError, bad_value, unknown_label

LONGEST_LABEL = 30
MOST_STATUS_LABELS = 40


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


@functools.lru_cache(maxsize=4096)
def local(raw, zone):
    """Day and time (if any) of a date's raw value as a user in that zone sees them."""
    if len(raw) == 10:
        return (raw,)
    at = datetime.datetime.fromisoformat(raw).replace(tzinfo=datetime.timezone.utc).astimezone(zone)
    return (at.strftime("%Y-%m-%d"), at.strftime("%H:%M"))
