"""Faults of the service: the errors that it has, and what an order makes of the calls that it hits."""

from ..orders import Order
from .errors import ApiError, cursor_expired

# Errors of the service by code: (message, HTTP status, logical status, seconds to wait, error_data).
CATALOGUE = {
    "API_TEMPORARILY_BLOCKED": ("API temporarily blocked", 200, 429, None, None),
    "COMPLEXITY_BUDGET_EXHAUSTED": ("Complexity budget exhausted", 429, 429, 37, None),
    "complexityBudgetExhausted": (
        "Complexity budget exhausted, query cost 22000 budget remaining 900 out of 10000000 reset in 16 seconds",
        429, 429, None, None,
    ),
    "ComplexityException": ("max complexity exceeded", 200, 429, 16, None),
    "DAILY_LIMIT_EXCEEDED": ("Daily limit exceeded", 429, 429, 3599, None),
    "MINUTE_RATE_LIMIT_EXCEEDED": ("Minute rate limit exceeded", 429, 429, 58, None),
    "RATE_LIMIT_EXCEEDED": ("Rate Limit Exceeded", 429, 429, 58, None),
    "maxConcurrencyExceeded": ("Concurrency limit exceeded", 429, 429, 15, None),
    "MAX_CONCURRENCY_EXCEEDED": ("Too many concurrent requests", 429, 429, 15, None),
    "FIELD_LIMIT_EXCEEDED": ("Concurrency limit exceeded for the field", 200, 429, 15, {"entity": "subitems"}),
    "FIELD_MINUTE_RATE_LIMIT_EXCEEDED": ("Field minute rate limit exceeded", 200, 429, 40, None),
    "IP_RATE_LIMIT_EXCEEDED": ("IP rate limit exceeded", 429, 429, 10, None),
    "tooManyRequests": ("Rate limit exceeded for board-columns", 200, 400, None, None),
    "IDEMPOTENCY_CONFLICT": ("A request with this idempotency key is being processed", 409, 409, 1, None),
    "LOCKED": ("Resource is currently locked, please try again later", 423, 423, None, None),
    "INTERNAL_SERVER_ERROR": ("Internal server error", 500, 500, None, None),
    "ColumnValueException": ("invalid value", 200, 200, None, {"column_type": "color"}),
    "CorrectedValueException": ("simple value not supported", 200, 200, None, None),
    "InvalidArgumentException": ("Invalid argument", 200, 200, None, None),
    "InvalidBoardIdException": ("The board does not exist. Please check your board ID and try again", 200, 200, None, None),
    "InvalidColumnIdException": ("Column not found", 200, 200, None, None),
    "InvalidItemIdException": ("Item not found", 200, 200, None, None),
    "InvalidUserIdException": ("User not found", 200, 200, None, None),
    "InvalidVersionException": ("Invalid API version", 200, 200, None, None),
    "ItemNameTooLongException": ("Item name is too long", 200, 200, None, None),
    "ItemsLimitationException": ("Items limit has been reached", 200, 200, None, None),
    "ResourceNotFoundException": ("Resource not found", 200, 404, None, None),
    "missingRequiredPermissions": ("The token lacks a scope", 200, 200, None, None),
    "CursorException": (str(cursor_expired().message), 200, 200, None, None),
    "CursorExpiredError": (str(cursor_expired().message), 200, 200, None, None),
    "USER_NOT_AUTHENTICATED": ("Not Authenticated", 401, 401, None, None),
    "Unauthorized": ("Your ip is restricted", 401, 401, None, None),
    "UserUnauthorizedException": ("User unauthorized to perform action", 403, 403, None, None),
    "USER_UNAUTHORIZED": ("User unauthorized to perform action", 200, 403, None, None),
    "UNAUTHORIZED_FIELD_OR_TYPE": ("Unauthorized field or type", 200, 403, None, None),
    "USER_ACCESS_DENIED": ("User access denied", 403, 403, None, None),
    "DeleteLastGroupException": ("The last group cannot be deleted", 409, 409, None, None),
    "RecordInvalidException": ("Record invalid", 422, 422, None, None),
}

KINDS = {"error", "partial", "hang", "drop", "raw"}


class Fault(Order):
    """Which calls: operation (query, mutation), field (a root field, or one anywhere: items_page), token,
    larger_than (pages of more items).
    What: kind error (code, form new|old|strings, http, status, retry_in, retry_after, message, error_data, extensions),
    partial (error at path, beside data), hang (seconds), drop (the connection), raw (http, body).
    when: before the call is executed, during (with its idempotency key taken), or after."""

    def __init__(self, number, order):
        super().__init__(number, order)
        self.kind = order.get("kind", "error")
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault: {self.kind}")
        self.code = order.get("code", "INTERNAL_SERVER_ERROR")
        message, http, status, retry_in, data = CATALOGUE.get(self.code, (self.code, 200, 200, None, None))
        self.message = order.get("message", message)
        self.http = order.get("http", http)
        self.status = order.get("status", status)
        self.retry_in = order.get("retry_in", retry_in)
        self.retry_after = order.get("retry_after", self.http == 429)
        self.error_data = order.get("error_data", data)
        self.extensions = order.get("extensions", {})
        self.form = order.get("form", "new")
        self.path = order.get("path")
        self.seconds = order.get("seconds", 0)
        self.body = order.get("body", "")
        self.when = order.get("when", "after" if self.kind == "partial" else "before")
        self.operation = order.get("operation")
        self.field = order.get("field")
        self.token = order.get("token")
        self.larger_than = order.get("larger_than")

    def error(self):
        return ApiError(self.message, self.code, http=self.http, status=self.status, data=self.error_data,
                        retry_in=self.retry_in, retry_after=self.retry_after, **self.extensions)

    def concerns(self, call, token_secret, fields):
        """fields: every field that the call selects anywhere."""
        return (
            (self.operation is None or self.operation == call.operation)
            and (self.field is None or self.field in fields)
            and (self.token is None or self.token == token_secret)
            and (self.larger_than is None or (call.limit or 0) > self.larger_than)
            and (self.path is None or self.path[0] in call.fields)
        )

    def as_json(self):
        return dict(self.__dict__)
