"""What one call knows while it is executed."""


class Context:
    def __init__(self, service, token, version, call):
        self.service = service
        self.account = service.account
        self.token = token
        self.version = version
        # The call's entry in the audit.
        self.call = call
        # (before, after, cost, seconds to reset), once the budget has been charged.
        self.complexity = None
        self.formula_columns = set()
        self.formula_cells = 0
        # Urls of webhooks that have answered the challenge of this call.
        self.answered = set()
        self._columns = {}

    def restart(self):
        """Before the same call is executed again in another way."""
        self.formula_columns.clear()
        self.formula_cells = 0

    def seen(self, items):
        """The items as readers see them now, of boards that the token may read."""
        found = [self.service.changes.seen(item) for item in items]
        return [item for item in found if item is not None and self.token.may_read(item.board)]

    def columns(self, board, ids, types):
        """Columns of a board in its order, once for each choice."""
        key = (board.id, None if ids is None else tuple(ids), None if types is None else tuple(types))
        if key not in self._columns:
            self._columns[key] = [
                column
                for column in board.columns.values()
                if not column.archived
                and (ids is None or column.id in ids)
                and (types is None or column.kind.name in types)
            ]
        return self._columns[key]

    def read_formula(self, column):
        self.formula_columns.add(column.id)
        self.formula_cells += 1
        self.service.limits.check_formulas(len(self.formula_columns), self.formula_cells)
