"""The simulated service as one object: the account with everything that watches over it."""

from ..orders import Orders
from .account import Account
from .activity import Activity
from .audit import Audit
from .changes import Changes
from .clock import Clock
from .cursors import Cursors
from .faults import Fault
from .idempotency import Idempotency
from .limits import Limits
from .tokens import API_USER, DEFAULT_TOKEN, Token, Tokens
from .webhook_delivery import Deliveries
from .webhooks import Webhooks
from .writers import Writers

SIGNING_SECRET = "simulated-signing-secret"


class Service:
    def __init__(self, *, scale=1.0, plan="enterprise", latency_ms=0.0, signing_secret=SIGNING_SECRET):
        self.scale = scale
        self.plan = plan
        self.first_latency_ms = latency_ms
        self.signing_secret = signing_secret
        self.renew()

    def renew(self):
        """Everything as at the start, without boards."""
        self.clock = Clock(self.scale)
        self.account = Account(self.clock)
        self.changes = Changes(self.account)
        self.limits = Limits(self.clock, self.plan)
        self.cursors = Cursors(self.clock)
        self.idempotency = Idempotency(self.clock)
        self.faults = Orders(Fault)
        self.audit = Audit(self.clock)
        self.writers = Writers()
        self.tokens = Tokens()
        self.deliveries = Deliveries(self.account, self.signing_secret)
        self.webhooks = Webhooks(self.account, self.deliveries.deliver)
        self.account.webhooks = self.webhooks
        self.latency_ms = self.first_latency_ms
        self.changes.listeners += [Activity().hear, self.webhooks.hear]
        self.account.add_user(API_USER, "Pipeline")
        # Of a demonstration: what is true of each project, by its id.
        self.truths = {}
        self.tokens.add(Token(DEFAULT_TOKEN))
