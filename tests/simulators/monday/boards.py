"""What the account holds: boards with columns, groups and items, and the updates (comments) of items."""

from .kinds import KINDS


class Column:
    """formula: for kind formula, a function of an item that gives a Decimal, text or None."""

    def __init__(self, id, title, kind, settings=None, *, field=None, writable=False, formula=None, reads_mirror=False,
                 rolled_up=False):
        self.id = id
        self.title = title
        self.kind = KINDS[kind]
        self.settings = settings or {}
        self.field = field
        self.writable = writable
        self.formula = formula
        self.reads_mirror = reads_mirror
        # On a multi-level board an item with subitems shows what these hold.
        self.rolled_up = rolled_up
        self.archived = False
        self.revision = 1
        self.index_labels()

    def index_labels(self):
        """After any change of the settings' labels."""
        labels = self.settings.get("labels", ())
        self.label_texts = {label["id"]: label["label"] for label in labels}
        self.label_ids = {label["label"]: label["id"] for label in labels if label["label"]}

    def add_label(self, text):
        labels = self.settings.setdefault("labels", [])
        taken = [label["id"] for label in labels]
        # 5 is the id of the empty label of a status column.
        id = next(id for id in range(1, len(taken) + 3) if id not in taken and id != 5)
        labels.append({"id": id, "index": len(labels), "label": text, "is_done": False, "is_deactivated": False})
        self.index_labels()
        self.revision += 1
        return id


class Group:
    def __init__(self, id, title, color, position):
        self.id = id
        self.title = title
        self.color = color
        self.position = position
        self.archived = False
        self.deleted = False


class Item:
    """values: raw value by column id, only what is not empty. Ids are integers here and text on the wire."""

    __slots__ = ("id", "board", "name", "group_id", "state", "created_at", "updated_at", "creator_id", "values",
                 "changed_at", "parent", "subitems", "updates", "earlier")

    def __init__(self, id, board, name, group_id, created_at, creator_id, values=None, parent=None):
        self.id = id
        self.board = board
        self.name = name
        self.group_id = group_id
        self.state = "active"
        self.created_at = created_at
        self.updated_at = created_at
        self.creator_id = creator_id
        self.values = values if values is not None else {}
        self.changed_at = {}
        self.parent = parent
        self.subitems = []
        self.updates = []
        # What readers still see of an item that was just changed, and until when (see changes.Lag).
        self.earlier = None


class Board:
    def __init__(self, id, name, role, *, parent=None, created_at=0.0):
        self.id = id
        self.name = name
        self.role = role
        self.parent = parent
        self.state = "active"
        self.created_at = created_at
        self.updated_at = created_at
        self.columns = {}
        self.groups = {}
        self.items = {}
        self.activity = []
        self.rollup = False
        self.currency = "GBP"
        self.decimal_mark = "."
        self.date_format = "YYYY-MM-DD"

    def add_column(self, column):
        self.columns[column.id] = column
        return column

    def add_group(self, id, title, color="#579bfc"):
        self.groups[id] = Group(id, title, color, str(65536 * (len(self.groups) + 1)))
        return self.groups[id]

    def column_of_field(self, field):
        return next((column for column in self.columns.values() if column.field == field), None)

    def active_items(self):
        return [item for item in self.items.values() if item.state == "active"]

    @property
    def top_group(self):
        return next(iter(self.groups.values()))


class Update:
    def __init__(self, id, item, body, creator_id, created_at, parent=None):
        self.id = id
        self.item = item
        self.body = body
        self.creator_id = creator_id
        self.created_at = created_at
        self.updated_at = created_at
        self.edited_at = created_at
        self.parent = parent
        self.replies = []


class User:
    def __init__(self, id, name, email):
        self.id = id
        self.name = name
        self.email = email
