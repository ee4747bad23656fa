"""The kinds of columns, by the name that the API gives them."""

from .derived_kinds import CreationLog, Formula, LastUpdated, Mirror, Subtasks
from .plain_kinds import Date, Dropdown, Kind, LongText, Numbers, People, Relation, Status, Timeline

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
        # Of the board alone: no item has a value of it.
        Kind("name", "TextValue"),
    )
}
