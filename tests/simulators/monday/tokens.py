"""API tokens: whose they are, what they may do, and when they stop to work."""

from .errors import ApiError, unauthorized

DEFAULT_TOKEN = "simulated-token"
API_USER = 8_001


class Token:
    """kind: personal, or app (an OAuth token, whose webhooks are signed). boards: ids that it may see; None for all."""

    def __init__(self, secret, user_id=API_USER, kind="personal", boards=None, writable_boards=None, scopes=None,
                 view_only=False):
        self.secret = secret
        self.user_id = user_id
        self.kind = kind
        self.boards = boards
        self.writable_boards = writable_boards
        self.scopes = scopes
        # Of a viewer: reads what it may see, and writes nothing.
        self.view_only = view_only
        self.revoked = False
        # A token that is revoked in the middle of a run: works for so many more calls.
        self.calls_left = None

    def may_read(self, board):
        return self.boards is None or board.id in self.boards

    def check_read(self, board):
        if not self.may_read(board):
            raise unauthorized()

    def check_write(self, board):
        self.check_read(board)
        if self.writable_boards is not None and board.id not in self.writable_boards:
            raise unauthorized()

    def check_scope(self, scope):
        if self.scopes is not None and scope not in self.scopes:
            raise ApiError(f"The token lacks the scope {scope}", "missingRequiredPermissions", data={"scope": scope})


class Tokens:
    def __init__(self):
        self._by_secret = {}

    def add(self, token):
        self._by_secret[token.secret] = token
        return token

    def get(self, secret):
        return self._by_secret.get(secret)

    def check(self, header):
        """The token of an Authorization header: raw, or after Bearer."""
        token = self._by_secret.get((header or "").removeprefix("Bearer ").strip())
        if token is not None and token.calls_left is not None:
            token.revoked = token.revoked or token.calls_left <= 0
            token.calls_left -= 1
        if token is None or token.revoked:
            raise ApiError("Not Authenticated", "USER_NOT_AUTHENTICATED", http=401, status=401)
        return token
