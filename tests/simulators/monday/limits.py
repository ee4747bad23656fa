"""Budgets of the account and of its tokens: calls a minute and a day, calls at once, complexity, formula cells."""

import collections

from .clock import day
from .errors import ApiError

# Calls a day, a minute, at once; complexity a minute of a personal token, of an app's token each way; calls of an address
# in IP_SECONDS.
Plan = collections.namedtuple("Plan", "daily minute concurrency personal_complexity app_complexity ip")
PLANS = {
    "free": Plan(1_000, 1_000, 40, 1_000_000, 1_000_000, 5_000),
    "standard": Plan(1_000, 1_000, 40, 10_000_000, 5_000_000, 5_000),
    "pro": Plan(10_000, 2_500, 100, 10_000_000, 5_000_000, 5_000),
    "enterprise": Plan(25_000, 5_000, 250, 10_000_000, 5_000_000, 5_000),
}

MOST_COMPLEXITY_OF_ONE_QUERY = 5_000_000
IP_SECONDS = 10
FORMULA_CELLS_A_MINUTE = 10_000
FORMULA_COLUMNS_OF_ONE_CALL = 5
REFUSED_CALL_COSTS = 0.1
MINUTE = 60


class Window:
    """A budget that starts anew a while after the first use in it."""

    def __init__(self, clock, limit, seconds=MINUTE):
        self.clock = clock
        self.limit = limit
        self.seconds = seconds
        self.used = 0
        self.started = None

    def left(self):
        if self.started is not None and self.clock.now() - self.started >= self.seconds:
            self.started, self.used = None, 0
        return self.limit - self.used

    def take(self, amount):
        if self.started is None:
            self.started = self.clock.now()
        self.used += amount

    def resets_in(self):
        """In seconds of the client's watch."""
        self.left()
        left = self.seconds if self.started is None else self.started + self.seconds - self.clock.now()
        return self.clock.real_seconds(left)


class Limits:
    def __init__(self, clock, plan="enterprise"):
        self.clock = clock
        self.in_flight = 0
        self.exceeded = collections.Counter()
        self.most_in_flight = 0
        self.set_plan(plan)

    def set_plan(self, plan, **changes):
        """changes: single limits that differ from the plan's, by the names of Plan."""
        self.plan_name = plan
        self.plan = PLANS[plan]._replace(**changes)
        self.minute = Window(self.clock, self.plan.minute)
        self.ip = Window(self.clock, self.plan.ip, IP_SECONDS)
        self.formula_cells = Window(self.clock, FORMULA_CELLS_A_MINUTE)
        self._complexity = {}
        self.day = None
        self.daily_used = 0.0

    def complexity_window(self, token, writes):
        """A personal token has one budget; an app's reads and writes have one each."""
        personal = token.kind == "personal"
        key = (token.secret, writes and not personal)
        if key not in self._complexity:
            limit = self.plan.personal_complexity if personal else self.plan.app_complexity
            self._complexity[key] = Window(self.clock, limit)
        return self._complexity[key]

    # Each raises where the budget does not allow the call, and otherwise takes its share -----------------------------

    def _refuse(self, name, message, code, retry_in, **more):
        self.exceeded[name] += 1
        self.daily_used += REFUSED_CALL_COSTS
        return ApiError(message, code, http=429, status=429, retry_in=retry_in, retry_after=True, **more)

    def enter(self):
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def leave(self):
        self.in_flight -= 1

    def check_rates(self):
        if self.ip.left() < 1:
            raise self._refuse("ip", "IP rate limit exceeded", "IP_RATE_LIMIT_EXCEEDED", self.ip.resets_in())
        self.ip.take(1)
        if self.minute.left() < 1:
            raise self._refuse("minute", "Minute rate limit exceeded", "MINUTE_RATE_LIMIT_EXCEEDED", self.minute.resets_in())
        self.minute.take(1)
        if self.in_flight > self.plan.concurrency:
            raise self._refuse("concurrency", "Too many concurrent requests", "MAX_CONCURRENCY_EXCEEDED",
                               self.clock.real_seconds(15))

    def take_daily(self, cost):
        today = day(self.clock.now())
        if self.day != today:
            self.day, self.daily_used = today, 0.0
        if self.daily_used + cost > self.plan.daily:
            midnight = 86_400 - self.clock.now() % 86_400
            raise self._refuse("daily", "Daily limit exceeded", "DAILY_LIMIT_EXCEEDED", self.clock.real_seconds(midnight))
        self.daily_used += cost

    def take_complexity(self, token, writes, cost):
        """Gives (before, after)."""
        if cost > MOST_COMPLEXITY_OF_ONE_QUERY:
            self.exceeded["query_complexity"] += 1
            raise ApiError("Query has complexity of more than allowed", "ComplexityException", status=400,
                           complexity=cost, maxComplexity=MOST_COMPLEXITY_OF_ONE_QUERY)
        window = self.complexity_window(token, writes)
        before = window.left()
        if cost > before:
            raise self._refuse("complexity", "Complexity budget exhausted", "COMPLEXITY_BUDGET_EXHAUSTED",
                               window.resets_in(), complexity=cost, complexity_budget_left=before,
                               complexity_budget_limit=window.limit)
        window.take(cost)
        return before, before - cost

    def check_formulas(self, columns, cells):
        """How many a call has read so far, this cell included; take_formulas() charges them when it is done."""
        if columns > FORMULA_COLUMNS_OF_ONE_CALL or cells > self.formula_cells.left():
            raise ApiError("Formula display value limit exceeded", "FIELD_MINUTE_RATE_LIMIT_EXCEEDED", status=429,
                           retry_in=self.formula_cells.resets_in())

    def take_formulas(self, columns, cells):
        if columns > FORMULA_COLUMNS_OF_ONE_CALL or cells > self.formula_cells.left():
            self.exceeded["formula"] += 1
        if cells:
            self.formula_cells.take(min(cells, self.formula_cells.left()))

    def headers(self, token):
        """RateLimit fields; t only where a budget is spent."""
        plan = self.plan
        policy = f'"minuteRate";q={plan.minute};w=60, "concurrency";q={plan.concurrency};qu="concurrent-requests"'
        minute = max(0, self.minute.left())
        rates = f'"minuteRate";r={minute}' + (f";t={self.minute.resets_in()}" if minute == 0 else "")
        rates += f', "concurrency";r={max(0, plan.concurrency - self.in_flight)}'
        if token is not None:
            window = self.complexity_window(token, writes=False)
            policy += f', "complexityMinute";q={window.limit};w=60;qu="content-bytes"'
            rates += f', "complexityMinute";r={max(0, window.left())};t={window.resets_in()}'
        return {"RateLimit-Policy": policy, "RateLimit": rates}
