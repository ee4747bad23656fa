"""What every dialect asks for, and how a dialect refuses a request."""

import dataclasses


@dataclasses.dataclass
class Request:
    """A request that its provider would accept. schema: of the wanted JSON answer, or None for free text. tool: the one that
    the model is made to call with the answer."""

    dialect: str
    model: str
    system: str
    user: str
    schema: dict | None
    most_tokens: int | None
    schema_name: str | None = None
    tool: str | None = None


class Refused(Exception):
    """kind: what is wrong, in words that all dialects have (see each dialect's ERRORS); where: the field, if one is at fault."""

    def __init__(self, kind, message, where=None, code=None):
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.where = where
        self.code = code


def invalid(message, where=None, code=None):
    return Refused("invalid", message, where, code)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
