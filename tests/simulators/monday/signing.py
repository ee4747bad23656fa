"""The JWT in the Authorization header of signed webhooks: HS256, the app's signing secret, five minutes."""

import base64
import hashlib
import hmac
import json

LIFETIME_SECONDS = 300


def _encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(secret, claims, algorithm="HS256"):
    """algorithm none gives an unsigned token, which a receiver has to refuse."""
    header = {"alg": algorithm, "typ": "JWT"}
    signed = ".".join(_encode(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    if algorithm == "none":
        return f"{signed}."
    return f"{signed}.{_encode(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


def webhook_claims(account_id, webhook, now):
    issued = int(now)
    return {"accountId": account_id, "userId": webhook.user_id, "aud": webhook.url, "iat": issued,
            "exp": issued + LIFETIME_SECONDS, "shortLivedToken": "simulated"}
