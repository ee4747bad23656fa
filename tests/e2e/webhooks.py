"""Webhook events as monday.com sends them, and what senders show with them."""

import base64
import hashlib
import hmac
import itertools
import json
import time

from poller import SECRET

_numbers = itertools.count(1)


def event(trigger=None, **changes):
    """The body of an event with a trigger of its own; None takes a member away."""
    members = {
        "app": "monday",
        "type": "update_column_value",
        "triggerTime": "2026-11-05T17:52:53.186Z",
        "subscriptionId": 4667,
        "isRetry": False,
        "userId": 6721,
        "boardId": 77867,
        "pulseId": 77868,
        "pulseName": "Developer",
        "columnId": "status_mk1",
        "value": {"label": {"index": 0, "text": "Working on it"}},
        "triggerUuid": trigger or f"trigger-{next(_numbers)}",
    }
    members.update(changes)
    return json.dumps({"event": {name: value for name, value in members.items() if value is not None}}).encode()


def signature(body, secret=SECRET):
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _segment(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def jwt(secret=SECRET, algorithm="HS256", **claims):
    """A token as monday.com makes them: valid for five minutes; None takes a claim away."""
    now = int(time.time())
    claims = {"accountId": 1, "userId": 2, "aud": "https://hooks.example.com/webhooks/monday", "iat": now, "exp": now + 300} | claims
    header = {"alg": algorithm, "typ": "JWT"}
    content = b".".join(
        _segment(json.dumps({k: v for k, v in part.items() if v is not None}).encode()) for part in (header, claims)
    )
    signed = {"HS256": hashlib.sha256, "HS512": hashlib.sha512, "none": None}[algorithm]
    proof = b"" if signed is None else hmac.new(secret.encode(), content, signed).digest()
    return (content + b"." + _segment(proof)).decode()
