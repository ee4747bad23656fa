"""What was asked of the service and what it really changed, so that a test can count effects."""

import itertools

MOST_CALLS = 200_000


class Call:
    def __init__(self, number, at):
        self.number = number
        self.at = at
        self.token = None
        self.operation = None
        self.name = None
        self.fields = []
        self.limit = None
        self.version_asked = None
        self.version_served = None
        self.idempotency_key = None
        self.replayed = False
        self.executed = False
        self.status = None
        self.codes = []
        self.fault = None
        self.complexity = 0
        self.formula_columns = []
        self.seconds = None

    def as_json(self):
        return dict(self.__dict__)


class Audit:
    def __init__(self, clock):
        self.clock = clock
        self.clear()

    def clear(self):
        self._numbers = itertools.count(1)
        self.calls = []
        self.effects = []

    def call(self):
        found = Call(next(self._numbers), self.clock.now())
        if len(self.calls) < MOST_CALLS:
            self.calls.append(found)
        return found

    def wrote(self, call, item, values, changed):
        """A write of column values: what it asked for, and what was different before."""
        text = {id: str(raw) if raw is not None else None for id, raw in values.items()}
        before = {column.id: None if raw is None else str(raw) for column, raw, _ in changed}
        self.effect(call, "write_values", item, values=text, before=before, changed=bool(changed))

    def effect(self, call, what, item, **details):
        """changed False: the call said what was so already."""
        self.effects.append({"call": call.number, "at": self.clock.now(), "effect": what, "item_id": str(item.id),
                             "board_id": str(item.board.id), "idempotency_key": call.idempotency_key,
                             "changed": True, **details})

    def summary(self, service):
        """Counts; exceeded says which budget was overdrawn and how often, overlapping_writes how often a board was written
        to while it was being written to."""
        limits = service.limits
        executed = [call for call in self.calls if call.executed]
        by_status, by_field = {}, {}
        for call in self.calls:
            by_status[str(call.status)] = by_status.get(str(call.status), 0) + 1
            for field in call.fields:
                by_field[field] = by_field.get(field, 0) + 1
        updates = {str(item.id): len(item.updates) for item in service.account.items.values() if item.updates}
        return {
            "calls": len(self.calls),
            "executed": len(executed),
            "mutations": sum(call.operation == "mutation" for call in executed),
            "complexity": sum(call.complexity for call in executed),
            "by_status": by_status,
            "by_field": by_field,
            "effects": len(self.effects),
            "effective": sum(effect["changed"] for effect in self.effects),
            "exceeded": dict(limits.exceeded),
            "most_in_flight": limits.most_in_flight,
            "daily_used": limits.daily_used,
            "overlapping_writes": service.writers.overlaps,
            "replays": service.idempotency.replays,
            "conflicts": service.idempotency.conflicts,
            "updates_per_item": updates,
        }
