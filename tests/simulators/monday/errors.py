"""What the API refuses with, and how an answer spells it."""


class ApiError(Exception):
    """An error of the service: code, logical status and HTTP status are three different things."""

    def __init__(self, message, code, *, http=200, status=200, data=None, retry_in=None, retry_after=False, **more):
        super().__init__(message)
        self.message = message
        self.code = code
        self.http = http
        self.status = status
        self.data = data
        self.retry_in = retry_in
        self.retry_after = retry_after
        self.more = more

    def extensions(self):
        found = {"code": self.code}
        if self.status is not None:
            found["status_code"] = self.status
        if self.data is not None:
            found["error_data"] = self.data
        if self.retry_in is not None:
            found["retry_in_seconds"] = self.retry_in
        return found | self.more

    def headers(self):
        return {"Retry-After": str(self.retry_in)} if self.retry_after and self.retry_in is not None else {}


def bad_value(column, message=None):
    return ApiError(
        message
        or "invalid value. Please check our API documentation for the correct data structure for this column. "
        "https://developer.monday.com/api-reference/docs/change-column-values",
        "ColumnValueException",
        data={"column_id": column.id, "column_type": column.kind.webhook_name},
    )


def unknown_label(column):
    return bad_value(
        column,
        "invalid value - label does not exist in column. Please check our API documentation for the correct data "
        "structure for this column. https://developer.monday.com/api-reference/docs/change-column-values",
    )


def not_writable(column, simple):
    if simple:
        return ApiError(
            f"column type {column.kind.class_name} is not supporting changing the column value with simple column value",
            "CorrectedValueException",
            data={"column_type": column.kind.webhook_name},
        )
    return bad_value(column, "This column type can not be updated or created (client side auto calculated column)")


def not_found(what, id):
    return ApiError(f"{what} not found", "ResourceNotFoundException", status=404, data={f"{what.lower()}_id": str(id)})


def unknown_board(id):
    return ApiError(
        "The board does not exist. Please check your board ID and try again", "InvalidBoardIdException",
        data={"board_id": str(id)},
    )


def unknown_column(id):
    return ApiError("Column not found", "InvalidColumnIdException", data={"column_id": str(id)})


def invalid_argument(message, **data):
    return ApiError(message, "InvalidArgumentException", data=data)


def unauthorized(message="User unauthorized to perform action"):
    return ApiError(message, "UserUnauthorizedException", status=403)


def cursor_expired():
    return ApiError(
        "CursorExpiredError: The cursor provided for pagination has expired. Please refresh your query and obtain a "
        "new cursor to continue fetching items",
        "CursorException",
    )


def body(error, form="new", path=None):
    """A whole answer that says one error: new, old (one object at the top), or strings."""
    if form == "old":
        return {"error_code": error.code, "status_code": error.status, "error_message": error.message,
                "error_data": error.data or {}}
    if form == "strings":
        return {"errors": [error.message], "status_code": error.status, "error_message": error.message,
                "error_code": error.code}
    found = {"message": error.message, "extensions": error.extensions()}
    if path is not None:
        found["path"] = path
    return {"errors": [found]}
